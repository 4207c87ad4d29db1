"""What the receiver takes for a packet: tuning, preamble, sync word, length, address, checksum, OOK codes."""

from __future__ import annotations

import pytest

from energy_hw.sim import chips, settings
from energy_hw.sim import flags as f
from energy_hw.sim.air import FSK_HZ, Air, Modulation, Transmission
from energy_hw.sim.clock import VirtualClock
from energy_hw.sim.console import FSK, OOK, RX, STANDBY, TX, Console
from energy_hw.sim.registers import Reg
from energy_hw.sim.rfm69 import Chip

FRAME = bytes.fromhex("0d04020100c29fb40cf542f13def")
CODE = bytes.fromhex("800000008ee8ee888ee8ee888ee8eeee")
FRAME_MS = 55.0

# Reception of hand controllers as ener314-py sets it up: sync 80 00 00 00, 12 bytes.
OOK_RX = (
    *OOK, (0x18, 0x08), (0x1B, 0x41), (0x1D, 0x06), (0x2E, 0x98), (0x2F, 0x80), (0x30, 0x00), (0x31, 0x00),
    (0x32, 0x00), (0x38, 12), (0x29, 0xE4),
)  # fmt: skip


@pytest.fixture
def rig() -> Console:
    clock = VirtualClock()
    rig = Console(Chip(clock, Air(clock, seed=3)))
    rig.load(FSK)
    return rig


def got(rig: Console) -> bytes | None:
    """The packet that is ready, if there is one."""
    return rig.drain(rig.burst(Reg.FIFO, 1)[0]) if rig.has(f.PAYLOAD_READY) else None


def frame_of(length: int, manufacturer: int = 4) -> bytes:
    return bytes([length, manufacturer, *range(length - 1)])


def test_a_frame_arrives_with_its_length_byte_first(rig: Console) -> None:
    rig.mode(RX)
    rig.air.send_fsk(FRAME, sender="plug")
    rig.run(FRAME_MS + 1)
    assert rig.drain(14) == FRAME
    assert rig.chip.statistics.packets_received == 1


def test_bytes_arrive_one_by_one(rig: Console) -> None:
    rig.mode(RX)
    rig.air.send_fsk(FRAME, sender="plug")
    rig.run(8.4 + 5 * 3.334)
    assert not rig.has(f.PAYLOAD_READY)
    assert rig.drain(5) == FRAME[:5]
    assert not rig.has(f.FIFO_NOT_EMPTY)
    rig.run(9 * 3.334 + 1)
    assert rig.drain(9) == FRAME[5:]


def test_frames_longer_than_the_fifo_can_be_read_while_they_arrive(rig: Console) -> None:
    rig.write(Reg.PAYLOADLEN, 255)
    rig.mode(RX)
    frame = frame_of(120)
    rig.air.send_fsk(frame, sender="plug")
    read = b""
    for _ in range(45):
        rig.run(10)
        while rig.has(f.FIFO_NOT_EMPTY):
            read += rig.drain(1)
    assert read == frame
    assert not rig.has(f.FIFO_OVERRUN)


@pytest.mark.parametrize(
    ("change", "heard"),
    [
        ({}, True),
        ({"frequency_hz": FSK_HZ + 30_000}, True),
        ({"frequency_hz": FSK_HZ - 33_000}, False),
        ({"chip_ns": 1e9 / 4800 * 1.06}, True),
        ({"chip_ns": 1e9 / 4800 * 0.93}, False),
        ({"deviation_hz": 0.0}, False),
        ({"deviation_hz": 70_000.0}, False),
        ({"modulation": Modulation.OOK}, False),
        ({"power_dbm": -51.5}, True),
        ({"power_dbm": -54.5}, False),
        ({"chips": chips.fsk(FRAME, 2)}, True),
        ({"chips": chips.fsk(FRAME, 1)}, False),
        ({"chips": chips.fsk(FRAME, 3, b"\x2d\xd5")}, False),
    ],
)
def test_what_is_heard_depends_on_tuning_strength_preamble_and_sync_word(
    rig: Console, change: dict[str, object], heard: bool
) -> None:
    rig.mode(RX)
    sent = Transmission("plug", 0, chips.fsk(FRAME))
    for name, value in change.items():
        setattr(sent, name, value)
    rig.air.transmit(sent)
    rig.run(70)
    assert rig.has(f.PAYLOAD_READY) == heard


@pytest.mark.parametrize(("tolerance", "heard"), [(0, False), (1, True)])
def test_sync_word_errors_are_tolerated_as_configured(rig: Console, tolerance: int, heard: bool) -> None:
    rig.write(Reg.SYNCCONFIG, 0x88 | tolerance)
    rig.mode(RX)
    rig.air.transmit(Transmission("plug", 0, chips.fsk(FRAME, 3, b"\x2d\xd5")))
    rig.run(FRAME_MS + 1)
    assert rig.has(f.PAYLOAD_READY) == heard


def test_a_receiver_that_comes_late_hears_what_leaves_it_12_chips_of_preamble(rig: Console) -> None:
    for late_chips, heard in ((8, True), (16, False)):
        rig.air.send_fsk(FRAME, sender="plug")
        start_up_ns = settings.PLL_NS + settings.rx_start_ns(bytearray(rig.burst(1, 0x4F).rjust(0x80, b"\0")))
        rig.run(late_chips / 4.8 - start_up_ns / 1e6 - 0.04)
        rig.mode(RX, settle_ms=60)
        assert rig.has(f.PAYLOAD_READY) == heard
        rig.mode(STANDBY)
        rig.write(Reg.IRQFLAGS2, 0x10)


def test_a_length_beyond_the_limit_is_refused_and_the_next_frame_heard(rig: Console) -> None:
    rig.write(Reg.PAYLOADLEN, 20)
    rig.mode(RX)
    rig.air.send_fsk(frame_of(21), sender="plug")
    rig.run(90)
    assert not rig.flags() & (f.FIFO_NOT_EMPTY | f.PAYLOAD_READY | f.SYNC_ADDRESS)
    rig.air.send_fsk(frame_of(20), sender="plug")
    rig.run(90)
    assert got(rig) == frame_of(20)[1:]
    assert rig.chip.statistics.refused_length == 1


@pytest.mark.parametrize(
    ("config", "address", "heard"),
    [(0xA0, 0x16, True), (0xA2, 4, True), (0xA2, 0x16, False), (0xA4, 0x16, True), (0xA4, 0x17, False)],
)
def test_address_filter(rig: Console, config: int, address: int, heard: bool) -> None:
    rig.load(((Reg.PACKETCONFIG1, config), (Reg.BROADCASTADRS, 0x16)))
    rig.mode(RX)
    rig.air.send_fsk(frame_of(12, address), sender="plug")
    rig.run(60)
    assert rig.has(f.PAYLOAD_READY) == heard
    assert rig.chip.statistics.refused_address == (not heard)


def test_sync_address_waits_for_the_address_if_there_is_a_filter(rig: Console) -> None:
    for config, early in ((0xA0, True), (0xA2, False)):
        rig.write(Reg.PACKETCONFIG1, config)
        rig.mode(RX)
        rig.air.send_fsk(FRAME, sender="plug")
        rig.run(8.4 + 4)
        assert rig.has(f.SYNC_ADDRESS) == early
        rig.run(4)
        assert rig.has(f.SYNC_ADDRESS)
        rig.run(60)
        rig.mode(STANDBY)


def two_chips(*more: tuple[int, int]) -> tuple[Console, Console]:
    """A sender and a receiver, set up alike, the receiver in RX."""
    clock = VirtualClock()
    air = Air(clock, seed=3)
    rigs = tuple(Console(Chip(clock, air, name=name)) for name in ("one", "two"))
    for rig in rigs:
        rig.load((*FSK, *more))
    rigs[1].mode(RX)
    return rigs[0], rigs[1]


def test_one_chip_hears_another() -> None:
    sender, receiver = two_chips()
    sender.fill(FRAME)
    sender.mode(TX, settle_ms=60)
    assert receiver.drain(14) == FRAME


@pytest.mark.parametrize(("keep_bad", "broken"), [(0, False), (0, True), (8, True)])
def test_the_chips_own_checksum(keep_bad: int, broken: bool) -> None:
    sender, receiver = two_chips((Reg.PACKETCONFIG1, 0xB0 | keep_bad))
    if broken:
        receiver.clock.call_in(30_000_000, lambda: receiver.air.noise(0.01))
    sender.fill(FRAME)
    sender.mode(TX, settle_ms=70)
    assert receiver.has(f.PAYLOAD_READY) == (not broken or bool(keep_bad))
    assert receiver.has(f.CRC_OK) != broken
    assert receiver.chip.statistics.crc_errors == broken
    assert receiver.has(f.FIFO_NOT_EMPTY) == (not broken or bool(keep_bad))


def test_crc_ok_stays_low_while_the_checksum_is_off(rig: Console) -> None:
    rig.mode(RX)
    rig.air.send_fsk(FRAME, sender="plug")
    rig.run(60)
    assert rig.has(f.PAYLOAD_READY)
    assert not rig.has(f.CRC_OK)


def test_a_frame_that_ends_early_is_filled_up_with_noise() -> None:
    sender, receiver = two_chips()
    sender.fill(FRAME)
    sender.mode(TX, settle_ms=30)
    sender.mode(STANDBY)
    receiver.run(60)
    frame = receiver.drain(14)
    assert frame[:4] == FRAME[:4]
    assert frame != FRAME


def test_a_collision_gives_a_wrong_frame_and_not_an_error(rig: Console) -> None:
    rig.mode(RX)
    rig.air.send_fsk(FRAME, sender="plug")
    rig.run(30)
    rig.air.send_fsk(FRAME, sender="another")
    rig.run(60)
    frame = rig.drain(14)
    assert frame[:5] == FRAME[:5]
    assert frame != FRAME


def test_a_stronger_frame_that_comes_later_spoils_the_first_and_is_not_received_itself(rig: Console) -> None:
    rig.mode(RX)
    rig.air.send_fsk(FRAME, sender="far", power_dbm=0)
    rig.run(20)
    rig.air.send_fsk(FRAME, sender="near", power_dbm=10)
    rig.run(80)
    assert rig.drain(14) != FRAME
    assert rig.chip.statistics.packets_received == 1


def test_a_weaker_frame_at_the_same_time_does_no_harm(rig: Console) -> None:
    rig.mode(RX)
    rig.air.send_fsk(bytes([20]) + bytes(20), sender="far", power_dbm=3)
    rig.air.send_fsk(FRAME, sender="near", power_dbm=10)
    rig.run(60)
    assert rig.drain(14) == FRAME


def test_leaving_rx_before_the_sync_word_forgets_the_transmission(rig: Console) -> None:
    rig.mode(RX)
    rig.air.send_fsk(FRAME, sender="plug")
    rig.run(5)
    rig.mode(STANDBY, settle_ms=60)
    assert rig.flags() == f.MODE_READY


def test_rssi_is_of_the_packet_while_it_is_there_and_of_the_channel_before_and_after(rig: Console) -> None:
    rig.air.set_link("plug", rig.chip.name, 72.5)
    rig.mode(RX)
    assert rig.read(Reg.RSSIVALUE) == 2 * 118
    rig.air.send_fsk(FRAME, sender="plug", power_dbm=8.0)
    rig.run(60)
    assert rig.read(Reg.RSSIVALUE) == 2 * 64.5
    rig.air.noise(0.01, power_dbm=0.0)
    assert rig.read(Reg.RSSIVALUE) == 2 * 64.5
    rig.drain(14)
    assert rig.read(Reg.RSSIVALUE) == 2 * 60
    rig.mode(STANDBY)
    assert rig.read(Reg.RSSIVALUE) == 0xFF


def test_a_signal_below_the_rssi_threshold_is_not_received(rig: Console) -> None:
    rig.write(Reg.RSSITHRESH, 2 * 60)
    rig.mode(RX)
    rig.air.send_fsk(FRAME, sender="plug", power_dbm=0.0)
    rig.run(60)
    assert not rig.has(f.PAYLOAD_READY)
    rig.air.send_fsk(FRAME, sender="plug", power_dbm=1.0)
    rig.run(60)
    assert rig.has(f.PAYLOAD_READY)


def test_ook_code_arrives_one_chip_late_from_the_second_repeat_on(rig: Console) -> None:
    rig.load(OOK_RX)
    rig.mode(RX)
    rig.air.send_ook(CODE, 1, sender="remote")
    rig.run(30)
    assert not rig.has(f.PAYLOAD_READY)
    rig.air.send_ook(CODE, 3, sender="remote")
    rig.run(60)
    nibbles = rig.drain(12).hex()
    assert set(nibbles) == {"4", "7"}
    symbols = "".join("1000" if nibble == "4" else "1110" for nibble in nibbles)
    assert chips.to_bytes(symbols) == CODE[4:]


def test_every_other_repeat_of_an_ook_code_is_received(rig: Console) -> None:
    rig.load(OOK_RX)
    rig.mode(RX)
    rig.air.send_ook(CODE, 8, sender="remote")
    codes = 0
    for _ in range(50):
        rig.run(5)
        if rig.has(f.PAYLOAD_READY):
            rig.drain(12)
            codes += 1
    assert codes == 4  # the one that follows at once leaves no time for bit synchronisation
