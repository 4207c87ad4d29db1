"""What else is on 434.3 MHz: another maker's OpenThings devices, and what is no OpenThings at all."""

from __future__ import annotations

from random import Random

from energy_hw.core.message import Message, Record, encode_value
from energy_hw.core.python.openhems import encode
from energy_hw.energenie.parameters import parameter_id
from energy_hw.sim import chips
from energy_hw.sim.air import FSK_HZ, Air, Transmission
from energy_hw.sim.clock import SECOND, Event

MANUFACTURER = 0x16
"""Seen on air by a user of pyenergenie."""


class ForeignTransmitter:
    """Sends on the MiHome channel what is not for us. kinds: which of report, babble, stranger, noise it sends."""

    KINDS = ("report", "babble", "stranger", "noise")

    def __init__(
        self, air: Air, name: str = "foreign", *, power_dbm: float = 10.0, kinds: tuple[str, ...] = KINDS
    ) -> None:
        self.air, self.clock, self.name, self.power_dbm, self.kinds = air, air.clock, name, power_dbm, kinds
        self.random = Random(f"{air.seed}/{name}")
        self.interval_s = 20.0
        self._next: Event | None = None

    def start(self, first_s: float = 0.0) -> None:
        """One of its kinds at random times, interval_s apart on average."""
        self._next = self.clock.call_in(round(first_s * SECOND), self._tick)

    def stop(self) -> None:
        """Be silent."""
        if self._next is not None:
            self._next.cancel()

    def report(self) -> None:
        """A temperature from manufacturer 0x16, in plain: right in every respect, but not Energenie's."""
        value = encode_value(0x9, 2, self.random.uniform(5.0, 25.0))
        records = (Record(parameter_id("TEMPERATURE"), False, 0x9, value, None),)
        self._send(encode(Message(MANUFACTURER, 0x01, self.random.randrange(1 << 16), 0xABCDEF, records), {}))

    def babble(self) -> None:
        """The right preamble and sync word, and then a random length and random bytes."""
        length = self.random.randrange(256)
        self._send(bytes((length,)) + self.random.randbytes(length))

    def stranger(self) -> None:
        """The same modulation with another sync word: nothing that a MiHome receiver may take."""
        frame = self.random.randbytes(20)
        sent = chips.fsk(frame, sync=b"\x9a\x7d")
        self.air.transmit(Transmission(self.name, 0, sent, frequency_hz=FSK_HZ, power_dbm=self.power_dbm))

    def noise(self) -> None:
        """A burst without meaning, 50 to 500 ms."""
        self.air.noise(self.random.uniform(0.05, 0.5), self.power_dbm, sender=self.name)

    def _send(self, frame: bytes) -> None:
        self.air.send_fsk(frame, sender=self.name, power_dbm=self.power_dbm)

    def _tick(self) -> None:
        kind = self.random.choice(self.kinds)
        {"report": self.report, "babble": self.babble, "stranger": self.stranger, "noise": self.noise}[kind]()
        self.start(self.random.uniform(0.5, 1.5) * self.interval_s)
