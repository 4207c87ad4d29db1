"""A packet that is arriving: length, address, bytes into the FIFO, checksum.

Source: SX1231 data sheet, chapter 5.5.5 (filtering). Bytes reach the FIFO only once
length and address have been accepted.
"""

from __future__ import annotations

from energy_hw.sim import chips as coding
from energy_hw.sim import flags
from energy_hw.sim.air import Hearing
from energy_hw.sim.registers import Reg
from energy_hw.sim.settings import Packet
from energy_hw.sim.state import State
from energy_hw.sim.tx import chip_crc


class Incoming:
    """A packet whose sync word matched.

    at: chip at which the payload starts. refused: length or address did not pass.
    complete: every byte, the chip's CRC included, has arrived.
    """

    def __init__(self, state: State, hearing: Hearing, packet: Packet, at: int) -> None:
        self.hearing = hearing
        self.packet = packet
        self.refused = False
        self._state = state
        self._at = at
        self._bytes = bytearray()
        self._stored = 0

    @property
    def total(self) -> int | None:
        """Payload bytes, the length byte included; None while, or because, nobody knows."""
        if self.packet.variable:
            return self._bytes[0] + 1 if self._bytes else None
        return self.packet.length or None

    @property
    def _wire_total(self) -> int | None:
        total = self.total
        return None if total is None else total + (2 if self.packet.crc else 0)

    @property
    def complete(self) -> bool:
        """Whether all has arrived."""
        return len(self._bytes) == self._wire_total

    @property
    def crc_good(self) -> bool | None:
        """Whether the chip's own CRC was right; None if it is off."""
        if not self.packet.crc or self.total is None:
            return None
        return chip_crc(bytes(self._bytes[: self.total])) == self._bytes[self.total :]

    def next_ns(self, each: bool) -> int | None:
        """When to look next: after each byte, or after the one that decides something; None if never."""
        total, count = self._wire_total, len(self._bytes)
        if each or count < self._header:
            return self._end_of(count + 1)
        return None if total is None else self._end_of(total)

    def arrive(self, now_ns: int) -> None:
        """Take the bytes that are over by now."""
        heard = self.hearing
        last = (heard.transmission.chip_at(now_ns) - self._at) // self.packet.chips_per_byte
        while len(self._bytes) < last and not self.refused and not self.complete:
            count = min(last, self._block_end())
            self._bytes += self._decode(len(self._bytes), count)
            self._judge()
        self._store()

    @property
    def _header(self) -> int:
        """Bytes that decide whether the packet is accepted."""
        return self.packet.variable + (1 if self.packet.filter else 0)

    def _block_end(self) -> int:
        """Byte count up to which nothing has to be decided."""
        if len(self._bytes) < self._header:
            return len(self._bytes) + 1
        total = self._wire_total
        return 1 << 30 if total is None else total

    def _decode(self, first: int, end: int) -> bytes:
        size = self.packet.chips_per_byte
        heard = self.hearing.chips(self._at + end * size)[self._at + first * size :]
        return coding.unmanchester(heard) if self.packet.manchester else coding.to_bytes(heard)

    def _judge(self) -> None:
        """Filters, each when its byte is there."""
        count = len(self._bytes)
        if self.packet.variable and count == 1 and self._bytes[0] > self.packet.length:
            self.refused = True
            self._state.stats.refused_length += 1
        elif self.packet.filter and count == self._header:
            self._judge_address(self._bytes[-1])

    def _judge_address(self, address: int) -> None:
        regs = self._state.regs
        wanted = {regs[Reg.NODEADRS]} | ({regs[Reg.BROADCASTADRS]} if self.packet.filter == 2 else set())
        if address in wanted:
            self._state.raise_flags(flags.SYNC_ADDRESS)
        else:
            self.refused = True
            self._state.stats.refused_address += 1

    def _store(self) -> None:
        """Hand accepted bytes to the FIFO; the chip's CRC stays out of it."""
        count, total = len(self._bytes), self.total
        if self.refused or count < self._header:
            return
        end = count if total is None else min(count, total)
        if self._stored == end:
            return
        fifo = self._state.fifo
        overrun = fifo.overrun
        for byte in self._bytes[self._stored : end]:
            fifo.push(byte)
        self._stored = end
        self._state.stats.overruns += fifo.overrun and not overrun
        fifo.settle()
        self._state.changed()

    def _end_of(self, count: int) -> int:
        return self.hearing.transmission.time_of(self._at + count * self.packet.chips_per_byte)
