"""What is about to be written, to be shown before it is; and what became of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from energy_hw.outback.chain import Block
from energy_hw.outback.commands import is_command
from energy_hw.outback.identity import Fingerprint, tail
from energy_hw.outback.looking import Sight
from energy_hw.outback.permits import dispute, is_reset
from energy_hw.outback.types import Point, PointType
from energy_hw.outback.values import PointValue, decode_point
from energy_hw.reading import Value

DRY_RUN = "dry run"


@dataclass(frozen=True, slots=True)
class Order:
    """What somebody wants: the point, its value, and what was allowed. block: where the point stands."""

    block: Block
    fingerprint: Fingerprint
    point: Point
    value: object = field(repr=False)
    allow: frozenset[str] = frozenset()
    force: bool = False
    raw: bool = False
    reset: bool = False
    undo_of: str | None = None


@dataclass(frozen=True, slots=True, repr=False)
class Prepared:
    """A write that passed every check a moment ago; as text it is text(). Immutable; commit() checks all of it again.

    before, after: the point as it reads now, and as it will. words: the registers that will be written.
    """

    order: Order
    before: PointValue
    after: PointValue
    words: tuple[int, ...]
    sight: Sight

    def __str__(self) -> str:
        return self.text()

    def __repr__(self) -> str:
        return f"<Prepared: {self._first_line()}>"

    @property
    def point(self) -> Point:
        return self.order.point

    @property
    def device(self) -> str:
        """`FM80-150VDC at port 4`."""
        return self.order.fingerprint.name

    @property
    def id(self) -> str:
        """As in reports: `outback:<gateway serial>/4`."""
        return self.order.fingerprint.id

    @property
    def port(self) -> int | None:
        return self.order.fingerprint.port

    @property
    def serial(self) -> str:
        """`serial …1234`, of what has no hub port the gateway's: never more of it than that."""
        who = self.order.fingerprint
        return tail(who.gateway if who.port is None else who.serial)

    @property
    def address(self) -> int:
        """Of the first register that will be written."""
        return self.order.block.address + self.point.offset

    @property
    def secret(self) -> bool:
        return "secret" in self.point.flags

    @property
    def old(self) -> Value:
        return None if self.secret or not self.point.readable else self.before.value

    @property
    def new(self) -> Value:
        return None if self.secret else meant(self.after)

    @property
    def raw_old(self) -> int | str | None:
        return None if self.secret else self.before.raw

    @property
    def raw_new(self) -> int | str | None:
        return None if self.secret else self.after.raw

    @property
    def keeps(self) -> bool:
        """It is a setting, which can be read back; not a command, a reset or a password."""
        return self.point.readable and not is_command(self.point) and not is_reset(self.point)

    @property
    def changes(self) -> bool:
        """Something would be another one afterwards."""
        return not self.keeps or not same(self.before, self.after)

    @property
    def alike(self) -> tuple[int | None, ...]:
        """Ports of devices that nothing but the port tells this one apart from."""
        return self.sight.verdict.alike

    @property
    def proof(self) -> str:
        """What tells the device apart from others of its model."""
        return self.sight.verdict.proof

    def text(self) -> str:
        """For the person who says yes: one line for what happens, one for each thing to know."""
        return "\n".join([self._first_line(), *self._notes()])

    def _first_line(self) -> str:
        return f"{self.device}, {self.serial}: {self.point.name} {self._change()}"

    def _change(self) -> str:
        if self.secret:
            return f"will be set ({self._where()})"
        if is_reset(self.point):
            return f"clears for good: {self.point.description} ({self._where()}, {self.before.raw} -> {self.after.raw})"
        unit = f" {self.point.unit}" if self.point.unit else ""
        if is_command(self.point):
            return f"{shown(self.after)} ({self._where()}, raw {self.after.raw})"
        raw = "" if self.point.type is PointType.STRING else f", raw {self.before.raw} -> {self.after.raw}"
        return f"{shown(self.before)} -> {shown(self.after)}{unit} ({self._where()}{raw})"

    def _where(self) -> str:
        last = self.address + self.point.size - 1
        return f"register {self.address}" if self.point.size == 1 else f"registers {self.address}..{last}"

    def _notes(self) -> list[str]:
        notes = []
        if not self.changes:
            notes.append("It holds this value already: nothing will be written.")
        if self.point.disputed:
            notes.append(f"Doubtful: {dispute(self.point)}. Look at the controller's display afterwards.")
        if self.alike:
            others = " and ".join(f"port {port}" for port in self.alike)
            notes.append(
                f"Only the port tells it apart from the device at {others}: same model, firmware and settings, no"
                " serial number of its own. Make sure that no cable changes its place on the hub now."
            )
        return notes


@dataclass(frozen=True, slots=True, repr=False)
class WriteResult:
    """What became of a write; as text it is text(), of a dry run what would be done.

    outcome: `confirmed` (read back, or seen in control_status), `assumed` (it cannot be read back, or was so before),
    `unchanged` (it held the value, nothing was written), `dry run`. errors: what the controller's error register
    says of writes. Everything else raises.
    """

    prepared: Prepared
    outcome: str
    read_back: PointValue | None = None
    errors: tuple[str, ...] = ()
    detail: str = ""

    def __str__(self) -> str:
        return self.prepared.text() if self.outcome == DRY_RUN else self.text()

    def __repr__(self) -> str:
        return f"<WriteResult: {self.text()}>"

    @property
    def confirmed(self) -> bool:
        return self.outcome in ("confirmed", "unchanged")

    def text(self) -> str:
        """For people, one line."""
        what = f"{self.prepared.device}: {self.prepared.point.name}"
        value = "" if self.prepared.secret else f" {shown(self.prepared.after)}{unit_of(self.prepared.point)}"
        extra = "".join(f"; {note}" for note in (*self.errors, self.detail) if note)
        return f"{what}{value}: {self.outcome}{extra}"


def patched(registers: Sequence[int], row: Point, words: Sequence[int]) -> tuple[int, ...]:
    """A block with these words at the point."""
    return (*registers[: row.offset], *words, *registers[row.end :])


def future(before: PointValue, block: Block, registers: Sequence[int], words: Sequence[int]) -> PointValue:
    """The point as it will read when the words stand there."""
    return decode_point(before.point, patched(registers, before.point, words), block.address)


def same(one: PointValue, other: PointValue) -> bool:
    """Equal registers; of text, equal text, however it is padded."""
    if one.point.type is PointType.STRING:
        return (one.value or "") == (other.value or "") and one.implemented == other.implemented
    return one.registers == other.registers


def shown(value: PointValue) -> str:
    """A value for people: text in quotes, `nothing` where there is none."""
    if value.point.type is PointType.STRING:
        return f'"{value.value or ""}"'
    plain = meant(value)
    return "nothing" if plain is None else str(plain)


def meant(value: PointValue) -> Value:
    """The value; of what is write-only, and so has none to read, the label of its code, or the number."""
    if value.value is not None or value.point.readable or not isinstance(value.raw, int):
        return value.value
    return value.point.enum.get(value.raw, value.raw)


def unit_of(row: Point) -> str:
    return f" {row.unit}" if row.unit else ""
