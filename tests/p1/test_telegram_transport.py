"""What stands between meter and framer: parity in bit 7, telnet, lost CR; and a meter that speaks another language."""

from __future__ import annotations

import pytest

from energy_hw import core
from energy_hw.p1.telegram import Ciphered, Crc, Mark, P1Framer, Telegram
from p1_wire import CIPHERED, DSMR2, DSMR5, EVEN, SHORT, hdlc, raws, tell, with_header

pytestmark = pytest.mark.parametrize("implementation", core.NAMES)
WILL_ECHO, SUB = b"\xff\xfb\x01", b"\xff\xfa\x2c\x65\xff\xff\x01\xff\xf0"


# ---- seven data bits on a port of eight ----


@pytest.mark.parametrize("raw", [DSMR2, DSMR5])
def test_bit_7_is_taken_off_where_it_is_the_parity(raw: bytes, implementation: str) -> None:
    events, counters = tell(raw.translate(EVEN) * 2 + raw, implementation)
    assert raws(events) == [raw] * 3
    assert counters.seven_bit == 2


def test_a_wrong_parity_refuses_the_telegram_that_has_no_crc(implementation: str) -> None:
    data = DSMR2.translate(EVEN)
    for bit in range(8):
        broken = bytearray(data)
        broken[200] ^= 1 << bit
        events, counters = tell(bytes(broken) + data, implementation)
        assert (events[0], raws(events), counters.parity) == (Mark.DAMAGED, [DSMR2], 1)


def test_a_wrong_parity_in_the_header_refuses_it_too(implementation: str) -> None:
    data = DSMR2.translate(EVEN)
    for at in range(15):
        broken = bytearray(data)
        broken[at] ^= 1
        assert raws(tell(bytes(broken) + data, implementation)[0]) == [DSMR2]
        assert tell(bytes(broken[: at + 1]), implementation, idle=True)[0] == []


# ---- telnet ----


def test_telnet_commands_are_taken_out_where_the_stream_begins_with_one(implementation: str) -> None:
    raw = with_header(b"KFM5", b"0-0:96.13.0(\xff\xff)")
    for command in (b"\xff\xfd\x03", SUB, b"\xff\xf1", b"\xff\xfa" + b"x" * 255):
        wire = raw.replace(b"\xff", b"\xff\xff")
        data = WILL_ECHO + wire[:40] + command + wire[40:] + SHORT
        events, counters = tell(data, implementation, telnet=True)
        assert raws(events) == [raw, SHORT]
        assert counters.telnet == 3 + len(command) + 2


def test_a_stream_that_begins_otherwise_keeps_its_bytes_of_ff(implementation: str) -> None:
    raw = with_header(b"KFM5", b"0-0:96.13.0(" + b"\xff" * 1024 + b")", b"0-0:96.13.1(\xff\xfb\x01)")
    for before in (b"", b"\xff", b"\xff\xff", b"x"):
        events, counters = tell(before + raw, implementation, telnet=True)
        assert (raws(events), counters.telnet, counters.resync_bytes) == ([raw], 0, len(before))


def test_ff_before_what_is_no_command_is_data(implementation: str) -> None:
    raw = with_header(b"KFM5", b"0-0:96.13.0(\xff3)")
    assert raws(tell(WILL_ECHO + raw, implementation, telnet=True)[0]) == [raw]


def test_after_reset_the_beginning_is_a_beginning_again(implementation: str) -> None:
    framer = P1Framer(telnet=True, implementation=implementation)
    framer.feed(DSMR5)
    framer.reset()
    assert raws(framer.feed(WILL_ECHO + DSMR5[:50]) + framer.feed(WILL_ECHO + DSMR5[50:])) == [DSMR5]


# ---- line ends ----


@pytest.mark.parametrize("lf", [DSMR5.replace(b"\r\n", b"\n"), DSMR5.replace(b"\r\n", b"\n", 9)])
def test_a_lost_cr_is_put_back_only_where_it_is_asked_for(lf: bytes, implementation: str) -> None:
    assert tell(lf, implementation)[0] == [Mark.DAMAGED]
    events, counters = tell(lf, implementation, repair_line_ends=True)
    assert events == [Telegram(lf, Crc.OK, 0x1F28, 0x1F28)]
    assert counters.repaired == 1
    broken = lf.replace(b"2948", b"2949")
    assert tell(broken + lf, implementation, repair_line_ends=True)[0] == [Mark.DAMAGED, *events]


def test_lf_alone_is_enough_without_a_crc(implementation: str) -> None:
    lf = DSMR2.replace(b"\r\n", b"\n")
    assert raws(tell(lf * 2 + DSMR2, implementation)[0]) == [lf, lf, DSMR2]


# ---- binary meters ----


def test_a_binary_meter_is_named(implementation: str) -> None:
    frame = hdlc(bytes(range(200)))
    events, counters = tell(frame + frame[1:] + frame + DSMR5, implementation)
    assert events[:3] == [Mark.HDLC] * 3
    assert raws(events) == [DSMR5]
    assert counters.hdlc == 3


@pytest.mark.parametrize("at", [1, 2, 20, 203, 204])
def test_what_only_begins_like_a_binary_meter_is_not_named(at: int, implementation: str) -> None:
    frame = bytearray(hdlc(bytes(200)))
    frame[at] ^= 0x08
    events, counters = tell(bytes(frame) + DSMR5, implementation, idle=True)
    assert (events[-1:], counters.hdlc) == (tell(DSMR5, implementation)[0], 0)


@pytest.mark.parametrize(
    "head",
    [
        b"\xdb\x08SAGxxxxx\x10\x30",  # too short
        b"\xdb\x08SAGxxxxx\x83\x01\x02\x30",
        b"\xdb\x08SAGxxxxx\x82\x30\x00\x30",  # too long
        b"\xdb\x08SAGxxxxx\x82\x01\x00\x31",
        b"\xdb\x08SA1xxxxx\x82\x01\x00\x30",
        b"\xdb\x08S\x00Gxxxxx\x82\x01\x00\x30",
        b"\xdb\x08[AGxxxxx\x82\x01\x00\x30",
        b"\xdb\x09SAGxxxxx\x82\x01\x00\x30",
        b"\xdb\x08SAGxxxxx\x82\x01\x00\x30"[:10],
    ],
)
def test_what_only_begins_like_a_ciphered_frame_is_none(head: bytes, implementation: str) -> None:
    events, counters = tell(head + DSMR5, implementation)
    assert (raws(events), counters.ciphered) == ([DSMR5], 0)


@pytest.mark.parametrize("control", [0x00, 0x20, 0x30])
@pytest.mark.parametrize("length", [b"\x81\x80", b"\x82\x00\x80", b"\x7f"])
def test_a_ciphered_frame_may_be_so(control: int, length: bytes, implementation: str) -> None:
    count = length[-1]
    frame = b"\xdb\x08SAGxxxxx" + length + bytes((control,)) + bytes(count - 1)
    assert tell(frame + DSMR5, implementation)[0][0] == Ciphered(frame)


def test_a_ciphered_frame_that_ends_like_the_next_begins_waits_for_it(implementation: str) -> None:
    frame = CIPHERED[0][:-3] + CIPHERED[0][:3]
    framer = P1Framer(implementation=implementation)
    assert framer.feed(frame) == []
    assert framer.idle() == [Ciphered(frame)]
    assert framer.feed(frame + DSMR5)[0] == Ciphered(frame)
