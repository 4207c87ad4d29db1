"""The monitor: every packet as bytes, as a dictionary, and as one line to read.

Standard library only, so that it runs from an unpacked checkout on a Pi.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TextIO

from energy_hw.app.exits import DEVICE, FAILED, INTERRUPTED, OK, exit_code
from energy_hw.app.phrase import phrase
from energy_hw.app.session import interruptible
from energy_hw.app.text import writable
from energy_hw.core.interface import RadioConfig, ReceivedFrame
from energy_hw.energenie.hub import Hub
from energy_hw.energenie.identity import Standing
from energy_hw.energenie.receiver import Heard, Refused
from energy_hw.energenie.report import to_pydict
from energy_hw.errors import EnergyHwError, LinkBusy, LinkError, PermissionDenied
from energy_hw.reading import dumps

HOW_TO_SIMULATE = "To see a simulated house instead, add --simulate."
LOOK_S = 0.2
"""How often the monitor looks at its clock while no packet comes."""
OF_THE_LINK = ("RSSI", "FREQUENCY_ERROR")
MARKS = {
    Standing.UNCONFIRMED: "  [unknown product, first frame: not yet a device]",
    Standing.GHOST: "  [ghost: this sensor is known as another product]",
}


@dataclass(frozen=True)
class Options:
    """What the command line said."""

    device: str | None = None
    simulate: bool = False
    or_simulate: bool = False
    as_json: bool = False
    count: int | None = None
    duration_s: float | None = None
    verbose: int = 0
    quiet: bool = False
    wiring: str | None = None
    dio0: int | None = None
    promiscuous: bool = False
    names: Mapping[int, str] = field(default_factory=dict)
    """Sensor id -> the name its owner gave it."""


def run(options: Options, out: TextIO | None = None, err: TextIO | None = None) -> int:
    """Show packets until count, duration, or Ctrl-C; returns the exit code. Raises nothing a user can cause.

    out, err: standard output and error by default.
    """
    out, err = out or writable(sys.stdout), err or writable(sys.stderr)
    logging.basicConfig(stream=err, format="%(message)s", level=_log_level(options))
    try:
        with interruptible(), _open(options, err) as hub:
            return _Monitor(hub, options, out, err).show()
    except EnergyHwError as error:
        hint = f" {HOW_TO_SIMULATE}" if isinstance(error, LinkError) and not options.simulate else ""
        print(f"energy-hw monitor: {error}.{hint}", file=err)
        return exit_code(error)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # `| head` has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        return OK
    except OSError as error:
        print(f"energy-hw monitor: cannot write what arrives: {error.strerror}", file=err)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # what is still buffered cannot be written either
        return FAILED


def _log_level(options: Options) -> int:
    if options.quiet:
        return logging.ERROR
    return (logging.WARNING, logging.INFO, logging.DEBUG)[min(options.verbose, 2)]


def _open(options: Options, err: TextIO) -> Hub:
    config = RadioConfig(promiscuous=options.promiscuous)
    named = options.device or os.environ.get("ENERGY_HW_DEVICE")
    try:
        return Hub(options.device, simulate=options.simulate, wiring=options.wiring, dio0=options.dio0, config=config)
    except LinkError as error:
        if named or not options.or_simulate or isinstance(error, PermissionDenied | LinkBusy):
            raise
        print(f"No radio board: {error}.\nThis is a simulated house.\n", file=err)
        return Hub(simulate=True, config=config)


class _Monitor:
    """Takes the hub's events and writes them."""

    def __init__(self, hub: Hub, options: Options, out: TextIO, err: TextIO) -> None:
        self._hub, self._options, self._out, self._err = hub, options, out, err
        self._seen: dict[str, float] = {}
        self._packets = 0
        self._bold, self._dim, self._plain = _styles(out)

    def show(self) -> int:
        """Until enough; says at the end what came. 4 if a duration passed in silence."""
        self._say(f"Listening on {self._hub.name}; Ctrl-C ends.")
        end = None if self._options.duration_s is None else time.monotonic() + self._options.duration_s
        events = self._hub.events()
        try:
            while self._packets != self._options.count and (end is None or time.monotonic() < end):
                event = events.get(LOOK_S)
                if event is not None:
                    self._write(event)
        finally:
            self._say(self._summary())
        return DEVICE if self._packets == 0 and self._options.count != 0 else OK

    def _say(self, text: str) -> None:
        if not self._options.quiet:
            print(text, file=self._err, flush=True)

    def _summary(self) -> str:
        counters = self._hub.counters()
        refused = ", ".join(f"{count} {reason}" for reason, count in sorted(counters.refused.items())) or "none"
        packets = "1 packet" if self._packets == 1 else f"{self._packets} packets"
        lost = f"; radio lost: {counters.radio_lost}, {counters.missed_s:.0f} s" if counters.radio_lost else ""
        return f"{packets} shown; refused: {refused}{lost}."

    def _write(self, event: Heard | Refused) -> None:
        if isinstance(event, Refused):
            if self._options.verbose:
                print(f"refused: {event.error}", file=self._err, flush=True)
            return
        if self._options.as_json and event.standing is not Standing.DEVICE:
            self._say(self._line(event))  # a program that reads reports takes them for devices
            return
        self._packets += 1
        text = dumps(event.report.to_json()) if self._options.as_json else self._packet(event)
        print(text, file=self._out, flush=True)

    def _packet(self, heard: Heard) -> str:
        """Bytes, dictionary, and the line to read."""
        when = heard.report.received.astimezone().strftime("%H:%M:%S")
        dump = heard.frame.data.hex(" ")
        message = _dictionary(to_pydict(heard.message))
        return f"{self._dim}{when}  {dump}{self._plain}\n{message}\n{self._bold}{self._line(heard)}{self._plain}\n"

    def _line(self, heard: Heard) -> str:
        report = heard.report
        sensor = heard.message.sensor
        name = self._options.names.get(sensor) or self._hub.device_name(sensor)
        values = (phrase(reading) for reading in report.readings if reading.code not in OF_THE_LINK)
        parts = [name, f"{report.model} 0x{sensor:06X}", *values, _signal(heard.frame), self._age(heard)]
        return "  ".join(filter(None, parts)) + MARKS.get(heard.standing, "")

    def _age(self, heard: Heard) -> str:
        """How long ago this device was last heard."""
        before = self._seen.get(heard.report.device)
        self._seen[heard.report.device] = heard.at
        return "first" if before is None else f"after {heard.at - before:.1f} s"


def _dictionary(message: dict[str, Any]) -> str:
    """The message as pyenergenie printed it, a record a line."""
    records = "".join(f"\n  {record}," for record in message["recs"])
    return f"{{'type': {message['type']!r}, 'header': {message['header']},\n 'recs': [{records}]}}"


def _signal(frame: ReceivedFrame) -> str:
    """`-61.5 dBm`, and how far off frequency the sender is where that was measured."""
    error = frame.frequency_error_hz
    return f"{frame.rssi_dbm:.1f} dBm" + ("" if error is None else f" {error / 1000:+.1f} kHz")


def _styles(out: TextIO) -> tuple[str, str, str]:
    """Bold, dim and plain on a terminal; nothing elsewhere or with NO_COLOR."""
    if out.isatty() and not os.environ.get("NO_COLOR"):
        return "\x1b[1m", "\x1b[2m", "\x1b[0m"
    return "", "", ""
