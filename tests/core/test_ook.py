"""OOK frames: every code of the table, every code there is, and what is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from energy_hw.core.interface import Core, OokCode
from energy_hw.errors import FrameTooLong, FrameTruncated, OutOfRange, ProtocolError, RecordError

stateless = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
"""A core keeps nothing from one example to the next."""
FRAMES = json.loads((Path(__file__).parents[1] / "captures" / "ook_frames.json").read_text())
SOCKET_1_ON = bytes.fromhex("800000008ee8ee888ee8ee888ee8eeee")


@pytest.mark.parametrize("row", FRAMES, ids=lambda row: f"gang {row['gang']} {'on' if row['on'] else 'off'}")
def test_frame_of_the_default_house_code(core: Core, row: dict[str, Any]) -> None:
    code = OokCode(int(row["address"], 16), row["gang"], row["on"])
    assert core.ook_encode(code).hex() == row["frame_hex"]
    assert core.ook_decode(bytes.fromhex(row["frame_hex"])) == code


@stateless
@given(house=st.integers(0, 0xFFFFF), gang=st.integers(0, 6), on=st.booleans())
def test_encode_then_decode(core: Core, house: int, gang: int, on: bool) -> None:
    frame = core.ook_encode(OokCode(house, gang, on))
    assert len(frame) == 16
    assert core.ook_decode(frame) == OokCode(house, gang, on)


@pytest.mark.parametrize(
    "code", [OokCode(-1, 1, True), OokCode(0x100000, 1, True), OokCode(0, -1, True), OokCode(0, 7, True)]
)
def test_code_out_of_range(core: Core, code: OokCode) -> None:
    with pytest.raises(OutOfRange) as caught:
        core.ook_encode(code)
    assert (caught.value.low, caught.value.high) in ((0, 0xFFFFF), (0, 6))


@pytest.mark.parametrize(
    ("frame", "refusal"),
    [
        (b"", FrameTruncated),
        (SOCKET_1_ON[:-1], FrameTruncated),
        (SOCKET_1_ON + b"\x88", FrameTooLong),
        (b"\x40" + SOCKET_1_ON[1:], RecordError),  # a chip late
        (SOCKET_1_ON[:4] + b"\x8f" + SOCKET_1_ON[5:], RecordError),  # symbol F
        (SOCKET_1_ON[:-1] + b"\xe0", RecordError),
        (SOCKET_1_ON[:-2] + b"\x88\x88", RecordError),  # data 0: no gang's code
        (SOCKET_1_ON[:-2] + b"\x88\x8e", RecordError),  # data 1: nor this
    ],
)
def test_what_is_no_code(core: Core, frame: bytes, refusal: type[ProtocolError]) -> None:
    with pytest.raises(refusal):
        core.ook_decode(frame)


@stateless
@given(frame=st.binary(max_size=18))
def test_noise_is_refused(core: Core, frame: bytes) -> None:
    with pytest.raises(ProtocolError):
        core.ook_decode(frame)
