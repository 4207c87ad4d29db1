"""Simulated green-button devices: they hear OOK codes, and never say anything.

Learning, as the leaflets say: hold the button until its light flashes, then send ON with
the wanted code; hold it longer, and everything is forgotten. A unit keeps two codes; which
one a third replaces no source says: here the older.
"""

from __future__ import annotations

from energy_hw.core.interface import OokCode
from energy_hw.core.python.ook import ook_decode, ook_encode
from energy_hw.energenie.profiles import Profile, by_sku
from energy_hw.errors import FrameError
from energy_hw.sim.air import Air, Hearing, Modulation
from energy_hw.sim.clock import SECOND

CODES_KEPT = 2
LEARN_S = 30.0
"""How long the light flashes."""
ALL = 0


class OokReceiver:
    """Counts the repeats of each code that it hears, and acts on what was repeated enough.

    needed: equal frames in one transmission that make a command; by default half of what
    is known to work. codes: (house, gang) that it obeys, oldest first.
    """

    def __init__(self, air: Air, name: str, sku: str, needed: int | None = None) -> None:
        self.air, self.clock, self.name = air, air.clock, name
        self.profile = _profile(sku)
        self.needed = max(1, self.profile.repeats // 2) if needed is None else needed
        self.codes: list[tuple[int, int]] = []
        self._learning_until_ns = -1
        self._listener = air.listen(self._hear, name, Modulation.OOK)

    def stop(self) -> None:
        """Hear no more."""
        self._listener.close()

    def learn(self) -> None:
        """Hold the button until the light flashes: the next ON is kept."""
        with self.clock.lock:
            self.clock.pump()
            self._learning_until_ns = self.clock.now_ns + round(LEARN_S * SECOND)

    @property
    def learning(self) -> bool:
        """Whether its light flashes."""
        return self.clock.now_ns <= self._learning_until_ns

    def forget(self) -> None:
        """Hold the button longer: every code is gone."""
        self.codes.clear()
        self._learning_until_ns = -1

    def command(self, code: OokCode) -> None:
        """Act on a code that was repeated enough."""

    def _hear(self, hearing: Hearing) -> None:
        frames = hearing.ook_frames()
        for frame in dict.fromkeys(frames):
            if frames.count(frame) >= self.needed:
                self._take(frame)

    def _take(self, frame: bytes) -> None:
        try:
            code = ook_decode(frame)
        except FrameError:
            return
        if self.learning and code.on and code.gang != ALL:
            self._keep((code.house, code.gang))
        self.command(code)

    def _keep(self, code: tuple[int, int]) -> None:
        self._learning_until_ns = -1
        self.codes = [*(known for known in self.codes if known != code), code][-CODES_KEPT:]


class Socket(OokReceiver):
    """A socket, light or strip. on: the state of each gang, by number from 1.

    A unit with one gang obeys the gangs that it learned; one with several learns the house and
    obeys each gang by its number. "All" of a learned house reaches every gang.
    """

    def __init__(self, air: Air, name: str, sku: str = "ENER002", needed: int | None = None) -> None:
        super().__init__(air, name, sku, needed)
        self.on = dict.fromkeys(range(1, self.profile.gangs + 1), False)

    def press(self, gang: int = 1) -> None:
        """Its own button."""
        self.on[gang] = not self.on[gang]

    def command(self, code: OokCode) -> None:
        for gang in self.on:
            if self._meant(code, gang):
                self.on[gang] = code.on

    def _meant(self, code: OokCode, gang: int) -> bool:
        houses = {house for house, _ in self.codes}
        if code.gang == ALL or len(self.on) > 1:
            return code.house in houses and code.gang in (ALL, gang)
        return (code.house, code.gang) in self.codes


class Dimmer(OokReceiver):
    """MIHO010 and its kin: eight codes of its own house. level: per cent, 0 is off."""

    def __init__(self, air: Air, name: str, sku: str = "MIHO010", needed: int | None = None) -> None:
        super().__init__(air, name, sku, needed)
        self.level, self.last = 0, 100

    def command(self, code: OokCode) -> None:
        if not any(house == code.house for house, _ in self.codes):
            return
        level = next((level for level, gang, on in self.profile.levels if (gang, on) == (code.gang, code.on)), None)
        if level is not None:
            self.level = {"off": 0, "last": self.last}[level] if level in ("off", "last") else int(level)
            self.last = self.level or self.last


class HandController:
    """A green-button remote with a house code."""

    def __init__(self, air: Air, name: str, house: int = 0x6C6C6, power_dbm: float = 10.0) -> None:
        self.air, self.name, self.house, self.power_dbm = air, name, house, power_dbm

    def press(self, gang: int, on: bool, repeats: int = 8) -> None:
        """One of its buttons, 0 = all."""
        code = ook_encode(OokCode(self.house, gang, on))
        self.air.send_ook(code, repeats, sender=self.name, power_dbm=self.power_dbm)


def _profile(sku: str) -> Profile:
    profile = by_sku(sku)
    if profile is None or not profile.repeats:
        raise ValueError(f"expected the SKU of an OOK device, got {sku!r}")
    return profile
