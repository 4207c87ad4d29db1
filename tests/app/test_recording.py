"""Where the bytes of `decode` come from, and how it ends."""

from __future__ import annotations

import errno
import io
import sys
from pathlib import Path

import pytest

from energy_hw.app.recording import CHUNK, counted, ended, opened, parse_hex, pieces
from energy_hw.errors import ConfigError, DecryptionError


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("1c0402", b"\x1c\x04\x02"),
        ("1C 04 02", b"\x1c\x04\x02"),
        ("0x1c, 0x04, 0x02", b"\x1c\x04\x02"),
        ("0X1c,0x4,0x2", b"\x1c\x04\x02"),
        ("1c:04:02", b"\x1c\x04\x02"),
        ("0x1c0402", b"\x1c\x04\x02"),
        ("\t1c04  02 ", b"\x1c\x04\x02"),
        ("", b""),
    ],
)
def test_hex_as_people_write_it(text: str, data: bytes) -> None:
    assert parse_hex(text) == data


@pytest.mark.parametrize("text", ["1c0", "1c 0", "0x", "xyz", "1c\ufffd", "0x1c4"])
def test_what_is_not_hex(text: str) -> None:
    with pytest.raises(ValueError, match="expected hex digits"):
        parse_hex(text)


def whole(data: bytes) -> list[bytes]:
    return [data]


def test_a_recording_is_read_in_pieces_and_nothing_of_it_is_lost(tmp_path: Path) -> None:
    data = b"\x02/" * CHUNK
    (tmp_path / "long").write_bytes(data)
    parts = list(pieces(str(tmp_path / "long"), whole))
    assert [len(part) for part in parts] == [CHUNK, CHUNK]
    assert b"".join(parts) == data


def test_a_file_of_hex_is_bytes_however_long(tmp_path: Path) -> None:
    (tmp_path / "hex").write_text("02 2f\n" * CHUNK)
    assert b"".join(pieces(str(tmp_path / "hex"), whole)) == b"\x02/" * CHUNK


def test_what_is_no_file_is_hex_itself() -> None:
    with opened("1c04", "a frame") as file:
        assert file is None
    assert list(pieces("1c 04", whole)) == [b"\x1c\x04"]


def test_a_closed_standard_input_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", None)
    err = io.StringIO()
    assert ended("-", err, lambda: list(pieces("-", whole)).clear()) == 7
    assert err.getvalue() == "-: standard input is closed\n"


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (ConfigError("no such profile"), 3, "no such profile"),
        (DecryptionError("wrong key"), 7, "wrong key"),
        (PermissionError(errno.EACCES, "Permission denied"), 5, "here: Permission denied"),
        (FileNotFoundError(errno.ENOENT, "no such file"), 7, "here: no such file"),
        (OSError(errno.EIO, "Input/output error"), 7, "here: Input/output error"),
        (OSError(errno.ENOSPC, "No space left on device"), 7, "output: No space left on device"),
        (ValueError("expected hex digits"), 7, "here: refused: expected hex digits"),
        (KeyboardInterrupt(), 130, ""),
    ],
)
def test_how_it_ends(error: BaseException, code: int, words: str) -> None:
    def fail() -> None:
        raise error

    err = io.StringIO()
    assert ended("here", err, fail) == code
    assert err.getvalue().strip() == words


def test_a_file_that_is_not_there_may_have_a_code_of_its_own() -> None:
    def fail() -> None:
        raise IsADirectoryError(errno.EISDIR, "Is a directory")

    assert ended("/", io.StringIO(), fail, absent=3) == 3


@pytest.mark.parametrize(("code", "accepted", "whole"), [(0, 1, 0), (0, 0, 7), (3, 1, 3), (130, 0, 130)])
def test_nothing_accepted_is_exit_7_unless_something_worse_was(code: int, accepted: int, whole: int) -> None:
    err = io.StringIO()
    assert counted(code, accepted, "so many", err) == whole
    assert err.getvalue() == "so many\n"
