"""A simulated house, and pyenergenie's face on its gateway, for the tests of this folder."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from energy_hw.compat import energenie as face
from energy_hw.compat.energenie import Logger
from energy_hw.sim.house import House

BOUND_S = 20.0


@pytest.fixture
def house() -> House:
    """Ten times as fast as the wall clock: an OOK burst keeps 5 ms of slack. Nobody lives there."""
    return House(speed=10.0, alive=False, foreign=False, seed=1)


@pytest.fixture
def energenie(house: House, tmp_path: Path) -> Iterator[ModuleType]:
    """The face, opened on the house, with a registry of its own."""
    face.init(board=house.board, registry=tmp_path / "registry.kvs")
    yield face
    face.finished()
    Logger.close()


@pytest.fixture
def until(energenie: ModuleType) -> Callable[[Callable[[], object]], None]:
    """Run loop() until something is true."""

    def wait(done: Callable[[], object]) -> None:
        end = time.monotonic() + BOUND_S
        while not done():
            assert time.monotonic() < end, "it never came true"
            energenie.loop(0.02)

    return wait
