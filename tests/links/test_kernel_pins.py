"""GPIO lines through /dev/gpiochipN: csrc/gpiochip.c under the shim or on a real kernel.

Edges on a real kernel come from gpio-sim; chip 0 is one with 8 lines, and not the header.
"""

from collections.abc import Iterator

import pytest

from bench.shimmed import Bench, Raised, open_bench


@pytest.fixture
def bench() -> Iterator[Bench]:
    with open_bench() as opened:
        yield opened


def test_reset_reaches_the_chip(bench: Bench) -> None:
    assert bench.call("pulse_reset", core="c") == 1


def test_leds_are_lit_one_by_one_and_go_out_at_the_end(bench: Bench) -> None:
    green, red, after = bench.call("light_leds", core="c")
    lit = [{line for line, high in levels.items() if high} for levels in (green, red, after)]
    assert lit == [{"GPIO27"}, {"GPIO22"}, set()]


def test_edge_before_the_wait_is_not_lost(bench: Bench) -> None:
    assert bench.call("count_edges", core="c", times=1) == {"first": True, "second": False, "lost": 0}


def test_edges_that_the_kernel_dropped_are_counted(bench: Bench) -> None:
    """It keeps the newest 16 of one line."""
    assert bench.call("count_edges", core="c", times=40) == {"first": True, "second": False, "lost": 24}


def test_edge_ends_a_wait(bench: Bench) -> None:
    assert bench.call("rise_while_waiting", core="c")


def test_wake_ends_a_wait(bench: Bench) -> None:
    assert bench.call("wake_waiting", core="c")


def test_held_line_is_named_with_its_holder(bench: Bench) -> None:
    bench.do("hold", offset=25, consumer="relay-board")
    with pytest.raises(Raised, match=r"GPIO25 of /dev/gpiochip\d+ is held by relay-board") as refused:
        bench.call("pulse_reset", core="c")
    assert refused.value.kind == "LinkBusy"
