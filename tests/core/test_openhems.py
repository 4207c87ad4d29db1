"""OpenHEMS frames: what devices sent, what hostile senders could, and the way back."""

from __future__ import annotations

import json
from binascii import crc_hqx
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from energy_hw import errors
from energy_hw.core.interface import Core
from energy_hw.core.message import KEYS, PROBLEMS, Message, Record, decode_value
from energy_hw.core.python.openhems import crypt
from energy_hw.errors import ChecksumError, FrameError, FrameTooLong, FrameTruncated, OutOfRange, RecordError

stateless = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
"""A core keeps nothing from one example to the next."""
CASES = sorted((Path(__file__).parents[1] / "captures" / "openhems").iterdir())
MIHO005 = bytes.fromhex("1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23")


def sealed(records: str, pip: int = 0x1234) -> bytes:
    """An encrypted frame of sensor 0x373 with a valid CRC over any record bytes."""
    body = bytes.fromhex("000373" + records)
    body += crc_hqx(body, 0).to_bytes(2)
    return bytes((len(body) + 4, 4, 2)) + pip.to_bytes(2) + crypt(body, 0xF2, pip)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_capture(core: Core, case: Path) -> None:
    frame = bytes.fromhex((case / "frame.hex").read_text())
    expected = json.loads((case / "expected.json").read_text(), parse_float=Decimal)
    keys = {int(manufacturer): key for manufacturer, key in expected.pop("keys").items()}
    if "error" in expected:
        with pytest.raises(getattr(errors, expected.pop("error"))) as refusal:
            core.decode(frame, keys)
        assert refusal.value.raw == frame
        assert {name: getattr(refusal.value, name) for name in expected} == expected
        return
    records = tuple(Record(**{**row, "data": bytes.fromhex(row["data"])}) for row in expected.pop("records"))
    assert core.decode(frame, keys) == Message(**expected, records=records)


def is_canonical(case: Path) -> bool:
    """Accepted, with a pip that may be sent, and nothing after its terminator."""
    return "error" not in (case / "expected.json").read_text() and case.name not in (
        "keystream_f200",
        "bytes_after_the_terminator",
    )


@pytest.mark.parametrize("case", list(filter(is_canonical, CASES)), ids=lambda case: case.name)
def test_an_accepted_capture_encodes_to_the_same_bytes(core: Core, case: Path) -> None:
    expected = json.loads((case / "expected.json").read_text())
    frame = bytes.fromhex((case / "frame.hex").read_text())
    keys = {int(manufacturer): key for manufacturer, key in expected["keys"].items()}
    assert core.encode(core.decode(frame, keys), keys) == frame


@pytest.mark.parametrize(
    ("frame", "refusal"),
    [
        (b"", FrameTruncated),
        (b"\x09" + bytes(9), FrameTruncated),
        (b"\x00", FrameTruncated),
        (b"\x42" + bytes(66), FrameTooLong),
        (b"\xff", FrameTooLong),
        (MIHO005[:-1], FrameTruncated),
        (MIHO005[:1], FrameTruncated),
        (MIHO005 + b"\x00", FrameTooLong),
    ],
)
def test_wrong_length(core: Core, frame: bytes, refusal: type[FrameError]) -> None:
    with pytest.raises(refusal) as caught:
        core.decode(frame)
    assert caught.value.raw == frame


@pytest.mark.parametrize(
    "records",
    [
        "7301",  # header and nothing else: the length reaches into the CRC
        "73",
        "730101",  # no terminator
        "731001",  # type 1, no data, and then a parameter without its length
        "738f0102030405060708090a0b0c0d00",
        "73c1",  # an enumeration that ends in the CRC
        "73c10105c2",
        "73c101",
        "73c1c10100",
        "d100",  # a command of 0 bytes: 00 is its length, not the terminator
        "73d10500",  # reserved, and nothing else
        "73e000",
        "73f1050074f3000000",
        "73f305050500",
        "73c0010500",  # index 0, and nothing else
    ],
)
def test_valid_crc_over_broken_records(core: Core, records: str) -> None:
    with pytest.raises(RecordError) as caught:
        core.decode(sealed(records))
    assert caught.value.raw == sealed(records)


@pytest.mark.parametrize(
    ("records", "problem", "kind", "data"),
    [
        ("70d20506", PROBLEMS[1], 0xD, "0506"),
        ("70d0", PROBLEMS[1], 0xD, ""),
        ("70e105", PROBLEMS[2], 0xE, "05"),
        ("70f3412000", PROBLEMS[3], 0xF, "412000"),
        ("70f141", PROBLEMS[3], 0xF, "41"),
        ("70c08105", PROBLEMS[4], 0x8, "05"),
    ],
)
def test_one_record_without_a_value_keeps_the_others(
    core: Core, records: str, problem: str, kind: int, data: str
) -> None:
    broken, good = core.decode(sealed(records + "73010100")).records
    assert broken == Record(0x70, False, kind, bytes.fromhex(data), None, 0, problem)
    assert good == Record(0x73, False, 0, b"\x01", 1)


@pytest.mark.parametrize(
    ("record", "value"),
    [
        ("70f23c00", Decimal(1)),
        ("70f441480000", Decimal("12.5")),
        ("70f8c029000000000000", Decimal("-12.5")),
        ("70f27e00", None),  # NaN
        ("70f27c00", None),  # infinity
        ("70f0", None),
        ("7090", None),
        ("7073416263", "Abc"),
        ("7071ff", "\xff"),
        ("709100", Decimal(0)),
    ],
)
def test_value_of_a_record(core: Core, record: str, value: object) -> None:
    (decoded,) = core.decode(sealed(record + "00")).records
    assert decoded.value == value
    assert decoded.problem == ""


def test_command_of_parameter_0_is_not_the_terminator(core: Core) -> None:
    first, second = core.decode(sealed("80010573010100")).records
    assert (first.parameter, first.command, first.value) == (0, True, 5)
    assert second.parameter == 0x73


def test_reserved_bit_of_the_manufacturer_is_ignored(core: Core) -> None:
    frame = bytearray(MIHO005)
    frame[1] |= 0x80
    assert core.decode(bytes(frame)) == core.decode(MIHO005)


def test_unknown_manufacturer_is_taken_as_plain(core: Core) -> None:
    plain = core.encode(Message(0x16, 1, 77, 5, (Record(0x73, False, 0, b"\x01", 1),)))
    message = core.decode(plain)
    assert (message.encrypted, message.sensor) == (False, 5)
    assert plain[5:8] == b"\x00\x00\x05"


def test_pip_0_is_tried_encrypted_first_then_plain(core: Core) -> None:
    message = Message(4, 2, 0, 0x373, (Record(0x73, False, 0, b"\x01", 1),))
    assert core.decode(core.encode(message)) == message
    plain = message._replace(encrypted=False)
    assert core.decode(core.encode(plain)) == plain


def test_plain_frame_with_another_pip_is_refused_under_a_key(core: Core) -> None:
    frame = core.encode(Message(4, 2, 1, 0x373, (), encrypted=False))
    with pytest.raises(ChecksumError):
        core.decode(frame)
    assert not core.decode(frame, {}).encrypted


def test_checksum_error_says_what_came_and_what_was_computed(core: Core) -> None:
    body = bytes.fromhex("00037373010100")
    computed = crc_hqx(body, 0)
    body += (computed ^ 0x0101).to_bytes(2)
    with pytest.raises(ChecksumError) as caught:
        core.decode(bytes((len(body) + 4, 4, 2, 0x12, 0x34)) + crypt(body, 0xF2, 0x1234))
    assert (caught.value.expected, caught.value.computed) == (computed ^ 0x0101, computed)


def test_every_flipped_bit_but_those_of_manufacturer_and_product_is_refused(core: Core) -> None:
    """The CRC starts at byte 5, and the pip takes part in it through the cipher."""
    for bit in range(8, 8 * len(MIHO005)):
        frame = bytearray(MIHO005)
        frame[bit // 8] ^= 0x80 >> bit % 8
        if bit // 8 in (1, 2):
            continue
        with pytest.raises(FrameError):
            core.decode(bytes(frame))


def record_strategy() -> st.SearchStrategy[Record]:
    return st.builds(
        lambda parameter, command, kind, data, index: Record(
            parameter, command, kind, data, decode_value(kind, data), index
        ),
        st.integers(1, 0x7F),
        st.booleans(),
        st.sampled_from([*range(12)]),
        st.binary(max_size=15),
        st.sampled_from([0, 0, 0, 1, 15]),
    )


@st.composite
def messages(draw: st.DrawFn) -> Message:
    """Any message that can be sent: no 0xCn command directly after an enumerated value, 66 bytes at most."""
    records: list[Record] = []
    room = 55
    for record in draw(st.lists(record_strategy(), max_size=6)):
        room -= 3 + len(record.data)
        ambiguous = record.command and record.parameter >> 4 == 4 and records and records[-1].index
        if room >= 0 and not ambiguous:
            records.append(record)
    pip = draw(st.integers(1, 0xFFFF).filter(lambda pip: pip != 0xF200))
    numbers = (draw(st.sampled_from([4, 0x55])), draw(st.integers(0, 255)), pip, draw(st.integers(0, 0xFFFFFF)))
    return Message(*numbers, tuple(records), numbers[0] in KEYS)


@stateless
@given(message=messages())
def test_encode_then_decode(core: Core, message: Message) -> None:
    assert core.decode(core.encode(message)) == message


def attempt(core: Core, frame: bytes) -> Message | FrameError:
    try:
        message = core.decode(frame)
    except FrameError as error:
        return error
    return message


@stateless
@given(noise=st.binary(max_size=70))
def test_noise_gives_a_message_or_a_frame_error(core: Core, noise: bytes) -> None:
    verdict = attempt(core, noise)
    if isinstance(verdict, Message):
        assert verdict.manufacturer == noise[1] & 0x7F
    else:
        assert verdict.raw == noise


@stateless
@given(records=st.binary(min_size=1, max_size=54), pip=st.integers(0, 0xFFFF))
def test_noise_under_a_valid_crc_gives_a_message_or_a_record_error(core: Core, records: bytes, pip: int) -> None:
    verdict = attempt(core, sealed(records.hex(), pip))
    if isinstance(verdict, Message):
        assert all(record.value is None for record in verdict.records if record.problem)
        assert not verdict.records or not all(record.problem for record in verdict.records)
    else:
        assert isinstance(verdict, RecordError)


SWITCH = Record(0x73, True, 0, b"\x01", 1)


@pytest.mark.parametrize(
    "message",
    [
        Message(128, 2, 1, 1, ()),
        Message(-1, 2, 1, 1, ()),
        Message(4, 256, 1, 1, ()),
        Message(4, 2, 0x10000, 1, ()),
        Message(4, 2, 1, 0x1000000, ()),
        Message(4, 2, 0xF200, 1, ()),
        Message(4, 2, 1, 1, (SWITCH._replace(parameter=0),)),
        Message(4, 2, 1, 1, (SWITCH._replace(parameter=128),)),
        Message(4, 2, 1, 1, (SWITCH._replace(type=16),)),
        Message(4, 2, 1, 1, (SWITCH._replace(type=0xC),)),
        Message(4, 2, 1, 1, (SWITCH._replace(index=16),)),
        Message(4, 2, 1, 1, (SWITCH._replace(data=bytes(16)),)),
        Message(4, 2, 1, 1, (SWITCH._replace(data=bytes(15)),) * 4),
        Message(4, 2, 1, 1, (SWITCH._replace(index=1), Record(0x40, True, 0, b"\x01", 1))),
    ],
)
def test_encode_refuses_what_does_not_fit(core: Core, message: Message) -> None:
    with pytest.raises(OutOfRange):
        core.encode(message)


def test_longest_frame_fills_the_fifo(core: Core) -> None:
    records = (Record(0x4C, False, 7, b"x" * 15, "x" * 15),) * 3 + (Record(0x4C, False, 7, b"x" * 2, "x" * 2),)
    frame = core.encode(Message(4, 2, 1, 1, records))
    assert (len(frame), frame[0]) == (66, 65)
    assert core.decode(frame).records == records
    with pytest.raises(OutOfRange):
        core.encode(Message(4, 2, 1, 1, (*records[:3], records[3]._replace(data=b"xxx"))))


def test_pip_that_stops_the_cipher_is_fine_in_a_plain_frame(core: Core) -> None:
    message = Message(4, 2, 0xF200, 1, (), encrypted=False)
    assert core.decode(core.encode(message), {}) == message
