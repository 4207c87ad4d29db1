"""Names in memory, and the table that the radio's thread asks."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest

from energy_hw.energenie.names import HouseNames, NameTable, names_for
from energy_hw.energenie.registry import Registry
from energy_hw.energenie.registry_toml import Entry
from energy_hw.errors import ConfigError
from energy_hw.sim.board import sim_board
from energy_hw.sim.house import House

KETTLE, FRIDGE = "energenie:2:0x000373", "energenie:2:0x0004D2"


def test_a_simulated_house_brings_its_names() -> None:
    house = House()
    names = names_for(house.board, None)
    assert names.get("Kettle") == Entry("kettle", KETTLE, "MIHO005")
    assert names.get("lamp").ook == (0x6C6C6, 1)
    assert {entry.name for entry in names.entries()} <= set(house.devices)


def test_a_registry_that_is_asked_for_is_used_in_a_simulation_too(tmp_path: Path) -> None:
    with sim_board() as board:
        names = names_for(board, tmp_path / "devices.toml")
        assert isinstance(names, Registry)
        assert names_for(board, names) is names


def test_changes_in_memory_are_those_of_a_file() -> None:
    names = HouseNames()
    names.add("kettle", KETTLE)
    with pytest.raises(ConfigError, match="kettle is the name of"):
        names.add("Kettle", FRIDGE)
    with pytest.raises(ConfigError, match="is named kettle"):
        names.add("pot", KETTLE)
    names.add("fridge", FRIDGE)
    names.rename("kettle", "pot")
    assert [entry.name for entry in names.entries()] == ["pot", "fridge"]
    with pytest.raises(ConfigError, match="did you mean 'fridge'"):
        names.forget("frige")
    assert names.forget("FRIDGE") == Entry("fridge", FRIDGE, "MIHO005")
    assert [entry.name for entry in names.entries()] == ["pot"]


def test_the_table_follows_the_file(tmp_path: Path) -> None:
    registry = Registry(tmp_path / "devices.toml")
    table = NameTable(registry)
    assert table.entry(KETTLE) is None
    registry.add("kettle", KETTLE)
    assert table.entry(KETTLE) == Entry("kettle", KETTLE, "MIHO005")
    Registry(registry.path).rename("kettle", "pot")  # another process
    assert table.entry(KETTLE) == Entry("pot", KETTLE, "MIHO005")


def test_a_file_that_breaks_costs_no_name_and_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    registry = Registry(tmp_path / "devices.toml")
    registry.add("kettle", KETTLE)
    table = NameTable(registry)
    assert table.entry(KETTLE)
    registry.path.write_text("[")
    for _ in range(10):
        assert table.entry(KETTLE) == Entry("kettle", KETTLE, "MIHO005")
    assert len([r for r in caplog.records if r.name == "energy_hw.energenie.names"]) == 1


class DeadDisk(HouseNames):
    """Names on a disk that answers when it is told to."""

    def __init__(self) -> None:
        super().__init__()
        self.awake, self.asked = threading.Event(), 0

    def entries(self) -> list[Entry]:
        self.asked += 1
        assert self.awake.wait(10.0)
        return super().entries()


def test_a_disk_that_hangs_keeps_nobody_who_cannot_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("energy_hw.energenie.names.LOOK_S", 0.0)
    names = DeadDisk()
    table = NameTable(names)
    table._in_memory = False
    names.add("kettle", KETTLE)
    for _ in range(100):
        assert table.entry(KETTLE, wait=False) is None
    assert names.asked <= 1  # one looks, not a hundred
    names.awake.set()
    assert table.entry(KETTLE) == table.entry(KETTLE, wait=False) == Entry("kettle", KETTLE, "MIHO005")


def test_who_cannot_wait_learns_soon_of_a_name_that_another_program_gave(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("energy_hw.energenie.names.LOOK_S", 0.01)
    registry = Registry(tmp_path / "devices.toml")
    table = NameTable(registry)
    Registry(registry.path).add("kettle", KETTLE)
    end = time.monotonic() + 10.0
    while table.entry(KETTLE, wait=False) is None and time.monotonic() < end:
        time.sleep(0.001)
    assert table.entry(KETTLE, wait=False)
