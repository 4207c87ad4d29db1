"""The line discipline, as the pty's other end sees it set."""

from __future__ import annotations

import os
import termios
from collections.abc import Iterator

import pytest

from energy_hw.links import tty
from serial_rig import Pty


@pytest.fixture
def slave() -> Iterator[int]:
    with Pty() as line:
        fd = os.open(line.path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
        yield fd
        os.close(fd)


def test_bytes_one_by_one(slave: int) -> None:
    tty.set_reading(slave)
    iflag, _, _, lflag, _, _, cc = termios.tcgetattr(slave)
    assert lflag & (termios.ICANON | termios.ECHO | termios.ISIG | termios.IEXTEN) == 0
    assert iflag & (termios.ICRNL | termios.IXON | termios.ISTRIP | termios.INPCK) == 0
    assert (cc[termios.VMIN], cc[termios.VTIME]) == (1, 0)


def test_lines_with_every_other_character_off(slave: int) -> None:
    tty.set_reading(slave, b"\x8d\x03")
    _, _, _, lflag, _, _, cc = termios.tcgetattr(slave)
    assert lflag & (termios.ICANON | termios.IEXTEN) == termios.ICANON | termios.IEXTEN
    assert lflag & (termios.ECHO | termios.ISIG) == 0
    assert {index: byte for index, byte in enumerate(cc) if byte != b"\0"} == {
        termios.VEOL: b"\x8d",
        termios.VEOL2: b"\x03",
    }


def test_one_line_end_is_enough(slave: int) -> None:
    tty.set_reading(slave, b"\r")
    cc = termios.tcgetattr(slave)[6]
    assert (cc[termios.VEOL], cc[termios.VEOL2], cc[termios.VEOF]) == (b"\r", b"\0", b"\0")


def test_parity_is_marked_when_asked_for(slave: int) -> None:
    tty.set_reading(slave, check_parity=True)
    assert termios.tcgetattr(slave)[0] & (termios.INPCK | termios.PARMRK) == termios.INPCK | termios.PARMRK
    tty.set_reading(slave)
    assert termios.tcgetattr(slave)[0] & (termios.INPCK | termios.PARMRK) == 0


def test_back_and_forth(slave: int) -> None:
    tty.set_reading(slave)
    for _ in range(2):
        tty.set_reading(slave, b"\r")
        tty.set_reading(slave)
    assert termios.tcgetattr(slave)[6][termios.VMIN] == 1


def test_a_pty_is_known_as_one(slave: int) -> None:
    assert tty.is_pseudo_terminal(slave)
    with open("/dev/null", "rb") as other:
        assert not tty.is_pseudo_terminal(other.fileno())


def test_a_claimed_tty_is_for_one(slave: int) -> None:
    tty.claim(slave)
    with open("/dev/null", "rb") as other, pytest.raises(OSError, match="Inappropriate"):
        tty.claim(other.fileno())
