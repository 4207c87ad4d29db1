"""energy-hw decode openhems: what goes to standard output, what to standard error, and the exit code."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from energy_hw.app.decode import LONGEST_LINE, _lines, decode_openhems

REPORT = "1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23"
CORRUPT = "0d04025b073068acb358b72c42f2"
PLAIN = "1c0402010000068b708200077182fffd7601f0662231da730101009764"
ETRV = "0e04031304203b19d58cf15ff1d37b"

PROGRAM = """
import sys
from energy_hw.app.decode import decode_openhems
sys.exit(decode_openhems(sys.argv[1], as_json=True, plain=False, out=sys.stdout, err=sys.stderr))
"""


@pytest.fixture(autouse=True, params=["c", "python"])
def _either_core(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERGY_HW_CORE", request.param)


def decode(source: str, as_json: bool = True, plain: bool = False) -> tuple[int, list[str], list[str]]:
    out, err = io.StringIO(), io.StringIO()
    code = decode_openhems(source, as_json=as_json, plain=plain, out=out, err=err)
    return code, out.getvalue().splitlines(), err.getvalue().splitlines()


def test_literal() -> None:
    code, out, err = decode(REPORT)
    report = json.loads(out[0])
    assert (code, len(out), err) == (0, 1, ["1 accepted, 0 refused"])
    assert (report["device"], report["model"], report["integrity"]) == (
        "energenie:2:0x000373",
        "MIHO005 Smart Plug+",
        "crc",
    )
    assert [(reading["code"], reading["value"]) for reading in report["readings"]] == [
        ("REAL_POWER", 3),
        ("REACTIVE_POWER", -2),
        ("VOLTAGE", 249),
        ("FREQUENCY", 49.94921875),
        ("SWITCH_STATE", False),
    ]
    assert report["received"].endswith("Z")


def test_file_with_comments_blank_lines_and_refused_frames(tmp_path: Path) -> None:
    file = tmp_path / "frames.hex"
    file.write_text(f"# a capture\n\n{REPORT}  # kettle\n{CORRUPT}\n   \nnot hex\n{ETRV}\n")
    code, out, err = decode(str(file))
    assert (code, len(out)) == (0, 2)
    assert err[0].startswith(f"{file}, line 4: refused: ChecksumError: expected CRC 0x6DBD, computed 0xC467")
    assert err[1] == f"{file}, line 6: refused: expected hex digits, two a byte, got 'not'"
    assert err[2] == "2 accepted, 2 refused"


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(f"{REPORT}\n\xff\xfe\n".encode("latin-1"))))
    code, out, err = decode("-")
    assert (code, len(out), len(err)) == (0, 1, 2)
    assert "standard input, line 2: refused: expected hex digits" in err[0]


@pytest.mark.parametrize("source", [CORRUPT, "1c04", "zz", "", "0"])
def test_nothing_accepted_is_exit_7(source: str) -> None:
    code, out, err = decode(source)
    assert (code, out, err[-1]) == (7, [], "0 accepted, 1 refused")
    assert len(err) == 2


def test_empty_file_is_exit_7(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n# nothing\n")
    assert decode(str(tmp_path / "empty")) == (7, [], ["0 accepted, 0 refused"])


def test_missing_file_is_said_so(tmp_path: Path) -> None:
    code, out, err = decode(str(tmp_path / "absent.hex"))
    assert (code, out, err[-1]) == (7, [], "0 accepted, 0 refused")
    assert "no such file" in err[0]


def test_directory_is_said_so(tmp_path: Path) -> None:
    code, _, err = decode(str(tmp_path))
    assert code == 7
    assert str(tmp_path) in err[0]


def test_file_that_may_not_be_read_is_exit_5(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(*_: object, **__: object) -> io.BytesIO:
        raise PermissionError(13, "Permission denied")  # root, who runs these tests in CI, may read everything

    monkeypatch.setattr("builtins.open", refuse)
    code, _, err = decode(str(tmp_path))
    assert (code, err) == (5, [f"{tmp_path}: Permission denied", "0 accepted, 0 refused"])


def test_binary_file_is_refused_without_a_traceback(tmp_path: Path) -> None:
    (tmp_path / "frames.bin").write_bytes(bytes.fromhex(REPORT))
    code, out, err = decode(str(tmp_path / "frames.bin"))
    assert (code, out) == (7, [])
    assert "refused" in err[0]


def test_plain_frame_needs_plain() -> None:
    assert decode(PLAIN)[0] == 7
    code, out, _ = decode(PLAIN, plain=True)
    assert (code, json.loads(out[0])["device"]) == (0, "energenie:2:0x00068B")


def test_without_json_it_is_for_reading() -> None:
    code, out, _ = decode(ETRV, as_json=False)
    assert (code, out[0]) == (0, "energenie:3:0x00097F  MIHO013 eTRV")
    assert out[1].split() == ["battery_voltage", "3.12109375", "V"]


def test_codes_are_shown_in_words() -> None:
    _, out, _ = decode("0e0403704d00097f2602020000ed6a", as_json=False, plain=True)
    assert out[1].split(maxsplit=1) == ["diagnostics", "512 (exercise succeeded)"]


def test_event_and_unknown_parameter_are_shown() -> None:
    _, out, _ = decode("0c0412fa935b81438efa7f01b4", as_json=False)
    assert out[1].split() == ["wakeup", "-"]
    _, out, _ = decode("0d04021234dc164eb47866c09f8d", as_json=False)
    assert out[1].split() == ["unknown_1f", "5"]


def test_reader_that_has_seen_enough_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "frames.hex").write_text(f"{REPORT}\n" * 2000)
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "frames.hex")]
    source = Path(__file__).parents[2] / "src"
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(source)}
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert b"energenie:2" in process.stdout.readline()
        process.stdout.close()
        errors = process.stderr.read()
    assert process.returncode == 0
    assert b"Traceback" not in errors
    assert b" accepted, 0 refused" in errors


def test_wrong_choice_of_core_is_exit_3(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERGY_HW_CORE", "fortran")
    code, _, err = decode(REPORT)
    assert code == 3
    assert "fortran" in err[0]


def test_the_monitors_dump_is_a_capture() -> None:
    out, err = io.StringIO(), io.StringIO()
    line = "04:35:12  0e 04 03 13 04 20 3b 19 d5 8c f1 5f f1 d3 7b"
    assert list(_lines("capture", io.BytesIO(line.encode()))) == [("capture, line 1", line[10:])]
    assert decode_openhems(line[10:], as_json=True, plain=False, out=out, err=err) == 0


def test_a_line_without_an_end_is_refused_in_pieces() -> None:
    pieces = list(_lines("zero", io.BytesIO(b"1c" * 10_000)))
    assert max(len(text) for _, text in pieces) <= LONGEST_LINE
