"""`p1 forward`: telegrams of a P1 meter to one or more DSMR-readers, whatever happens between.

    meter ──► outbox (on disk) ──► a thread for each server

The meter's thread never waits for a server, and a server never for another.
"""

from __future__ import annotations

import logging
import threading
import time

from energy_hw.app.exits import DEVICE, OK
from energy_hw.app.p1 import Options, open_meter
from energy_hw.app.p1_forward_settings import Settings
from energy_hw.app.p1_forwarder import Forwarder
from energy_hw.app.session import Session
from energy_hw.p1.diagnose import Health
from energy_hw.p1.meter import P1Meter
from energy_hw.web.systemd import notify

logger = logging.getLogger(__name__)
LOOK_S = 0.2
ALIVE_S = 5.0
UNREMARKABLE = (Health.GOOD, Health.SEARCHING, Health.ENDED)
TOO_TALKATIVE = ("httpx", "httpcore")
"""They name every URL, and what may be in it."""


def forward(session: Session, options: Options, settings: Settings, exit_when_silent: bool = False) -> int:
    """Forward until SIGTERM, Ctrl-C, duration, or the end of a recording that is delivered.

    exit_when_silent: end with 4 after TIMEOUT without a telegram, as DSMR-reader's script does. Raises ConfigError,
    LinkBusy if another process has the spool.
    """
    for name in TOO_TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    if settings.debug:
        logging.getLogger().setLevel(logging.DEBUG)
    with Forwarder(settings) as forwarder:
        try:
            with open_meter(session, options, patient=True, on_report=forwarder.take) as meter:
                iter(meter)  # nobody reads here: what comes need not be kept
                patience_s = settings.timeout_s if exit_when_silent else float("inf")
                return _Watch(session, forwarder, meter).until_over(options.duration_s, patience_s)
        finally:
            _tell(session, *forwarder.summary())


def _tell(session: Session, *lines: str) -> None:
    for line in () if session.options.quiet else lines:
        session.tell(line)


class _Watch:
    """Looks after the time and the line, while other threads work."""

    def __init__(self, session: Session, forwarder: Forwarder, meter: P1Meter) -> None:
        self._session, self._forwarder, self._meter = session, forwarder, meter
        self._said = Health.GOOD
        self._began = time.monotonic()
        self._alive_at = self._began

    def until_over(self, duration_s: float | None, patience_s: float) -> int:
        """The exit code."""
        servers = ", ".join(sink.server.name for sink in self._forwarder.sinks)
        _tell(self._session, f"Forwarding {self._meter.name} to {servers}; Ctrl-C ends.")
        notify("READY=1")
        end = self._began + (float("inf") if duration_s is None else duration_s)
        pause = threading.Event()
        while time.monotonic() < end and not self._delivered_to_the_end():
            self._look()
            if self._silence_s() > patience_s:
                self._session.tell(f"expected a telegram within {patience_s:g} s, got none; {self._meter.diagnosis()}")
                return DEVICE
            pause.wait(LOOK_S)
        return OK

    def _look(self) -> None:
        diagnosis = self._meter.diagnosis()
        if diagnosis.health is not self._said and diagnosis.health not in UNREMARKABLE:
            logger.warning("%s", diagnosis)
        self._said = diagnosis.health
        if time.monotonic() - self._alive_at >= ALIVE_S:
            self._alive_at = time.monotonic()
            notify("WATCHDOG=1")

    def _delivered_to_the_end(self) -> bool:
        """Whether a recording is over, and all of it is where it was to go."""
        if self._meter.diagnosis().health is not Health.ENDED:
            return False
        counters = self._meter.counters()  # what was left out, of a recording that is read too fast, never comes
        return self._forwarder.taken + counters.callbacks_dropped >= counters.ok and self._forwarder.pending == 0

    def _silence_s(self) -> float:
        latest = self._meter.latest
        return time.monotonic() - self._began if latest is None else latest.age_s
