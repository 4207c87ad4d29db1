"""Readings made quickly are readings."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from datetime import UTC, datetime

import pytest

from energy_hw.p1.quick import make_reading
from energy_hw.reading import Quantity, Reading

FULL = ("0-1:24.2.1", "gas_volume_ch1", Quantity.GAS_VOLUME, 7, "m3", 1, 2, 3, datetime(2026, 1, 15, tzinfo=UTC))


@pytest.mark.parametrize("given", [FULL, FULL[:4], FULL[:6]])
def test_the_same_in_every_respect(given: tuple[object, ...]) -> None:
    quick, plain = make_reading(*given), Reading(*given)  # type: ignore[arg-type]
    assert (quick, repr(quick), hash(quick), type(quick)) == (plain, repr(plain), hash(plain), type(plain))
    assert [getattr(quick, field.name) for field in dataclasses.fields(Reading)] == [
        getattr(plain, field.name) for field in dataclasses.fields(Reading)
    ]
    assert pickle.loads(pickle.dumps(quick)) == copy.copy(quick) == plain  # noqa: S301  # made here


def test_no_field_is_left_out_if_reading_gets_another() -> None:
    assert len(dataclasses.fields(Reading)) == len(FULL)


def test_it_is_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        make_reading(*FULL).value = 8  # type: ignore[misc]
