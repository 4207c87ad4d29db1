"""Simulated P1 meters: what kind of meter, and which objects it sends in which order.

The order and choice of objects are those of telegrams from the field or of the standard's example (see the sources of
p1/forms.py). What a meter of the setup does not have (phases 2 and 3, say) is left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from energy_hw.p1.forms import STYLES, Style
from energy_hw.p1.profiles import PROFILES, Profile
from energy_hw.reading import Quantity as Q


def _codes(*parts: str) -> tuple[str, ...]:
    return tuple(code for part in parts for code in part.split())


def _phases(*objects: str) -> tuple[str, ...]:
    """`32.7` as 1-0:32.7.0, 1-0:52.7.0, 1-0:72.7.0, object after object."""
    pairs = [(int(part.split(".")[0]), part.split(".")[1]) for part in objects]
    return tuple(f"1-0:{c + 20 * phase}.{d}.0" for c, d in pairs for phase in range(3))


TARIFFS = "1-0:1.8.1 1-0:1.8.2 1-0:2.8.1 1-0:2.8.2 0-0:96.14.0 1-0:1.7.0 1-0:2.7.0"
FAILURES = "0-0:96.7.21 0-0:96.7.9 1-0:99.97.0"
SAGS = _phases("32.32", "32.36")
POWERS = _phases("21.7", "22.7")
TOTALS = "1-0:1.8.0 1-0:2.8.0 1-0:3.8.0 1-0:4.8.0 1-0:1.7.0 1-0:2.7.0 1-0:3.7.0 1-0:4.7.0"
REACTIVE = _phases("23.7", "24.7")
OLD = _codes("0-0:96.1.1", TARIFFS, "0-0:17.0.0 0-0:96.3.10 0-0:96.13.1 0-0:96.13.0")
NORDIC = _codes("0-0:1.0.0", TOTALS) + POWERS + REACTIVE + _phases("32.7", "31.7")

# fmt: off
LAYOUTS: dict[str, tuple[str, ...]] = {
    "nl2": OLD,
    "nl3": OLD,
    "nl4": _codes("1-3:0.2.8 0-0:1.0.0 0-0:96.1.1", TARIFFS, FAILURES) + SAGS
         + _codes("0-0:96.13.1 0-0:96.13.0") + _phases("31.7") + POWERS,
    "nl5": _codes("1-3:0.2.8 0-0:1.0.0 0-0:96.1.1", TARIFFS, FAILURES) + SAGS
         + _codes("0-0:96.13.0") + _phases("32.7", "31.7") + POWERS,
    "be":  _codes("0-0:96.1.4 1-0:94.32.1 0-0:96.1.1 0-0:96.1.2 0-0:1.0.0 1-0:1.8.1 1-0:1.8.2 1-0:2.8.1 1-0:2.8.2")
         + _codes("0-0:96.14.0 1-0:1.4.0 1-0:1.6.0 0-0:98.1.0 1-0:1.7.0 1-0:2.7.0") + POWERS
         + _phases("32.7", "31.7") + _codes("0-0:96.3.10 0-0:17.0.0 0-0:96.13.0"),
    "lu":  _codes("1-3:0.2.8 0-0:1.0.0 0-0:42.0.0", TOTALS, "0-0:17.0.0 1-0:9.7.0 1-0:10.7.0 1-1:31.4.0 0-0:96.3.10")
         + _codes("0-0:96.7.21") + SAGS + _codes("0-0:96.13.0 0-0:96.13.2 0-0:96.13.3 0-0:96.13.4 0-0:96.13.5")
         + _phases("32.7", "31.7") + POWERS + REACTIVE,
    "at":  _codes("1-3:0.2.8 0-0:1.0.0 1-0:1.8.0 1-0:1.8.1 1-0:1.8.2 1-0:1.7.0 1-0:2.8.0 1-0:2.8.1 1-0:2.8.2")
         + _codes("1-0:2.7.0 1-0:3.8.0 1-0:3.7.0 1-0:4.8.0 1-0:4.7.0"),
    "se":  NORDIC,
    "fi":  NORDIC,
    "lt":  _codes("0-0:1.0.0 1-0:1.8.0 1-0:1.8.1 1-0:1.8.2 1-0:2.8.0 1-0:3.8.0 1-0:4.8.0 1-0:1.7.0 1-0:2.7.0")
         + _codes("1-0:3.7.0 1-0:4.7.0") + POWERS + REACTIVE + _phases("32.7", "31.7")
         + _codes("1-0:14.7.0 1-0:13.7.0") + _phases("33.7") + _codes("0-0:96.7.21 0-0:96.13.0") + SAGS
         + _codes("0-0:96.1.1"),
    "hu":  _codes("0-0:1.0.0 0-0:42.0.0 0-0:96.1.0 0-0:96.14.0 0-0:96.3.10 0-0:17.0.0 1-0:1.8.0 1-0:1.8.1 1-0:1.8.2")
         + _codes("1-0:2.8.0 1-0:2.8.1 1-0:2.8.2 1-0:3.8.0 1-0:4.8.0 1-0:5.8.0 1-0:6.8.0 1-0:7.8.0 1-0:8.8.0")
         + _codes("1-0:15.8.0") + _phases("32.7", "31.7") + _codes("1-0:13.7.0") + _phases("33.7")
         + _codes("1-0:14.7.0 1-0:1.7.0 1-0:2.7.0 1-0:5.7.0 1-0:6.7.0 1-0:7.7.0 1-0:8.7.0 0-0:98.1.0 0-0:96.13.0"),
    "ch":  _codes("0-0:1.0.0 0-0:0.0.0 1-1:1.8.1 1-1:1.8.2 1-1:2.8.1 1-1:2.8.2 0-0:96.14.0 1-1:1.7.0 1-1:2.7.0")
         + _codes("0-0:96.7.21 0-0:96.7.9 1-0:99.97.0") + SAGS + _phases("32.7", "31.7")
         + _codes("0-0:96.13.0 0-0:96.1.4 0-0:96.1.2") + POWERS + _codes("1-1:1.6.0 1-0:1.4.0"),
    "q3d": _codes("1-0:0.0.0 1-0:1.8.0 1-0:2.8.0") + _phases("21.7")
         + _codes("1-0:1.7.0 1-0:96.5.5 0-0:96.1.255"),
}
# fmt: on
SIGNED = ("q3d",)
"""Import minus export in 1.7.0 and 21.7.0."""


class Device(NamedTuple):
    """One on the M-Bus. type: EN 13757-3. flow: the most an hour, in the reading's unit. start: of the counter."""

    type: int
    quantity: Q
    flow: float
    start: float
    id: str


DEVICES = {
    "gas": Device(3, Q.GAS_VOLUME, 1.6, 4836.851, "G0028000123456789"),
    "water": Device(7, Q.WATER_VOLUME, 0.3, 872.234, "W0015000123456789"),
    "heat": Device(4, Q.HEAT, 0.02, 31.55, "H0042000123456789"),
    "dead": Device(3, Q.GAS_VOLUME, 0.0, 0.0, ""),
}
"""dead: a gas meter that was taken away; its channel stays, and was never read."""
CHANNELS = {
    "nl2": ("24.1.0", "96.1.0", "24.3.0", "24.4.0"),
    "nl3": ("24.1.0", "96.1.0", "24.3.0", "24.4.0"),
    "be": ("24.1.0", "96.1.1", "96.1.2", "24.4.0", "24.2.3"),
    "lu": ("24.1.0", "96.1.0", "24.2.1", "24.4.0"),
}
USUAL = ("24.1.0", "96.1.0", "24.2.1")
REFRESH_S = {"nl5": 300, "be": 300}
HOURLY = 3600


@dataclass(frozen=True, slots=True)
class Setup:
    """One meter. profile: one of LAYOUTS. devices: on M-Bus channels 1, 2 ... pv_w: of the roof, at noon.

    key, auth_key: 32 hex digits; with a key the telegrams are encrypted. interval_s: 0, the profile's.
    """

    name: str = "nl5"
    phases: int = 3
    devices: tuple[str, ...] = ()
    pv_w: float = 0.0
    key: str = ""
    auth_key: str = ""
    interval_s: float = 0.0

    def __post_init__(self) -> None:
        if self.name not in LAYOUTS:
            raise ValueError(f"expected a profile of {', '.join(LAYOUTS)}, got {self.name!r}")
        if self.phases not in (1, 3):
            raise ValueError(f"expected 1 or 3 phases, got {self.phases}")
        if not set(self.devices) <= set(DEVICES) or len(self.devices) > 4:
            raise ValueError(f"expected up to four devices of {', '.join(DEVICES)}, got {', '.join(self.devices)}")
        if self.interval_s < 0 or self.pv_w < 0:
            raise ValueError("expected an interval and a power of zero or more")

    @property
    def style(self) -> Style:
        """How it writes."""
        return STYLES[self.name]

    @property
    def profile(self) -> Profile:
        """Its row in the table of profiles."""
        return PROFILES[self.name]

    @property
    def every_s(self) -> float:
        """From the begin of a telegram to that of the next."""
        return self.interval_s or self.profile.interval_s
