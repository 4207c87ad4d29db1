"""What stands between a P1 meter and its DSMR-readers: an outbox, and a sink for each server."""

from __future__ import annotations

import logging
import re
from collections import Counter
from collections.abc import Mapping
from contextlib import ExitStack, closing
from functools import partial
from pathlib import Path

from energy_hw.app.p1_dsmr_values import dsmr_values
from energy_hw.app.p1_forward_settings import Settings
from energy_hw.errors import SinkError
from energy_hw.links.clock import SystemClock
from energy_hw.links.teller import Teller
from energy_hw.reading import Report
from energy_hw.sinks.dsmr_http import Version
from energy_hw.sinks.dsmr_reader import RUN, DsmrReader, Sample
from energy_hw.sinks.dsmr_telegram import KIND, Telegram
from energy_hw.sinks.limits import Limits
from energy_hw.sinks.outbox import Outbox
from energy_hw.sinks.ticket import Ticket

logger = logging.getLogger(__name__)
ROOM_S = 1.0
"""How long to wait for room when the disk is slow. The meter's callbacks are queued meanwhile."""


class Forwarder:
    """Owns the outbox and a sink for each server. A context manager.

    taken: reports that came; lost: those of them for which the outbox had no room.
    Thread safety: take() from one thread; the rest from any.
    """

    def __init__(self, settings: Settings, limits: Limits | None = None) -> None:
        """Raises ConfigError, LinkBusy if another process has the spool, ModuleNotFoundError without httpx."""
        self._spool = settings.spool
        self._wants_values = any(server.version is Version.V2 for server in settings.servers)
        self._clock = SystemClock()
        self._teller = Teller(logger, self._clock)
        self.taken = self.lost = 0
        if limits is None:
            limits = Limits() if settings.spool else Limits(memory_rows=settings.queue)
        with ExitStack() as opening:
            self.sinks = [opening.enter_context(closing(sink)) for sink in self._sinks(settings)]
            targets = [sink.target() for sink in self.sinks]
            self.outbox = opening.enter_context(Outbox(settings.spool, targets, limits))
            self._opened = opening.pop_all()

    def _sinks(self, settings: Settings) -> list[DsmrReader]:
        names = _names([server.name for server in settings.servers])
        return [
            DsmrReader(
                server,
                interval_s=settings.interval_s,
                order=settings.order,
                name=name,
                on_refused=partial(self._keep, name),
            )
            for server, name in zip(settings.servers, names, strict=True)
        ]

    def take(self, report: Report) -> Ticket | None:
        """One report of a P1 meter; never waits for a server. None if it is lost, for want of room."""
        telegram = Telegram(
            raw=report.raw,
            received=report.received,
            time=report.time,
            integrity=report.integrity,
            values=dsmr_values(report) if self._wants_values else None,
            run=RUN,
            received_s=self._clock.monotonic(),
        )
        try:
            return self.outbox.put(telegram.encode(), key=report.device, kind=KIND, time=report.time, wait_s=ROOM_S)
        except SinkError as error:
            self.lost += 1
            self._teller.tell("a telegram is lost: %s", error)
            return None
        finally:
            self.taken += 1

    def _keep(self, name: str, sample: Sample) -> None:
        """The first telegram that a server refused, beside the spool, for nobody else to read."""
        if self._spool is None:
            return
        path = sample_path(self._spool, name)
        try:
            path.touch(0o600)
            path.write_bytes(sample.raw)
        except OSError as error:
            logger.warning("%s cannot be written: %s", path, error.strerror)
        else:
            logger.warning("the telegram that %s refused is in %s", name, path)

    @property
    def pending(self) -> int:
        """Telegrams that some server has yet to get."""
        return max(target.pending for target in self.outbox.health().targets.values())

    def summary(self) -> list[str]:
        """A line for each server."""
        targets = self.outbox.health().targets
        return [_line(sink, targets[sink.name].pending, targets[sink.name].dropped) for sink in self.sinks]

    def close(self) -> None:
        """Commit what is left, end. May be called twice."""
        self._opened.close()

    def __enter__(self) -> Forwarder:
        return self

    def __exit__(self, *exc_info: object) -> None:
        self.close()


def _names(servers: list[str]) -> list[str]:
    """One for each; the progress of a server is kept under its own."""
    seen: Counter[str] = Counter()
    names = []
    for server in servers:
        seen[server] += 1
        names.append(f"dsmr-reader {server}" + (f" #{seen[server]}" if seen[server] > 1 else ""))
    return names


def sample_path(spool: Path, name: str) -> Path:
    """Where the sample of a server is kept."""
    return spool.with_name(f"{spool.name}.{re.sub('[^A-Za-z0-9.]+', '-', name)}.refused")


def _line(sink: DsmrReader, pending: int, dropped: Mapping[str, int]) -> str:
    counts = {name: sink.counts[name] for name in ("found", "unasked", "thinned")}
    rest = {name: number for name, number in {**counts, **dropped}.items() if number}
    more = "".join(f", {number} {name}" for name, number in rest.items())
    return f"{sink.name}: {sink.counts['sent']} sent, {pending} waiting{more}"
