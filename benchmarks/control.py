"""Commands in simulated time: how soon they are on air, how surely they arrive, how much air they take.

A house of ten MIHO005 plugs that report every 10 s each; the computer is up to 20 ms late on every wait. What
the plugs' relays did is asked of the plugs. Best-of is meaningless here: simulated time is the same in every run.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import NamedTuple

from benchmarks import Row
from energy_hw.energenie.duty import HOUR_S, LEGAL_S
from energy_hw.energenie.engine import Engine, open_engine
from energy_hw.energenie.orders import Order, Outcome, Priority, Ticket
from energy_hw.energenie.plug import Plug
from energy_hw.errors import EnergyHwError
from energy_hw.sim import plugs as sim
from energy_hw.sim.air import Modulation, Transmission
from energy_hw.sim.board import SimBoard, sim_board

JITTER_S = 0.020
PLUGS = 10
COMMANDS = 1000
SWITCH = bytes.fromhex("0d04020100c29fb40cf542f13def")
CODE = bytes.fromhex("800000008ee8ee888ee8ee888ee8eeee")


class Tally(NamedTuple):
    """What became of many commands: seconds from the call to the confirmation, or to the error."""

    confirmed_s: list[float]
    raised: int
    wrong: int
    airtime_s: float


def run() -> list[Row]:
    """Latency, certainty, airtime; with DIO0 and by polling."""
    rows = []
    for label, dio0 in (("DIO0", True), ("polling", False)):
        rows.append(Row(f"{label}: longest from call to air, quiet channel", on_air_after_s(dio0) * 1e3, "ms", 30.0))
    for label, dio0 in (("DIO0", True), ("polling", False)):
        rows += _certainty(label, switch_many(dio0, COMMANDS))
    rows.append(Row("the same, one frame in five lost: neither confirmed nor raised", _lossy(), "commands", 0))
    rows.append(Row("most airtime in any hour of four, 3 light bursts a minute ordered", busy_hours(), "s", LEGAL_S))
    return rows


def _certainty(label: str, tally: Tally) -> list[Row]:
    late = sum(seconds > 3.0 for seconds in tally.confirmed_s) + tally.raised
    unknown = COMMANDS - len(tally.confirmed_s) - tally.raised
    median_s = sorted(tally.confirmed_s)[len(tally.confirmed_s) // 2]
    return [
        Row(f"{label}: of {COMMANDS} commands among ten plugs, not confirmed within 3 s", late, "commands", 10),
        Row(f"{label}: neither confirmed nor raised", unknown, "commands", 0),
        Row(f"{label}: confirmed, and the relay says otherwise", tally.wrong, "commands", 0),
        Row(f"{label}: median from call to confirmation", median_s * 1e3, "ms"),
        Row(f"{label}: airtime for each command", tally.airtime_s / COMMANDS * 1e3, "ms"),
    ]


def _lossy() -> int:
    tally = switch_many(True, 200, loss=0.2)
    return 200 - len(tally.confirmed_s) - tally.raised


class _Ear:
    """Hears when the gateway starts to transmit."""

    name = "ear"

    def __init__(self, board: SimBoard) -> None:
        self.starts: dict[int, float] = {}
        board.air.attach(self)

    def on_air(self, transmission: Transmission) -> None:
        """A transmission started, grew or ended."""
        if transmission.sender == "gateway" and transmission.modulation is Modulation.FSK:
            self.starts.setdefault(transmission.serial, transmission.start_ns / 1e9)


def on_air_after_s(dio0: bool, rounds: int = 200) -> float:
    """The longest of many calls, each at a random moment of the radio's wait."""
    worst, dice = 0.0, Random(1)
    with sim_board(seed=2, jitter_s=JITTER_S, dio0=dio0) as board, open_engine(board, spacing_s=0.0) as engine:
        ear = _Ear(board)
        for number in range(rounds):
            called: list[float] = []
            order = Order("plug", f"plug/{number}", lambda: SWITCH, Ticket("plug", "switch"))
            _later(board, dice.uniform(0.1, 0.4), lambda order=order, called=called: _call(engine, order, called))
            engine.run_s(0.7)
            worst = max(worst, min(start for start in ear.starts.values() if start >= called[0]) - called[0])
    return worst


def _call(engine: Engine, order: Order, called: list[float]) -> None:
    called.append(engine.board.clock.monotonic())
    engine.submit(order)


def _later(board: SimBoard, seconds: float, action: Callable[[], None]) -> None:
    board.clock.call_in(round(seconds * 1e9), action)


def switch_many(dio0: bool, count: int, loss: float = 0.0, seed: int = 1) -> Tally:
    """Random plugs, random values, at random moments, one after the other."""
    dice, board = Random(seed), sim_board(seed=seed, jitter_s=JITTER_S, dio0=dio0)
    board.air.loss = loss
    house = [sim.Plug(board.air, f"plug {number}", 0x100 + number) for number in range(PLUGS)]
    confirmed_s, raised, wrong = [], 0, 0
    with open_engine(board) as engine:
        objects = [Plug(engine, plug.sensor) for plug in house]
        for plug in house:
            plug.start()
        for _ in range(count):
            engine.run_s(dice.uniform(0.0, 0.5))
            number, on = dice.randrange(PLUGS), dice.random() < 0.5
            began = board.clock.monotonic()
            try:
                ticket = objects[number].set(on, wait=60.0)
            except EnergyHwError:
                raised += 1
                continue
            if ticket.outcome is Outcome.CONFIRMED:
                confirmed_s.append(board.clock.monotonic() - began)
            wrong += house[number].relay is not on
        airtime_s = engine.counters().radio.airtime_us / 1e6
    return Tally(confirmed_s, raised, wrong, airtime_s)


def busy_hours() -> float:
    """Light switches want 2 s each, 20 s apart; the air keeps the books."""
    sent: list[tuple[float, float]] = []
    with sim_board(seed=1) as board, open_engine(board) as engine:
        for number in range(4 * 180):
            before = board.chip.statistics.tx_ns
            order = Order(f"light {number % 5}", f"light {number % 5}", lambda: CODE, Ticket("light", "on", number))
            order.priority, order.ook_repeats, order.within_s = Priority.OOK, 75, 300.0
            engine.submit(order)
            engine.run_s(20.0)
            sent.append((board.clock.monotonic(), (board.chip.statistics.tx_ns - before) / 1e9))
    return max(sum(on for at, on in sent if end - HOUR_S < at <= end) for end, _ in sent)
