"""Many telegrams at once, into columns: for who collects from many meters, or reads a file of months.

    columns = parse_many(buffer)
    at = columns.first[7]                        # the first line of the eighth telegram
    columns.code[at] == packed(b"1-0:1.8.1")     # A << 40 | B << 32 | C << 24 | D << 16 | E << 8 | F
    columns.mantissa[at], columns.scale[at], UNITS[columns.unit[at]]    # 3808351, 3, "kWh": 3808.351 kWh

csrc/p1_many.c says the same in C. A column is an array.array, so memoryview() and whatever takes the buffer protocol
has it without a copy. A line's value is the last of its groups, and of a line that goes on, DSMR 2.2 and 3.0, the last
of the next line.
"""

from __future__ import annotations

import re
from array import array
from itertools import islice
from typing import Any, NamedTuple

from energy_hw import core
from energy_hw.p1 import lines
from energy_hw.p1.cut import Tail, View
from energy_hw.p1.framer import PythonFramer
from energy_hw.p1.framer_c import CRCS, CFramer
from energy_hw.p1.shape import LINE
from energy_hw.p1.wire import Crc, CrcPolicy, Event, P1Counters, Telegram

# fmt: off
UNITS = ("", "Wh", "kWh", "varh", "kvarh", "W", "kW", "var", "kvar", "VA", "kVA", "V", "A", "Hz", "m3", "GJ", "MJ", "s")
# fmt: on
UNIT_OTHER = 255
TEXT = 255
"""A scale: the value is no number of 18 digits or fewer."""
MOST_LINES = 4100  # that one telegram can have
MOST_DIGITS = 18
NUMBER = re.compile(rb"([+-]?)([0-9]+)(?:\.([0-9]*))?(?:\*([\s\S]*))?")
_UNITS = {name.lower().encode(): number for number, name in enumerate(UNITS) if number}


class Columns(NamedTuple):
    """One item for each line: code (0: a bad line), mantissa, scale, unit, offset of the line in the buffer. One for
    each telegram: its offset, its first line, its CRC as an index of CRCS. taken: bytes; the rest is the beginning of
    a telegram.
    """

    code: array[int]
    mantissa: array[int]
    offset: array[int]
    scale: array[int]
    unit: array[int]
    telegram: array[int]
    first: array[int]
    crc: array[int]
    taken: int
    counters: P1Counters


def _empty(counters: P1Counters) -> Columns:
    code, mantissa, offset, scale, unit, telegram, first, crc = (array(kind) for kind in "QqQBBQQB")
    return Columns(code, mantissa, offset, scale, unit, telegram, first, crc, 0, counters)


LINES = ("code", "mantissa", "offset", "scale", "unit")
TELEGRAMS = ("telegram", "first", "crc")


def packed(code: bytes) -> int:
    """A code as it stands in a column; 0 for what is none."""
    match = lines.CODE.fullmatch(code)
    parts = [255 if part is None else int(part) for part in match.groups()] if match else []
    return int.from_bytes(bytes(parts), "big") if parts and max(parts) <= 255 else 0


def parse_many(
    data: bytes, policy: CrcPolicy | str = CrcPolicy.IF_PRESENT, implementation: str | None = None
) -> Columns:
    """The telegrams of a buffer, cut and checked as P1Framer does, as if a pause were at its end.

    implementation, errors: as P1Framer. Thread safety: call from any thread.
    """
    native = core.native(implementation)
    return _in_python(data, CrcPolicy(policy)) if native is None else _in_c(native, data, CrcPolicy(policy))


# ---- C ----


def _in_c(native: Any, data: bytes, policy: CrcPolicy) -> Columns:
    framer, taken = CFramer(native, policy, False, False), 0
    columns = _empty(framer.counters)
    struct, source = native.ffi.new("struct ehw_p1_columns *"), native.ffi.from_buffer("uint8_t *", data)
    while True:
        _grow(columns, len(data) - taken)
        struct.most_lines, struct.most_telegrams = len(columns.code), len(columns.crc)
        for name in (*LINES, *TELEGRAMS):
            setattr(
                struct, name, native.ffi.from_buffer(native.ffi.typeof(getattr(struct, name)), getattr(columns, name))
            )
        struct.base = taken
        more = native.lib.ehw_p1_parse_many(framer.handle, source + taken, len(data) - taken, struct)
        taken += more
        has_room = struct.most_lines - struct.lines >= MOST_LINES and struct.telegrams < struct.most_telegrams
        if has_room or not more:
            break
    for names, count in ((LINES, struct.lines), (TELEGRAMS, struct.telegrams)):
        for name in names:
            del getattr(columns, name)[count:]
    return columns._replace(taken=taken, counters=framer.counters)


def _grow(columns: Columns, size: int) -> None:
    """Room for what so many bytes hold mostly; where a line is shorter, C says so and is called again."""
    for names, count in ((LINES, size // 20 + 2 * MOST_LINES), (TELEGRAMS, size // 256 + 16)):
        for name in names:
            column: array[int] = getattr(columns, name)
            column.extend(array(column.typecode, (0,)) * count)


# ---- Python ----


class _Placed(PythonFramer):
    """Remembers where each telegram was in the stream."""

    def __init__(self, policy: CrcPolicy) -> None:
        super().__init__(policy, False, False)
        self.places: list[int] = []
        self.gone = 0

    def _add(self, data: bytes) -> None:
        self.gone += self._at
        super()._add(data)

    def _deliver(self, view: View, start: int, tail: Tail, crc: Crc, computed: int, events: list[Event]) -> int:
        self.places.append(self.gone + view.base + start)
        return super()._deliver(view, start, tail, crc, computed, events)

    @property
    def taken(self) -> int:
        """Bytes that are consumed."""
        return self.gone + self._at


def _in_python(data: bytes, policy: CrcPolicy) -> Columns:
    framer = _Placed(policy)
    columns = _empty(framer.counters)
    events = framer.feed(data) + framer.idle()
    telegrams = (event for event in events if isinstance(event, Telegram))
    for place, telegram in zip(framer.places, telegrams, strict=True):
        _take_telegram(columns, telegram, place)
    return columns._replace(taken=framer.taken, counters=framer.counters)


def _take_telegram(columns: Columns, telegram: Telegram, place: int) -> None:
    columns.telegram.append(place)
    columns.first.append(len(columns.code))
    columns.crc.append(CRCS.index(telegram.crc))
    raw = telegram.raw[: lines.end_of(telegram.raw)]
    texts = islice(LINE.finditer(raw), 1, None)
    found: list[lines.Line] = []
    for text in texts:
        before = len(found)
        lines.take_line(text[0], found)
        if len(found) > before:
            columns.code.append(packed(found[-1][0]))
            columns.offset.append(place + text.start())
            for column in (columns.mantissa, columns.scale, columns.unit):
                column.append(0)
        value = found[-1][-1] if found[-1][0] else b"x"
        columns.mantissa[-1], columns.scale[-1], columns.unit[-1] = number_of(value)


def number_of(value: bytes) -> tuple[int, int, int]:
    """Mantissa, scale and unit."""
    match = NUMBER.fullmatch(value)
    if match is None:
        return 0, TEXT, 0
    sign, before, after, unit = match.groups(default=b"")
    if len(before) + len(after) > MOST_DIGITS:
        return 0, TEXT, 0
    mantissa = int(before + after)
    number = 0 if match[4] is None else _UNITS.get(unit.lower(), UNIT_OTHER)
    return -mantissa if sign == b"-" else mantissa, len(after), number
