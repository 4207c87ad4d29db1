"""Decode the registers of an OutBack controller out of a file: {"40000": 21365, ...}, as `mate3 dump` writes them.

A report goes to `out` for each device, with every point that can be read and is implemented; a line with the reason to
`err` for each register or block that is refused, and the counts to `err` at the end. Nothing is guessed: a block whose
registers are not all there is left out, and so is what stands behind a header that cannot be one.

Caches of mate3 0.6 have no registers that can only be written; none are needed here either.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TextIO

from energy_hw.app.exits import CONFIGURATION
from energy_hw.app.recording import counted, ended, opened
from energy_hw.app.report_text import report_text
from energy_hw.app.text import printable
from energy_hw.outback.chain import (
    END,
    HEADER,
    MARKER,
    MOST_BLOCKS,
    PLACEHOLDER,
    SINGLE,
    Block,
    has_port,
    header_fault,
    layout_of,
    words_of,
)
from energy_hw.outback.dump import LAST, MOST_BYTES
from energy_hw.outback.marker import BASES
from energy_hw.outback.poll import Poll
from energy_hw.outback.report import to_reports
from energy_hw.outback.snapshot import Snapshot
from energy_hw.outback.tables import model, points
from energy_hw.reading import dumps

NO_VALUE = 0xFFFF
KEY = re.compile(r'"([^"\\]{0,40})"\s*:')
SHORTEST_PLACEHOLDERS = 8
"""As many registers of 0x8000 and nothing else are no values: the controller was about to change the block."""
NO_HEX = "expected a file of registers or -; a literal in hex has no meaning here"


def decode_outback(source: str, *, as_json: bool, out: TextIO, err: TextIO) -> int:
    """Decode a file or standard input (`-`); returns the exit code.

    0 if a device was accepted, 7 if none was, 3 if there is no such file, 5 if it may not be read.
    """
    decoder = _Decoder(source, err)

    def work() -> None:
        for report in decoder.reports(_text(source)):
            decoder.accepted += 1
            print(dumps(report.to_json()) if as_json else report_text(report), file=out, flush=True)

    code = ended(source, err, work, absent=CONFIGURATION)
    return counted(code, decoder.accepted, decoder.summary(), err)


def _text(source: str) -> str:
    """Raises OSError, ValueError."""
    if source != "-" and not os.path.exists(source):
        raise FileNotFoundError(2, f"no such file: {NO_HEX}", source)
    with opened(source, "registers") as file:
        data = file.read(MOST_BYTES + 1) if file else b""
    if len(data) > MOST_BYTES:
        raise ValueError(f"expected at most {MOST_BYTES} bytes, which hold 65536 registers")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"expected UTF-8 text: {error.reason} at byte {error.start}") from None


class _Decoder:
    """What was accepted and refused of one file."""

    def __init__(self, source: str, err: TextIO) -> None:
        self._name = "standard input" if source == "-" else Path(source).name
        self._err = err
        self._lines: dict[str, int] = {}
        self.accepted = self._blocks = self._refused = self._bad_registers = 0

    def reports(self, text: str) -> Iterator[Any]:
        """Reports of what can be vouched for. Raises ValueError where nothing can."""
        registers = self._registers(text)
        base = _base(registers)
        blocks = self._distinct([block for block in self._chain(registers, base) if self._take(block, registers)])
        layout = layout_of(base, blocks, registers)
        poll = Poll(datetime.now(UTC), layout, {block: words_of(block, registers) for block in blocks}, registers)
        snapshot = Snapshot.of(poll, "recording")
        lonely = _lonely(blocks, snapshot)
        for block in lonely:
            self._refuse(str(block), "doubtful: no other block says to which device it belongs")
        self._blocks = len(blocks) - len(lonely)
        return iter(to_reports(snapshot, every=True))

    def summary(self) -> str:
        return (
            f"{self.accepted} accepted; blocks: {self._blocks} good, {self._refused} refused;"
            f" registers: {self._bad_registers} refused"
        )

    # -- registers ---------------------------------------------------------

    def _registers(self, text: str) -> dict[int, int]:
        self._lines = _lines(text)
        registers: dict[int, int] = {}
        doubtful: set[int | None] = set()
        for key, value in _pairs(text):
            address, word = _address(key), _word(value)
            if address is None or word is None:
                self._refuse_register(key, f"expected a register 0..65535 and its value, got {key!r}: {value!r}")
                doubtful.add(address)
            elif registers.setdefault(address, word) != word:
                self._refuse_register(key, f"register {address} is {registers[address]} and {word}")
                doubtful.add(address)
        return {address: word for address, word in registers.items() if address not in doubtful}

    def _refuse_register(self, key: str, reason: str) -> None:
        self._bad_registers += 1
        print(f"{self._name}, line {self._lines.get(key, 1)}: refused: {printable(reason[:200])}", file=self._err)

    # -- blocks ------------------------------------------------------------

    def _chain(self, registers: Mapping[int, int], base: int) -> Iterator[Block]:
        """Every block with a header, in their order."""
        address = base + len(MARKER)
        for _ in range(MOST_BLOCKS):
            header = [registers.get(address + at) for at in range(HEADER)]
            if header == [END, 0]:
                return
            if fault := _header_fault(address, header):
                self._refuse(f"block at {address}", f"{fault}; what stands behind it is not known")
                return
            did, length = int(header[0] or 0), int(header[1] or 0)
            port = registers.get(address + HEADER) if has_port(did) else None
            yield Block(address, did, length, port)
            address += HEADER + length
        self._refuse(f"block at {address}", f"more than {MOST_BLOCKS} blocks: this is no OutBack controller")

    def _take(self, block: Block, registers: dict[int, int]) -> bool:
        """Whether all of it is there and can be; then without holes. Says why not."""
        fault = _fault(block, registers)
        if fault:
            self._refuse(str(block), fault)
            return False
        for address in range(block.address, block.end):
            registers.setdefault(address, NO_VALUE)  # of what can only be written, or nobody knows
        return True

    def _distinct(self, blocks: list[Block]) -> list[Block]:
        """Without those that claim to be the same device."""
        good = []
        for block in blocks:
            same = [one for one in blocks if (one.did, one.port) == (block.did, block.port) and one != block]
            if same and (block.port is not None or block.did in SINGLE):
                self._refuse(str(block), f"doubtful: {same[0]} claims to be the same device")
            else:
                good.append(block)
        return good

    def _refuse(self, what: str, reason: str) -> None:
        self._refused += 1
        print(f"{what}: refused: {reason}", file=self._err)


def _lines(text: str) -> dict[str, int]:
    """The line of each key, the last one where it comes twice."""
    lines: dict[str, int] = {}
    line, at = 1, 0
    for match in KEY.finditer(text):
        line, at = line + text.count("\n", at, match.start()), match.start()
        lines[match[1]] = line
    return lines


def _pairs(text: str) -> list[tuple[str, object]]:
    """Keys and values of the object. Raises ValueError."""
    try:
        pairs = json.loads(text, object_pairs_hook=_Pairs)
    except json.JSONDecodeError as error:
        raise ValueError(f'line {error.lineno}: expected {{"40000": 21365, ...}}: {error.msg}') from None
    except RecursionError:
        raise ValueError('expected {"40000": 21365, ...}, got brackets in brackets without end') from None
    if not isinstance(pairs, _Pairs):
        raise ValueError(f'expected an object, {{"40000": 21365, ...}}, got {json.dumps(pairs)[:40]}')
    return pairs


class _Pairs(list[tuple[str, object]]):
    """An object with all its keys, those that come twice, too."""


def _address(key: str) -> int | None:
    """0..65535 in decimal digits, else None."""
    is_number = key.isascii() and key.isdigit() and len(key) <= 5
    return int(key) if is_number and int(key) <= LAST else None


def _word(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= LAST else None


def _base(registers: Mapping[int, int]) -> int:
    """Where the marker stands. Raises ValueError."""
    for base in BASES:
        if (registers.get(base), registers.get(base + 1)) == MARKER:
            return base
    places = ", ".join(map(str, BASES))
    raise ValueError(f"expected the SunSpec marker 0x5375 0x6E53 at one of {places}, got none: is this a dump?")


def _header_fault(address: int, header: list[int | None]) -> str:
    did, length = header
    if did is None or length is None:
        return f"a gap: register {address if did is None else address + 1}, of the header, is missing"
    return header_fault(address, did, length)


def _fault(block: Block, registers: Mapping[int, int]) -> str:
    """Why a block cannot be vouched for; "" if it can."""
    if model(block.did) is None:
        return f"unknown model {block.did} of {block.length} registers"
    if missing := _missing(block, registers):
        there = f"{missing[0]}" if len(missing) == 1 else f"{len(missing)}, {missing[0]} the first"
        return f"a gap: registers that are missing: {there}"
    if block.port in (PLACEHOLDER, END):
        return f"doubtful: its hub port reads 0x{block.port:04X}"
    body = [registers.get(address, PLACEHOLDER) for address in range(block.address + len(block.header), block.end)]
    if len(body) >= SHORTEST_PLACEHOLDERS and set(body) <= {PLACEHOLDER}:
        return "doubtful: it has 0x8000 in every register"
    return ""


def _missing(block: Block, registers: Mapping[int, int]) -> list[int]:
    """Registers of points that can be read, which are not in the file."""
    wanted: set[int] = set()
    for since_2018 in (True, False):
        for point in points(block.did, block.length, since_2018):
            if point.readable:
                wanted.update(range(block.address + point.offset, block.address + point.end))
    return sorted(address for address in wanted if address not in registers)


def _lonely(blocks: list[Block], snapshot: Snapshot) -> list[Block]:
    """Blocks of no device: settings without the live block at their port, or a gateway's without the gateway."""
    told = {block for device in snapshot.devices for block in device.blocks}
    return [block for block in blocks if block not in told]
