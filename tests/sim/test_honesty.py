"""The simulator knows nothing of drivers: register sequences of two popular ones show their known faults by themselves.

pyenergenie: drv/radio.c (tables config_FSK and config_OOK; radio_transmitter, radio_send_payload,
radio_receiver). Achronite's ener314-rt C code: one look at RegIrqFlags2 every 500 ms, then length byte and rest.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from energy_hw.sim import flags as f
from energy_hw.sim.air import Air, Hearing, Modulation
from energy_hw.sim.board import SimBoard, sim_board
from energy_hw.sim.clock import SECOND, VirtualClock
from energy_hw.sim.console import RX, STANDBY, TX, Console
from energy_hw.sim.registers import Reg
from energy_hw.sim.rfm69 import Chip

SWITCH_ON = bytes.fromhex("0d04020100c29fb40cf542f13def")
REPORT = bytes.fromhex("1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23")
SOCKET_1_ON = bytes.fromhex("800000008ee8ee888ee8ee888ee8eeee")

PYENERGENIE_FSK = (
    (0x02, 0x00), (0x05, 0x01), (0x06, 0xEC), (0x07, 0x6C), (0x08, 0x93), (0x09, 0x33), (0x0B, 0x00), (0x18, 0x08),
    (0x19, 0x43), (0x03, 0x1A), (0x04, 0x0B), (0x2E, 0x88), (0x2F, 0x2D), (0x30, 0xD4), (0x37, 0xA0), (0x38, 0x42),
    (0x39, 0x06),
)  # fmt: skip
PYENERGENIE_OOK = (
    (0x02, 0x08), (0x05, 0x00), (0x06, 0x00), (0x07, 0x6C), (0x08, 0x7A), (0x09, 0xE1), (0x19, 0x41), (0x03, 0x1A),
    (0x04, 0x0B), (0x2D, 0x00), (0x2E, 0x00), (0x37, 0x80), (0x38, 0x00),
)  # fmt: skip
ACHRONITE_FSK = (
    (0x0B, 0x00), (0x18, 0x08), (0x03, 0x1A), (0x04, 0x0B), (0x2F, 0x2D), (0x30, 0xD4), (0x39, 0x04), (0x3C, 0x81),
    (0x02, 0x00), (0x05, 0x01), (0x06, 0xEC), (0x07, 0x6C), (0x08, 0x93), (0x09, 0x33), (0x19, 0x43), (0x2E, 0x88),
    (0x37, 0xA2), (0x38, 0x42),
)  # fmt: skip


class Pyenergenie:
    """Its register sequences, bit-banged at 0.2 MHz: 80 us an access."""

    def __init__(self) -> None:
        clock = VirtualClock()
        self.console = Console(Chip(clock, Air(clock, seed=1)))
        self.heard: list[Hearing] = []
        self.console.air.listen(self.heard.append, "plug")

    def transmitter(self, table: tuple[tuple[int, int], ...]) -> None:
        """radio_transmitter: table, TX, wait for ModeReady and TxReady."""
        self._change_mode(table, TX, f.MODE_READY | f.TX_READY)

    def receiver(self) -> None:
        """radio_receiver, which the next loop() calls."""
        self._change_mode(PYENERGENIE_FSK, RX, f.MODE_READY)

    def send_payload(self, payload: bytes, times: int) -> None:
        """radio_send_payload: returns when the FIFO is empty."""
        self.console.write(Reg.FIFOTHRESH, len(payload) - 1)
        for _ in range(times):
            self.console.fill(payload)
            self.console.until(f.FIFO_LEVEL, 0)
        self.console.until(f.FIFO_NOT_EMPTY, 0)

    def _change_mode(self, table: tuple[tuple[int, int], ...], mode: int, flags: int) -> None:
        for register, value in table:
            self.console.write(register, value)
            self.console.run(0.08)
        self.console.write(Reg.OPMODE, mode)
        self.console.until(flags, flags)

    @property
    def frames(self) -> list[bytes]:
        """What the plug understood."""
        return [frame for hearing in self.heard if (frame := hearing.fsk_frame()) is not None]


@pytest.fixture
def pyenergenie() -> Pyenergenie:
    return Pyenergenie()


def test_pyenergenie_is_heard_as_its_users_say(pyenergenie: Pyenergenie) -> None:
    pyenergenie.transmitter(PYENERGENIE_FSK)
    pyenergenie.send_payload(SWITCH_ON, 4)
    pyenergenie.console.run(1000)
    assert pyenergenie.frames == [SWITCH_ON] * 4


def test_pyenergenie_sends_idle_preamble_until_the_next_loop(pyenergenie: Pyenergenie) -> None:
    pyenergenie.transmitter(PYENERGENIE_FSK)
    pyenergenie.send_payload(SWITCH_ON, 1)
    sent_ns = pyenergenie.console.clock.now_ns
    pyenergenie.console.run(1000)  # the program sleeps, then calls loop()
    pyenergenie.receiver()
    idle = [hearing.transmission for hearing in pyenergenie.heard if hearing.start_ns > sent_ns]
    assert len(idle) == 1
    assert idle[0].end_ns is not None
    assert (idle[0].end_ns - idle[0].start_ns) / SECOND == pytest.approx(1.0, abs=0.01)
    assert set(idle[0].chips.split("10")) == {""}


def test_pyenergenie_is_deaf_and_jams_while_it_stays_in_tx(pyenergenie: Pyenergenie) -> None:
    console = pyenergenie.console
    pyenergenie.receiver()
    pyenergenie.transmitter(PYENERGENIE_FSK)
    pyenergenie.send_payload(SWITCH_ON, 1)
    console.air.send_fsk(REPORT, sender="another plug", power_dbm=10)
    console.run(200)
    pyenergenie.receiver()
    assert console.chip.statistics.packets_received == 0
    assert REPORT not in pyenergenie.frames


def test_pyenergenie_has_no_preamble_after_ook_and_no_device_hears_it(pyenergenie: Pyenergenie) -> None:
    for table, payload, times in (
        (PYENERGENIE_FSK, SWITCH_ON, 4),
        (PYENERGENIE_OOK, SOCKET_1_ON, 8),
        (PYENERGENIE_FSK, SWITCH_ON, 4),
    ):
        pyenergenie.transmitter(table)
        pyenergenie.send_payload(payload, times)
        pyenergenie.console.run(10)
        pyenergenie.receiver()
    frames = [hearing for hearing in pyenergenie.heard if "0010110111010100" in hearing.chips()]
    fsk = [hearing for hearing in frames if hearing.transmission.modulation is Modulation.FSK]
    assert len(fsk) == 8  # sync word and payload are on the air eight times
    assert pyenergenie.frames == [SWITCH_ON] * 4
    assert pyenergenie.console.read(Reg.PREAMBLELSB) == 0


@pytest.mark.parametrize(("times", "understood"), [(1, 0), (4, 3)])
def test_pyenergenie_cuts_the_last_byte_when_it_receives_at_once(
    pyenergenie: Pyenergenie, times: int, understood: int
) -> None:
    pyenergenie.transmitter(PYENERGENIE_FSK)
    pyenergenie.send_payload(SWITCH_ON, times)
    pyenergenie.console.mode(STANDBY)
    assert len(pyenergenie.frames) == understood
    assert pyenergenie.console.chip.statistics.truncated_frames == 1
    chips = pyenergenie.heard[-1].chips()
    missing = 24 + 16 + 16 * len(SWITCH_ON) - len(chips) % (24 + 16 + 16 * len(SWITCH_ON))
    assert 0 < missing <= 16


def test_pyenergenie_cuts_the_last_repeat_of_ook_and_the_others_survive(pyenergenie: Pyenergenie) -> None:
    pyenergenie.transmitter(PYENERGENIE_OOK)
    pyenergenie.send_payload(SOCKET_1_ON, 8)
    pyenergenie.receiver()
    repeats = [code for hearing in pyenergenie.heard for code in hearing.ook_frames()]
    assert repeats == [SOCKET_1_ON] * 7


def test_pyenergenie_reads_no_version_after_its_reset(pyenergenie: Pyenergenie) -> None:
    console = pyenergenie.console
    console.chip.reset_pin(True)
    console.run(10)  # meant to be 150 ms
    console.chip.reset_pin(False)
    console.run(0.1)
    assert console.read(Reg.VERSION) == 0xFF  # the data sheet asks for 5 ms


@pytest.mark.parametrize(("nap_ms", "left"), [(0.1, 15), (20, 4), (26, 0)])
def test_achronite_streams_ook_with_naps_of_20_ms_and_not_much_more(nap_ms: float, left: int) -> None:
    """Threshold 15, 16 bytes at a time, one look every 20 ms: how many bytes are left when the next ones come."""
    console, fill = Pyenergenie().console, []
    console.load((*PYENERGENIE_OOK, (Reg.FIFOTHRESH, 15)))
    console.mode(TX)
    for repeat in range(20):
        if repeat:
            fill.append(len(console.chip.fifo.data))
        console.fill(SOCKET_1_ON)
        while console.has(f.FIFO_LEVEL):
            console.run(nap_ms)
    assert min(fill) == left


def test_more_than_8_repeats_are_cut_into_packets_by_what_their_bytes_happen_to_be(pyenergenie: Pyenergenie) -> None:
    """The first byte, 0x80, is taken for a length of 128, the 130th, 0x00, for one of 0; the last is not all there."""
    pyenergenie.transmitter(PYENERGENIE_OOK)
    pyenergenie.send_payload(SOCKET_1_ON, 20)
    pyenergenie.console.run(1000)
    repeats = [code for hearing in pyenergenie.heard for code in hearing.ook_frames()]
    assert repeats == [SOCKET_1_ON] * 20
    assert pyenergenie.console.chip.statistics.packets_sent > 2
    assert pyenergenie.console.chip.statistics.underruns == 1


def plugs(board: SimBoard, count: int, seconds: float) -> list[bytes]:
    """Plugs that report every 10 s or so, each for itself; what they sent."""
    dice, sent = Random(5), list[bytes]()

    def report(plug: int, number: int) -> None:
        frame = bytes([28, 4, 2, plug]) + number.to_bytes(4) + bytes(21)
        sent.append(frame)
        board.air.send_fsk(frame, sender=f"plug {plug}")
        later(plug, number + 1, dice.uniform(9.5, 10.5))

    def later(plug: int, number: int, delay_s: float) -> None:
        if board.clock.now_ns + delay_s * SECOND < seconds * SECOND:
            board.clock.call_in(round(delay_s * SECOND), lambda: report(plug, number))

    for plug in range(count):
        later(plug, 0, dice.uniform(0.1, 10))
    return sent


def poll_every_500_ms(board: SimBoard) -> bool:
    board.spi.sleep_us(500_000)
    return bool(board.spi.transfer([bytes([Reg.IRQFLAGS2, 0])])[0][1] & f.PAYLOAD_READY)


def wait_for_the_edge(board: SimBoard) -> bool:
    return board.pins.wait(0.5)


def lost_share(wait: Callable[[SimBoard], bool], count: int = 10, seconds: float = 1500) -> float:
    """Share of frames that a reader with this way to wait does not get."""
    board = sim_board(seed=2)
    console = Console(board.chip)
    console.load(((Reg.DIOMAPPING1, 0x40), *ACHRONITE_FSK))
    console.mode(RX)
    sent, got = plugs(board, count, seconds), set()
    while board.clock.now_ns < seconds * SECOND:
        if wait(board):
            length = board.spi.transfer([bytes(2)])[0][1]
            got.add(bytes([length]) + board.spi.transfer([bytes(1 + length)])[0][1:])
    return 1 - len(got & set(sent)) / len(sent)


def test_polling_every_500_ms_loses_a_fifth_more_of_ten_plugs_than_waiting_for_edges() -> None:
    by_edge, by_poll = lost_share(wait_for_the_edge), lost_share(poll_every_500_ms)
    assert by_edge == pytest.approx(0.17, abs=0.04)  # 1 - exp(-9 * 0.021): collisions alone
    assert by_poll - by_edge == pytest.approx(0.17, abs=0.04)  # 0.83 * (1 - exp(-9 * 0.025)): deaf for 250 ms
