"""A hub on a simulated board that runs faster than the wall clock, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from energy_hw import Hub, Report
from energy_hw.sim.board import SimBoard, sim_board

REPORT = bytes.fromhex("1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23")
SWITCH = bytes.fromhex("0d04020100c29fb40cf542f13def")
CODE = bytes.fromhex("800000008ee8ee888ee8ee888ee8eeee")
BOUND_S = 20.0
STANDBY = 0x04


@contextmanager
def open_hub(
    core: str | None = None, most_waiting: int = 1000, speed: float = 50.0, **options: object
) -> Iterator[tuple[Hub, SimBoard]]:
    """A burst's refills have 51 ms of slack, at fifty times the speed one: tests that send bursts go slower."""
    board = sim_board(speed=speed, **options)  # type: ignore[arg-type]
    with Hub(board=board, core=core, most_waiting=most_waiting) as hub:
        yield hub, board


def first(hub: Hub, board: SimBoard) -> Report:
    """The next report that comes, after one was sent."""
    reports = iter(hub)
    board.air.send_fsk(REPORT, sender="plug")
    return next(reports)
