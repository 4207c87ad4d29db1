"""Rows of tables as bodies of rows of the outbox."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_hw.errors import ConfigError
from energy_hw.sinks.postgres_row import decode_row, encode_row
from energy_hw.sinks.postgres_table import TYPES, Column, Table

TABLE = Table("house", (Column("a", "numeric"), Column("b", "text"), Column("c", "boolean")))
TIME = datetime(2026, 3, 29, 2, 30, 0, 250_000, tzinfo=timezone(timedelta(hours=2)))
NUMBER = UUID(int=7)


def test_a_row_is_compact_json_in_utc() -> None:
    body = encode_row(TABLE, TIME, {"a": Decimal("52.40"), "b": "°", "c": True}, NUMBER)
    assert body.decode() == (
        '{"table":"house","time":"2026-03-29T00:30:00.250000Z","id":"00000000000000000000000000000007",'
        '"values":{"a":52.40,"b":"°","c":true}}'
    )


def test_a_row_comes_back() -> None:
    record = decode_row(encode_row(TABLE, TIME, {"a": 5, "b": None}))
    assert (record.table, record.time, record.values) == ("house", TIME, {"a": 5, "b": None})
    assert record.time.tzinfo is UTC


@given(st.decimals(allow_nan=False), st.text(st.characters()))
def test_every_digit_and_every_character_is_kept(number: Decimal, text: str) -> None:
    record = decode_row(encode_row(TABLE, TIME, {"a": number, "b": text}))
    assert str(Decimal(str(record.values["a"]))) == str(number)
    assert record.values["b"] == text


def test_a_float_keeps_its_digits() -> None:
    assert decode_row(encode_row(TABLE, TIME, {"a": 0.1})).values["a"] == Decimal("0.1")


def test_a_time_as_a_value() -> None:
    assert decode_row(encode_row(TABLE, TIME, {"b": TIME})).values["b"] == "2026-03-29T00:30:00.250000Z"


def test_two_rows_have_two_ids() -> None:
    assert decode_row(encode_row(TABLE, TIME, {})).id != decode_row(encode_row(TABLE, TIME, {})).id


def test_an_unknown_column_is_told_at_once() -> None:
    with pytest.raises(ValueError, match=r"table house: expected values of a, b, c, got soc"):
        encode_row(TABLE, TIME, {"soc": 1})


def test_a_time_without_a_zone_is_no_time() -> None:
    with pytest.raises(ValueError, match="expected a time with its zone"):
        encode_row(TABLE, datetime(2026, 1, 1), {})


def test_a_value_of_another_kind() -> None:
    with pytest.raises(TypeError, match=r"column a: expected a number, text.* got b'1'"):
        encode_row(TABLE, TIME, {"a": b"1"})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"[]",
        b"5",
        b"{}",
        b'{"table":"t","time":"2026-01-01T00:00:00","id":"00000000000000000000000000000007","values":{}}',
        b'{"table":"t","time":"soon","id":"00000000000000000000000000000007","values":{}}',
        b'{"table":"t","time":"2026-01-01T00:00:00Z","id":7,"values":{}}',
        b'{"table":"t","time":"2026-01-01T00:00:00Z","id":"00000000000000000000000000000007","values":[]}',
        b'{"table":7,"time":"2026-01-01T00:00:00Z","id":"00000000000000000000000000000007","values":{}}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_row(body: bytes) -> None:
    with pytest.raises(ValueError, match="expected a row as encode_row"):
        decode_row(body)


def test_each_type_can_be_wanted() -> None:
    assert [Column("c", kind).type for kind in TYPES] == list(TYPES)


@pytest.mark.parametrize(("name", "kind"), [("c", "json"), ("c", "int; DROP TABLE x"), ("", "text"), ("a\0", "text")])
def test_a_column_that_cannot_be(name: str, kind: str) -> None:
    with pytest.raises(ConfigError, match="expected"):
        Column(name, kind)


def test_a_name_that_the_server_would_cut_off() -> None:
    assert Column("é" * 31, "text")
    with pytest.raises(ConfigError, match="at most 63 bytes"):
        Column("é" * 32, "text")


@pytest.mark.parametrize("columns", [("a", "a"), ("timestamp",), ("energy_hw_id",)])
def test_a_column_twice(columns: tuple[str, ...]) -> None:
    with pytest.raises(ConfigError, match=f"table t: expected each column once, got {columns[0]}"):
        Table("t", tuple(Column(name, "text") for name in columns))
