"""A P1 meter as a source: one thread reads, everybody else is told."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

from energy_hw.errors import LinkClosed, LinkError, LinkTimeout, NotWritable
from energy_hw.links.clock import Clock, SystemClock
from energy_hw.links.keeper import Keeper
from energy_hw.links.ports import BY_ID
from energy_hw.links.serial import open_serial, reopenable_name
from energy_hw.links.stream import SerialLink, SerialSettings
from energy_hw.p1.cipher import Policy
from energy_hw.p1.counters import MeterCounters, Tally, of_line
from energy_hw.p1.diagnose import Diagnosis, diagnose
from energy_hw.p1.line import Accepted, Line
from energy_hw.p1.options import AUTO, checked_profile, crc_policy_of, decipher_of, port_of, speeds_of
from energy_hw.p1.plausible import Plausibility
from energy_hw.p1.profiles import PROFILES, Profile, detect
from energy_hw.p1.reader import Reader
from energy_hw.p1.report import to_report
from energy_hw.p1.snapshot import Latest, Snapshot
from energy_hw.p1.telegram import CrcPolicy, Telegram
from energy_hw.publisher import MOST_WAITING
from energy_hw.publishing import ThreadedSource
from energy_hw.reading import Control, Report, Value

logger = logging.getLogger(__name__)

FAULT_PAUSE_S = 1.0
YIELD_S = 0.0001
"""Lets go of the interpreter, so that the callback runs before the report is made: that takes longer than framing."""
READ_S = 60.0
"""Longer than the longest interval, and than the search for the speed."""


class P1Meter(ThreadedSource):
    """Owns a port with a P1 meter; yields a Report for every telegram.

    >>> with P1Meter("/dev/ttyUSB0") as meter:          # doctest: +SKIP
    ...     for report in meter:
    ...         print(report["power_import"].value)

    Speed, profile and encryption are found by listening. Opening raises PortMissing, PortRefused, PortBusy, PortError
    or ConfigError, each with the next step in its message (the first four are serial.SerialException as well); once
    it is open, a port that goes away is opened again for as long as it takes; see diagnosis().

    latest has the newest report and its age. A recording ends, and with it the iteration.

    Thread safety: call from any thread. Callbacks run one at a time in a thread of their own.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        simulate: bool = False,
        profile: str = AUTO,
        baudrate: int | None = None,
        key: str | bytes | None = None,
        auth_key: str | bytes | None = None,
        key_policy: Policy | str = Policy.CRC,
        crc_policy: CrcPolicy | str = CrcPolicy.IF_PRESENT,
        dtr: bool | None = None,
        rts: bool | None = None,
        patient: bool = False,
        on_telegram: Callable[[Telegram], object] | None = None,
        on_report: Callable[[Report], object] | None = None,
        tap: Callable[[bytes], object] | None = None,
        most_waiting: int = MOST_WAITING,
        clock: Clock | None = None,
        by_id: Path = BY_ID,
    ) -> None:
        """url: see links.serial; without one, what ENERGY_HW_P1 names. profile: `auto`, or one of profiles.PROFILES.
        baudrate: the one speed to use instead of those of the profile. key, auth_key: of an encrypted meter, 32 hex
        digits (without them ENERGY_HW_P1_KEY and ENERGY_HW_P1_AUTH_KEY); key_policy: see cipher.Policy. dtr, rts:
        where an adapter has its data request line wired to one. patient: wait for a port that cannot be opened yet.
        tap: gets every piece of bytes as it came, in the thread that reads, so it must not wait: Republisher.give.
        by_id: where udev keeps the names that stay."""
        super().__init__("p1", most_waiting)
        self._url = self.name = port_of(url, simulate)
        self._by_id = by_id
        self._clock = clock or SystemClock()
        self._on_telegram, self._on_report = on_telegram, on_report
        self._profile_name = checked_profile(profile)
        self._profile: Profile | None = PROFILES.get(profile)
        self._latest, self._tally, self._plausibility = Latest(), Tally(), Plausibility()
        decipher = decipher_of(key, auth_key, key_policy)
        self._line = Line(
            speeds_of(profile, baudrate), self._clock.monotonic(), crc_policy_of(crc_policy), decipher, tap
        )
        outputs = SerialSettings(self._line.detector.baudrate, dtr=dtr, rts=rts)
        self._keeper = Keeper(self._open, outputs, self._clock, self._stop.wait)
        self._reader = Reader(self._keeper, self._line, self._clock, outputs)
        self._start(patient)
        self._thread.start()

    def _start(self, patient: bool) -> None:
        try:
            self._reader.open()
        except LinkError as error:
            if not patient:
                raise
            self._keeper.persist(error)

    def _open(self, settings: SerialSettings) -> SerialLink:
        """Open the port, from the second time on by the name that stays."""
        link = open_serial(self._url, settings, by_id=self._by_id)
        self._url = reopenable_name(self._url, self._by_id)
        return link

    # -- reading -----------------------------------------------------------

    def read(self, timeout_s: float = READ_S) -> Report:
        """The newest report that read() has not given yet, or else the next one.

        Raises LinkTimeout after timeout_s without one, LinkClosed when there will be none; both with the diagnosis.
        """
        report = self._latest.wait(timeout_s)
        if report is None:
            kind = LinkClosed if self._keeper.state.ended else LinkTimeout
            raise kind(f"expected a telegram within {timeout_s:g} s, got none: {self.diagnosis()}")
        return report

    @property
    def latest(self) -> Snapshot | None:
        """The newest report with its telegram and age; None before the first."""
        return self._latest.snapshot(self._clock.monotonic())

    @property
    def connected(self) -> bool:
        """Whether the newest telegram is younger than three intervals."""
        latest = self.latest
        return latest is not None and latest.age_s <= self._line.stale_s

    @property
    def profile(self) -> str:
        """The name of the profile in use: the one that was named, or detected; `auto` before the first telegram.

        May be set at any time, `auto` too; the next telegram is read with it.
        """
        return self._profile.name if self._profile else AUTO

    @profile.setter
    def profile(self, name: str) -> None:
        self._profile_name, self._profile = checked_profile(name), PROFILES.get(name)

    def diagnosis(self) -> Diagnosis:
        """How the line does, in data and in words with the next step."""
        line, now = self._line, self._clock.monotonic()
        profile = self._profile.name if self._profile else None
        return diagnose(self._keeper.state, line.state, line.detector.baudrate, profile, line.stale_s, now)

    def counters(self) -> MeterCounters:
        """A copy of all counters, and what else is measured."""
        tally, state = self._tally, self._keeper.state
        return MeterCounters(
            ok=tally.ok,
            bad_lines=tally.bad_lines,
            unknown_obis=tally.unknown_obis,
            clock_skew_s=tally.clock_skew_s,
            intervals=tally.intervals,
            doubted=self._plausibility.doubted,
            speed_changes=self._reader.speed_changes,
            lost=state.lost,
            reopened=state.reopened,
            dropped=self._reports.dropped,
            callback_errors=self._callbacks.errors,
            callbacks_dropped=self._callbacks.dropped,
            **of_line(self._line, tally.no_crc, self._clock.monotonic()),  # type: ignore[arg-type]
        )

    # -- commands ----------------------------------------------------------

    def controls(self) -> list[Control]:
        """Nothing: the line goes one way."""
        return []

    def command(self, device: str, name: str, value: Value, wait: float | None = None) -> NoReturn:
        """Raises NotWritable."""
        raise NotWritable(f"expected a device that obeys, got {device}: a P1 meter only talks, no {name} is sent")

    # -- the thread --------------------------------------------------------

    def _run(self) -> None:
        while not self._stop.is_set() and not self._keeper.state.ended:
            try:
                for item in self._reader.step():
                    self._tell(item)
            except Exception:
                logger.exception("a fault of this program in the meter's thread; it goes on in a second")
                self._stop.wait(FAULT_PAUSE_S)
        self._reader.close()
        self._keeper.state.ended = True
        self._reports.close()
        self._latest.close()

    def _tell(self, item: Accepted) -> None:
        """First who waits for the telegram, then the rest."""
        telegram, received = item.telegram, self._clock.now()
        if self._on_telegram is not None:
            self._callbacks.call(self._on_telegram, telegram)
            time.sleep(YIELD_S)
        if self._profile_name == AUTO:
            self._profile = detect(telegram)
        report = self._plausibility.check(to_report(telegram, received, self.name, self._profile), item.at)
        self._tally.take(report, item.at)
        self._latest.take(report, telegram, item.at)
        self._reports.publish(report)
        self._callbacks.call(self._on_report, report)

    def _wake(self) -> None:
        self._reader.wake()
