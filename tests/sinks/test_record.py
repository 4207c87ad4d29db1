"""Rows from the bytes of a page, against SQLite itself."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_hw.sinks.record import records, values, varint

VALUES = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.binary(max_size=6000), st.text("aé€😀", max_size=40))


def read_all(path: Path) -> list[tuple[int, list[object]]]:
    data = path.read_bytes()
    size = int.from_bytes(data[16:18], "big")
    pages = [data[at : at + size] for at in range(0, len(data), size)]
    known = dict(enumerate(pages, 1))
    return [found for page in pages[1:] for found in records(page, 0, known.get)]


@given(st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), VALUES, VALUES), max_size=12, unique_by=lambda row: row[0]))
def test_what_sqlite_wrote_is_read(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[int, object, object]]
) -> None:
    path = tmp_path_factory.mktemp("record") / "db"
    connection = sqlite3.connect(path, isolation_level=None)
    connection.execute("PRAGMA synchronous = OFF")
    connection.execute("PRAGMA page_size = 1024")
    connection.execute("CREATE TABLE t (id INTEGER PRIMARY KEY, a, b)")
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO t VALUES (?, ?, ?)", rows)
    connection.execute("COMMIT")
    connection.close()
    assert sorted(read_all(path)) == sorted((seq, [None, a, b]) for seq, a, b in rows)


@settings(deadline=None, max_examples=50)
@given(st.binary(min_size=512, max_size=1024), st.integers(0, 200))
def test_noise_raises_nothing(noise: bytes, count: int) -> None:
    page = b"\x0d\0\0" + count.to_bytes(2, "big") + noise
    assert len(list(records(page, 0, lambda number: noise))) <= count


@pytest.mark.parametrize(
    ("data", "value"), [(b"\x05", 5), (b"\x81\x00", 128), (b"\xff" * 9, -1), (b"\x80" * 8 + b"\x07", 7)]
)
def test_a_varint(data: bytes, value: int) -> None:
    assert varint(data, 0) == (value, len(data))


def test_a_record_that_is_cut_short_is_refused() -> None:
    with pytest.raises((IndexError, ValueError)):
        values(b"\x02\x06\x01")


def test_an_overflow_chain_that_goes_in_a_circle_ends() -> None:
    size = 4_000_000
    head = bytes([0x80 | size >> 21, 0x80 | size >> 14 & 0x7F, 0x80 | size >> 7 & 0x7F, size & 0x7F])
    cell = head + b"\x01"
    page = bytearray(1024)
    page[0], page[4] = 0x0D, 1
    page[8:10] = (100).to_bytes(2, "big")
    page[100 : 100 + len(cell)] = cell
    assert len(list(records(bytes(page), 0, lambda number: bytes(1024)))) <= 1
