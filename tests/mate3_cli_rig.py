"""The mate3 commands in this process, a controller for them, and a journal that is nobody else's."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from energy_hw.cli.mate3_commands import mate3 as mate3_group
from energy_hw.cli.mate3_write_command import mate3_write as mate3_write_command
from energy_hw.outback import writing
from energy_hw.sim.mate3 import SimMate3

CAPTURE = Path(__file__).parent / "captures" / "outback" / "mate3s"
REGISTERS = CAPTURE / "registers.json"
ABSORB_3, ABSORB_4, AUX_1 = 40946, 41064, 40718
"""Registers: absorb volts of the charge controllers at ports 3 and 4, AUX control of the inverter at port 1."""


@pytest.fixture(autouse=True)
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where writes are noted. No controller is named by the environment."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.delenv("ENERGY_HW_MATE3", raising=False)
    return tmp_path / "state" / "energy-hw" / "mate3-writes.jsonl"


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """The simulated controller needs no time between a write and its read-back."""
    monkeypatch.setattr(writing, "Writer", partial(writing.Writer, sleep=lambda _: None))


@pytest.fixture
def controller() -> Iterator[SimMate3]:
    """The captured Mate3s on TCP, for one test."""
    with SimMate3() as served:
        yield served


@pytest.fixture(scope="module")
def house() -> Iterator[SimMate3]:
    """The captured Mate3s, for tests that only read."""
    with SimMate3() as served:
        yield served


@pytest.fixture
def untouched(house: SimMate3) -> Iterator[SimMate3]:
    """The same; nothing is written to it."""
    before = len(house.requests)
    yield house
    assert [request for request in house.requests[before:] if request[0] != 3] == []


def at(house: SimMate3) -> list[str]:
    return ["-H", house.host, "-p", str(house.port)]


def mate3(*arguments: Any, **more: Any) -> Result:
    """`mate3 ...`; more: as CliRunner.invoke() takes it."""
    return CliRunner().invoke(mate3_group, [str(argument) for argument in arguments], prog_name="mate3", **more)


def mate3_write(*arguments: Any, **more: Any) -> Result:
    """`mate3_write ...`"""
    arguments_ = [str(argument) for argument in arguments]
    return CliRunner().invoke(mate3_write_command, arguments_, prog_name="mate3_write", **more)


def lines_of_json(result: Result) -> list[Any]:
    return [json.loads(line) for line in result.stdout.splitlines()]
