"""Is what a poll read what the layout says? Each answer is "" or what is wrong, in words."""

from __future__ import annotations

from collections.abc import Mapping

from energy_hw.outback.chain import (
    COMMON,
    END,
    GATEWAY,
    LAST,
    MODEL,
    PLACEHOLDER,
    SERIAL,
    Layout,
    is_since_2018,
    misfit,
    text,
    words_of,
)
from energy_hw.outback.plan import Span
from energy_hw.outback.wanted import Wanted

PLACEHOLDERS = {PLACEHOLDER: 8, END: 20}
"""Registers that are all the same, in a part of a block that came without its header: so many are no values."""


def header_fault(what: Wanted, span: Span, registers: Mapping[int, int]) -> str:
    """A header that came with this span and is not what the layout says."""
    came = (block for block in what.touched if span.address <= block.address < span.end)
    return next(filter(None, (misfit(block, registers) for block in came)), "")


def part_fault(what: Wanted, span: Span, registers: Mapping[int, int]) -> str:
    """Placeholders that were gone when the header was read, of a block that took several requests.

    0xFFFF only where there is a hub port: texts of the gateway's block that were never set are 0xFFFF too.
    """
    for block in what.blocks:
        part = range(max(span.address, block.address), min(span.end, block.end))
        words = {registers[at] for at in part}
        if span.address <= block.address or len(words) != 1:
            continue
        word = words.pop()
        if len(part) >= PLACEHOLDERS.get(word, LAST) and (word == PLACEHOLDER or block.port is not None):
            return f"{block} has 0x{word:04X} in all registers from {part.start} to {part.stop - 1}"
    return ""


def identity_fault(layout: Layout, what: Wanted, registers: Mapping[int, int]) -> str:
    """Another gateway, or another firmware of it, with its blocks in the same places."""
    for block in what.blocks:
        words = words_of(block, registers)
        if block.did == COMMON and (text(words[SERIAL]), text(words[MODEL])) != (layout.serial, layout.model):
            return "the common block has another model or serial number than before"
        if block.did == GATEWAY and is_since_2018(layout.model, words) != layout.since_2018:
            return "the gateway's block has another layout than before"
    return ""
