"""The receiver: preamble, sync word, packet filters, and when it is deaf.

Source: SX1231 data sheet, chapters 3.5, 4.3, 5.4 and 5.5.4; table 30 for the flags.

Bytes are put into the FIFO when somebody looks (catch_up), each with the air as it was
then; events happen only at the sync word, the length and address bytes and the end,
unless a pin or the automatic modes watch every byte.

After a packet the receiver is deaf until the FIFO is empty (AutoRxRestart), or for ever
without it; after a time-out for ever, until RestartRx or another mode.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from energy_hw.sim import chips as coding
from energy_hw.sim import flags, settings
from energy_hw.sim.air import Hearing, Modulation, Transmission
from energy_hw.sim.clock import Event
from energy_hw.sim.hearing import modulated
from energy_hw.sim.packet import Incoming
from energy_hw.sim.registers import Reg
from energy_hw.sim.state import State
from energy_hw.sim.stream import Stream

OFF, SEARCHING, RECEIVING, DEAF = range(4)
NEVER_NS = 1 << 62


class Candidate:
    """A transmission in which a sync word may come."""

    def __init__(self, hearing: Hearing) -> None:
        self.hearing = hearing
        self.scan = 0
        self.due: Event | None = None

    def forget(self) -> None:
        """Look no more."""
        if self.due is not None:
            self.due.cancel()
            self.due = None


class Receiver:
    """Receives while the chip is in RX. `phase` is OFF, SEARCHING, RECEIVING or DEAF."""

    def __init__(self, state: State, watched: Callable[[], bool]) -> None:
        self.phase = OFF
        self.packet_dbm = -127.5
        self._state = state
        self._watched = watched
        self._since_ns = NEVER_NS
        self._above = False
        self._signal = False
        self._candidates: dict[Transmission, Candidate] = {}
        self._incoming: Incoming | None = None
        self._stream: Stream | None = None
        self._next: Event | None = None
        self._timeout: Event | None = None

    def start(self) -> None:
        """ModeReady is there: one RSSI measurement later the receiver listens."""
        self._settle()

    def stop(self) -> None:
        """RX is left; what is in the FIFO stays, and so do PayloadReady and CrcOk."""
        self.catch_up()
        self._abandon(OFF)
        self._state.drop_flags(flags.RX_READY | flags.RSSI | flags.TIMEOUT | flags.SYNC_ADDRESS)

    def restart(self) -> None:
        """RestartRx: look for a new packet, whatever was under way."""
        if self.phase == OFF:
            return
        self._state.drop_flags(flags.RSSI | flags.TIMEOUT | flags.SYNC_ADDRESS)
        self._settle()

    def fifo_emptied(self) -> None:
        """The host has read, or cleared, everything."""
        self._state.flags &= ~(flags.PAYLOAD_READY | flags.CRC_OK | flags.TIMEOUT | flags.SYNC_ADDRESS)
        stuck = self._since_ns == NEVER_NS
        if self.phase == DEAF and not stuck and self._state.regs[Reg.PACKETCONFIG2] & 0x02:
            self._listen(self._state.now_ns + self._pause_ns())

    def rssi_dbm(self) -> float:
        """What RegRssiValue says: of the packet while there is one, else of the channel."""
        if self.phase in (RECEIVING, DEAF):
            return self.packet_dbm
        return self._state.air.level_dbm(self._state.name, self.tuned_hz)

    @property
    def tuned_hz(self) -> float:
        """Centre of the channel filter: carrier plus frequency correction."""
        afc = int.from_bytes(self._state.regs[Reg.AFCMSB : Reg.AFCMSB + 2], signed=True)
        return self._state.frf_hz + afc * settings.FSTEP_HZ

    def on_air(self, sent: Transmission) -> None:
        """Something started, grew or ended on the air."""
        if self.phase == OFF or sent.sender == self._state.name:
            return
        self.catch_up()
        self._measure()
        if self._stream is not None:
            self._follow(self._stream, sent)
            return
        candidate = self._candidates.get(sent)
        if candidate is not None:
            self._look(candidate)
        elif self.phase == SEARCHING and self._tuned_to(sent):
            self._add(sent)
        if sent not in self._state.air.active and candidate is not None and candidate.due is None:
            self._candidates.pop(sent, None)

    def catch_up(self) -> None:
        """Put the bytes into the FIFO that have arrived by now."""
        if self._incoming is not None:
            self._incoming.arrive(self._state.now_ns)
        if self._stream is not None:
            self._stream.arrive(self._state.now_ns)

    def _settle(self) -> None:
        """Measure RSSI once, then listen."""
        self._listen(self._state.now_ns + settings.rssi_ns(self._state.regs))
        self._next = self._state.clock.call_at(self._since_ns, partial(self._state.raise_flags, flags.RX_READY))

    def _listen(self, since_ns: int) -> None:
        """Look for a sync word from since_ns on; the time-outs start again."""
        self._abandon(SEARCHING)
        self._since_ns = since_ns
        self._above = self._signal = False
        self._set_timeout(self._state.regs[Reg.RXTIMEOUT1])
        self._measure()
        if settings.packet(self._state.regs).streams and settings.modulation(self._state.regs) is Modulation.OOK:
            self._listen_to_all(Stream(self._state, since_ns))
            return
        for sent in self._state.air.active:
            if sent.sender != self._state.name and self._tuned_to(sent):
                self._add(sent)

    def _listen_to_all(self, stream: Stream) -> None:
        """OOK as it comes, whoever sends it and how fast."""
        self._stream = stream
        for sent in self._state.air.active:
            self._follow(stream, sent)

    def _follow(self, stream: Stream, sent: Transmission) -> None:
        """Hear a carrier within half the bandwidth, as long as it is on."""
        near = abs(sent.frequency_hz - self.tuned_hz) <= settings.bandwidth_hz(self._state.regs) / 2
        missed = sent.sender == self._state.name or self._state.air.lost(sent, self._state.name)
        if sent not in self._state.air.active:
            stream.forget(sent)
        elif near and not missed and sent.modulation is not Modulation.FSK:
            stream.follow(sent)

    def _abandon(self, phase: int) -> None:
        self.phase = phase
        self._incoming = self._stream = None
        for candidate in self._candidates.values():
            candidate.forget()
        self._candidates.clear()
        for event in (self._next, self._timeout):
            if event is not None:
                event.cancel()
        self._next = self._timeout = None

    def _tuned_to(self, sent: Transmission) -> bool:
        """Same modulation, carrier within half the bandwidth, chip rate within 6.5 %, strong enough, not lost."""
        regs = self._state.regs
        if sent.modulation is not settings.modulation(regs) or not sent.rate_matches(settings.chip_ns(regs)):
            return False
        bandwidth = settings.bandwidth_hz(regs)
        if abs(sent.frequency_hz - self.tuned_hz) > bandwidth / 2 or not self._demodulates(sent, bandwidth):
            return False
        level = self._state.air.received_dbm(sent, self._state.name)
        return level > self._threshold_dbm() and not self._state.air.lost(sent, self._state.name)

    def _demodulates(self, sent: Transmission, bandwidth_hz: float) -> bool:
        """A discriminator needs deviation, and the filter must let it through."""
        return sent.modulation is Modulation.OOK or (modulated(sent) and sent.deviation_hz < bandwidth_hz)

    def _add(self, sent: Transmission) -> None:
        candidate = Candidate(Hearing(self._state.air, sent, self._state.name))
        missed = sent.chip_at(self._since_ns) + 1 if sent.start_ns < self._since_ns else 0
        candidate.scan = missed + coding.PREAMBLE_CHIPS_NEEDED
        self._candidates[sent] = candidate
        self._look(candidate)

    def _look(self, candidate: Candidate) -> None:
        """Find where the next sync word ends, and check it then as it was heard."""
        packet = settings.packet(self._state.regs)
        sent = candidate.hearing.transmission
        if candidate.due is not None or not packet.sync or self.phase != SEARCHING:
            return
        at = coding.find(sent.chips, packet.sync, candidate.scan, packet.tolerance)
        if at < 0:
            candidate.scan = max(candidate.scan, len(sent.chips) - len(packet.sync) + 1)
            return
        candidate.scan = at + 1
        due = max(sent.time_of(at + len(packet.sync)), self._state.now_ns)
        candidate.due = self._state.clock.call_at(due, partial(self._sync_over, candidate, at))

    def _sync_over(self, candidate: Candidate, at: int) -> None:
        candidate.due = None
        if self.phase != SEARCHING:
            return
        packet = settings.packet(self._state.regs)
        end = at + len(packet.sync)
        heard = candidate.hearing.chips(end)
        ook = candidate.hearing.transmission.modulation is Modulation.OOK
        if coding.find(heard, packet.sync, at, packet.tolerance) == at and (ook or coding.has_preamble(heard, at)):
            # An OOK payload arrives one chip late: so do the symbols in the code of ener314-py.
            self._receive(Incoming(self._state, candidate.hearing, packet, end - ook))
        else:
            self._look(candidate)

    def _receive(self, incoming: Incoming) -> None:
        self.phase = RECEIVING
        self.packet_dbm = incoming.hearing.rssi_dbm
        self._incoming = incoming
        self._state.raise_flags(0 if incoming.packet.filter else flags.SYNC_ADDRESS)
        self._wait_for_byte()

    def _wait_for_byte(self) -> None:
        incoming = self._incoming
        if incoming is not None:
            due = incoming.next_ns(self._watched())
            self._next = None if due is None else self._state.clock.call_at(due, self._byte_over)

    def _byte_over(self) -> None:
        self.catch_up()
        incoming = self._incoming
        if incoming is None or not (incoming.refused or incoming.complete):
            self._wait_for_byte()
        elif incoming.refused:
            self._drop()
        else:
            self._complete(incoming)

    def _drop(self) -> None:
        """A filter refused the packet, or its checksum was wrong: look for the next one at once."""
        self._state.flags &= ~flags.SYNC_ADDRESS
        self._listen(self._state.now_ns)
        self._state.changed()

    def _complete(self, incoming: Incoming) -> None:
        good = incoming.crc_good
        if good is False:
            self._state.stats.crc_errors += 1
            if not incoming.packet.keep_bad:
                self._state.clear_fifo()
                self._drop()
                return
        self._state.stats.packets_received += 1
        self._abandon(DEAF)
        self._since_ns = self._state.now_ns
        self._state.raise_flags(flags.PAYLOAD_READY | (flags.CRC_OK if good else 0))
        if not self._state.fifo.data:  # the host was faster than the checksum
            self._state.emptied()

    def _pause_ns(self) -> int:
        """InterPacketRxDelay: 2^n bits, none from n = 12 on."""
        exponent = self._state.regs[Reg.PACKETCONFIG2] >> 4
        return round((1 << exponent) * settings.chip_ns(self._state.regs)) if exponent < 12 else 0

    def _threshold_dbm(self) -> float:
        return -self._state.regs[Reg.RSSITHRESH] / 2

    def _measure(self) -> None:
        """Rssi flag when the channel rises above the threshold; the first time, the second time-out starts."""
        if self.phase != SEARCHING:
            return
        level = self._state.air.level_dbm(self._state.name, self.tuned_hz)
        before, self._above = self._above, level > self._threshold_dbm()
        if self._above and not before:
            if not self._signal:
                self._signal = True
                self._set_timeout(self._state.regs[Reg.RXTIMEOUT2])
            self._state.raise_flags(flags.RSSI)

    def _set_timeout(self, sixteen_bits: int) -> None:
        if self._timeout is not None:
            self._timeout.cancel()
        ns = round(sixteen_bits * 16 * settings.chip_ns(self._state.regs))
        self._timeout = self._state.clock.call_in(ns, self._time_out) if ns else None

    def _time_out(self) -> None:
        """No packet in time: deaf until RestartRx or another mode."""
        self._state.stats.timeouts += 1
        self._abandon(DEAF)
        self._since_ns = NEVER_NS
        self._state.raise_flags(flags.TIMEOUT)
