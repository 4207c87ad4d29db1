"""Recordings in, reports out."""

from __future__ import annotations

import io
import json
import sys
from pathlib import Path

import pytest

from energy_hw.app.decode_teleinfo import decode_teleinfo
from energy_hw.teleinfo.frame import with_parity
from teleinfo_rig import BASE, historique, standard

CAPTURES = Path(__file__).parent.parent / "captures" / "teleinfo"
FRAME = historique(*BASE)


def decode(source: str, as_json: bool = True) -> tuple[int, str, list[str]]:
    """Exit code, output, lines of errors."""
    out, err = io.StringIO(), io.StringIO()
    code = decode_teleinfo(source, as_json=as_json, out=out, err=err)
    return code, out.getvalue(), err.getvalue().splitlines()


def recorded(tmp_path: Path, data: bytes) -> str:
    path = tmp_path / "recording.bin"
    path.write_bytes(data)
    return str(path)


@pytest.mark.parametrize("case", sorted(CAPTURES.iterdir()), ids=lambda case: case.name)
def test_a_capture_gives_as_many_good_and_refused_groups_as_it_has(case: Path) -> None:
    expected = json.loads((case / "expected.json").read_text())["counters"]
    code, output, errors = decode(str(case / "input.bin"))
    refused = [line for line in errors if ": refused: " in line]
    assert code == 0
    assert f"groups: {expected['groups']} good" in errors[-1]
    assert len(refused) == expected["damaged"] + expected["truncated"]
    reports = [json.loads(line) for line in output.splitlines()]
    assert errors[-1].startswith(f"{len(reports)} accepted")
    assert {report["source"] for report in reports} == {"teleinfo"}
    assert len({report["device"] for report in reports}) == 1


@pytest.mark.parametrize("data", [FRAME, with_parity(FRAME), FRAME[1:-1]], ids=["stripped", "parity", "no STX, no ETX"])
@pytest.mark.parametrize("as_hex", ["file", "text", "argument"])
def test_bytes_and_hex_give_the_same(data: bytes, as_hex: str, tmp_path: Path) -> None:
    source = data.hex() if as_hex == "argument" else recorded(tmp_path, data)
    if as_hex == "text":
        source = recorded(tmp_path, data.hex(" ").encode() + b"\n")
    code, output, errors = decode(source)
    readings = {reading["code"]: reading["value"] for reading in json.loads(output)["readings"]}
    assert code == 0
    assert errors == ["1 accepted; groups: 10 good, refused: none"]
    assert (readings["PAPP"], readings["ADCO"]) == (340, "012345678901")


def test_what_is_damaged_is_named_and_the_rest_kept(tmp_path: Path) -> None:
    data = FRAME.replace(b"PAPP 00340", b"PAPP 0034p").replace(b"IMAX 090", b"IMAX 091")
    code, output, errors = decode(recorded(tmp_path, data))
    codes = {reading["code"] for reading in json.loads(output)["readings"]}
    assert code == 0
    assert "BASE" in codes
    assert not codes & {"PAPP", "IMAX"}
    assert errors[0].startswith("group 7: refused: ChecksumError: ")
    assert errors[1].startswith("group 8: refused: RecordError: PAPP: expected 5 digits")
    assert errors[2] == "1 accepted; groups: 8 good, refused: 1 checksum, 1 content"


def test_another_meter_in_between_is_refused(tmp_path: Path) -> None:
    stranger = historique(("ADCO", "999999999999"), *BASE[1:])
    _, output, errors = decode(recorded(tmp_path, FRAME + stranger + FRAME))
    assert len(output.splitlines()) == 2
    assert "another meter address" in errors[0]


@pytest.mark.parametrize("data", [b"", b"\x00" * 5000, b"U" * 300, b"\x02\nPAPP 00340 X\r\x03"])
def test_nothing_good_exits_7(data: bytes, tmp_path: Path) -> None:
    code, output, errors = decode(recorded(tmp_path, data))
    assert (code, output) == (7, "")
    assert errors[-1].startswith("0 accepted")


@pytest.mark.parametrize(("source", "words"), [("no/such.bin", "no such file"), ("xyz", "expected hex digits")])
def test_what_is_neither_file_nor_hex(source: str, words: str) -> None:
    code, _, errors = decode(source)
    assert code == 7
    assert words in errors[0]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    frame = standard(("ADSC", "041861123456"), ("EAST", "001234567"))
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(frame)))
    code, output, _ = decode("-")
    assert code == 0
    assert json.loads(output)["device"] == "teleinfo:041861123456"


def test_text_is_a_line_for_each_reading_and_moves_no_cursor(tmp_path: Path) -> None:
    frame = standard(("ADSC", "041861123456"), ("DATE", "E240615123456", ""), ("SMAXSN", "E240615080000", "01234"))
    code, output, _ = decode(recorded(tmp_path, frame), as_json=False)
    lines = output.splitlines()
    assert code == 0
    assert lines[0].endswith("top entry")
    assert any(line.split()[:3] == ["SMAXSN", "max_apparent_power_today", "1234"] for line in lines)
    assert output.replace("\n", "").isprintable()
