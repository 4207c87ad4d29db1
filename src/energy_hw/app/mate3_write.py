"""`mate3 write`, `mate3_write` and `mate3 undo`: shown, asked for, checked again, written, read back.

Everything is prepared before the first value is written: a typing error in the second leaves none half done.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal

from energy_hw.app.exits import OK, REFUSED
from energy_hw.app.mate3 import Controller, Mate3Session, Target, opened
from energy_hw.app.mate3_paths import Place, find, find_0_4, value_of
from energy_hw.errors import CommandError, ConfigError, FarOff, NotWritable, OutOfRange
from energy_hw.outback.journal import Entry, Journal
from energy_hw.outback.permits import LOCKED, is_reset
from energy_hw.outback.prepared import DRY_RUN, Prepared, WriteResult
from energy_hw.outback.snapshot import Snapshot
from energy_hw.outback.strangers import house
from energy_hw.outback.types import Point

NO_TERMINAL = (
    "nothing was written: this is no terminal on which you could be asked: --yes writes without asking, --dry-run only"
    " shows what would be written"
)

RESET = "reset"


@dataclass(frozen=True)
class Consent:
    """What the user agreed to. yes: to everything that is shown; allow: classes of points; force: disputed ones."""

    yes: bool = False
    dry_run: bool = False
    allow: tuple[str, ...] = ()
    force: bool = False

    @property
    def asks(self) -> bool:
        return not (self.yes or self.dry_run)


def write(
    session: Mate3Session, target: Target, pairs: Sequence[tuple[str, str]], consent: Consent, keep_cache: bool
) -> int:
    """Write values in their units. pairs: path, value. keep_cache: those that go to a cache stay in its file."""
    with opened(target, keep_cache=keep_cache, let_go=consent.asks) as controller, controller.anew() as known:
        places = [(find(known, path), text) for path, text in pairs]
        prepared = [_prepare(controller, known, place, value_of(place, text), consent) for place, text in places]
        code = _carry_out(session, controller, prepared, consent)
    if target.offline and not keep_cache and code == OK and not consent.dry_run:
        session.tell("Only the cache was changed, and it was not kept: --cache-writeable keeps it.")
    return code


def write_raw(
    session: Mate3Session, target: Target, pairs: Sequence[tuple[str, int]], port: int | None, consent: Consent
) -> int:
    """Write raw numbers by mate3 0.4's names: it says Done for each, on standard error. port: of the hub."""
    with opened(target) as controller, controller.anew() as known:
        places = [(find_0_4(known, path, port), raw) for path, raw in pairs]
        prepared = [_prepare(controller, known, place, raw, consent, raw=True) for place, raw in places]
        for one in prepared if consent.dry_run else _in_turn(controller, prepared):
            session.tell_lines(_text(one), is_result=consent.dry_run)
            if not consent.dry_run:
                session.give(_told(controller.writer.commit(one)))
                session.tell("Done")
    return OK


# -- what all writes have in common --------------------------------------------


def _prepare(
    controller: Controller, known: Snapshot, place: Place, value: object, consent: Consent, raw: bool = False
) -> Prepared:
    who, writer, name = controller.who(known, place.block), controller.writer, place.point.name
    try:
        if is_reset(place.point):
            reset = writer.prepare_reset(place.block, who, name, allow=consent.allow, force=consent.force)
            return _as_said(reset, value)
        return writer.prepare(place.block, who, name, value, allow=consent.allow, force=consent.force, raw=raw)
    except NotWritable as error:
        raise NotWritable(f"{error}{_way(place.point, consent)}") from None
    except FarOff as error:
        raise FarOff(f"{error} [--force]", error.low, error.high) from None


def _as_said(reset: Prepared, value: object) -> Prepared:
    """It, if the user said the number that it takes, or `reset`. Raises OutOfRange."""
    if str(value) not in (RESET, str(reset.raw_new)):
        raise OutOfRange(
            f"{reset.point.code}: expected {reset.raw_new}, the one's complement of the register before it, or"
            f" {RESET}; got {value}"
        )
    return reset


def _way(point: Point, consent: Consent) -> str:
    """The options with which it would be written."""
    locked = [f"--allow {name}" for name in sorted(point.flags & LOCKED - set(consent.allow))]
    options = locked + ["--force"] * (point.disputed and not consent.force) if point.writable else []
    return f" [{' '.join(options)}]" if options else ""


def _carry_out(session: Mate3Session, controller: Controller, prepared: Sequence[Prepared], consent: Consent) -> int:
    """Show, ask, write. 6 if the user said no."""
    for one in prepared:
        session.tell_lines(_text(one), is_result=not consent.asks)
    if consent.dry_run:
        for one in prepared:
            session.give(_told(WriteResult(one, DRY_RUN)))
        return OK
    if consent.asks and not _agreed(session, len(prepared)):
        session.tell("Nothing was written.")
        return REFUSED
    for one in _in_turn(controller, prepared):
        result = controller.writer.commit(one)
        session.say(result.text())
        session.give(_told(result))
    return OK


def _in_turn(controller: Controller, prepared: Sequence[Prepared]) -> Iterator[Prepared]:
    """Each of them; prepared anew if the one before has changed its point: on, then off again."""
    written = set()
    for one in prepared:
        order = one.order
        if (order.block, order.point) in written and not order.reset:
            one = controller.writer.prepare(
                order.block, order.fingerprint, order.point.name, order.value,
                allow=order.allow, force=order.force, raw=order.raw,
            )  # fmt: skip
        yield one
        written.add((order.block, order.point))


def _text(one: Prepared) -> str:
    """What is shown; with a remark where it looks as if raw numbers and those in the unit were mixed up."""
    scale, old, new = one.before.scale or 0, one.old, one.new
    if scale == 0 or not (isinstance(old, Decimal) and isinstance(new, Decimal) and old and new):
        return one.text()
    factor = Decimal(1).scaleb(-scale)
    times = next((step for step in (factor, 1 / factor) if step / 2 < new / old < step * 2), None)
    if times is None:
        return one.text()
    return (
        f"{one.text()}\nAbout {times:f} times what it holds: `mate3 write` takes numbers in"
        f" {one.point.unit or 'the unit'}, mate3_write raw ones, {one.raw_old} now."
    )


def _agreed(session: Mate3Session, count: int) -> bool:
    """Ask on the terminal. Raises CommandError where there is none."""
    if sys.stdin is None or not sys.stdin.isatty():
        raise CommandError(NO_TERMINAL)
    what = "this" if count == 1 else f"these {count}"
    print(f"Write {what} to the controller? [y/N] ", end="", file=session.err, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def _told(result: WriteResult) -> Mapping[str, object]:
    one = result.prepared
    return {
        "device": one.id,
        "model": one.order.fingerprint.model,
        "code": one.point.code,
        "name": one.point.name,
        "old": one.old,
        "new": one.new,
        "unit": one.point.unit,
        "register": one.address,
        "raw_old": one.raw_old,
        "raw_new": one.raw_new,
        "outcome": result.outcome,
        "notes": list(filter(None, (*result.errors, result.detail))),
    }


# -- mate3 undo ----------------------------------------------------------------


def undo(session: Mate3Session, target: Target, entry: str | None, consent: Consent) -> int:
    """Take back the newest write of the journal that stands, or the one whose id begins with `entry`."""
    chosen = _entry(entry) if entry else None
    with opened(target, let_go=consent.asks) as controller, controller.anew() as known:
        back = controller.writer.undo(chosen, house(known), allow=consent.allow, force=consent.force)
        return _carry_out(session, controller, [back], consent)


def list_writes(session: Mate3Session) -> int:
    """What stands in the journal, oldest first."""
    journal = Journal()
    found = journal.read()
    for entry in found.entries:
        session.show(f"{entry.id[:8]}  {entry.text}")
        session.give(asdict(entry))
    if not found.entries:
        session.tell(f"Nothing was written so far, says {journal.path}.")
    return OK


def _entry(start: str) -> Entry:
    journal = Journal()
    found = [entry for entry in journal.read().entries if entry.id.startswith(start)]
    if len(found) != 1:
        raise ConfigError(
            f"expected the beginning of the id of one write in {journal.path}, got {start!r}, with which"
            f" {len(found) or 'none'} {'begin' if found else 'begins'}: --list shows them"
        )
    return found[0]
