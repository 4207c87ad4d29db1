"""Commands to valves that sleep: does each land in the first window that nobody else disturbs?

Two valves that always have something waiting, six plugs that report every 10 s, a neighbour's transmitter, and a
computer that is up to 20 ms late on every wait. Reports are made to come every few seconds, for there is no
waiting for thousands of them at 300 s. Judged from outside: the air's record says which windows were clear, the
simulated valve what it took.

    clear    from 60 ms before the report to the end of the 200 ms after it nobody but valve and gateway was on air
    strict   from the start of the report on; the computer must not sleep while the frame before it arrives
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from benchmarks import Row
from energy_hw.core.message import Message
from energy_hw.core.python.openhems import decode
from energy_hw.energenie.engine import Engine, open_engine
from energy_hw.energenie.valve import Etrv
from energy_hw.errors import FrameError
from energy_hw.sim import chips
from energy_hw.sim.air import Air, Modulation, Transmission
from energy_hw.sim.board import sim_board
from energy_hw.sim.clock import SECOND
from energy_hw.sim.foreign import ForeignTransmitter
from energy_hw.sim.plugs import Plug
from energy_hw.sim.valve import Valve

WINDOW_NS = SECOND // 5
APART_NS = 60_000_000
GATEWAY = "gateway"
JITTER_S = 0.020
WINDOWS = 1500
VALVES, PLUGS = 2, 6
EVERY_S = 7.0
LOOK_S = 0.5


@dataclass(frozen=True, slots=True)
class Tally:
    """Windows of valves for which something waited; those that were clear; and in which of these nothing was taken."""

    windows: int
    clear: int
    missed: int
    strict: int
    strict_missed: int
    deaf: int
    """Messages that came while the valve slept."""
    latest_ms: float
    """From the end of a report to the end of the command, at most, in a clear window."""

    @classmethod
    def of(cls, tallies: list[Tally]) -> Tally:
        """All of them as one."""
        counts = {name: sum(getattr(one, name) for one in tallies) for name in cls.__slots__ if name != "latest_ms"}
        return cls(**counts, latest_ms=max(one.latest_ms for one in tallies))


class Record:
    """Everything that was on the air, with what it said."""

    name = "record"

    def __init__(self, air: Air) -> None:
        self.sent: dict[int, Transmission] = {}
        air.attach(self)

    def on_air(self, transmission: Transmission) -> None:
        """It started, grew or ended."""
        self.sent[transmission.serial] = transmission

    def messages(self) -> Iterator[tuple[Transmission, Message | None]]:
        """Each transmission that is over, in the order of their starts.

        The gateway's idle carrier after a message, until its host is back, belongs to that message.
        """
        last: Message | None = None
        for transmission in sorted(self.sent.values(), key=lambda one: one.start_ns):
            message = _message(transmission)
            if transmission.sender == GATEWAY:
                message = last = message or last
            if transmission.end_ns is not None:
                yield transmission, message


def _message(transmission: Transmission) -> Message | None:
    if transmission.modulation is not Modulation.FSK:
        return None
    try:
        frame = chips.fsk_frame(transmission.chips)
        return None if frame is None else decode(frame)
    except FrameError:
        return None


def run() -> list[Row]:
    """With DIO0 and by polling, three seeds each."""
    rows = []
    for label, dio0 in (("DIO0", True), ("polling", False)):
        all_of = Tally.of([land(seed, dio0, WINDOWS // 3) for seed in (1, 2, 3)])
        rows += [
            Row(f"{label}: missed of {all_of.clear} clear windows ({all_of.windows} in all)", all_of.missed, "", 0),
            Row(f"{label}: missed of {all_of.strict} windows clear by the strict rule", all_of.strict_missed, "", 0),
            Row(f"{label}: commands on air while the valve slept", all_of.deaf, "", 0),
            Row(f"{label}: command over, after the report, at most", all_of.latest_ms, "ms", WINDOW_NS / 1e6),
        ]
    return rows


def land(seed: int, dio0: bool, windows: int, core: str = "auto", jitter_s: float = JITTER_S) -> Tally:
    """Let so many windows of each valve pass, with something waiting in every one."""
    board = sim_board(seed=seed, dio0=dio0, jitter_s=jitter_s)
    record, dice = Record(board.air), Random(seed)
    sleepers = [Valve(board.air, f"valve {number}", 0x100 + number) for number in range(VALVES)]
    _start(board.air, sleepers, dice)
    took: dict[str, list[int]] = {sleeper.name: _note_obeyed(sleeper) for sleeper in sleepers}
    with open_engine(board, core, seed=seed) as engine:
        valves = [Etrv(engine, sleeper.sensor, repeats=10) for sleeper in sleepers]
        _keep_busy(engine, valves, dice, windows * EVERY_S)
    return Tally.of([_judge(record, sleeper, took[sleeper.name]) for sleeper in sleepers])


def _start(air: Air, sleepers: list[Valve], dice: Random) -> None:
    for number, sleeper in enumerate(sleepers):
        sleeper.interval_s = EVERY_S + 0.37 * number
        sleeper.start(dice.uniform(1.0, EVERY_S))
    for number in range(PLUGS):
        Plug(air, f"plug {number}", 0x500 + number).start(dice.uniform(0, 10.0))
    ForeignTransmitter(air, "neighbour").start(9.0)


def _note_obeyed(sleeper: Valve) -> list[int]:
    """When the valve acted on a command."""
    times: list[int] = []
    obey = sleeper.obey

    def noting(code: str, value: object) -> bool:
        obeyed = obey(code, value)  # type: ignore[arg-type]
        if obeyed:
            times.append(sleeper.clock.now_ns)
        return obeyed

    sleeper.obey = noting  # type: ignore[method-assign]
    return times


def _keep_busy(engine: Engine, valves: list[Etrv], dice: Random, seconds: float) -> None:
    """New targets and states before the queue is empty: at any time, as people do."""
    end = engine.clock.monotonic() + seconds
    while engine.clock.monotonic() < end:
        for valve in valves:
            waiting = len(valve.pending)
            if waiting < 2 or dice.random() < 0.05:
                valve.set_target(Decimal(dice.randrange(8, 60)) / 2)
                valve.set_valve_state(dice.choice(("open", "closed", "auto")))
        engine.run_s(LOOK_S)


def _judge(record: Record, sleeper: Valve, took: list[int]) -> Tally:
    """Which windows were clear, and in which of these the valve took something."""
    heard = list(record.messages())
    reports = [sent for sent, message in heard if sent.sender == sleeper.name and message is not None]
    others = [sent for sent, message in heard if not _concerns(sleeper, sent, message)]
    clear = strict = missed = strict_missed = 0
    latest_ns = 0
    for report in reports[:-1]:
        end_ns = report.end_ns or 0
        taken = [time - end_ns for time in took if end_ns <= time <= end_ns + WINDOW_NS]
        is_strict = not _busy(others, report.start_ns, end_ns + WINDOW_NS)
        is_clear = not _busy(others, report.start_ns - APART_NS, end_ns + WINDOW_NS)
        strict, strict_missed = strict + is_strict, strict_missed + (is_strict and not taken)
        clear, missed = clear + is_clear, missed + (is_clear and not taken)
        latest_ns = max([latest_ns, *taken]) if is_clear else latest_ns
    return Tally(len(reports) - 1, clear, missed, strict, strict_missed, sleeper.missed, latest_ns / 1e6)


def _concerns(sleeper: Valve, sent: Transmission, message: Message | None) -> bool:
    """The valve's own, or the gateway's to it."""
    if sent.sender == sleeper.name:
        return True
    return sent.sender == GATEWAY and message is not None and message.sensor == sleeper.sensor


def _busy(others: list[Transmission], since_ns: int, until_ns: int) -> bool:
    return any(other.start_ns < until_ns and (other.end_ns or 0) > since_ns for other in others)
