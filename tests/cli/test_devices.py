"""`energy-hw devices`: the registry from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from energy_hw.cli.commands import energy_hw
from energy_hw.energenie.registry import Registry

KETTLE, LAMP = "energenie:2:0x000373", "energenie:ook:0x6C6C6/1"


@pytest.fixture
def registry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Registry:
    monkeypatch.setenv("ENERGY_HW_REGISTRY", str(tmp_path / "devices.toml"))
    return Registry()


def devices(*arguments: str) -> Result:
    return CliRunner().invoke(energy_hw, ["devices", *arguments])


def test_an_empty_list_says_how_to_fill_it(registry: Registry) -> None:
    done = devices("list")
    assert done.exit_code == 0
    assert "energy-hw devices pair" in done.stderr


def test_what_is_named_is_listed(registry: Registry) -> None:
    assert devices("name", KETTLE, "kettle").exit_code == 0
    assert devices("name", LAMP, "hall lamp", "--model", "ENER002").exit_code == 0
    lines = devices("list").stdout.splitlines()
    assert lines[0].split() == ["name", "device", "model"]
    assert lines[1].split(maxsplit=2) == ["kettle", KETTLE, "MIHO005 Smart Plug+"]
    assert lines[2].endswith("ENER002 Green Button Socket")
    rows = [json.loads(line) for line in devices("list", "--json").stdout.splitlines()]
    assert rows[0] == {"name": "kettle", "device": KETTLE, "model": "MIHO005 Smart Plug+"}


def test_rename_and_forget(registry: Registry) -> None:
    registry.add("kettle", KETTLE)
    assert devices("rename", "kettle", "pot").stdout == f"{KETTLE} is now pot\n"
    assert devices("forget", "POT").stdout == f"pot ({KETTLE}) is forgotten\n"
    assert registry.entries() == []


def test_an_unknown_name_is_a_configuration_error_with_a_suggestion(registry: Registry) -> None:
    registry.add("kettle", KETTLE)
    done = devices("forget", "ketle")
    assert done.exit_code == 3
    assert "did you mean 'kettle'?" in done.stderr


def test_a_simulated_house_has_its_own_names_and_writes_nothing(registry: Registry) -> None:
    done = devices("list", "--simulate")
    assert "bedroom valve" in done.stdout
    assert devices("rename", "kettle", "pot", "--simulate").exit_code == 0
    assert not registry.path.exists()


def test_a_registry_of_pyenergenie_is_taken_over_once(registry: Registry, tmp_path: Path) -> None:
    kvs = tmp_path / "registry.kvs"
    kvs.write_text("ADD tv\ntype=MIHO005\ndevice_id=1675\n\nADD fan\ntype=ENER002\ndevice_id=(822412, 1)\n\n")
    assert devices("import", str(kvs)).stdout == "2 of 2 devices imported, 0 refused\n"
    again = devices("import", str(kvs))
    assert again.exit_code == 0
    assert again.stdout == "0 of 2 devices imported, 0 refused\n"
    assert devices("export").stdout == kvs.read_text()


def test_what_pyenergenie_cannot_have_is_told(registry: Registry) -> None:
    devices("name", "energenie:1:0x00068B", "tv")
    devices("name", "energenie:ook:0x6C6C6/2", "fan")  # whose model nobody said
    done = devices("export")
    assert done.stdout == "ADD tv\ntype=MIHO004\ndevice_id=1675\n\n"
    assert "fan: left out" in done.stderr


def test_what_cannot_be_imported_is_told_and_the_rest_taken(registry: Registry, tmp_path: Path) -> None:
    kvs = tmp_path / "registry.kvs"
    kvs.write_text("ADD tv\ntype=MIHO005\ndevice_id=1675\n\nADD x\ntype=MIHO999\ndevice_id=1\n\n")
    done = devices("import", str(kvs))
    assert done.exit_code == 0
    assert "line 5: x: expected type= a product" in done.stderr
    assert done.stdout == "1 of 2 devices imported, 1 refused\n"


def test_an_import_of_nothing_good_is_corrupt_input(registry: Registry, tmp_path: Path) -> None:
    kvs = tmp_path / "registry.kvs"
    kvs.write_text("ADD x\ntype=MIHO999\ndevice_id=1\n\n")
    assert devices("import", str(kvs)).exit_code == 7


def test_a_broken_registry_is_told_with_its_line(registry: Registry) -> None:
    registry.path.write_text("[devices.kettle\n")
    done = devices("list")
    assert done.exit_code == 3
    assert "line 1" in done.stderr
