"""A simulated house, and pyenergenie's face on its gateway, for the tests of this folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from energy_hw.compat import energenie as face
from energy_hw.compat.energenie import Logger
from energy_hw.sim.air import Air
from energy_hw.sim.board import sim_board
from energy_hw.sim.house import House

BOUND_S = 20.0


@pytest.fixture
def house() -> House:
    """Ten times as fast as the wall clock: an OOK burst keeps 5 ms of slack. Nobody lives there."""
    return House(speed=10.0, alive=False, foreign=False, seed=1)


@pytest.fixture
def energenie(house: House, tmp_path: Path) -> Iterator[ModuleType]:
    """The face, opened on the house, with a registry of its own."""
    face.init(board=house.board, registry=tmp_path / "registry.kvs", spacing_s=0.0)
    yield face
    face.finished()
    Logger.close()


@pytest.fixture
def air(tmp_path: Path) -> Iterator[Air]:
    """The face, opened on a gateway with nobody else on air: what is sent to it arrives. A second is a second."""
    board = sim_board(speed=1.0, seed=1)
    face.init(board=board, registry=tmp_path / "registry.kvs", spacing_s=0.0)
    yield board.air
    face.finished()


@pytest.fixture
def until() -> Callable[[Callable[[], object]], None]:
    """Run loop() until something is true."""

    def wait(done: Callable[[], object]) -> None:
        end = time.monotonic() + BOUND_S
        while not done():
            assert time.monotonic() < end, "it never came true"
            face.loop(0.02)

    return wait
