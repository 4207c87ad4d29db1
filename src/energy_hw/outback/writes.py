"""Writing for live devices: who was seen, then the Writer, then what was read back becomes what is known."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from energy_hw.links.clock import Clock
from energy_hw.outback.chain import Block
from energy_hw.outback.groups import Key
from energy_hw.outback.poll import Poller
from energy_hw.outback.registers import Registers
from energy_hw.outback.snapshot import Snapshot
from energy_hw.outback.strangers import device_of, house
from energy_hw.outback.types import Point
from energy_hw.reading import Control

if TYPE_CHECKING:
    from energy_hw.outback.identity import Fingerprint
    from energy_hw.outback.prepared import Prepared, WriteResult
    from energy_hw.outback.writing import Writer


@dataclass(frozen=True, slots=True)
class WriteOptions:
    """See Mate3.write()."""

    allow: tuple[str, ...] = ()
    force: bool = False
    dry_run: bool = False
    raw: bool = False


class Writes:
    """A Writer that is made with the first write. Thread safety: use it inside a session of the registers."""

    def __init__(
        self,
        registers: Registers,
        poller: Poller,
        allow: Iterable[str],
        journal: Path | str | bool | None,
        password: str | None,
        clock: Clock,
        sleep: Callable[[float], object],
    ) -> None:
        """allow: classes of settings that may be written each time. journal: None: in the usual place, False: none."""
        self._registers, self._poller, self._allow = registers, poller, named(allow)
        self._journal, self._password, self._clock, self._sleep = journal, password, clock, sleep
        self._writer: Writer | None = None
        self.count = 0

    def write(self, known: Snapshot, key: Key, name: str, value: object, options: WriteOptions) -> WriteResult:
        """Write to the device as it is known, to no other. Raises CommandError, LinkError, ProtocolError."""
        from energy_hw.outback.identity import fingerprint
        from energy_hw.outback.prepared import DRY_RUN, WriteResult

        block, point = device_of(known, key).locate(name)
        then = fingerprint(house(known), block)
        allow = (*self._allow, *options.allow)
        with self._registers.session():
            prepared = self._prepare(block, then, point, value, allow, options)
            if options.dry_run:
                return WriteResult(prepared, DRY_RUN)
            result = self.writer.commit(prepared)
        self.count += 1
        return result

    def _prepare(
        self,
        block: Block,
        then: Fingerprint,
        point: Point,
        value: object,
        allow: tuple[str, ...],
        options: WriteOptions,
    ) -> Prepared:
        from energy_hw.outback.permits import is_reset

        if is_reset(point):
            return self.writer.prepare_reset(block, then, point.name, allow=allow, force=options.force)
        return self.writer.prepare(block, then, point.name, value, allow=allow, force=options.force, raw=options.raw)

    @property
    def writer(self) -> Writer:
        """Made when it is first asked for."""
        if self._writer is None:
            from energy_hw.outback.writing import Writer

            self._writer = Writer(
                self._registers,
                self._poller,
                self._journal,
                password=self._password,
                clock=self._clock,
                sleep=self._sleep,
            )
        return self._writer

    def controls(self, known: Snapshot) -> list[Control]:
        """Everything that may be written now."""
        from energy_hw.outback.controls import controls

        return controls(house(known), self._allow)


def named(allow: Iterable[str]) -> tuple[str, ...]:
    """Classes that a caller named: several, or one as it is."""
    return (allow,) if isinstance(allow, str) else tuple(allow)
