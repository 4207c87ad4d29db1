"""What every simulated MiHome device does: send frames, and hear those for it while it listens.

A device hears what the air says a receiver in its place would hear, and takes notice of
a whole frame with a sound CRC and its own address that arrived while its receiver was on.
What a product reports, and in which types, is read from its profile.

Thread safety: every public method may be called from any thread.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import ClassVar

from energy_hw.core.message import ENERGENIE, Message, Record, Value, encode_value
from energy_hw.core.python.openhems import decode, encode
from energy_hw.energenie.parameters import parameter, parameter_id
from energy_hw.energenie.profiles import PROFILES, Profile
from energy_hw.errors import FrameError
from energy_hw.sim.air import Air, Hearing, Modulation
from energy_hw.sim.clock import SECOND, Event

FIXED_PIP = 0x33F2
"""MIHO032 and MIHO033 send every frame with this one."""
STOPS_CIPHER = 0xF200
REPLY_NS = 20_000_000
"""From the end of a command to its answer: time to decode and to start the transmitter."""
JOIN_WINDOW_S = 1.0
"""How long a device waits for the answer to its JOIN; no source says."""
DRIFT = 0.005
"""How far the interval of one device may be off: an RC oscillator, not a crystal."""

Item = tuple[str, Value | float]
"""Parameter and value."""


def profile_of(product: int) -> Profile:
    """The profile of a product that has one. Raises StopIteration."""
    return next(profile for profile in PROFILES if profile.product == product)


class MiHomeDevice:
    """A device of manufacturer 4 with a sensor id, a place on the air, and a clock of its own.

    obeyed: command records that it acted on. missed: frames for it that came while it did not
    listen. joined: its JOIN was answered. interval_s: between reports, None for none.
    """

    product: ClassVar[int]
    pip: ClassVar[int | None] = None
    """The pip of every frame; None for a random one each."""
    types: ClassVar[dict[str, int]] = {}
    """Type and length of parameters that the profile leaves open."""

    power_dbm: float = 10.0
    frequency_offset_hz: float = 0.0

    def __init__(self, air: Air, name: str, sensor: int) -> None:
        self.air, self.clock, self.name, self.sensor = air, air.clock, name, sensor
        self.profile = profile_of(self.product)
        self.random = Random(f"{air.seed}/{name}")
        self.interval_s: float | None = self.profile.interval_s
        self.drift = self.random.uniform(-DRIFT, DRIFT)
        self.obeyed: list[Record] = []
        self.missed = 0
        self.joined = False
        self._address = ENERGENIE, self.product, sensor
        self._window = (0, -1)
        self._busy_until_ns = 0
        self._next: Event | None = None
        self._listener = air.listen(self._hear, name, Modulation.FSK)

    # -- life --------------------------------------------------------------

    def start(self, first_s: float | None = None) -> None:
        """Report from now on; first after first_s, or at a random time within the interval."""
        if self.interval_s is not None:
            self._schedule(self.random.uniform(0, self.interval_s) if first_s is None else first_s)

    def stop(self) -> None:
        """Empty battery, or pulled plug: send and hear no more. May be called twice."""
        with self.clock.lock:
            if self._next is not None:
                self._next.cancel()
            self._listener.close()

    def report(self) -> None:
        """What it sends at every interval."""

    def join(self) -> None:
        """Its button is held for 5 s: it asks to be taken in, and waits for the answer."""
        self.send(("JOIN", None), command=True, then=lambda: self.open_window(JOIN_WINDOW_S))

    def _schedule(self, seconds: float) -> None:
        if self._next is not None:
            self._next.cancel()
        self._next = self.clock.call_in(round(seconds * SECOND), self._tick)

    def _tick(self) -> None:
        self.report()
        if self.interval_s is not None:
            self._schedule(self.interval_s * (1 + self.drift))

    def later(self, ns: int, action: Callable[[], None]) -> None:
        """Do something ns from now."""
        self.clock.call_in(ns, action)

    # -- sending -----------------------------------------------------------

    def send(self, *items: Item, command: bool = False, then: Callable[[], None] | None = None) -> None:
        """Send one frame, as soon as the one before is out; `then` is called when it is over."""
        records = tuple(self._record(code, value, command) for code, value in items)
        pip = self.random.randrange(1, STOPS_CIPHER) if self.pip is None else self.pip
        self._transmit(encode(Message(ENERGENIE, self.product, pip, self.sensor, records)), then)

    def _transmit(self, frame: bytes, then: Callable[[], None] | None) -> None:
        with self.clock.lock:
            self.clock.pump()
            if self.clock.now_ns < self._busy_until_ns:
                self.clock.call_at(self._busy_until_ns, lambda: self._transmit(frame, then))
                return
            sent = self.air.send_fsk(
                frame, sender=self.name, power_dbm=self.power_dbm, frequency_offset_hz=self.frequency_offset_hz
            )
            self._busy_until_ns = sent.end_ns or 0
            if then is not None:
                self.clock.call_at(self._busy_until_ns, then)

    def _record(self, code: str, value: Value | float, command: bool) -> Record:
        type_length = 0 if value is None else self._type_length(code)
        kind, length = type_length >> 4, type_length & 0x0F
        return Record(parameter_id(code), command, kind, encode_value(kind, length, value), None)

    def _type_length(self, code: str) -> int:
        stated = next((item.type_length for item in self.profile.reports if item.code == code), None)
        return self.types[code] if stated is None else stated

    # -- hearing -----------------------------------------------------------

    def listens(self, start_ns: int) -> bool:
        """Whether the receiver was on for all of a frame that started at start_ns and ends now."""
        return self._window[0] <= start_ns and self.clock.now_ns <= self._window[1]

    def open_window(self, seconds: float) -> None:
        """Listen from now, for so long or until a message comes."""
        self._window = (self.clock.now_ns, self.clock.now_ns + round(seconds * SECOND))

    def obey(self, code: str, value: Value) -> bool:
        """Act on a command; whether it knows that one."""
        return False

    def _hear(self, hearing: Hearing) -> None:
        message = self._understand(hearing)
        if message is None:
            return
        if not self.listens(hearing.start_ns):
            self.missed += 1
            return
        self._window = (0, -1)
        for record in message.records:
            self._take(record)
        self.heard(message)

    def heard(self, message: Message) -> None:
        """A message for it was taken, records and all."""

    def _take(self, record: Record) -> None:
        code = parameter(record.parameter).code
        if not record.command:
            self.joined |= code == "JOIN"
        elif self.obey(code, record.value):
            self.obeyed.append(record)

    def _understand(self, hearing: Hearing) -> Message | None:
        """The message for this device, if that is what it is."""
        frame = hearing.fsk_frame()
        try:
            message = None if frame is None else decode(frame)
        except FrameError:
            return None
        if message is None or (message.manufacturer, message.product, message.sensor) != self._address:
            return None
        return message
