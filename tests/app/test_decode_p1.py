"""Recordings in, reports out."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from energy_hw.app.decode_p1 import decode_p1
from energy_hw.p1.encode import encrypt
from energy_hw.teleinfo.encode import with_parity
from p1_reader_rig import bare, telegram

KEY = "0123456789ABCDEF0123456789ABCDEF"
GOOD = telegram()
DAMAGED = GOOD.replace(b"00.540", b"99.540")


def decode(source: str, as_json: bool = True, **options: object) -> tuple[int, list[dict[str, object]], list[str]]:
    """Exit code, reports, lines of errors."""
    out, err = io.StringIO(), io.StringIO()
    code = decode_p1(source, as_json=as_json, out=out, err=err, **options)  # type: ignore[arg-type]
    reports = [json.loads(line) for line in out.getvalue().splitlines()] if as_json else [{"text": out.getvalue()}]
    return code, reports, err.getvalue().splitlines()


def recorded(folder: Path, data: bytes, name: str = "recording.bin") -> str:
    path = folder / name
    path.write_bytes(data)
    return str(path)


def value(report: dict[str, object], code: str) -> object:
    return next(reading["value"] for reading in report["readings"] if reading["code"] == code)  # type: ignore[attr-defined]


@pytest.mark.parametrize("data", [GOOD, bare(GOOD), with_parity(GOOD)], ids=["crc", "no crc", "parity"])
@pytest.mark.parametrize("as_hex", ["file", "text", "argument"])
def test_bytes_and_hex_give_the_same(data: bytes, as_hex: str, tmp_path: Path) -> None:
    source = data.hex() if as_hex == "argument" else recorded(tmp_path, data)
    if as_hex == "text":
        source = recorded(tmp_path, data.hex(" ").encode() + b"\n")
    code, (report,), errors = decode(source)
    assert code == 0
    assert errors == ["1 accepted, 0 refused"]
    assert (report["source"], report["device"]) == ("p1", "p1:4530303236")
    assert report["integrity"] == ("absent" if data == bare(GOOD) else "crc")
    assert value(report, "1-0:1.7.0") == 0.54


def test_numbers_keep_the_digits_of_the_meter(tmp_path: Path) -> None:
    out = io.StringIO()
    decode_p1(recorded(tmp_path, GOOD), as_json=True, out=out, err=io.StringIO())
    assert '"value":0.540,"unit":"kW"' in out.getvalue()


def test_what_is_damaged_is_named_and_the_rest_kept(tmp_path: Path) -> None:
    cut = GOOD[:60]
    code, reports, errors = decode(recorded(tmp_path, b"noise" + GOOD + DAMAGED + cut + GOOD))
    assert code == 0
    assert len(reports) == 2
    assert errors[0].startswith("telegram 2: refused: ChecksumError: ")
    assert errors[1].startswith("telegram 3: refused: FrameTruncated: ")
    assert errors[2] == "2 accepted, 2 refused"


def test_a_line_that_is_no_object_costs_itself_alone(tmp_path: Path) -> None:
    code, (report,), errors = decode(recorded(tmp_path, telegram(lines="nonsense\r\n")))
    assert code == 0
    assert value(report, "1-0:1.7.0") == 0.54
    assert errors[0].startswith("telegram 1: line left out: expected ")
    assert errors[1] == "1 accepted, 0 refused; lines: 1 refused"


def test_an_editor_may_have_taken_the_carriage_returns(tmp_path: Path) -> None:
    source = recorded(tmp_path, GOOD.replace(b"\r\n", b"\n"))
    assert decode(source)[0] == 7
    code, reports, _ = decode(source, repair=True)
    assert (code, len(reports)) == (0, 1)


def test_an_encrypted_recording_needs_its_key(tmp_path: Path) -> None:
    source = recorded(tmp_path, encrypt(GOOD, KEY, title=b"SAG10307", invocation=1))
    code, reports, errors = decode(source)
    assert (code, reports) == (7, [])
    assert errors[0].startswith("telegram 1: refused: DecryptionError: a SAG meter encrypts and no key was given")
    code, (report,), errors = decode(source, key_file=recorded(tmp_path, f"{KEY}\n".encode(), "key"))
    assert code == 0
    assert value(report, "1-0:1.7.0") == 0.54
    code, _, errors = decode(source, key_file=recorded(tmp_path, f"{KEY[::-1]}\n".encode(), "key"))
    assert code == 7
    assert "DecryptionError: neither tag nor checksum" in errors[0]


@pytest.mark.parametrize("text", ["", "0123\n", f"{KEY}\n{KEY}\n{KEY}\n", "ä" * 32])
def test_a_key_file_that_is_none_is_a_configuration_error(text: str, tmp_path: Path) -> None:
    code, reports, errors = decode(recorded(tmp_path, GOOD), key_file=recorded(tmp_path, text.encode(), "key"))
    assert (code, reports) == (3, [])
    assert not any(KEY in line for line in errors)


@pytest.mark.parametrize("data", [b"", b"\x00" * 5000, b"U" * 300, b"/KFM5\r\n!"])
def test_nothing_good_exits_7_and_says_so(data: bytes, tmp_path: Path) -> None:
    code, reports, errors = decode(recorded(tmp_path, data))
    assert (code, reports) == (7, [])
    assert len(errors) == 2
    assert errors[1].startswith("0 accepted")


@pytest.mark.parametrize("source", ["xyz", "123"])
def test_what_is_no_hex_exits_7(source: str) -> None:
    assert decode(source)[0] == 7


@pytest.mark.parametrize(
    ("source", "words"), [("no/such.bin", "no such file"), ("nowhere.bin", "no such file"), ("/", "Is a directory")]
)
def test_a_file_that_is_none_exits_3_and_is_named(source: str, words: str) -> None:
    code, reports, errors = decode(source)
    assert (code, reports) == (3, [])
    assert errors[0].startswith(f"{source}: ")
    assert words in errors[0]


def test_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with open(recorded(tmp_path, GOOD)) as file:
        monkeypatch.setattr(sys, "stdin", file)
        assert len(decode("-")[1]) == 1


def test_as_text(tmp_path: Path) -> None:
    code, (shown,), _ = decode(recorded(tmp_path, GOOD), as_json=False)
    assert code == 0
    assert "1-0:1.7.0  power_import                 0.540 kW" in str(shown["text"])
