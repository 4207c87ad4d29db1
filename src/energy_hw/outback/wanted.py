"""What a poll asks for: all of a controller, what it measures, one device, one point."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import lru_cache

from energy_hw.errors import UnknownDevice, UnknownPoint
from energy_hw.outback import tables
from energy_hw.outback.chain import COMMON, GATEWAY, MARKER, Block, Layout, listed
from energy_hw.outback.plan import Mode, Span, spans
from energy_hw.outback.types import PointType

LIVE_KINDS = frozenset({"live", "sunspec", "commands+settings"})
LONGEST_SOLID = 4
"""Registers of the longest number, with room; texts are longer, and may be cut."""
CLOCK = Span(392, 6)
"""Year to second of the gateway's block, 64110, by offset."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one poll asks for. blocks: whole; parts: of blocks; headers: of blocks, to see that they still are there."""

    blocks: tuple[Block, ...] = ()
    parts: tuple[Span, ...] = ()
    headers: tuple[Block, ...] = ()

    @property
    def touched(self) -> tuple[Block, ...]:
        """Every block whose header is read, in the order of addresses."""
        return tuple(sorted({*self.blocks, *self.headers}, key=lambda block: block.address))


def by_mode(layout: Layout, mode: Mode) -> Wanted:
    """What a mode asks for. Everything: with the marker and the end, so that a block that was added is seen."""
    if mode is Mode.EVERYTHING:
        return Wanted(layout.blocks, headers=(Block(layout.base, *MARKER), layout.tail))
    return Wanted(tuple(block for block in layout.blocks if _kind(block) in LIVE_KINDS))


def _kind(block: Block) -> str:
    known = tables.model(block.did)
    return known.kind if known else ""


@lru_cache(maxsize=64)
def plan(what: Wanted, max_read: int) -> tuple[Span, ...]:
    """The spans that read it, lowest address first."""
    whole = [Span(block.address, block.size) for block in what.blocks]
    headers = [Span(block.address, len(block.header)) for block in what.touched]
    most = max(max_read, LONGEST_SOLID)
    numbers = [number for block in what.blocks for number in _numbers(block) if number.count <= most]
    numbers += [part for part in what.parts if part.count <= LONGEST_SOLID]
    return spans([*whole, *what.parts], [*headers, *numbers], most)


def _numbers(block: Block) -> Iterator[Span]:
    """Points of more than one register, and the clock: half from one moment and half from the next would be wrong."""
    if block.did == GATEWAY and block.size >= CLOCK.end:
        yield Span(block.address + CLOCK.address, CLOCK.count)
    for point in tables.points(block.did, block.length):
        if 1 < point.size <= LONGEST_SOLID and point.type is not PointType.STRING:
            yield Span(block.address + point.offset, point.size)


def by_device(layout: Layout, did: int, port: int | None, settings: bool) -> Wanted:
    """One block, and the settings that belong to it. Raises UnknownDevice."""
    block = _find(layout, did, port)
    pair = layout.settings_of(block) if settings else None
    return Wanted((block, pair) if pair else (block,))


def by_keys(layout: Layout, keys: Collection[tuple[int, int | None]]) -> Wanted:
    """Blocks by model and port. Where one is missing: with the end of the chain, which moves when one is added."""
    blocks = tuple(block for block in layout.blocks if (block.did, block.port) in keys)
    return Wanted(blocks, headers=() if len(blocks) >= len(keys) else (layout.tail,))


def by_point(layout: Layout, did: int, port: int | None, name: str) -> Wanted:
    """One point with its scale factor and its block's header. Raises UnknownDevice, UnknownPoint."""
    block, point = _find(layout, did, port), tables.point(did, name)
    rows = {row.name: row for row in tables.points(did, block.length, layout.since_2018)}
    if name not in rows:
        raise UnknownPoint(f"{point.code} is not in {block}: firmware with a block of {block.length} has no such point")
    needed = [rows[wanted] for wanted in (name, point.scale) if wanted in rows]
    parts = tuple(Span(block.address + row.offset, row.size) for row in needed)
    return Wanted(parts=parts, headers=(block,))


def with_identity(what: Wanted, layout: Layout) -> Wanted:
    """The same, with the gateway's serial number and the end of the chain: for a layout that is not fresh."""
    common = tuple(block for block in layout.blocks if block.did == COMMON and block not in what.blocks)
    return Wanted((*common, *what.blocks), what.parts, (*what.headers, layout.tail))


def _find(layout: Layout, did: int, port: int | None) -> Block:
    block = layout.find(did, port)
    if block is None:
        raise UnknownDevice(f"no model {did}{_at(port)} in the chain, or several; there are {listed(layout.blocks)}")
    return block


def _at(port: int | None) -> str:
    return "" if port is None else f" at port {port}"
