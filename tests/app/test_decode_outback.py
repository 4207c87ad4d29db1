"""`energy-hw decode outback`: a report for each device, a reason for each register and block that is refused."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from energy_hw.app.decode_outback import decode_outback
from energy_hw.app.exits import CONFIGURATION, CORRUPT, OK
from energy_hw.outback.tables import points
from energy_hw.sim.mate3 import capture
from energy_hw.sim.mate3_houses import house

CAPTURE = Path(__file__).parent.parent / "captures" / "outback" / "mate3s" / "registers.json"
GATEWAY = "outback:MA0000F0000000"


class Decoded(NamedTuple):
    """code: exit code; reports: those on standard output; err: its lines."""

    code: int
    reports: list[dict[str, Any]]
    err: list[str]

    @property
    def devices(self) -> list[str]:
        return [report["device"].removeprefix(GATEWAY) for report in self.reports]


def decode(source: str | Path) -> Decoded:
    out, err = io.StringIO(), io.StringIO()
    code = decode_outback(str(source), as_json=True, out=out, err=err)
    return Decoded(code, [json.loads(line) for line in out.getvalue().splitlines()], err.getvalue().splitlines())


@pytest.fixture
def decoded(tmp_path: Path) -> Any:
    """Decode registers, or a text, out of a file."""

    def write(content: Mapping[int, Any] | str) -> Decoded:
        path = tmp_path / "dump.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=0))
        return decode(path)

    return write


def test_the_capture_gives_a_report_for_each_device() -> None:
    came = decode(CAPTURE)
    assert came.code == OK
    assert came.devices == ["", "/system", "/1", "/2", "/3", "/4", "/5"]
    assert came.err == ["7 accepted; blocks: 15 good, 0 refused; registers: 0 refused"]
    soc = next(reading for reading in came.reports[-1]["readings"] if reading["code"] == "64118/state_of_charge")
    assert (soc["value"], soc["unit"]) == (96, "%")


def test_every_point_that_can_be_read_is_there_and_nothing_secret() -> None:
    codes = {reading["code"] for report in decode(CAPTURE).reports for reading in report["readings"]}
    assert {"64111/did", "64111/port_number", "64111/voltage_scale_factor", "1/serial_number"} <= codes
    secret = {point.code for did in (1, 64110) for point in points(did) if "secret" in point.flags}
    assert secret
    assert not codes & secret


def test_text_is_for_people() -> None:
    out = io.StringIO()
    assert decode_outback(str(CAPTURE), as_json=False, out=out, err=io.StringIO()) == OK
    assert f"{GATEWAY}/5  FLEXnet DC" in out.getvalue()
    assert "64118/battery_current" in out.getvalue()


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stdin:
        buffer = io.BytesIO(CAPTURE.read_bytes())

    monkeypatch.setattr("sys.stdin", Stdin)
    assert decode("-").code == OK


def test_a_cache_of_mate3_has_nothing_that_can_only_be_written(decoded: Any) -> None:
    registers = capture()
    for address in (40082, 40083, 41001, 41003):  # write_password; write complements of the charge controller
        del registers[address]
    came = decoded(registers)
    assert (came.code, len(came.reports)) == (OK, 7)


@pytest.mark.parametrize("name", ["radian", "mate3", "fx", "fx-2011", "no-hub"])
def test_other_houses(decoded: Any, name: str) -> None:
    came = decoded(house(name))
    assert came.code == OK
    assert ", 0 refused; registers: 0" in came.err[-1]


def test_a_gap_costs_its_block_and_no_other(decoded: Any) -> None:
    registers = capture()
    del registers[41060]
    came = decoded(registers)
    assert "64112 at 41054 (port 4): refused: a gap: registers that are missing: 41060" in came.err
    assert came.code == OK
    assert came.devices == ["", "/system", "/1", "/2", "/3", "/4", "/5"]
    assert not any(reading["code"].startswith("64112/") for reading in came.reports[5]["readings"])


def test_settings_without_their_device_are_doubtful(decoded: Any) -> None:
    registers = capture()
    del registers[41030]
    came = decoded(registers)
    assert any("64111 at 41026" in line and "a gap" in line for line in came.err)
    assert any("64112 at 41054 (port 4): refused: doubtful: no other block" in line for line in came.err)
    assert "/4" not in came.devices


def test_an_unknown_model_in_the_midst_is_told_and_skipped(decoded: Any) -> None:
    came = decoded({**capture(), 40491: 120})
    assert "120 at 40491: refused: unknown model 120 of 27 registers" in came.err
    assert came.devices == ["", "/1", "/2", "/3", "/4", "/5"]


def test_behind_a_broken_header_nothing_is_taken(decoded: Any) -> None:
    came = decoded({**capture(), 41026: 0x8000})
    assert came.devices == ["", "/system", "/1", "/2", "/3"]
    assert any(line.startswith("block at 41026: refused: expected the header of a model") for line in came.err)


def test_a_header_that_is_missing_ends_the_chain(decoded: Any) -> None:
    registers = capture()
    del registers[41145]
    came = decoded(registers)
    assert any("block at 41144: refused: a gap: register 41145, of the header" in line for line in came.err)
    assert "/5" not in came.devices


def test_two_blocks_that_claim_the_same_port_are_both_doubtful(decoded: Any) -> None:
    came = decoded({**capture(), 41028: 3})
    refused = [line for line in came.err if "claims to be the same device" in line]
    assert [line.split(" (")[0] for line in refused] == ["64111 at 40908", "64111 at 41026"]
    assert not {"/3", "/4"} & set(came.devices)


def test_placeholders_are_doubtful(decoded: Any) -> None:
    came = decoded({**capture(), **dict.fromkeys(range(41147, 41222), 0x8000)})
    assert any("64118 at 41144 (port 5): refused: doubtful: it has 0x8000" in line for line in came.err)


@pytest.mark.parametrize("value", [70000, -1, 1.5, "12", None, True, [1]])
def test_what_is_no_register_is_refused_with_its_line(decoded: Any, value: object) -> None:
    registers: dict[int, Any] = {**capture(), 40093: value}
    came = decoded(registers)
    line = sorted(registers).index(40093) + 2
    assert came.err[0].startswith(f"dump.json, line {line}: refused: expected a register 0..65535")
    assert any("64110 at 40069: refused: a gap: registers that are missing: 40093" in row for row in came.err)
    assert came.err[-1].endswith("registers: 1 refused")


def test_a_register_with_two_values_has_none(decoded: Any) -> None:
    text = CAPTURE.read_text().rstrip().removesuffix("}") + ', "41147": 1, "41147": 2}'
    came = decoded(text)
    assert any("register 41147 is" in line for line in came.err)
    assert "/5" not in came.devices


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "line 1"),
        ('{"40000": 21365,\n "40001": }', "line 2"),
        ("[1, 2]", "expected an object"),
        ("12", "expected an object"),
        ("{}", "expected the SunSpec marker"),
        ('{"40000": 1, "40001": 2}', "expected the SunSpec marker"),
        ("[" * 100_000, "brackets in brackets"),
        ("a" * 5_000_000, "at most"),
    ],
)
def test_what_is_no_dump_is_refused_whole(decoded: Any, text: str, reason: str) -> None:
    came = decoded(text)
    assert came.code == CORRUPT
    assert reason in came.err[0]
    assert came.err[-1].startswith("0 accepted")


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    (tmp_path / "dump").write_bytes(b"\xff\xfe")
    came = decode(tmp_path / "dump")
    assert came.code == CORRUPT
    assert "UTF-8" in came.err[0]


@pytest.mark.parametrize("source", ["0x5375", "53756e53", "missing.json", "./missing"])
def test_a_file_that_is_not_there_is_a_matter_of_configuration(source: str) -> None:
    came = decode(source)
    assert came.code == CONFIGURATION
    assert "a literal in hex has no meaning here" in came.err[0]
