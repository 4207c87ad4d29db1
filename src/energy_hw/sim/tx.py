"""The transmitter: preamble, sync word, payload out of the FIFO, and what happens in between.

Source: SX1231 data sheet, chapters 4.2.2 and 5.5.3. Without a packet the chip sends preamble
as long as it is in TX; with a preamble length of 0 it sends a constant 0 or 1.

A byte leaves the FIFO when its first chip goes on the air: the FIFO is empty 8 chips
(16 with Manchester) before the packet is over.
"""

from __future__ import annotations

from binascii import crc_hqx
from functools import partial

from energy_hw.sim import chips as coding
from energy_hw.sim import flags, settings
from energy_hw.sim.air import Transmission
from energy_hw.sim.clock import Event
from energy_hw.sim.registers import Reg
from energy_hw.sim.settings import Packet
from energy_hw.sim.state import State

LEAD_CHIPS = 16
"""How much of an idle preamble a receiver of the next packet may still use; it needs 12 chips."""
IDLE_CHIPS = 4800
"""Longest idle preamble that is written out, chip by chip, for those who listen."""


class Outgoing:
    """A packet on its way in a transmission. left: payload bytes still to come, None before the length byte."""

    def __init__(self, packet: Packet, sent: Transmission) -> None:
        self.packet = packet
        self.sent = sent
        self.left = None if packet.variable else packet.length
        self.data = bytearray()
        self.starved = False

    def take(self, byte: int) -> str:
        """One more byte; its chips."""
        if self.left is None:
            self.left = byte
        elif self.left:
            self.left -= 1
        self.data.append(byte)
        return self.code(bytes([byte]))

    def code(self, data: bytes) -> str:
        """Payload bytes as chips."""
        return coding.manchester(data) if self.packet.manchester else coding.from_bytes(data)

    @property
    def all_taken(self) -> bool:
        """Whether the payload is complete."""
        return self.left == 0 and not self.packet.unlimited


class Transmitter:
    """Sends while the chip is in TX.

    packet_sent_faults: how many of the next packets end without PacketSent.
    """

    def __init__(self, state: State) -> None:
        self.packet_sent_faults = 0
        self._state = state
        self._active = False
        self._carrier: Transmission | None = None
        self._packet: Outgoing | None = None
        self._started_ns = 0
        self._ran_dry = False
        self._last_chip = "0"
        self._next: Event | None = None

    def start(self) -> None:
        """The amplifier is on."""
        self._active = True
        self._started_ns = self._state.now_ns
        self._ran_dry = False
        self._last_chip = "0"
        self._go_on()

    def stop(self) -> None:
        """The amplifier goes off, whatever was under way."""
        self._active = False
        if self._next is not None:
            self._next.cancel()
            self._next = None
        self._state.stats.tx_ns += self._state.now_ns - self._started_ns
        self._state.stats.truncated_frames += self._packet is not None
        self._packet = None
        self._end_carrier()
        self._state.drop_flags(flags.TX_READY | flags.PACKET_SENT)

    def look(self) -> None:
        """The FIFO changed: a packet starts if the chip waits for one and the start condition holds."""
        idle = self._carrier is not None and not self._carrier.chips
        if idle and self._start_condition():
            self._begin()

    def _start_condition(self) -> bool:
        fifo = self._state.fifo
        return fifo.not_empty if self._state.regs[Reg.FIFOTHRESH] & 0x80 else fifo.level

    def _go_on(self) -> None:
        """Next packet, or nothing to send."""
        if self._start_condition():
            self._begin()
        else:
            self._carrier = self._open("", self._state.now_ns)

    def _open(self, chips: str, start_ns: int) -> Transmission:
        regs = self._state.regs
        sent = Transmission(self._state.name, start_ns, chips, None, settings.modulation(regs))
        sent.frequency_hz = self._state.frf_hz
        sent.deviation_hz = settings.deviation_hz(regs)
        sent.chip_ns = settings.chip_ns(regs)
        sent.power_dbm = settings.power_dbm(regs, self._state.high_power)
        return self._state.air.begin(sent)

    def _end_carrier(self) -> int:
        """End the transmission; how many chips it was idle, that is without a packet."""
        sent, self._carrier = self._carrier, None
        if sent is None:
            return 0
        idle = 0 if sent.chips else sent.chip_at(self._state.now_ns)
        if not sent.chips:
            sent.chips = self._pattern(min(idle, IDLE_CHIPS))
            self._count_idle(self._state.now_ns - sent.start_ns)
        self._state.air.end(sent)
        return idle

    def _count_idle(self, ns: int) -> None:
        if settings.packet(self._state.regs).preamble:
            self._state.stats.idle_preamble_ns += ns
        else:
            self._state.stats.constant_carrier_ns += ns

    def _pattern(self, chips: int) -> str:
        """What is sent without a packet."""
        preamble = settings.packet(self._state.regs).preamble
        return ("10" * chips)[chips:] if preamble else self._last_chip * chips

    def _begin(self) -> None:
        """Start a packet: what was idle, its preamble, the sync word, then the payload."""
        packet = settings.packet(self._state.regs)
        self._state.stats.underruns += self._ran_dry
        self._ran_dry = False
        if self._carrier is None or not self._carrier.chips:
            self._carrier = self._head(packet)
        self._packet = Outgoing(packet, self._carrier)
        self._when_sent(self._packet)

    def _head(self, packet: Packet) -> Transmission:
        lead = min(self._end_carrier(), LEAD_CHIPS)
        start_ns = self._state.now_ns - round(lead * settings.chip_ns(self._state.regs))
        return self._open(self._pattern(lead) + "10101010" * packet.preamble + packet.sync, start_ns)

    def _when_sent(self, out: Outgoing) -> None:
        """Go on when everything known so far has been sent."""
        due = out.sent.time_of(len(out.sent.chips))
        if due > self._state.now_ns:
            self._next = self._state.clock.call_at(due, partial(self._load, out))
        else:
            self._load(out)

    def _load(self, out: Outgoing) -> None:
        """The shift register is free: next byte, checksum, or end."""
        fifo = self._state.fifo
        if out.all_taken:
            self._checksum(out)
        elif out.packet.unlimited and not fifo.data:
            self._finish(out)
        else:
            self._shift(out, fifo.pop())

    def _shift(self, out: Outgoing, byte: int | None) -> None:
        if byte is None and not out.starved:
            out.starved = True  # counted once a packet; zeros are sent for what is missing
            self._state.stats.underruns += 1
        self._put(out, out.take(byte or 0))
        self._state.fifo.settle()
        if not self._state.fifo.data:
            self._state.emptied()
        self._state.changed()

    def _put(self, out: Outgoing, chips: str) -> None:
        self._state.air.extend(out.sent, chips)
        self._last_chip = chips[-1]
        self._when_sent(out)

    def _checksum(self, out: Outgoing) -> None:
        """After the payload: the chip's own CRC if it is on, then the end."""
        if out.packet.crc and out.data:
            crc = chip_crc(bytes(out.data))
            out.data.clear()
            self._put(out, out.code(crc))
        else:
            self._finish(out)

    def _finish(self, out: Outgoing) -> None:
        """The last chip has been sent."""
        self._state.stats.packets_sent += 1
        self._packet = None
        if out.packet.preamble or out.packet.sync or not self._start_condition():
            self._end_carrier()  # else the next packet follows without a seam
        self._ran_dry = out.packet.unlimited  # it ends when the FIFO is empty: if more comes, the host was late
        if not out.packet.unlimited:
            self._announce()
        if self._active:  # PacketSent may have ended TX by way of RegAutoModes
            self._go_on()

    def _announce(self) -> None:
        if self.packet_sent_faults > 0:
            self.packet_sent_faults -= 1
        else:
            self._state.raise_flags(flags.PACKET_SENT)


def chip_crc(payload: bytes) -> bytes:
    """The packet handler's own CRC: CCITT polynomial, start 0x1D0F, complemented. Data sheet, 5.5.6."""
    return (crc_hqx(payload, 0x1D0F) ^ 0xFFFF).to_bytes(2)
