"""Waiting longer and longer, never too long, never all at once."""

from __future__ import annotations

from energy_hw.links.backoff import Backoff


def test_the_wait_doubles_up_to_its_limit() -> None:
    backoff = Backoff(0.5, 10)
    waits = [backoff.next_s() for _ in range(7)]
    for wait, step in zip(waits, (0.5, 1, 2, 4, 8, 10, 10), strict=True):
        assert 0.8 * step <= wait <= step


def test_after_success_it_begins_anew() -> None:
    backoff = Backoff(0.5, 10)
    for _ in range(5):
        backoff.next_s()
    backoff.reset()
    assert backoff.next_s() <= 0.5


def test_no_two_wait_alike() -> None:
    assert len({Backoff().next_s() for _ in range(20)}) > 1
