"""Lines of a telegram: code and groups, in C and in Python."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_hw import core
from energy_hw.p1.telegram import crc16, scan_lines
from p1_wire import AIDON, CASES, DSMR5

every_implementation = pytest.mark.parametrize("implementation", core.NAMES)


def scanned(text: bytes, implementation: str) -> list[list[bytes]]:
    return scan_lines(b"/ABC5\r\n\r\n" + text + b"\r\n!1234\r\n", implementation)


@every_implementation
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"1-0:1.8.1(003808.351*kWh)", [b"1-0:1.8.1", b"003808.351*kWh"]),
        (b"0-0:96.13.0()", [b"0-0:96.13.0", b""]),
        (b"0-1:24.2.1(181106140010W)(01569.646*m3)", [b"0-1:24.2.1", b"181106140010W", b"01569.646*m3"]),
        (b"1-0:72:32.0(00000)", [b"1-0:72.32.0", b"00000"]),
        (b"1-0:21.7.0.255(000.1*kW)", [b"1-0:21.7.0", b"000.1*kW"]),
        (b"1-0:21.7.0*255(000747.85*W)", [b"1-0:21.7.0", b"000747.85*W"]),
        (b"1-0:1.8.0*101(1*kWh)", [b"1-0:1.8.0*101", b"1*kWh"]),
        (b"01-00:001.008.000(1)", [b"1-0:1.8.0", b"1"]),
        (b"0-0:97.97.0((ER11))", [b"0-0:97.97.0", b"ER11"]),
        (b"0-0:96.13.0(Hello (you) there)", [b"0-0:96.13.0", b"Hello (you) there"]),
        (b"0-0:96.13.0(a(b))(c)", [b"0-0:96.13.0", b"a(b)", b"c"]),
        (b"1-0:1.8.1(1*kWh) \t", [b"1-0:1.8.1", b"1*kWh"]),
        (b"0-0:96.13.0(\xff\xe9/!)", [b"0-0:96.13.0", b"\xff\xe9/!"]),
        (b"1-0:1.8.1(1)\r\n(2)(3)", [b"1-0:1.8.1", b"1", b"2", b"3"]),
        (b"1-0:1.8.1(1)\n(2)\r(3)", [b"1-0:1.8.1", b"1", b"2", b"3"]),
    ],
)
def test_a_line_is_its_code_and_its_groups(line: bytes, expected: list[bytes], implementation: str) -> None:
    assert scanned(line, implementation) == [expected]


@every_implementation
@pytest.mark.parametrize(
    "line",
    [
        *(b"1-0:1.8.1", b"1-0:1.8.1(", b"1-0:1.8.1)", b"1-0:1.8.1(1", b"1-0:1.8.1(1)2", b"1-0:1.8.1(1)(", b"(1)", b" "),
        *(
            b"1-0:1.8(1)",
            b"0:96.7.19(1)",
            b"1-0:1.8.1.2.3(1)",
            b"1-0:256.8.1(1)",
            b"1-0:1.8.1*256(1)",
            b"1-0:1.8.1*(1)",
        ),
        *(
            b"1-0:1.8.1234(1)",
            b"1-0:1.8.1(1\x00)",
            b"1-0:1\x008.1(1)",
            b"-0:1.8.1(1)",
            b"1_0:1.8.1(1)",
            b"1-0.1.8.1(1)",
        ),
        *(b"1-0:1.8.1((1)", b"1-0:1.8.1(1))", b"1-0:1.8:1(1)", b"Hello", b"(", b"1-0:1.8.1x(1)", b"\x7f"),
    ],
)
def test_a_bad_line_is_kept_and_costs_no_other(line: bytes, implementation: str) -> None:
    assert scanned(b"1-0:1.8.2(2)\r\n" + line, implementation) == [[b"1-0:1.8.2", b"2"], [b"", line]] or line == b"(1)"
    assert scanned(line + b"\r\n1-0:1.8.2(2)", implementation) == [[b"", line], [b"1-0:1.8.2", b"2"]]
    assert scanned(line + b"\r\n(2)", implementation) == [[b"", line], [b"", b"(2)"]]


@every_implementation
@pytest.mark.parametrize(
    "raw", [b"", b"/", b"/ABC5", b"/ABC5\r\n", b"/ABC5\r\n!\r\n", b"!", b"\r\n!", b"\n", b"\r\n\r\n"]
)
def test_without_lines_there_are_none(raw: bytes, implementation: str) -> None:
    assert scan_lines(raw, implementation) == []


@every_implementation
def test_the_end_may_be_missing_or_stand_behind_the_last_line(implementation: str) -> None:
    assert scan_lines(b"/ABC5\r\n1-0:1.8.1(1)", implementation) == [[b"1-0:1.8.1", b"1"]]
    assert scan_lines(b"/ABC5\r1-0:1.8.1(1)\r!", implementation) == [[b"1-0:1.8.1", b"1"]]
    assert scan_lines(b"/ABC5\r\n1-0:1.8.1(1)(a!)!\r\n", implementation) == [[b"1-0:1.8.1", b"1", b"a!"]]
    assert scan_lines(AIDON, implementation)[-1] == [b"1-0:31.7.0", b"123.1*A"]


@every_implementation
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_all_lines_of_a_capture_are_taken(case: Path, implementation: str) -> None:
    raw = (case / "input.bin").read_bytes()
    lines = scan_lines(raw, implementation)
    assert all(code for code, *_ in lines)
    groups = re.findall(rb"\(([^()]*)\)", raw)
    assert [group for _, *found in lines for group in found] == groups


PIECES = st.sampled_from([*b"()()()019.:-*!\r\n \t\x00\xff/", 0x0D, 0x0A]).map(lambda byte: bytes((byte,)))
LINES = st.one_of(
    PIECES, st.sampled_from([b"1-0:1.8.1(", b"(1)", b"\r\n1-0:1.8.1(1*kWh)(2)\r\n", b"\r\n!", b"1-0:1.8.", b"25"])
)


@settings(max_examples=400, deadline=None)
@given(st.lists(LINES, max_size=60).map(b"".join))
def test_c_and_python_find_the_same_lines(raw: bytes) -> None:
    assert scan_lines(raw, "c") == scan_lines(raw, "python")


def test_the_checksum_is_that_of_the_catalogue() -> None:
    for implementation in core.NAMES:
        assert crc16(b"123456789", implementation) == 0xBB3D
        assert crc16(b"", implementation) == 0
        assert crc16(DSMR5[:-6], implementation) == 0x1F28


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.integers(0, 40))
def test_c_and_python_have_the_same_checksum(data: bytes, times: int) -> None:
    assert crc16(data * times, "c") == crc16(data * times, "python")
