"""The reverse of a write in the journal: for the same device, if the point still holds what was written."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from energy_hw.errors import CommandError, IdentityChanged, NotWritable, UnknownDevice
from energy_hw.outback.chain import Block
from energy_hw.outback.commands import is_command
from energy_hw.outback.comparing import counter_differences
from energy_hw.outback.identity import Fingerprint, Known, fingerprint
from energy_hw.outback.journal import Entry, Journal
from energy_hw.outback.permits import is_reset
from energy_hw.outback.prepared import Prepared, shown
from energy_hw.outback.tables import points
from energy_hw.outback.types import Point, PointType
from energy_hw.outback.values import decode_point


@dataclass(frozen=True, slots=True)
class Reverse:
    """What to write where. id: of the entry that it takes back; written: the registers that must stand there."""

    block: Block
    fingerprint: Fingerprint
    point: Point
    value: object
    raw: bool
    id: str
    written: tuple[int, ...]


def reverse(entry: Entry | None, known: Known, journal: Journal | None) -> Reverse:
    """Raises CommandError if there is nothing to take back, UnknownDevice, IdentityChanged, NotWritable."""
    entry = entry or _last(journal, known.layout.serial)
    block = next((each for each in known.layout.blocks if (each.did, each.port) == (entry.block, entry.port)), None)
    if block is None:
        raise UnknownDevice(f"{entry.device} has no block {entry.block} any more: nothing can be taken back there")
    who = fingerprint(known, block)
    _check_device(entry, who)
    row = _point(entry, block, who)
    value, raw = _value(entry, row, block)
    return Reverse(block, who, row, value, raw, entry.id, entry.raw_new)


def check_holds(prepared: Prepared, back: Reverse, force: bool) -> None:
    """Raises CommandError if somebody wrote the point since."""
    if force or prepared.before.registers == back.written:
        return
    if not prepared.changes:
        raise CommandError(
            f"nothing to take back: {prepared.point.name} of the {prepared.device} reads {shown(prepared.before)}, as"
            " before that write, which did not arrive or was taken back already; name another entry of the journal"
        )
    raise CommandError(
        f"nothing to take back: {prepared.point.name} of the {prepared.device} reads {shown(prepared.before)},"
        " which is not what was written then, so somebody changed it since; write the value that you want"
    )


def _last(journal: Journal | None, gateway: str) -> Entry:
    if journal is None:
        raise CommandError("nothing can be taken back: no journal is kept")
    try:
        entries = journal.read()
    except OSError as error:
        raise CommandError(f"nothing can be taken back: the journal {journal.path} cannot be read ({error})") from error
    entry = entries.last(gateway)
    if entry is None:
        raise CommandError(
            f"nothing to take back: the journal {journal.path} has no write that stands, to this controller"
        )
    if trouble := entries.trouble_since(entry):
        raise CommandError(
            f"nothing was written: the last write, {trouble.text}, did not end well: look at the controller what"
            f" stands there. To take back the one before it, {entry.text}, name it"
        )
    return entry


def _check_device(entry: Entry, who: Fingerprint) -> None:
    then, now = (entry.gateway, entry.model, entry.serial), (who.gateway, who.model, who.serial)
    if then != now:
        names = ("gateway serial", "model", "serial")
        what = [f"another {name}" for name, a, b in zip(names, then, now, strict=True) if a != b]
        raise _another(entry, who, what)
    if what := counter_differences(_then(entry, who), who):
        raise _another(entry, who, what)


def _another(entry: Entry, who: Fingerprint, what: list[str]) -> IdentityChanged:
    return IdentityChanged(
        f"nothing was written: the {who.name} is not the device that was written to on {entry.time}: {'; '.join(what)}"
    )


def _then(entry: Entry, who: Fingerprint) -> Fingerprint:
    """The device with the lifetime counters of then."""
    steps = {name: step for name, (_, step) in who.counters.items()}
    counters = {name: (Decimal(value), steps[name]) for name, value in entry.counters.items() if name in steps}
    return replace(who, counters=counters, taken=_time(entry, who.taken))


def _time(entry: Entry, otherwise: datetime) -> datetime:
    try:
        time = datetime.fromisoformat(entry.time)
    except ValueError:
        return otherwise
    return time if time.tzinfo else otherwise


def _point(entry: Entry, block: Block, who: Fingerprint) -> Point:
    rows = points(block.did, block.length, who.house.layout.since_2018)
    row = next((each for each in rows if each.name == entry.point), None)
    if row is None or is_command(row) or is_reset(row) or "secret" in row.flags:
        raise NotWritable(f"{entry.point} is no setting that can be taken back: say what you want instead")
    if len(entry.raw_old) != row.size:
        raise NotWritable(f"{entry.point}: the journal does not say what it was before")
    return row


def _value(entry: Entry, row: Point, block: Block) -> tuple[object, bool]:
    """(value, whether it is the raw integer) of what stood there before."""
    registers = (0,) * row.offset + entry.raw_old + (0,) * (block.size - row.end)
    before = decode_point(row, registers, block.address)
    if row.type is PointType.STRING:
        return str(before.value or ""), False
    return before.raw, True
