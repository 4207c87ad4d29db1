"""What the commands have in common: opening the hub, signals, errors as one line and an exit code."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TextIO

from energy_hw.app.exits import FAILED, INTERRUPTED, OK, exit_code
from energy_hw.app.text import printable, writable
from energy_hw.energenie.hub import Hub
from energy_hw.energenie.names import HouseNames, Names
from energy_hw.energenie.orders import ordered_by
from energy_hw.energenie.registry import Registry
from energy_hw.energenie.registry_toml import Entry
from energy_hw.errors import EnergyHwError, LinkBusy, LinkError
from energy_hw.reading import dumps

HOW_TO_SIMULATE = "To try it on a simulated house, add --simulate."


@dataclass(frozen=True)
class Options:
    """What every command of the radio takes. registry: a file, None for the default one."""

    device: str | None = None
    simulate: bool = False
    wiring: str | None = None
    dio0: int | None = None
    registry: str | None = None
    as_json: bool = False
    verbose: int = 0
    quiet: bool = False


class Session:
    """One command: its options and where it writes. program: its name in messages."""

    program = "energy-hw"

    def __init__(self, options: Options, out: TextIO | None = None, err: TextIO | None = None) -> None:
        """out, err: standard output and error by default."""
        self.options = options
        self.out, self.err = out or writable(sys.stdout), err or writable(sys.stderr)

    def run(self, command: str, work: Callable[[], int]) -> int:
        """Do the work of `<program> <command>`; the exit code. Raises nothing that a user can cause."""
        logging.basicConfig(stream=self.err, format="%(message)s", level=self._level())
        try:
            with interruptible(), ordered_by("cli"):
                return work()
        except EnergyHwError as error:
            self.tell(f"{self._name(command)}: {error}{self._hint(error)}")
            return exit_code(error)
        except KeyboardInterrupt:
            return INTERRUPTED
        except BrokenPipeError:  # `| head` has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
            return OK
        except OSError as error:
            self.tell(f"{self._name(command)}: {error.strerror or error}")
            return FAILED

    def hub(self, house: str = "", **options: Any) -> Hub:
        """The hub that the options name. house: options of the simulated one that make a command worth trying."""
        named = self.options
        if named.registry:
            options["registry"] = named.registry
        device = f"sim:house?{house}" if house and named.simulate and not named.device else named.device
        return Hub(device, simulate=named.simulate, wiring=named.wiring, dio0=named.dio0, **options)

    def names(self) -> Names:
        """The registry alone, without a radio; in a simulation the house's own names."""
        if self.options.simulate and not self.options.registry:
            from energy_hw.sim.house import DEVICES

            return HouseNames(Entry(*row) for row in DEVICES)
        return Registry(self.options.registry)

    def say(self, text: str) -> None:
        """A line for the user, unless --json or --quiet."""
        if not (self.options.as_json or self.options.quiet):
            print(printable(text), file=self.out, flush=True)

    def give(self, value: Mapping[str, object] | Sequence[object]) -> None:
        """A line of JSON with --json."""
        if self.options.as_json:
            print(dumps(value), file=self.out, flush=True)

    def tell(self, text: str) -> None:
        """A line that is no result."""
        print(printable(text), file=self.err, flush=True)

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Columns as wide as they need to be."""
        shown = [[printable(cell) for cell in row] for row in (head, *rows)]
        widths = [max(map(len, column)) for column in zip(*shown, strict=True)]
        for row in shown:
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=True))
            print("  ".join(cells).rstrip(), file=self.out)

    def _name(self, command: str) -> str:
        return f"{self.program} {command}".strip()

    def _level(self) -> int:
        if self.options.quiet:
            return logging.ERROR
        return (logging.WARNING, logging.INFO, logging.DEBUG)[min(self.options.verbose, 2)]

    def _hint(self, error: EnergyHwError) -> str:
        board = isinstance(error, LinkError) and not isinstance(error, LinkBusy) and not self.options.simulate
        stop = "" if str(error).endswith("?") else "."
        return f"{stop} {HOW_TO_SIMULATE}" if board else ""


@contextmanager
def interruptible() -> Iterator[None]:
    """SIGTERM of a service manager, and a terminal that is closed, end it as Ctrl-C does: radio in standby."""

    def interrupt(_signal: int, _frame: object) -> None:
        raise KeyboardInterrupt

    wanted = [
        number for number in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(number) != signal.SIG_IGN
    ]  # nohup
    before = {number: signal.signal(number, interrupt) for number in wanted}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def hushed(*names: str, level: int = logging.CRITICAL) -> Iterator[None]:
    """Loggers of these names say nothing below `level` meanwhile."""
    before = {logger: logger.level for logger in map(logging.getLogger, names)}
    for logger in before:
        logger.setLevel(level)
    try:
        yield
    finally:
        for logger, was in before.items():
            logger.setLevel(was)
