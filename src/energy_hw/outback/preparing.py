"""From what somebody wants to a write that may be done: who stands there, what is allowed, which registers."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from energy_hw.errors import IdentityChanged, NotWritable, OutOfRange
from energy_hw.outback import permits
from energy_hw.outback.chain import PLACEHOLDER, Block
from energy_hw.outback.encode import encode, encode_raw
from energy_hw.outback.identity import Fingerprint, check_peers_read, fingerprint, identity_block
from energy_hw.outback.looking import REST_S, TRIES, Gone, Looker, NotYet, Sight
from energy_hw.outback.prepared import Order, Prepared, future
from energy_hw.outback.tables import point, points
from energy_hw.outback.types import Point, PointType
from energy_hw.outback.values import PointValue, decode_point, scale_of

FRESH = timedelta(hours=1)


class Preparer:
    """Checks, and reads for it; writes nothing. Thread safety: use it inside a session of its registers.

    forget: called when a device is not the one that it was.
    """

    def __init__(self, looker: Looker, sleep: Callable[[float], object], forget: Callable[[], None]) -> None:
        self._looker, self._sleep, self._forget = looker, sleep, forget
        self._own: dict[Block, tuple[datetime, tuple[int, ...]]] = {}

    def prepare(self, order: Order) -> Prepared:
        """Everything that commit() will ask again. Raises NotWritable, OutOfRange, IdentityChanged."""
        permits.check(order.point, order.block, order.allow, order.force, order.reset)
        check_peers_read(order.fingerprint)
        order = replace(order, fingerprint=self._refreshed(order.fingerprint, order.block))
        sight, before = self._settled(order)
        if permits.absent(before) and not order.force:
            raise NotWritable(
                f"{order.point.code}: the {order.fingerprint.name} does not have it, its register reads {before.raw}"
            )
        words = _words(order, sight)
        after = future(before, order.block, sight.registers, words)
        if not order.force and order.undo_of is None:
            permits.check_far(before, after)
        return Prepared(order, before, after, words, sight)

    def again(self, prepared: Prepared) -> Prepared:
        """The last look: nothing may have changed since the first."""
        last = self.prepare(prepared.order)
        then, now = (prepared.before.registers, prepared.words), (last.before.registers, last.words)
        if then != now and not prepared.order.reset:  # what a reset reads is another number each time
            raw = ("", "") if prepared.secret else (prepared.before.raw, last.before.raw)
            raise self.another(prepared.order, [f"{prepared.point.name}: then {raw[0]}, now {raw[1]}"])
        return last

    def another(self, order: Order, lines: Iterable[str]) -> IdentityChanged:
        """What to raise where nothing was written, because of these differences."""
        self._forget()
        known = order.fingerprint
        return IdentityChanged(
            f"nothing was written: what stands at register {order.block.address} is not as the {known.name}"
            f" was when it was read at {known.taken:%Y-%m-%d %H:%M:%SZ}: {'; '.join(lines)}. Read again, see what"
            " is where, and say it anew"
        )

    def remember(self, block: Block, sight: Sight) -> None:
        """What a settings block reads after a write of ours."""
        self._own[block] = (sight.now.taken, sight.registers)

    def forget(self) -> None:
        """What was written stood somewhere else."""
        self._own.clear()

    def _refreshed(self, known: Fingerprint, block: Block) -> Fingerprint:
        """With what was written here since the device was read."""
        house = known.house
        newer = {
            at: words for at, (when, words) in self._own.items() if at in house.blocks and when > house.time_of(at)
        }
        if not newer:
            return known
        house = replace(house, blocks={**house.blocks, **newer})
        return fingerprint(house, identity_block(house.layout, block))

    def _settled(self, order: Order) -> tuple[Sight, PointValue]:
        """A look, and the point as it reads; looked at again while that is a placeholder."""
        for left in range(TRIES - 1, -1, -1):
            sight = self._sure(order)
            before = decode_point(order.point, sight.registers, order.block.address)
            if PLACEHOLDER not in before.registers or order.point.type is PointType.STRING:
                return sight, before
            if left:
                self._sleep(REST_S)
        if before.implemented and not order.force:
            raise NotWritable(f"{order.point.code} reads 0x8000, a placeholder: nothing was written; try again later")
        return sight, before

    def _sure(self, order: Order) -> Sight:
        """A look that finds the device that was read."""
        try:
            sight = self._looker.look_patiently(order.fingerprint, order.block)
        except (NotYet, Gone) as trouble:
            raise self.another(order, [str(trouble)]) from None
        if sight.verdict.changed:
            raise self.another(order, sight.verdict.changed)
        if sight.verdict.alike and permits.needs_certainty(order.point) and not order.force:
            raise NotWritable(_too_alike(order, sight))
        return sight


def row_of(block: Block, known: Fingerprint, name: str) -> Point:
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
        return secretly(row, order.value, scale_of(row, sight.registers))
    if isinstance(order.value, bool) or not isinstance(order.value, int):
        raise OutOfRange(f"{row.code}: expected the raw integer, got {type(order.value).__name__}")
    return encode_raw(row, order.value)


def secretly(row: Point, value: object, scale: int | None) -> tuple[int, ...]:
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
        f" firmware and settings, no serial number of its own, lifetime counters that fit both.{_if_old(order, sight)}"
        " If no cable has changed its place on the hub, force it"
    )


def _if_old(order: Order, sight: Sight) -> str:
    """The longer ago counters were read, the more fits them."""
    then, now = order.fingerprint.taken, sight.now.taken
    return f" Read them again, it was at {then:%Y-%m-%d %H:%M:%SZ}: that may tell." if now - then > FRESH else ""
