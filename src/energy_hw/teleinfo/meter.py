"""A Teleinfo meter as a source: one thread reads, everybody else is told."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from energy_hw.errors import ConfigError, LinkError, NotWritable
from energy_hw.links.clock import Clock, SystemClock
from energy_hw.links.ports import BY_ID
from energy_hw.links.serial import open_serial, reopenable_name
from energy_hw.links.stream import SerialLink, SerialSettings
from energy_hw.publisher import MOST_WAITING
from energy_hw.publishing import ThreadedSource
from energy_hw.reading import Control, Value
from energy_hw.teleinfo.dataset import Dataset
from energy_hw.teleinfo.detect import SPEEDS
from energy_hw.teleinfo.diagnose import Diagnosis, diagnose
from energy_hw.teleinfo.frame import Parity
from energy_hw.teleinfo.frames import Frame
from energy_hw.teleinfo.horodate import FRANCE, Zone
from energy_hw.teleinfo.line import Item, Line, LineCounters
from energy_hw.teleinfo.live_table import LiveTable, LiveValue
from energy_hw.teleinfo.plausible import Plausibility
from energy_hw.teleinfo.reader import Reader
from energy_hw.teleinfo.report import to_report

logger = logging.getLogger(__name__)

FAULT_PAUSE_S = 1.0


@dataclass(slots=True)
class MeterCounters:
    """What happened since start; only ever counts up. line: see LineCounters."""

    line: LineCounters
    lost: int = 0
    """Times that the port went away."""
    reopened: int = 0
    speed_changes: int = 0
    doubted: int = 0
    """Values flagged because they cannot follow from the ones before."""
    dropped: int = 0
    """Reports that a reader was too slow to take."""
    callback_errors: int = 0
    callbacks_dropped: int = 0


class TeleinfoMeter(ThreadedSource):
    """Owns a port with a Teleinfo meter; yields a Report for every frame.

    >>> with TeleinfoMeter("/dev/ttyUSB0") as meter:          # doctest: +SKIP
    ...     for report in meter:
    ...         print(report["apparent_power"].value)

    Speed and mode are found by listening. Opening raises PortMissing, PortRefused, PortBusy, PortError or
    ConfigError, each with the next step in its message (the first four are serial.SerialException as well);
    once it is open, a port that goes away is opened again for as long as it takes; see diagnosis().

    A frame of which a group was damaged still gives its report, with what was good: the readings that are missing
    from it are the damaged ones. live has the newest value of each label. A recording ends, and with it the iteration.

    Thread safety: call from any thread. Callbacks run one at a time in a thread of their own.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        simulate: bool = False,
        mode: str = "auto",
        parity: Parity | str = Parity.SOFT,
        baudrate: int | None = None,
        patient: bool = False,
        zone: Zone = FRANCE,
        on_group: Callable[[Dataset], object] | None = None,
        on_frame: Callable[[Frame], object] | None = None,
        most_waiting: int = MOST_WAITING,
        clock: Clock | None = None,
        by_id: Path = BY_ID,
    ) -> None:
        """url: see links.serial; without one, what ENERGY_HW_TELEINFO names. mode: `auto`, `historique` or `standard`:
        the speeds to try. baudrate: the one speed to use instead, where an adapter has its own. parity: who checks it,
        see Parity. patient: wait for a port that cannot be opened yet. by_id: where udev keeps the names that stay."""
        super().__init__("teleinfo", most_waiting)
        self._url = self.name = _url(url, simulate)
        self._by_id = by_id
        self._clock = clock or SystemClock()
        self._on_group, self._on_frame = on_group, on_frame
        self._live = LiveTable()
        self._plausibility = Plausibility()
        self._line = Line(_speeds(mode, baudrate), self._clock.monotonic(), _parity(parity), zone)
        self._reader = Reader(
            self._open, self._line, self._clock, self._stop.wait, _parity(parity), by_frames=on_group is None
        )
        self._start(patient)
        self._thread.start()

    def _start(self, patient: bool) -> None:
        try:
            self._reader.open()
        except LinkError as error:
            if not patient:
                raise
            self._reader.persist(error)

    def _open(self, settings: SerialSettings) -> SerialLink:
        """Open the port, from the second time on by the name that stays."""
        link = open_serial(self._url, settings, by_id=self._by_id)
        if link.finite and self._reader.state.opened_at is not None:  # a recording is never opened again
            link.close()
            raise LinkError(f"expected the serial port {self._url} to come back, it is a file now: remove it")
        self._url = reopenable_name(self._url, self._by_id)
        return link

    # -- reading -----------------------------------------------------------

    @property
    def live(self) -> dict[str, LiveValue]:
        """Each label that the meter sends now, with its last value and age; a copy."""
        return self._live.snapshot(self._clock.monotonic())

    @property
    def connected(self) -> bool:
        """Whether a good group came within two frames, or 5 s if that is longer."""
        return self._live.connected(self._clock.monotonic())

    def diagnosis(self) -> Diagnosis:
        """How the line does, in data and in words with the next step."""
        now = self._clock.monotonic()
        return diagnose(
            self._reader.state, self._line.state, self._line.detector.baudrate, self._live.connected(now), now
        )

    def counters(self) -> MeterCounters:
        """A copy of all counters."""
        state = self._reader.state
        return MeterCounters(
            self._line.counters(),
            state.lost,
            state.reopened,
            self._reader.speed_changes,
            self._plausibility.doubted,
            self._reports.dropped,
            self._callbacks.errors,
            self._callbacks.dropped,
        )

    # -- commands ----------------------------------------------------------

    def controls(self) -> list[Control]:
        """Nothing: the line goes one way."""
        return []

    def command(self, device: str, name: str, value: Value, wait: float | None = None) -> NoReturn:
        """Raises NotWritable."""
        raise NotWritable(f"expected a device that obeys, got {device}: a Teleinfo meter only talks, no {name} is sent")

    # -- the thread --------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set() and not self._reader.state.ended:
            try:
                for item in self._reader.step():
                    self._tell(item)
            except Exception:
                logger.exception("a fault of this program in the meter's thread; it goes on in a second")
                self._stop.wait(FAULT_PAUSE_S)
        self._reader.close()
        self._reader.state.ended = True
        self._reports.close()

    def _tell(self, item: Item) -> None:
        """First who waits for the group, then the rest."""
        at, received = self._clock.monotonic(), self._clock.now()
        if isinstance(item, Dataset):
            self._callbacks.call(self._on_group, item)
            self._live.take(item, at, received)
            return
        self._live.end(item, at)
        self._callbacks.call(self._on_frame, item)
        doubts = self._plausibility.check(item, at)
        self._reports.publish(to_report(item, received, self.name, doubts))

    def _wake(self) -> None:
        self._reader.wake()


def _url(url: str | None, simulate: bool) -> str:
    if simulate and url and not url.startswith("sim:"):
        raise ConfigError(f"expected a port or simulate=True, got both: {url}")
    url = url or ("sim:teleinfo" if simulate else os.environ.get("ENERGY_HW_TELEINFO"))
    if not url:
        raise ConfigError("expected a port like /dev/ttyUSB0, got none: name one, or set ENERGY_HW_TELEINFO")
    return url


def _speeds(mode: str, baudrate: int | None) -> tuple[int, ...]:
    if mode not in SPEEDS:
        raise ConfigError(f"expected a mode of {', '.join(SPEEDS)}, got {mode!r}")
    if baudrate is not None and baudrate <= 0:
        raise ConfigError(f"expected a baudrate above 0, got {baudrate}")
    return SPEEDS[mode] if baudrate is None else (baudrate,)


def _parity(parity: Parity | str) -> Parity:
    try:
        return Parity(parity)
    except ValueError:
        raise ConfigError(f"expected a parity of {', '.join(Parity)}, got {parity!r}") from None
