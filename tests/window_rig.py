"""A simulated valve or thermostat and our object for it, in virtual time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from energy_hw import Etrv, Thermostat
from energy_hw.energenie.engine import Engine, open_engine
from energy_hw.sim import thermostat as sim_thermostat
from energy_hw.sim import valve as sim_valve
from energy_hw.sim.board import SimBoard, sim_board

SENSOR = 0x00097F
FIRST_S = 10.0


class ValveBench(NamedTuple):
    """engine: stepped by the test. valve: ours. real: the simulated one, which asks for nothing."""

    board: SimBoard
    engine: Engine
    valve: Etrv
    real: sim_valve.Valve

    def pass_windows(self, count: int) -> None:
        """Until its next reports are over."""
        for _ in range(count):
            windows = self.valve.queue.windows
            while self.valve.queue.windows == windows:
                self.engine.step(60.0)
        self.engine.run_s(0.4)


class ThermostatBench(NamedTuple):
    """As ValveBench."""

    board: SimBoard
    engine: Engine
    thermostat: Thermostat
    real: sim_thermostat.Thermostat


@contextmanager
def valve_bench(
    *, state: Path | None = None, first_s: float = FIRST_S, dio0: bool = True, jitter_s: float = 0.0, **options: object
) -> Iterator[ValveBench]:
    """A valve that reports from first_s on. options: Etrv's."""
    board = sim_board(seed=1, dio0=dio0, jitter_s=jitter_s)
    real = sim_valve.Valve(board.air, "valve", SENSOR)
    real.drift = 0.0
    real.start(first_s)
    with open_engine(board) as engine:
        engine.windows.keep_in(state, board.name)
        yield ValveBench(board, engine, Etrv(engine, SENSOR, **options), real)  # type: ignore[arg-type]


@contextmanager
def thermostat_bench(**options: object) -> Iterator[ThermostatBench]:
    """A thermostat that wakes every 30 s from the first second on. options: Thermostat's."""
    board = sim_board(seed=1)
    real = sim_thermostat.Thermostat(board.air, "thermostat", SENSOR)
    real.start(1.0)
    with open_engine(board) as engine:
        yield ThermostatBench(board, engine, Thermostat(engine, SENSOR, **options), real)  # type: ignore[arg-type]
