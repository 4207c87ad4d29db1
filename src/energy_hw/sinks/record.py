"""Rows straight from the bytes of an SQLite page, where SQLite itself refuses the file.

    0D .... NN NN .... | PP PP PP PP ...      leaf of a table: type, count of cells at 3, their offsets from 8 on
    size, rowid, payload [, next page]        cell; two varints; what is too long goes on in overflow pages
    size, type type type, value value value   record: a type says how long its value is

Source: https://www.sqlite.org/fileformat.html, sections 1.6 and 2.1. Nothing is believed: whoever asks has a CRC.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

LEAF = 0x0D
_INTEGER_BYTES = (0, 1, 2, 3, 4, 6, 8)
MOST_PAYLOAD = 4 << 20

Overflow = Callable[[int], bytes | None]
"""A page by its number, None if there is no such page."""
Record = tuple[int, list[object]]
"""rowid and values; None where SQLite keeps the rowid itself."""


def records(page: bytes, header: int, overflow: Overflow) -> Iterator[Record]:
    """The records of a leaf page that can be read; none of any other page. header: 100 on the first page, else 0."""
    if page[header] != LEAF:
        return
    count = int.from_bytes(page[header + 3 : header + 5], "big")
    for place in range(header + 8, min(header + 8 + 2 * count, len(page) - 1), 2):
        try:
            yield _record(page, int.from_bytes(page[place : place + 2], "big"), overflow)
        except (IndexError, ValueError):
            continue


def _record(page: bytes, at: int, overflow: Overflow) -> Record:
    size, at = varint(page, at)
    rowid, at = varint(page, at)
    return rowid, values(_payload(page, at, size, overflow))


def _payload(page: bytes, at: int, size: int, overflow: Overflow) -> bytes:
    """What is on the page, and what went to overflow pages. Raises ValueError."""
    if size > MOST_PAYLOAD:
        raise ValueError(f"expected a payload of at most {MOST_PAYLOAD} bytes, got {size}")
    usable = len(page)
    local = _local(size, usable)
    parts, left = [page[at : at + local]], size - local
    following = int.from_bytes(page[at + local : at + local + 4], "big")
    while left > 0:
        more = overflow(following)
        if more is None:
            raise ValueError(f"no overflow page {following}")
        parts.append(more[4 : 4 + min(left, usable - 4)])
        following, left = int.from_bytes(more[:4], "big"), left - (usable - 4)
    return b"".join(parts)


def _local(size: int, usable: int) -> int:
    most = usable - 35
    if size <= most:
        return size
    least = (usable - 12) * 32 // 255 - 23
    wanted = least + (size - least) % (usable - 4)
    return wanted if wanted <= most else least


def varint(data: bytes, at: int) -> tuple[int, int]:
    """A number of one to nine bytes, and where it ends. Raises IndexError."""
    value = 0
    for place in range(at, at + 8):
        value = value << 7 | data[place] & 0x7F
        if data[place] < 0x80:
            return value, place + 1
    value = value << 8 | data[at + 8]
    return value - (1 << 64 if value >> 63 else 0), at + 9


def values(payload: bytes) -> list[object]:
    """The values of a record. Raises IndexError, ValueError."""
    end, at = varint(payload, 0)
    types = []
    while at < end:
        kind, at = varint(payload, at)
        types.append(kind)
    found = []
    for kind in types:
        value, at = _value(payload, at, kind)
        found.append(value)
    return found


def _value(payload: bytes, at: int, kind: int) -> tuple[object, int]:
    if kind in (0, 8, 9):
        return (None, 0, 1)[max(0, kind - 7)], at
    size = _INTEGER_BYTES[kind] if kind <= 6 else (kind - 12) // 2
    part = payload[at : at + size]
    if len(part) != size or kind < 0 or kind in (7, 10, 11):
        raise ValueError(f"expected a value of type {kind}, got {len(part)} bytes")
    if kind <= 6:
        return int.from_bytes(part, "big", signed=True), at + size
    return part.decode("utf-8", "surrogateescape") if kind % 2 else part, at + size
