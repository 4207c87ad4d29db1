"""A telegram as a row keeps it."""

from __future__ import annotations

import pytest

from dsmr_rig import raw, second, telegram
from energy_hw.sinks.dsmr_telegram import decode


@pytest.mark.parametrize("timed", [True, False])
def test_what_goes_in_comes_out(timed: bool) -> None:
    one = telegram(7, timed=timed, received_s=1.25)
    assert decode(one.encode()) == one


def test_bytes_beyond_ascii_and_line_ends_stay() -> None:
    one = telegram(text="\xb3\xff")
    assert decode(one.encode()).raw == raw(text="\xb3\xff")


@pytest.mark.parametrize("body", [b"", b"{}", b"{}\n", b"[1]\n/ISK5", b"/ISK5\n!", b"{\n/ISK5", b"{}\n/ISK5"])
def test_anything_else_is_refused(body: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        decode(body)


def test_the_age_of_this_run_is_of_the_running_clock() -> None:
    assert telegram(3).age_s("now", 10.0, second(9999)) == 7.0


@pytest.mark.parametrize(("now", "age"), [(63, 60.0), (3, 0.0), (2, None)])
def test_the_age_of_another_run_is_of_the_days_clock_if_that_went_on(now: int, age: float | None) -> None:
    assert telegram(3, run="before").age_s("now", 10.0, second(now)) == age
