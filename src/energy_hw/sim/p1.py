"""A simulated P1 meter as a serial link, or on a pseudo terminal.

    with P1Meter("sim:p1?profile=be&devices=gas,water&pv=4000") as meter: ...
    simulator = open_link(SerialSettings(115200), profile="lu", key="88DB...", noise="0.0001")
    with open_pty(Setup("nl5")) as line: P1Meter(line.path)

| option    | default | meaning |
|-----------|---------|---------|
| profile   | nl5     | one of sim.p1_setup.LAYOUTS: nl2 nl3 nl4 nl5 be lu at se fi lt hu ch q3d |
| phases    | 3       | or 1 |
| devices   | gas where usual | `gas`, `water`, `heat`, `dead`, with commas: M-Bus channels 1, 2 ...; `none` |
| pv        | 0       | W of a roof at noon |
| key       |         | 32 hex digits: the telegrams are encrypted |
| auth_key  | Luxembourg's | 32 hex digits |
| interval  | the profile's | seconds between telegrams |
| start     | now     | moment of the first telegram: `2026-10-25T00:59:30Z` is just before a change of the clocks |
| speed     | 1       | how many times as fast as a real meter |
| seed      | 0       | chance |
| noise     | 0       | share of characters of which a bit flips |
| cut, glued, wrong_crc | 0 | share of telegrams that end early; that the next follows at once; with a wrong checksum |
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from energy_hw.sim.p1_line import Faults, P1Line
from energy_hw.sim.p1_meter import P1Meter
from energy_hw.sim.p1_setup import Setup
from energy_hw.sim.teleinfo import STRIP, TicSimulator
from energy_hw.sim.tic_pty import TicPty

if TYPE_CHECKING:
    from energy_hw.links.stream import SerialSettings

WITH_GAS = ("nl2", "nl3", "nl4", "nl5", "be", "lu")


class P1Simulator(TicSimulator):
    """links.stream.SerialLink over a simulated P1 line. meter: for faults of counters and clock."""

    line: P1Line

    @property
    def meter(self) -> P1Meter:
        """At the other end of the line."""
        return self.line.meter


class P1Pty(TicPty):
    """A pseudo terminal with a P1 meter at its other end; faults are those of the line, under `lock`.

    bits: 7 or 8, as many as a reader's port is taken to be set to. A pty has eight whatever the reader sets, and with
    eight a 7E1 meter's parity is in bit 7.
    """

    line: P1Line

    def __init__(self, line: P1Line, speed: float = 1.0, bits: int = 8) -> None:
        self.bits = bits
        super().__init__(line, speed)

    def _as_received(self, came: bytes) -> bytes:
        came = super()._as_received(came)
        return came.translate(STRIP) if self.bits == 7 else came


def make_setup(
    profile: str = "nl5",
    phases: str = "3",
    devices: str = "",
    pv: str = "0",
    key: str = "",
    auth_key: str = "",
    interval: str = "0",
) -> Setup:
    """A setup of options as in a URL. Raises ValueError."""
    names = devices or ("gas" if profile in WITH_GAS else "none")
    some = () if names == "none" else tuple(names.split(","))
    return Setup(profile, int(phases), some, float(pv), key, auth_key, float(interval))


def make_line(setup: Setup, start: datetime | None = None, seed: int = 0, faults: Faults | None = None) -> P1Line:
    """The line of a meter. Raises ConfigError for a key that is none."""
    return P1Line(P1Meter(setup, start or datetime.now(UTC), seed), seed, faults)


def open_link(
    settings: SerialSettings | None = None, *, start: str = "", speed: str = "1", seed: str = "0", **options: str
) -> P1Simulator:
    """What `sim:p1?profile=...` opens; options are text, as in a URL. Raises ValueError, TypeError."""
    if not float(speed) > 0:
        raise ValueError(f"expected a speed above 0, got {speed}")
    faults = Faults(**{name: _share(name, options.pop(name)) for name in Faults._fields if name in options})
    setup = make_setup(**options)
    line = make_line(setup, _moment(start), int(seed), faults)
    return P1Simulator(line, settings, speed=float(speed), name=f"sim:p1?profile={setup.name}")


def open_pty(setup: Setup, *, speed: float = 1.0, seed: int = 0, faults: Faults | None = None, bits: int = 0) -> P1Pty:
    """A pseudo terminal whose other end is a meter, at the pace of a real one times speed. Raises ConfigError.

    bits: of the reader's port, see P1Pty; 0: as many as the meter sends.
    """
    return P1Pty(make_line(setup, seed=seed, faults=faults), speed, bits or int(setup.profile.serial[0].frame[0]))


def _share(name: str, text: str) -> float:
    share = float(text)
    if not 0 <= share <= 1:
        raise ValueError(f"expected {name} from 0 to 1, got {text}")
    return share


def _moment(text: str) -> datetime | None:
    if not text:
        return None
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"expected a start with an offset, like 2026-10-25T00:59:30Z, got {text}")
    return moment.astimezone(UTC)
