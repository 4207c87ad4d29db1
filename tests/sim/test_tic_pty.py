"""A simulated meter on a real pseudo terminal, read through the package's own serial link."""

from __future__ import annotations

from time import monotonic, sleep

import pytest

from energy_hw.errors import LinkClosed
from energy_hw.links.serial import open_serial
from energy_hw.links.stream import SerialLink, SerialSettings
from energy_hw.sim.teleinfo import open_pty
from energy_hw.sim.tic_pty import TicPty
from energy_hw.teleinfo.frames import Frame
from tic_rig import frames_in

BOUND_S = 20.0
"""Longer than anything takes on a loaded machine."""


def read_frames(port: TicPty, settings: SerialSettings, frames: int) -> list[Frame]:
    """So many frames, or what came within the bound."""
    link, data, deadline = open_serial(port.path, settings), b"", monotonic() + BOUND_S
    while len(frames_in(data)) < frames and monotonic() < deadline:
        data += link.read(1.0)
    link.close()
    return frames_in(data)


def read_on(link: SerialLink) -> None:
    """Until the link refuses, or the bound."""
    deadline = monotonic() + BOUND_S
    while monotonic() < deadline:
        link.read(0.1)


@pytest.mark.parametrize(
    ("contract", "settings"),
    [
        ("linky", SerialSettings(9600)),
        ("linky", SerialSettings(9600, line_ends=b"\x8d\x03")),
        ("linky-three", SerialSettings(9600, 7, "E")),
        ("tempo", SerialSettings(1200)),
    ],
)
def test_whole_frames_through_a_tty(contract: str, settings: SerialSettings) -> None:
    with open_pty(contract, speed=20) as port:
        frames = read_frames(port, settings, 4)
    assert len(frames) >= 4
    assert sum(frame.complete for frame in frames) >= len(frames) - 1  # the first may have begun before


def test_nothing_to_understand_at_the_wrong_speed() -> None:
    with open_pty("linky", speed=20) as port:
        link = open_serial(port.path, SerialSettings(1200))
        data, deadline = b"", monotonic() + BOUND_S
        link.read(0.2)  # what was written before the speed was set
        while len(data) < 300 and monotonic() < deadline:
            data += link.read(1.0)
        link.close()
    assert len(data) >= 300
    assert not any(frame.complete for frame in frames_in(data[100:]))


def test_closing_is_pulling_the_adapter() -> None:
    port = open_pty("linky", speed=20)
    link = open_serial(port.path, SerialSettings(9600))
    assert link.read(BOUND_S)
    port.close()
    port.close()
    with pytest.raises(LinkClosed):
        read_on(link)
    link.close()


def test_what_nobody_reads_is_lost_and_counted() -> None:
    with open_pty("linky", speed=500) as port:
        deadline = monotonic() + BOUND_S
        while not port.lost and monotonic() < deadline:
            sleep(0.002)
    assert port.lost > 0
