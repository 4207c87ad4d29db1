"""What the mate3 commands have in common: the controller, or its stand-in; and one read of everything."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from energy_hw.app.session import Options, Session, hushed
from energy_hw.app.text import printable
from energy_hw.errors import ConfigError, EnergyHwError, PermissionDenied
from energy_hw.outback.chain import Block
from energy_hw.outback.identity import Fingerprint, fingerprint
from energy_hw.outback.options import host_of
from energy_hw.outback.poll import Poll, Poller
from energy_hw.outback.registers import Registers
from energy_hw.outback.snapshot import Snapshot
from energy_hw.outback.strangers import house

if TYPE_CHECKING:
    from energy_hw.compat.mate3._cache import CachedRegisters
    from energy_hw.outback.writing import Writer

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
PORT = 502
NEVER_HEARD = "pymodbus"
"""Its debugging is every byte of each answer, the controller's passwords among them."""


@dataclass(frozen=True)
class Target:
    """Which controller. host None: what ENERGY_HW_MATE3 names. port None: 502.

    cache: a file of registers, as mate3 0.6 has it: what is in it is not read; cache_only: nothing is.
    """

    host: str | None = None
    port: int | None = None
    simulate: bool = False
    cache: Path | None = None
    cache_only: bool = False

    @property
    def offline(self) -> bool:
        return self.cache is not None and self.cache_only


class Mate3Session(Session):
    """One mate3 command. level: of the log, one of LEVELS."""

    def __init__(self, options: Options, level: str = "WARNING", program: str = "mate3", **streams: Any) -> None:
        super().__init__(options, **streams)
        self.program, self._level_name = program, level

    def run(self, command: str, work: Callable[[], int]) -> int:
        """As every session, without the bytes that the library would tell."""
        with hushed(NEVER_HEARD):
            return super().run(command, work)

    def show(self, text: str) -> None:
        """A line of the result, unless --json."""
        if not self.options.as_json:
            print(printable(text), file=self.out, flush=True)

    def tell_lines(self, text: str, *, is_result: bool) -> None:
        """A text of several lines: to standard output, if it is a result, else to standard error."""
        for line in text.splitlines():
            (self.say if is_result else self.tell)(line)

    def _level(self) -> int:
        return int(getattr(logging, self._level_name))

    def _hint(self, error: EnergyHwError) -> str:
        return "" if isinstance(error, PermissionDenied) else super()._hint(error)  # of a file here, no controller's


class Controller:
    """What a command reads and writes. registers: of the link, the cache, or both.

    Nothing that is written to a cache or a simulation is noted in the journal.
    """

    def __init__(self, registers: Registers, name: str, cache: CachedRegisters | None, is_real: bool) -> None:
        self.registers, self.name, self.is_real = registers, name, is_real
        self._cache = cache
        self.poller = Poller(registers)

    def poll(self) -> Poll:
        """Everything, as the cache knows it where there is one."""
        return self.poller.read()

    def snapshot(self) -> Snapshot:
        """Everything."""
        return Snapshot.of(self.poll(), self.name)

    @contextmanager
    def anew(self) -> Iterator[Snapshot]:
        """Everything, read from the controller, as is everything inside; whatever a cache says."""
        fresh: AbstractContextManager[object] = self._cache.fresh() if self._cache is not None else nullcontext()
        with fresh:
            self.poller.layout = None
            yield self.snapshot()

    @cached_property
    def writer(self) -> Writer:
        """Made by the first write."""
        from energy_hw.outback.writing import Writer

        return Writer(self.registers, self.poller, None if self.is_real else False)

    def who(self, known: Snapshot, block: Block) -> Fingerprint:
        """The device of a block, by what was read of it."""
        return fingerprint(house(known), block)


@contextmanager
def reached(target: Target) -> Iterator[Target]:
    """The target with host and port of what answers: the controller's, or of a simulated one that lives as long."""
    if target.offline and target.cache is not None and not target.cache.exists():
        raise ConfigError(
            f"{target.cache}: there is no such cache; without --cache-only it is made from the controller"
        )
    if not target.simulate:
        yield target if target.offline else replace(target, host=host_of(target.host, False), port=target.port or PORT)
        return
    if target.host:
        raise ConfigError(f"expected --host or --simulate, got both: {target.host}")
    from energy_hw.sim.mate3 import SimMate3

    with SimMate3(life=True) as simulated:
        yield replace(target, host=simulated.host, port=simulated.port)


@contextmanager
def file_faults(path: Path | None, what: str) -> Iterator[None]:
    """What the system says of a file that is read, written or used, with its name: PermissionDenied, ConfigError."""
    try:
        yield
    except (EnergyHwError, BrokenPipeError):
        raise
    except PermissionError as error:
        hint = ": choose a folder of your own" if what != "read" else ""
        raise PermissionDenied(f"{path} cannot be {what}: {error.strerror}{hint}") from None
    except OSError as error:
        raise ConfigError(f"{path} cannot be {what}: {error.strerror}: choose another place", str(path)) from None


@contextmanager
def opened(target: Target, *, keep_cache: bool = False, let_go: bool = False) -> Iterator[Controller]:
    """The controller, its connection closed in the end. Nothing is asked before the first read.

    keep_cache: an existing cache is brought up to date in the end; one that does not exist yet is made in any case.
    let_go: the connection, of which a controller has but one, is not held while a user is asked.
    Raises ConfigError, ExtraMissing, PermissionDenied.
    """
    from energy_hw.compat.mate3._cache import load
    from energy_hw.links.modbus import ModbusLink

    with reached(target) as there:
        link = None if there.offline else ModbusLink(there.host or "", there.port or PORT, close_after_poll=let_go)
        try:
            with file_faults(there.cache, "read"):
                cache = load(there.cache, link) if there.cache else None
            is_new = there.cache is not None and not there.cache.exists()
            registers: Any = cache or link
            yield Controller(registers, there.host or str(there.cache), cache, link is not None and not there.simulate)
            if cache is not None and there.cache is not None and (is_new or keep_cache):
                with file_faults(there.cache, "written"):
                    cache.save(there.cache)
        finally:
            if link is not None:
                link.close()
