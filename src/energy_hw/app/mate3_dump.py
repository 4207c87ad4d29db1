"""`mate3 dump` and `mate3 replay`: all registers of a controller into a file, and a controller out of a file."""

from __future__ import annotations

import os
import threading
from pathlib import Path

from energy_hw.app.exits import OK
from energy_hw.app.mate3 import Mate3Session, Target, file_faults, opened
from energy_hw.errors import ConfigError, LinkBusy, LinkError, PermissionDenied
from energy_hw.outback.dump import Dump
from energy_hw.outback.sunspec import walk
from energy_hw.sim.mate3 import SimMate3, capture

REDACTED = "Serial numbers, addresses, names and passwords read 0 in it: it may be shown to others."
WHOLE = (
    "NOTE THAT THIS MAY CONTAIN SENSITIVE INFORMATION LIKE PASSWORDS ETC.: serial numbers and addresses, too."
    " Without --no-redact it has none."
)
PRIVILEGED = 1024


def dump(session: Mate3Session, target: Target, path: Path, redacted: bool) -> int:
    """Write every register, as {"40000": 21365, ...}. redacted: without what is secret or personal."""
    with opened(target) as controller:
        registers = Dump(controller.poll().registers)
    with file_faults(path, "written"):
        registers.save(path, redacted=redacted)
    session.say(f"All {len(registers.registers)} registers are in the file '{path}'.")
    session.say(REDACTED if redacted else WHOLE)
    return OK


def replay(
    session: Mate3Session, path: Path | None, host: str, port: int, delay_s: float, duration_s: float | None
) -> int:
    """Be the controller of a dump, or without one of a simulated house, until Ctrl-C or so long.

    delay_s: each answer takes so long. What is written stays until the end and goes to no file.
    """
    registers = _load(path) if path else capture()
    house = SimMate3(registers, host=host, port=port, delay_s=delay_s, life=path is None)
    _listen(house)
    try:
        count = len({block.port for block in walk(Dump(registers)).blocks if block.port is not None})
        devices = f"{count} {'device' if count == 1 else 'devices'}"
        session.show(f"A simulated Mate3 with {devices} answers at {house.host}:{house.port}; Ctrl-C ends.")
        threading.Event().wait(duration_s)
    finally:
        house.stop()
    return OK


def _listen(house: SimMate3) -> None:
    """Raises LinkBusy, PermissionDenied."""
    try:
        house.start()
    except OSError:
        raise _no_port(house.host, house.port) from None


def _load(path: Path) -> dict[int, int]:
    """Raises ConfigError, NotSunSpec for what is no dump of a controller, PermissionDenied."""
    try:
        registers = Dump.load(path).registers
    except PermissionError as error:
        raise PermissionDenied(f"{path} cannot be read: {error.strerror}") from None
    except OSError as error:
        raise ConfigError(
            f"{path} cannot be read: {error.strerror}: `mate3 dump {path}` makes one", str(path)
        ) from None
    walk(Dump(registers))
    return registers


def _no_port(host: str, port: int) -> LinkError:
    """Taken, not of this machine, or a privileged one."""
    said = f"{host}:{port} cannot be listened at"
    if port < PRIVILEGED and os.geteuid() != 0:
        return PermissionDenied(f"{said}: ports below {PRIVILEGED} are for root: choose another with --port")
    return LinkBusy(f"{said}: is it in use, or {host} not of this machine? Choose another with --port")
