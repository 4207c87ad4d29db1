"""The P1 commands: telegrams as they come, a single one, and the stream handed on to other programs."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from energy_hw.app.exits import DEVICE, OK
from energy_hw.app.report_text import report_text
from energy_hw.app.session import Session
from energy_hw.errors import ConfigError
from energy_hw.links.republish import Republisher
from energy_hw.p1.diagnose import Health
from energy_hw.p1.meter import P1Meter
from energy_hw.p1.telegram import Telegram
from energy_hw.p1.value import P1Telegram
from energy_hw.reading import Report, dumps

LOOK_S = 0.2
"""How often to look at the clock and at the line."""
UNREMARKABLE = (Health.GOOD, Health.SEARCHING, Health.ENDED)
CRLF = b"\r\n"


@dataclass(frozen=True)
class Options:
    """What to listen to, and how long. key_file: the meter's key in the first line, its authentication key in the
    second, if it has one."""

    port: str | None = None
    profile: str = "auto"
    baudrate: int | None = None
    key_file: str | None = None
    count: int | None = None
    duration_s: float | None = None


def open_meter(session: Session, options: Options, **more: Any) -> P1Meter:
    """The meter that the options name. Raises LinkError or ConfigError."""
    key, auth_key = read_keys(options.key_file)
    return P1Meter(
        options.port,
        simulate=session.options.simulate and options.port is None,
        profile=options.profile,
        baudrate=options.baudrate,
        key=key,
        auth_key=auth_key,
        **more,
    )


def read_keys(path: str | None) -> tuple[str | None, str | None]:
    """Key and authentication key of a file, which keeps them out of the list of processes. Raises ConfigError."""
    if path is None:
        return None, None
    try:
        lines = Path(path).read_text("ascii").split("\n")
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"the key file {path} cannot be read: {getattr(error, 'strerror', None) or 'no text'}"
        ) from None
    words = [line.strip() for line in lines if line.strip()]
    if not 1 <= len(words) <= 2:
        raise ConfigError(
            f"expected one or two lines in the key file {path}: key, authentication key; got {len(words)}"
        )
    return words[0], words[1] if len(words) == 2 else None


# -- monitor -----------------------------------------------------------------


def monitor(session: Session, options: Options) -> int:
    """Show every telegram until count, duration, or the end of a recording; 4 if none came."""
    shown = 0
    on_telegram = (lambda telegram: _tell_lines(session, telegram)) if session.options.verbose else None
    with open_meter(session, options, on_telegram=on_telegram) as meter, _watched(session, meter, options.duration_s):
        _remark(session, f"Listening on {meter.name}; Ctrl-C ends.")
        try:
            for report in meter if options.count != 0 else ():
                _show(session, report)
                shown += 1
                if shown == options.count:
                    break
        finally:
            _remark(session, _summary(meter, shown))
    return OK if shown or options.count == 0 else DEVICE


def _tell_lines(session: Session, telegram: Telegram) -> None:
    for line in telegram.raw.decode("latin-1").split("\r\n"):
        session.tell(line)


def _show(session: Session, report: Report) -> None:
    if session.options.as_json:
        session.give(report.to_json())
    else:
        print(report_text(report), end="\n\n", file=session.out, flush=True)


def _remark(session: Session, text: str) -> None:
    if not session.options.quiet:
        session.tell(text)


def _summary(meter: P1Meter, shown: int) -> str:
    counters = meter.counters()
    refused = counters.bad_crc + counters.refused + counters.oversize + counters.truncated + counters.parity
    lost = f"; port lost {counters.lost} times" if counters.lost else ""
    fail = counters.no_key + counters.decrypt_fail
    encrypted = f"; {fail} of {counters.ciphered} encrypted ones not read" if fail else ""
    return f"{shown} {'telegram' if shown == 1 else 'telegrams'} shown, {refused} refused{encrypted}{lost}."


@contextmanager
def _watched(session: Session, meter: P1Meter, duration_s: float | None) -> Iterator[list[str]]:
    """A second thread looks after the time and what is wrong with the line; what that was in the end is yielded."""
    done, said_last = threading.Event(), [str(meter.diagnosis())]
    end = time.monotonic() + duration_s if duration_s is not None else float("inf")

    def watch() -> None:
        said = Health.GOOD
        while not done.wait(LOOK_S):
            diagnosis = meter.diagnosis()
            said_last[:] = [str(diagnosis)]
            if time.monotonic() >= end:
                meter.close()  # which ends the iteration
                return
            if diagnosis.health is not said and diagnosis.health not in UNREMARKABLE:
                _remark(session, str(diagnosis))
            said = diagnosis.health

    watcher = threading.Thread(target=watch, name="p1 watcher", daemon=True)
    watcher.start()
    try:
        yield said_last
    finally:
        done.set()
        watcher.join(2)


# -- once --------------------------------------------------------------------


def once(session: Session, options: Options, style: str, timeout_s: float) -> int:
    """Print one telegram and end; 4 with the diagnosis if none came within timeout_s.

    style: `rest`, the JSON of dsmrRESTServer's takeOneReading.py; `report`, that of this package; `raw`, the bytes.
    """
    with open_meter(session, options) as meter, _watched(session, meter, timeout_s) as remarks:
        report = next(iter(meter), None)
    if report is None:
        session.tell(f"energy-hw p1 once: expected a telegram, {timeout_s:g} s at most, got none; {remarks[-1]}")
        return DEVICE
    print(WRITERS[style](report), file=session.out, flush=True)
    return OK


def _as_rest(report: Report) -> str:
    return json.dumps(P1Telegram.of(report).to_dict("seed"), indent=3)


def _as_report(report: Report) -> str:
    return dumps(report.to_json())


WRITERS: dict[str, Callable[[Report], str]] = {
    "rest": _as_rest,
    "report": _as_report,
    "raw": lambda report: report.raw.decode("latin-1").rstrip(),
}


# -- republish ---------------------------------------------------------------


def republish(session: Session, options: Options, listen: str, whole: bool) -> int:
    """Hand the stream on over TCP until duration, or the end of a recording.

    whole: only whole telegrams that were accepted, decrypted ones too; else every byte as it came.
    """
    with Republisher(listen, units=whole) as others:

        def give(telegram: Telegram) -> None:
            others.give(telegram.raw.rstrip(CRLF) + CRLF)

        more: dict[str, Any] = {"on_telegram": give} if whole else {"tap": others.give}
        with open_meter(session, options, **more) as meter, _watched(session, meter, options.duration_s):
            host, port = others.address
            what = "whole telegrams" if whole else "every byte"
            session.say(f"{meter.name}: {what} at socket://{host}:{port}; Ctrl-C ends.")
            for _ in meter:  # reports are for others; this waits for the end
                pass
        counters = others.counters()
    _remark(session, f"{counters.connected} programs came, {counters.skipped} telegrams skipped for slow ones.")
    return OK
