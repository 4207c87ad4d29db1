"""The Teleinfo commands: frames as they come, and the /status.json server."""

from __future__ import annotations

import logging
import os
import threading
import time
from dataclasses import dataclass, replace

from energy_hw.app.exits import DEVICE, OK
from energy_hw.app.report_text import report_text
from energy_hw.app.session import Session
from energy_hw.reading import Report
from energy_hw.teleinfo.dataset import Dataset
from energy_hw.teleinfo.diagnose import Health
from energy_hw.teleinfo.meter import TeleinfoMeter

LOOK_S = 0.2
"""How often the monitor looks at its clock and at the line."""
UNREMARKABLE = (Health.GOOD, Health.SEARCHING, Health.ENDED)
SIMULATED = "sim:teleinfo"


@dataclass(frozen=True)
class Options:
    """What to listen to, and how long. mode: `auto`, `historique` or `standard`."""

    port: str | None = None
    mode: str = "auto"
    baudrate: int | None = None
    count: int | None = None
    duration_s: float | None = None


def monitor(session: Session, options: Options) -> int:
    """Show every frame until count, duration, or the end of a recording; 4 if none came."""
    chosen = session.options
    simulate = chosen.simulate and options.port is None
    with TeleinfoMeter(
        options.port,
        simulate=simulate,
        mode=options.mode,
        baudrate=options.baudrate,
        on_group=(lambda group: _tell_group(session, group)) if chosen.verbose else None,
    ) as meter:
        return _Monitor(session, options, meter).show()


def _tell_group(session: Session, group: Dataset) -> None:
    session.tell(group.raw.decode("latin-1"))


class _Monitor:
    """Writes reports; a second thread looks after the time and what is wrong with the line."""

    def __init__(self, session: Session, options: Options, meter: TeleinfoMeter) -> None:
        self._session, self._options, self._meter = session, options, meter
        self._done = threading.Event()
        self._frames = 0

    def show(self) -> int:
        self._remark(f"Listening on {self._meter.name}; Ctrl-C ends.")
        watcher = threading.Thread(target=self._watch, name="teleinfo monitor", daemon=True)
        watcher.start()
        try:
            self._write_all()
        finally:
            self._done.set()
            watcher.join(2)
            self._remark(self._summary())
        return OK if self._frames or self._options.count == 0 else DEVICE

    def _write_all(self) -> None:
        if self._options.count == 0:
            return
        for report in self._meter:
            self._write(report)
            if self._frames == self._options.count:
                return

    def _write(self, report: Report) -> None:
        self._frames += 1
        if self._session.options.as_json:
            self._session.give(report.to_json())
        else:
            print(report_text(report), end="\n\n", file=self._session.out, flush=True)

    def _watch(self) -> None:
        end = time.monotonic() + (self._options.duration_s if self._options.duration_s is not None else float("inf"))
        said = Health.GOOD
        while not self._done.wait(LOOK_S):
            if time.monotonic() >= end:
                self._meter.close()  # which ends the iteration
                return
            diagnosis = self._meter.diagnosis()
            if diagnosis.health is not said and diagnosis.health not in UNREMARKABLE:
                self._remark(str(diagnosis))
            said = diagnosis.health

    def _remark(self, text: str) -> None:
        if not self._session.options.quiet:
            self._session.tell(text)

    def _summary(self) -> str:
        counters = self._meter.counters()
        wire = counters.line.wire
        frames = "1 frame" if self._frames == 1 else f"{self._frames} frames"
        refused = wire.rejected + counters.line.implausible
        lost = f"; port lost {counters.lost} times" if counters.lost else ""
        return f"{frames} shown; groups: {wire.groups} good, {refused} refused{lost}."


def serve(session: Session, config_path: str | None, listen: str | None, port: str | None) -> int:
    """Serve /status.json until SIGTERM or Ctrl-C. config_path: an ini file; without one the environment."""
    from energy_hw.web import status_json

    config = status_json.read_config(config_path, os.environ)
    device = port or (SIMULATED if session.options.simulate else config.device)
    config = replace(config, device=device, listen=listen or config.listen).checked()
    logging.getLogger().setLevel(config.level)
    status_json.serve(config)
    return OK
