"""An OutBack controller as a source: read it, watch it, write to it."""

from __future__ import annotations

import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self, Unpack

from energy_hw.errors import UnknownDevice
from energy_hw.links.clock import Clock, SystemClock
from energy_hw.outback.device import Device
from energy_hw.outback.devices import Devices
from energy_hw.outback.diagnose import Diagnosis, diagnose
from energy_hw.outback.groups import Key
from energy_hw.outback.holding import Holding
from energy_hw.outback.live import LiveDevice
from energy_hw.outback.options import Connection, LinkOptions, check_intervals
from energy_hw.outback.poll import Mode, Poller
from energy_hw.outback.polling import Polling
from energy_hw.outback.registers import Registers
from energy_hw.outback.snapshot import Snapshot
from energy_hw.outback.writes import WriteOptions, Writes, named
from energy_hw.publisher import MOST_WAITING, follow
from energy_hw.publishing import ThreadedSource
from energy_hw.reading import Control, Report, Value

if TYPE_CHECKING:
    from energy_hw.outback.counters import Mate3Counters
    from energy_hw.outback.prepared import WriteResult

logger = logging.getLogger(__name__)

FAULT_PAUSE_S = 1.0
STALE_INTERVALS = 3


class Mate3(Devices[LiveDevice], ThreadedSource):
    """A Mate3, Mate3s or AXS Port, and all devices on its hub.

    >>> with Mate3("mate3.lan") as mate3:                                          # doctest: +SKIP
    ...     print(mate3.battery_monitors[5].state_of_charge)
    ...     mate3.charge_controllers[3].settings.absorb_volts = Decimal("57.6")    # checked, confirmed, journaled
    ...     for report in mate3:                                                   # polls, from here on
    ...         print(report.device, report.get("battery_voltage"))

    gateway, system, inverters[port], charge_controllers[port] and battery_monitors[port] are live: attributes are
    values of the newest read, assigning a setting writes it. read() gives the same as an immutable Snapshot.

    Nothing is opened before the first read. Reads raise LinkError (away, silent; each with the next step), NotSunSpec,
    LayoutChanged, ModbusError or FrameError. Polling begins with the first iteration and goes on until close(), for as
    long as the controller may be away; see diagnosis().

    Thread safety: call from any thread; reads, writes and the poll take turns. Callbacks run one at a time in a thread
    of their own.
    """

    def __init__(
        self,
        host: str | None = None,
        port: int = 502,
        *,
        simulate: bool = False,
        interval_s: float = 10.0,
        settings_every_s: float = 300.0,
        layout_file: Path | str | None = None,
        allow: Iterable[str] = (),
        journal: Path | str | bool | None = None,
        password: str | None = None,
        patient: bool = False,
        on_report: Callable[[Report], object] | None = None,
        most_waiting: int = MOST_WAITING,
        registers: Registers | None = None,
        clock: Clock | None = None,
        **link: Unpack[LinkOptions],
    ) -> None:
        """host: its name or address; without one, what ENERGY_HW_MATE3 names. interval_s: of polls, 1 .. 86400;
        settings_every_s: of those that read settings, too. layout_file: keeps the addresses of the blocks over
        restarts. allow: classes of settings that may be written, journal: where that is noted, password: for
        controllers that ask for one; see writing.Writer. patient: wait for a controller that does not answer the first
        poll. registers: read these, not a host: a Dump. link: unit, max_read, timeout_s .., see options.LinkOptions.

        Raises ConfigError, and ExtraMissing without the library pymodbus.
        """
        super().__init__("mate3", most_waiting)
        check_intervals(interval_s, settings_every_s)
        self.interval_s = interval_s
        self._clock, self._patient, self._on_report = clock or SystemClock(), patient, on_report
        self._connection = Connection(host, port, simulate, registers, link)
        self.name = self._connection.name
        self._registers = self._connection.registers
        kept = Path(layout_file) if layout_file else None
        self._poller = Poller(self._registers, kept, clock=self._clock, sleep=self._stop.wait)
        journal = False if journal is None and not self._connection.is_real else journal
        self._writes = Writes(self._registers, self._poller, allow, journal, password, self._clock, self._stop.wait)
        self._holding = Holding(self._registers, self._poller, self.name, self._clock, self._writes)
        poll = partial(self._holding.read, by_user=False)
        self._polling = Polling(self.name, poll, interval_s, settings_every_s, self._clock, self._stop)
        self._starting = threading.Lock()
        self._first: Snapshot | None = None
        self._published = 0

    # -- reading -----------------------------------------------------------

    def read(self, mode: Mode = Mode.EVERYTHING) -> Snapshot:
        """Everything, or Mode.LIVE what is measured: read now, as an immutable snapshot of what is known then."""
        return self._holding.read(Mode(mode))

    @property
    def latest(self) -> Snapshot | None:
        """What the newest read found, without reading; None before the first."""
        return self._holding.newest

    def _by_key(self) -> dict[Key, LiveDevice]:
        newest = self._holding.newest or self._holding.read()
        keys = ((device.did, device.port) for device in newest.devices)
        return {key: LiveDevice(self._holding, key) for key in keys}

    def diagnosis(self) -> Diagnosis:
        """How the connection does, in data and in words with the next step."""
        newest = self._holding.newest
        devices = ", ".join(device.name for device in newest.devices) if newest else ""
        return diagnose(self._holding.state, STALE_INTERVALS * self.interval_s, devices, self._clock.monotonic())

    def counters(self) -> Mate3Counters:
        """A copy of all counters."""
        from energy_hw.outback.counters import Mate3Counters, of_link

        ok_at = self._holding.state.ok_at
        return Mate3Counters(
            polls=self._polling.polls,
            failed=self._polling.failed,
            reports=self._published,
            rediscoveries=self._poller.rediscoveries,
            changed=self._holding.changed,
            writes=self._writes.count,
            dropped=self._reports.dropped,
            callback_errors=self._callbacks.errors,
            callbacks_dropped=self._callbacks.dropped,
            last_ok_age_s=None if ok_at is None else self._clock.monotonic() - ok_at,
            **of_link(self._registers),
        )

    # -- commands ----------------------------------------------------------

    def controls(self) -> list[Control]:
        """Everything that may be written now: settings and commands of all devices. Reads if nothing was read yet."""
        return self._writes.controls(self._holding.newest or self._holding.read())

    def command(self, device: str, name: str, value: Value, wait: float | None = None) -> str:
        """Write, checked; returns `confirmed`, or `assumed` for what cannot be read back.

        device: its id as in a Report. wait: it always waits for the controller.
        Raises CommandError for what may not be written or was not confirmed, UnknownDevice, LinkError, ProtocolError.
        """
        found = self[device]
        result = self._holding.write((found.did, found.port), name, value, seen=False)
        return "confirmed" if result.confirmed else "assumed"

    def write(
        self,
        device: LiveDevice | Device | str,
        name: str,
        value: object,
        *,
        allow: Iterable[str] = (),
        force: bool = False,
        dry_run: bool = False,
        raw: bool = False,
    ) -> WriteResult:
        """Write a setting or a command of a device, or its id: checked, confirmed, journaled.

        device: one of a snapshot is meant as it was then; another on its port is refused. allow: classes of settings
        beside those of the constructor; force: also what is doubtful, see Writer.prepare(); raw: value is the number in
        the register. Raises CommandError, LinkError or ProtocolError; see writing.
        """
        found = self[device] if isinstance(device, str) else device
        key, options = (found.did, found.port), WriteOptions(named(allow), force, dry_run, raw)
        if isinstance(found, Device):
            return self._holding.write(key, name, value, options, meant=found)
        if found != LiveDevice(self._holding, key):
            raise UnknownDevice(f"{found.name} is not one of {self.name}: write by the object that it was taken from")
        return self._holding.write(key, name, value, options)

    # -- polling -----------------------------------------------------------

    def start(self) -> None:
        """Poll from now on; iterating does it by itself. Raises what a read raises, if the first poll fails.

        Unless the controller is awaited patiently: then the poll begins with waiting for it.
        """
        with self._starting:
            if self._thread.ident is not None or self._stop.is_set():
                return
            if not self._patient:
                self._first = self.read()
            self._thread.start()

    def __iter__(self) -> Iterator[Report]:
        """Reports of each poll from now on; polling begins. Raises as start() does."""
        self.start()
        return super().__iter__()

    def stream(self) -> AsyncIterator[Report]:
        """The same reports for asyncio."""
        return self._stream()

    async def _stream(self) -> AsyncIterator[Report]:
        import asyncio

        await asyncio.to_thread(self.start)
        async for report in follow(self._reports.subscribe()):
            yield report

    def __repr__(self) -> str:
        return f"<Mate3 {self.name}: {self.diagnosis()}>"

    def __enter__(self) -> Self:
        if self._on_report is not None:
            try:
                self.start()
            except BaseException:
                self.close()
                raise
        return self

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self._publish(self._polling.poll(self._first))
                self._polling.rest()
            except Exception:
                logger.exception("a fault of this program in the thread of %s; it goes on in a second", self.name)
                self._stop.wait(FAULT_PAUSE_S)
        self._end()

    def _publish(self, snapshot: Snapshot | None) -> None:
        self._first = None
        for report in snapshot.reports() if snapshot else ():
            self._published += 1
            self._reports.publish(report)
            self._callbacks.call(self._on_report, report)

    # -- closing -----------------------------------------------------------

    def _wake(self) -> None:
        """Close the connection, which ends a read under way."""
        self._connection.close()
        if self._thread.ident is None:
            self._end()

    def _end(self) -> None:
        self._holding.state.ended = True
        self._reports.close()
