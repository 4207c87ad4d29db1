"""Frames lost in the simulated air, with a scheduler that is up to 20 ms late on every wait.

Two kinds of traffic, 10,000 reports of 29 bytes each, about 5 a second:

    apart    at least 60 ms between the end of one and the start of the next: none may be lost
    random   exponential gaps, so that they collide; beside the loss stands what no receiver could
             have avoided: reports of which an ear that is never deaf hears no whole frame
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from benchmarks import Row
from energy_hw import core as cores
from energy_hw.core.interface import RadioConfig
from energy_hw.energenie.receiver import Heard, Receiver
from energy_hw.sim.board import SimBoard, sim_board
from energy_hw.sim.hearing import Hearing, Modulation

REPORT = bytes.fromhex("1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23")
FRAMES = 10_000
AIRTIME_S = 0.105
JITTER_S = 0.020


def run() -> list[Row]:
    """Losses with DIO0 and by polling."""
    rows = []
    for label, dio0 in (("DIO0", True), ("polling", False)):
        heard, _ = _listen(_apart, dio0)
        rows.append(Row(f"{label}: lost of {FRAMES} frames at least 60 ms apart", FRAMES - heard, "frames", 0))
    for label, dio0 in (("DIO0", True), ("polling", False)):
        heard, possible = _listen(_random, dio0)
        rows += [
            Row(f"{label}: lost of {FRAMES} frames with random gaps", FRAMES - heard, "frames"),
            Row(f"{label}: of these no receiver could have heard", FRAMES - possible, "frames"),
        ]
    return rows


def _apart(dice: Random) -> Iterator[float]:
    at = 1.0
    while True:
        yield at
        at += AIRTIME_S + 0.060 + dice.uniform(0, 0.070)


def _random(dice: Random) -> Iterator[float]:
    at = 1.0
    while True:
        yield at
        at += dice.expovariate(5.0)


def _listen(traffic: object, dio0: bool, core: str = "auto") -> tuple[int, int]:
    """Frames that the receiver got, and frames that could be got at all."""
    with sim_board(dio0=dio0, jitter_s=JITTER_S, seed=20260101) as board:
        chosen = cores.get(core)
        receiver = Receiver(chosen, board, chosen.radio(board, RadioConfig()))
        receiver.start()
        possible = _ear(board)
        times = traffic(Random(1))  # type: ignore[operator]
        end = _send_next(board, times, FRAMES)
        heard = 0
        while board.clock.monotonic() < end[0] + 3:
            heard += isinstance(receiver.step(), Heard)
        return heard, len(possible)


def _ear(board: SimBoard) -> list[int]:
    """Notes each whole frame that is on the air where the gateway is."""
    whole: list[int] = []

    def hear(hearing: Hearing) -> None:
        if hearing.fsk_frame() == REPORT:
            whole.append(hearing.start_ns)

    board.air.listen(hear, "ear", Modulation.FSK)
    return whole


def _send_next(board: SimBoard, times: Iterator[float], count: int) -> list[float]:
    """Every frame from a sender of its own, one call ahead of time; the list holds when the last one starts."""
    last = [next(times)]

    def send(number: int) -> None:
        board.air.send_fsk(REPORT, sender=f"plug {number}")
        if number < count:
            last[0] = next(times)
            board.clock.call_at(round(last[0] * 1e9), lambda: send(number + 1))

    board.clock.call_at(round(last[0] * 1e9), lambda: send(1))
    return last
