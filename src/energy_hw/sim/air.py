"""The air that every simulated radio shares.

    air = Air(clock, seed=1)
    air.listen(heard, name="plug-1")                      # heard(hearing) after every transmission
    air.send_fsk(frame, sender="plug-1", power_dbm=8)     # as a MiHome device does
    air.send_ook(code, repeats=8, sender="remote")

A transmission has a strength at each receiver (power minus path loss); two at
once on a channel follow the capture rule; single ones are lost, and single chips
inverted, at the rates that are set. Simulated devices listen(); a chip that
works while a transmission is under way attach()es.

Thread safety: everything takes the clock's lock.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Protocol

from energy_hw.sim import chips as coding
from energy_hw.sim.clock import SECOND, VirtualClock
from energy_hw.sim.hearing import (
    CAPTURE_DB,
    CHIP_NS,
    DEVIATION_HZ,
    FSK_HZ,
    OOK_HZ,
    Hearing,
    Modulation,
    Transmission,
)

__all__ = [
    "CAPTURE_DB",
    "CHIP_NS",
    "DEVIATION_HZ",
    "FSK_HZ",
    "OOK_HZ",
    "Air",
    "Hearing",
    "Listener",
    "Modulation",
    "Receiver",
    "Transmission",
]


class Receiver(Protocol):
    """A radio that follows transmissions while they are under way."""

    name: str

    def on_air(self, transmission: Transmission) -> None:
        """It started, has more chips than before, or ended."""


@dataclass(eq=False, slots=True)
class Listener:
    """Who is told of each completed transmission; close() ends it."""

    name: str
    callback: Callable[[Hearing], object]
    modulation: Modulation | None
    air: Air

    def close(self) -> None:
        """Hear no more. May be called twice."""
        if self in self.air.listeners:
            self.air.listeners.remove(self)


class Air:
    """Transmissions, and who hears them how well.

    path_loss_db: of every link that set_link() does not name. noise_dbm: what a receiver
    measures when nobody sends. loss: share of transmissions that a receiver misses altogether.
    bit_error_rate: share of chips that arrive inverted. All may be changed at any time.
    """

    def __init__(
        self,
        clock: VirtualClock,
        seed: int = 0,
        *,
        path_loss_db: float = 60.0,
        noise_dbm: float = -118.0,
        loss: float = 0.0,
        bit_error_rate: float = 0.0,
    ) -> None:
        self.clock = clock
        self.seed = seed
        self.path_loss_db = path_loss_db
        self.noise_dbm = noise_dbm
        self.loss = loss
        self.bit_error_rate = bit_error_rate
        self.active: list[Transmission] = []
        self.listeners: list[Listener] = []
        self.count = 0
        self._receivers: list[Receiver] = []
        self._links: dict[tuple[str, str], tuple[float, float]] = {}

    def set_link(self, sender: str, receiver: str, path_loss_db: float, loss: float | None = None) -> None:
        """Path loss from sender to receiver, and share of transmissions lost on that way (default: as elsewhere)."""
        self._links[sender, receiver] = (path_loss_db, self.loss if loss is None else loss)

    def received_dbm(self, transmission: Transmission, receiver: str) -> float:
        """Power of a transmission where the receiver is."""
        link = self._links.get((transmission.sender, receiver))
        return transmission.power_dbm - (self.path_loss_db if link is None else link[0])

    def level_dbm(self, receiver: str, frequency_hz: float) -> float:
        """What the receiver measures on a frequency now: the strongest transmission there, or the noise."""
        audible = (sent for sent in self.active if sent.on_channel(frequency_hz) and sent.sender != receiver)
        return max((self.received_dbm(sent, receiver) for sent in audible), default=self.noise_dbm)

    def lost(self, transmission: Transmission, receiver: str) -> bool:
        """Whether this receiver misses this transmission; the answer is always the same."""
        link = self._links.get((transmission.sender, receiver))
        share = self.loss if link is None else link[1]
        return share > 0 and Random(f"{self.seed}/{transmission.serial}/{receiver}/lost").random() < share

    def attach(self, receiver: Receiver) -> None:
        """Tell a radio of every start, growth and end of a transmission."""
        self._receivers.append(receiver)

    def listen(
        self, callback: Callable[[Hearing], object], name: str, modulation: Modulation | None = None
    ) -> Listener:
        """Call back after every transmission of others that `name` did not miss; of one modulation, if given.

        A radio does not hear what overlaps a transmission of its own. Callbacks run with the clock's
        lock held and may transmit, at once or by clock.call_in(); they may not let time pass.
        """
        listener = Listener(name, callback, modulation, self)
        self.listeners.append(listener)
        return listener

    def transmit(self, transmission: Transmission) -> Transmission:
        """Send chips that are all known; the start is now, the end follows from their number."""
        transmission.start_ns = self._now()
        if transmission.end_ns is None:
            transmission.end_ns = transmission.time_of(len(transmission.chips))
        return self.begin(transmission)

    def begin(self, transmission: Transmission) -> Transmission:
        """Put a transmission on the air; one without an end grows by extend() until end()."""
        with self.clock.lock:
            self.count += 1
            transmission.serial = self.count
            for other in self.active:
                other.overlaps.append(transmission)
            transmission.overlaps = list(self.active)
            self.active.append(transmission)
            if transmission.end_ns is not None:
                self.clock.call_at(transmission.end_ns, lambda: self._finish(transmission))
            self._tell(transmission)
        return transmission

    def extend(self, transmission: Transmission, chips: str) -> None:
        """More of an open transmission; call before the chips known so far are over."""
        transmission.chips += chips
        self._tell(transmission)

    def end(self, transmission: Transmission) -> None:
        """End an open transmission now; chips that are not over yet are cut off."""
        with self.clock.lock:
            if transmission not in self.active:
                return
            transmission.end_ns = self._now()
            sent = transmission.chip_at(transmission.end_ns)
            transmission.truncated = sent < len(transmission.chips)
            transmission.chips = transmission.chips[:sent]
            self._finish(transmission)

    def send_fsk(
        self,
        frame: bytes,
        *,
        sender: str,
        power_dbm: float = 10.0,
        frequency_offset_hz: float = 0.0,
        preamble_bytes: int = len(coding.PREAMBLE),
    ) -> Transmission:
        """Send a MiHome frame, length byte first: preamble, sync word, Manchester, 30 kHz deviation."""
        chips = coding.fsk(frame, preamble_bytes)
        frequency = FSK_HZ + frequency_offset_hz
        return self.transmit(Transmission(sender, 0, chips, frequency_hz=frequency, power_dbm=power_dbm))

    def send_ook(
        self, code: bytes, repeats: int = 8, *, sender: str, power_dbm: float = 10.0, frequency_offset_hz: float = 0.0
    ) -> Transmission:
        """Send a 16-byte code as a hand controller does."""
        chips = coding.ook(code, repeats)
        sent = Transmission(sender, 0, chips, None, Modulation.OOK, OOK_HZ + frequency_offset_hz, 0.0)
        sent.power_dbm = power_dbm
        return self.transmit(sent)

    def noise(
        self, duration_s: float, power_dbm: float = 10.0, *, frequency_hz: float = FSK_HZ, sender: str = "noise"
    ) -> Transmission:
        """A burst that means nothing: it raises RSSI, and jams what is not 6 dB stronger."""
        start = self._now()
        end = start + round(duration_s * SECOND)
        burst = Transmission(sender, start, "", end, Modulation.NOISE, frequency_hz, power_dbm=power_dbm)
        return self.begin(burst)

    def _now(self) -> int:
        with self.clock.lock:
            self.clock.pump()
            return self.clock.now_ns

    def _tell(self, transmission: Transmission) -> None:
        for receiver in self._receivers:
            receiver.on_air(transmission)

    def _finish(self, transmission: Transmission) -> None:
        self.active.remove(transmission)
        self._tell(transmission)
        for listener in tuple(self.listeners):
            if self._audible(transmission, listener):
                listener.callback(Hearing(self, transmission, listener.name))

    def _audible(self, sent: Transmission, listener: Listener) -> bool:
        wanted = listener.modulation in (None, sent.modulation) and sent.modulation is not Modulation.NOISE
        if not wanted or listener.name == sent.sender or self.lost(sent, listener.name):
            return False
        return all(other.sender != listener.name for other in sent.overlaps)
