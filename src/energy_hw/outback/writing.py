"""Writing to a controller: to the device that was read and to no other, exactly what was said, and seen to be done.

    prepare   look who stands there, check permission and value         -> Prepared, to be shown
    commit    note the intent on the disk; look again, all of it;       -> WriteResult
              write once; read back; note what became of it

The second look is the last request before the write, on the same connection, and nothing is waited for between the
two. What remains is the time of one request, a few milliseconds: a cable that changes its place on the hub in just
these can only be noticed after, by the read-back. Then nothing is put back by itself; IdentityChanged says which
device has the value, what it held before, and how to put it right.

Registers: OutBack AXS Port application note rev 5; error register 64110/402: OutBack.Power.SunSpec.Map.xlsx
(2019-07). Function codes 6 and 16: Modbus Application Protocol V1.1b3.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Protocol

from energy_hw.errors import EnergyHwError, IdentityChanged, NotWritable, OutOfRange
from energy_hw.links.clock import Clock, SystemClock
from energy_hw.outback import permits
from energy_hw.outback.carrying_out import Carrier, Outcome
from energy_hw.outback.chain import GATEWAY, Block, Layout
from energy_hw.outback.confirming import Confirmer
from energy_hw.outback.encode import encode, encode_raw
from energy_hw.outback.identity import Fingerprint, Known, fingerprint, gateway_blocks, identity_block
from energy_hw.outback.journal import Entry, Journal
from energy_hw.outback.looking import Gone, Looker, NotYet, Sight
from energy_hw.outback.permits import LOCKED
from energy_hw.outback.poll import Poller
from energy_hw.outback.prepared import Order, Prepared, WriteResult, future
from energy_hw.outback.registers import Registers
from energy_hw.outback.tables import point, points
from energy_hw.outback.types import Point
from energy_hw.outback.undoing import check_holds, reverse
from energy_hw.outback.values import decode_point, scale_of

__all__ = ["LOCKED", "Prepared", "WriteResult", "Writer"]

logger = logging.getLogger(__name__)

PASSWORD = point(GATEWAY, "write_password")


class Reader(Protocol):
    """Who reads anew after a surprise: a Poller. layout: None makes the next read walk the chain."""

    layout: Layout | None

    def read(self) -> Known:
        """Everything."""


class Writer:
    """Writes to the devices of one controller.

    registers: its link. poller: forgets its layout when a device is not the one that it was; without one, its own is
    used. journal: where writes are noted, None for the usual place, False only if the program decided to keep none.
    actor: who writes, for the journal. password: sent before each write to controllers that ask for it; in no message,
    log or journal.

    Every method raises CommandError for what may not be written or was not confirmed; LinkError or ProtocolError if
    the controller could not be asked, and then nothing was written.

    Thread safety: call from any thread; a write is one session of the registers, polls wait for its end.
    """

    def __init__(
        self,
        registers: Registers,
        poller: Reader | None = None,
        journal: Journal | Path | str | bool | None = None,
        *,
        actor: str = "",
        password: str | None = None,
        clock: Clock | None = None,
        sleep: Callable[[float], object] = time.sleep,
    ) -> None:
        self._registers, self._password = registers, password
        self._clock = clock or SystemClock()
        self._poller: Reader = poller or Poller(registers, clock=self._clock, sleep=sleep)
        self._journal = _journal(journal)
        self._looker = Looker(registers, self._clock.now, sleep)
        confirmer = Confirmer(registers, self._looker, sleep)
        self._carrier = Carrier(registers, confirmer, self._read_anew, self._journal, self._clock.now, actor)
        self._own: dict[Block, tuple[datetime, tuple[int, ...]]] = {}

    # -- what callers say --------------------------------------------------

    def prepare(
        self,
        block: Block,
        known: Fingerprint,
        name: str,
        value: object,
        *,
        allow: Iterable[str] = (),
        force: bool = False,
        raw: bool = False,
    ) -> Prepared:
        """Look at the device and check everything; nothing is written.

        block: where the point stands. known: who the device was when it was read. value: as encode() takes it; raw:
        the unscaled integer. allow: classes of LOCKED. force: write what is disputed, what the device says it does not
        have, what it holds already; and to a device that only its port tells apart.
        Raises UnknownPoint, NotWritable, OutOfRange, IdentityChanged.
        """
        row = _row(block, known, name)
        return self._prepare(Order(block, known, row, value, permits.classes(allow), force, raw))

    def prepare_reset(
        self, block: Block, known: Fingerprint, name: str, *, allow: Iterable[str] = (), force: bool = False
    ) -> Prepared:
        """The same for a reset, which is locked. name: of its register, or of the one before, which is read for it."""
        row = _row(block, known, name)
        rows = points(block.did, block.length, known.house.layout.since_2018)
        row = next((each for each in rows if each.offset == row.end and permits.is_reset(each)), row)
        return self._prepare(Order(block, known, row, None, permits.classes(allow), force, reset=True))

    def write(
        self,
        block: Block,
        known: Fingerprint,
        name: str,
        value: object,
        *,
        allow: Iterable[str] = (),
        force: bool = False,
        raw: bool = False,
        dry_run: bool = False,
    ) -> WriteResult:
        """prepare() and commit() in one session; dry_run: stop between them."""
        with self._registers.session():
            prepared = self.prepare(block, known, name, value, allow=allow, force=force, raw=raw)
            return WriteResult(prepared, "dry run") if dry_run else self.commit(prepared)

    def reset(
        self, block: Block, known: Fingerprint, name: str, *, allow: Iterable[str] = (), force: bool = False
    ) -> WriteResult:
        """prepare_reset() and commit(): `assumed`, unless the controller's error register objects."""
        with self._registers.session():
            return self.commit(self.prepare_reset(block, known, name, allow=allow, force=force))

    def commit(self, prepared: Prepared) -> WriteResult:
        """Write it, if everything still is as it was when it was prepared.

        Raises IdentityChanged, NotConfirmed; CommandError if the journal cannot be written, before anything else is.
        """
        if not prepared.changes and not prepared.order.force:
            return WriteResult(prepared, "unchanged", prepared.before)
        with self._registers.session():
            entry = self._carrier.intend(prepared)
            try:
                self._unlock(prepared)
                errors = self._carrier.errors_before(prepared)
                last = self._as_prepared(prepared)
            except EnergyHwError as error:
                self._carrier.note(entry, "refused", str(error))
                raise
            return self._ended(entry, self._carrier.carry_out(last, errors))

    def undo(
        self,
        entry: Entry | None = None,
        known: Known | None = None,
        *,
        allow: Iterable[str] = (),
        force: bool = False,
    ) -> Prepared:
        """The reverse of a write, prepared: with all checks, and that the point still holds what was written then.

        entry: None for the newest of the journal that stands. known: what was read of the controller; None: read now.
        """
        known = known or self._poller.read()
        back = reverse(entry, known, self._journal)
        order = Order(
            back.block,
            back.fingerprint,
            back.point,
            back.value,
            permits.classes(allow),
            force,
            back.raw,
            undo_of=back.id,
        )
        prepared = self._prepare(order)
        check_holds(prepared, back, force)
        return prepared

    # -- the checks --------------------------------------------------------

    def _prepare(self, order: Order) -> Prepared:
        row, block = order.point, order.block
        permits.check(row, block, order.allow, order.force, order.reset)
        with self._registers.session():
            order = replace(order, fingerprint=self._refreshed(order.fingerprint, block))
            sight = self._sure(order)
        before = decode_point(row, sight.registers, block.address)
        if permits.absent(before) and not order.force:
            raise NotWritable(
                f"{row.code}: the {order.fingerprint.name} does not have it, its register reads {before.raw}"
            )
        words = _words(order, sight)
        return Prepared(order, before, future(before, block, sight.registers, words), words, sight)

    def _refreshed(self, known: Fingerprint, block: Block) -> Fingerprint:
        """With what this Writer itself has written since the device was read."""
        house = known.house
        newer = {
            at: words for at, (when, words) in self._own.items() if at in house.blocks and when > house.time_of(at)
        }
        if not newer:
            return known
        house = replace(house, blocks={**house.blocks, **newer})
        return fingerprint(house, identity_block(house.layout, block))

    def _sure(self, order: Order) -> Sight:
        """A look that finds the device that was read. Raises IdentityChanged, NotWritable."""
        try:
            sight = self._looker.look_patiently(order.fingerprint, order.block)
        except (NotYet, Gone) as trouble:
            raise self._another(order, [str(trouble)]) from None
        if sight.verdict.changed:
            raise self._another(order, sight.verdict.changed)
        if sight.verdict.alike and permits.needs_certainty(order.point) and not order.force:
            raise NotWritable(_too_alike(order, sight))
        return sight

    def _as_prepared(self, prepared: Prepared) -> Prepared:
        """The last look: nothing may have changed since the first."""
        last = self._prepare(prepared.order)
        if not prepared.order.reset and (last.before.registers, last.words) != (
            prepared.before.registers,
            prepared.words,
        ):
            name, then, now = prepared.point.name, prepared.before.raw, last.before.raw
            lines = [f"{name}: then {'' if prepared.secret else then}, now {'' if prepared.secret else now}"]
            raise self._another(prepared.order, lines)
        return last

    def _another(self, order: Order, lines: Iterable[str]) -> IdentityChanged:
        self._forget()
        known = order.fingerprint
        return IdentityChanged(
            f"nothing was written: what stands at register {order.block.address} is not as the {known.name}"
            f" was when it was read at {known.taken:%Y-%m-%d %H:%M:%SZ}: {'; '.join(lines)}. Read again, see what"
            " is where, and say it anew"
        )

    def _unlock(self, prepared: Prepared) -> None:
        """Send the write password, to the gateway that was read."""
        if self._password is None or prepared.secret:
            return
        known = prepared.order.fingerprint
        try:
            gateway = self._looker.gateway(known, anew=True)
        except (NotYet, Gone) as trouble:
            raise self._another(prepared.order, [str(trouble)]) from None
        if (gateway.serial, gateway.mac) != (known.gateway, known.mac):
            raise self._another(prepared.order, ["the gateway is another one"])
        block = gateway_blocks(known.house.layout)[1]
        self._registers.write(block.address + PASSWORD.offset, _secretly(PASSWORD, self._password, 0))

    # -- the end -----------------------------------------------------------

    def _ended(self, entry: Entry | None, outcome: Outcome) -> WriteResult:
        self._carrier.note(entry, outcome.kind, outcome.detail)
        if isinstance(outcome.end, EnergyHwError):
            if isinstance(outcome.end, IdentityChanged):
                self._forget()
            raise outcome.end
        order = outcome.end.prepared.order
        if outcome.sight is not None and order.block == identity_block(order.fingerprint.house.layout, order.block):
            self._own[order.block] = (outcome.sight.now.taken, outcome.sight.registers)
        return outcome.end

    def _read_anew(self) -> Known:
        self._forget()
        return self._poller.read()

    def _forget(self) -> None:
        """What was known of places: the next read walks the chain."""
        self._poller.layout = None
        self._looker.forget()
        self._own.clear()


def _journal(journal: Journal | Path | str | bool | None) -> Journal | None:
    if isinstance(journal, Journal):
        return journal
    if journal is False:
        return None
    return Journal(None if journal is None or journal is True else journal)


def _row(block: Block, known: Fingerprint, name: str) -> Point:
    """The point in the layout that this gateway has. Raises UnknownPoint, NotWritable."""
    for row in points(block.did, None, known.house.layout.since_2018):
        if name in (row.name, row.code):
            return row
    row = point(block.did, name)
    raise NotWritable(f"{row.code}: the firmware of this controller has no such point")


def _words(order: Order, sight: Sight) -> tuple[int, ...]:
    row = order.point
    if order.reset:
        return (~sight.registers[row.offset - 1] & 0xFFFF,)  # one's complement of what the register before it reads
    if not order.raw:
        return _secretly(row, order.value, scale_of(row, sight.registers))
    if isinstance(order.value, bool) or not isinstance(order.value, int):
        raise OutOfRange(f"{row.code}: expected the raw integer, got {type(order.value).__name__}")
    return encode_raw(row, order.value)


def _secretly(row: Point, value: object, scale: int | None) -> tuple[int, ...]:
    """encode(), without the value in the message if it is a password."""
    try:
        return encode(row, value, scale)
    except OutOfRange as error:
        if "secret" not in row.flags:
            raise
        raise OutOfRange(
            f"{row.code}: expected up to {2 * row.size} printable ASCII characters", error.low, error.high
        ) from None


def _too_alike(order: Order, sight: Sight) -> str:
    others = " and ".join(f"port {port}" for port in sight.verdict.alike)
    return (
        f"nothing was written: nothing tells the {order.fingerprint.name} apart from the one at {others}: same model,"
        " firmware and settings, no serial number of its own, lifetime counters that fit both. If no cable has changed"
        " its place on the hub, force it"
    )
