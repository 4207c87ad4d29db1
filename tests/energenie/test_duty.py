"""The legal airtime of a rolling hour."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_hw.energenie.duty import BUCKET_S, HOUR_S, LEGAL_S, AirtimeBudget
from energy_hw.errors import AirtimeExceeded


def take(budget: AirtimeBudget, now: float, airtime_s: float) -> None:
    budget.check(now, airtime_s)
    budget.book(now, airtime_s)


def test_ten_percent_of_an_hour_fits_and_one_millisecond_more_does_not() -> None:
    budget = AirtimeBudget()
    take(budget, 0.0, LEGAL_S)
    with pytest.raises(AirtimeExceeded) as refused:
        take(budget, 1.0, 0.001)
    assert refused.value.wait_s == pytest.approx(HOUR_S + BUCKET_S - 1.0)
    assert "360 s" in str(refused.value)


def test_waiting_as_long_as_it_says_is_enough() -> None:
    budget = AirtimeBudget(limit_s=10.0)
    take(budget, 0.0, 6.0)
    take(budget, 100.0, 4.0)
    with pytest.raises(AirtimeExceeded) as refused:
        take(budget, 200.0, 5.0)
    take(budget, 200.0 + refused.value.wait_s, 5.0)
    assert budget.used_s(200.0 + refused.value.wait_s) == pytest.approx(9.0)


def test_a_refused_transmission_is_not_booked() -> None:
    budget = AirtimeBudget(limit_s=1.0)
    take(budget, 0.0, 0.9)
    with pytest.raises(AirtimeExceeded):
        take(budget, 0.0, 0.2)
    assert budget.used_s(0.0) == pytest.approx(0.9)


def test_more_than_the_limit_at_once_never_fits() -> None:
    with pytest.raises(AirtimeExceeded) as refused:
        AirtimeBudget(limit_s=1.0).check(0.0, 2.0)
    assert refused.value.wait_s == HOUR_S


def test_a_million_transmissions_are_booked_in_few_rows() -> None:
    budget = AirtimeBudget(limit_s=1e9)
    for second in range(10_000):
        take(budget, float(second), 0.1)
    assert len(budget._booked) <= HOUR_S / BUCKET_S + 1


@given(st.lists(st.tuples(st.floats(0, 900), st.floats(0, 60)), max_size=60))
def test_no_hour_ever_holds_more_than_the_limit(steps: list[tuple[float, float]]) -> None:
    budget, now, sent = AirtimeBudget(), 0.0, []
    for gap, airtime in steps:
        now += gap
        try:
            take(budget, now, airtime)
        except AirtimeExceeded:
            continue
        sent.append((now, airtime))
        within = sum(seconds for at, seconds in sent if now - HOUR_S < at <= now)
        assert within <= LEGAL_S + 1e-6
