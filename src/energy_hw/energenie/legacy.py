"""The green-button devices: sockets, strips, light switches and dimmers that hear OOK and say nothing.

    lamp = Socket(hub, house=0x6C6C6, gang=1)          # ENER002, the default house code
    strip = Strip(hub, house=0xA0170)                  # ENER010: strip[1].on(), strip.all_off()
    hall = LightSwitch(hub, 0xA0171, sku="MIHO008")    # 75 repeats: two seconds
    ceiling = Dimmer(hub, house=0xA0172)               # a house code of its own

Sources: pyenergenie Devices.py and doc/; Achronite's energenie-ener314rt (repeats, dimmer
codes); see profiles.py for each product.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from energy_hw.core.interface import OokCode
from energy_hw.energenie.events import Certainty
from energy_hw.energenie.memory import Trusted
from energy_hw.energenie.ook_thing import ALL, DEFAULT_HOUSE, Meaning, OokThing, ook_profile
from energy_hw.energenie.orders import Ticket
from energy_hw.energenie.profiles import OOK_DIMMER
from energy_hw.energenie.switchable import SWITCH_STATE
from energy_hw.errors import OutOfRange
from energy_hw.reading import Control, Value

if TYPE_CHECKING:
    from energy_hw.energenie.household import Household

__all__ = ["DEFAULT_HOUSE", "Dimmer", "LightSwitch", "Socket", "Strip"]

LEVEL = "LEVEL"


class Socket(OokThing):
    """A socket, a relay, or one gang of several (ENER002 and its kin).

    >>> lamp = Socket(hub, house=0x6C6C6, gang=1)  # doctest: +SKIP
    >>> lamp.on(wait=2.0)                          # until it was sent: nothing answers  # doctest: +SKIP
    >>> lamp.is_on, lamp.certainty                 # doctest: +SKIP
    (True, <Certainty.ASSUMED: 'assumed'>)

    Thread safety: call from any thread; the hub orders transmissions.
    """

    def __init__(
        self, hub: Household, house: int | None = None, gang: int = 1, sku: str = "ENER002", *, name: str = ""
    ) -> None:
        """house: 0..0xFFFFF; None is 0x6C6C6, or an ENER314's own. gang: 1..6, 0 is all.

        Raises OutOfRange; ConfigError for a sku that is no socket.
        """
        super().__init__(hub, house, gang, ook_profile(sku), name=name)


class LightSwitch(Socket):
    """A light switch: 75 repeats of each code; the double ones two bursts, 3 s after anything else of ours."""

    def __init__(
        self, hub: Household, house: int | None = None, gang: int = 1, sku: str = "MIHO008", *, name: str = ""
    ) -> None:
        super().__init__(hub, house, gang, sku, name=name)


class Strip(OokThing):
    """Several gangs in one housing: the ENER010 strip, double wall sockets, double light switches.

    >>> strip[1].on()        # each gang is a Socket  # doctest: +SKIP
    >>> strip.all_off()      # one code for all of them  # doctest: +SKIP

    is_on: True or False if all gangs are alike, else None.

    Thread safety: call from any thread.
    """

    def __init__(self, hub: Household, house: int | None = None, sku: str = "ENER010", *, name: str = "") -> None:
        """Raises OutOfRange; ConfigError for a sku that is none of these."""
        super().__init__(hub, house, ALL, ook_profile(sku), name=name)
        numbers = range(1, self.profile.gangs + 1)
        self._gangs = {gang: Socket(hub, house, gang, sku, name=f"{name} {gang}" if name else "") for gang in numbers}

    def __getitem__(self, gang: int) -> Socket:
        """A gang by its number from 1. Raises OutOfRange."""
        if gang not in self._gangs:
            most = len(self._gangs)
            raise OutOfRange(f"expected a gang of 1 to {most} for {self.model}, got {gang!r}", 1, most)
        return self._gangs[gang]

    def __iter__(self) -> Iterator[Socket]:
        return iter(self._gangs.values())

    def __len__(self) -> int:
        return len(self._gangs)

    def all_on(self, wait: float | None = None) -> Ticket:
        """All gangs on, with one code; see set()."""
        return self.on(wait)

    def all_off(self, wait: float | None = None) -> Ticket:
        """All gangs off, with one code; see set()."""
        return self.off(wait)

    def intended(self) -> bool | None:
        """What all gangs will be, if that is the same."""
        states = {gang.intended() for gang in self}
        return states.pop() if len(states) == 1 else None

    def switched(self) -> Trusted:
        """The state that all gangs have in common."""
        states = {gang.switched() for gang in self}
        return states.pop() if len(states) == 1 else Trusted(None, Certainty.UNKNOWN)


class Dimmer(OokThing):
    """A dimmer (MIHO010 and its kin). It takes a house code for itself: its levels are the codes of four gangs.

    >>> ceiling.level = 40                 # 0, 20, 30, 40, 60, 80, 100 or "last"  # doctest: +SKIP
    >>> ceiling.set_level("last", wait=5)  # as bright as it was                   # doctest: +SKIP

    on() is "last", off() is 0.

    Thread safety: call from any thread.
    """

    def __init__(self, hub: Household, house: int | None = None, sku: str = "MIHO010", *, name: str = "") -> None:
        """Raises OutOfRange; ConfigError for a sku that is no dimmer."""
        super().__init__(hub, house, 1, ook_profile(sku, OOK_DIMMER), name=name)
        self._bright: int | None = None
        self._codes = {_level(word): (gang, on) for word, gang, on in self.profile.levels}

    @property
    def level(self) -> int | str | None:
        """Per cent by what it was told last; `last` if it came on at a level nobody here knows; None: unknown."""
        level = self.memory.trusted(LEVEL).value
        return level if isinstance(level, int | str) else None

    @level.setter
    def level(self, level: int | str) -> None:
        self.set_level(level)

    def set_level(self, level: int | str, wait: float | None = None) -> Ticket:
        """Dim. Raises OutOfRange that names the levels; else as set()."""
        wanted = self._checked(level)
        ticket = self.send_code("level", wanted, OokCode(self.house or 0, *self._codes[wanted]))
        if wait is not None:
            ticket.wait(wait)
        return ticket

    def send_switch(self, on: bool) -> Ticket:
        """The last level, or 0."""
        return self.set_level("last" if on else 0)

    def meanings(self, code: OokCode) -> list[Meaning]:
        """A level, and whether that is on. Whether a dimmer heeds "all" no source says."""
        levels = [level for level, sent in self._codes.items() if sent == (code.gang, code.on)]
        if not levels:
            return []
        return [(LEVEL, levels[0]), (SWITCH_STATE, levels[0] != 0)]

    def on_air(self, parameter: str, value: Value) -> Value:
        """The last level is the one that was on air last, whatever was asked for meanwhile."""
        if parameter == LEVEL and value == "last":
            return self._bright or value
        if parameter == LEVEL and isinstance(value, int) and value:
            self._bright = value
        return value

    def controls(self) -> list[Control]:
        """switch, and level as a choice."""
        words = tuple(str(level) for level in self._codes)
        return [*super().controls(), Control(self.device, "level", "option", "%", options=words)]

    def order_by_name(self, name: str, value: object) -> Ticket:
        """switch, or level. Raises NotWritable or OutOfRange."""
        if name != "level":
            return super().order_by_name(name, value)
        return self.set_level(self._checked(value))

    def _checked(self, level: object) -> int | str:
        """One of the levels, however it is written."""
        numbers = {str(known): known for known in self._codes}
        text = str(level).removesuffix(".0")
        if isinstance(level, bool) or text not in numbers:
            raise OutOfRange(f"expected a level of {', '.join(numbers)} for {self.model}, got {level!r}", 0, 100)
        return numbers[text]


def _level(word: str) -> int | str:
    """`off` is 0, `last` is itself."""
    return word if word == "last" else 0 if word == "off" else int(word)
