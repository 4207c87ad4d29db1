"""DeviceRegistry: devices by name, and where they are routed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from energy_hw.compat.energenie import Devices, Registry
from energy_hw.compat.energenie.OpenThings import Message
from energy_hw.compat.energenie.Registry import DeviceRegistry, Router
from energy_hw.errors import ConfigError


@pytest.fixture
def registry(tmp_path: Path) -> DeviceRegistry:
    made = DeviceRegistry(tmp_path / "registry.kvs")
    made.set_fsk_router(Router("fsk"))
    made.set_ook_router(Router("ook"))
    made.add(Devices.MIHO005(0x68B), "tv")
    made.add(Devices.ENER002(1), "fan")
    return made


def loaded(registry: DeviceRegistry) -> DeviceRegistry:
    again = DeviceRegistry()
    again.set_fsk_router(Router("fsk"))
    again.load_from(registry.store.filename)
    return again


def test_what_is_added_is_found_again_by_the_next_program(registry: DeviceRegistry) -> None:
    again = loaded(registry)
    assert list(again.names()) == list(again) == ["tv", "fan"]
    assert [repr(device) for device in again.devices()] == ["MIHO005(0x68b)", "ENER002(0x6c6c6,0x1)"]
    assert (again.size(), len(again), "tv" in again) == (2, 2, True)
    assert again.fsk_router is not None
    assert list(again.fsk_router.routes) == [(4, 2, 0x68B)]


def test_an_unknown_name_is_a_key_error_that_helps(registry: DeviceRegistry) -> None:
    with pytest.raises(KeyError, match="no device is named 'fans': did you mean 'fan'"):
        registry.get("fans")
    with pytest.raises(KeyError):
        registry.delete("toaster")
    with pytest.raises(KeyError):
        registry.rename("toaster", "x")


def test_a_device_is_renamed_and_stays_the_same(registry: DeviceRegistry) -> None:
    device = registry.get("tv")
    registry.rename("tv", "television")
    assert registry.get("television") is device
    assert sorted(loaded(registry)) == ["fan", "television"]
    with pytest.raises(ConfigError, match="'fan' is the name of ENER002"):
        registry.rename("television", "fan")


def test_a_deleted_device_is_nobody_again(registry: DeviceRegistry) -> None:
    unknown = []
    assert registry.fsk_router is not None
    registry.fsk_router.when_unknown(lambda address, message: unknown.append(address))
    registry.delete("tv")
    registry.fsk_router.incoming_message((4, 2, 0x68B), Message(Devices.MIHO005_REPORT))
    assert unknown == [(4, 2, 0x68B)]
    assert list(loaded(registry)) == ["fan"]


def test_a_device_with_two_names_is_routed_until_both_are_gone(registry: DeviceRegistry) -> None:
    registry.add(registry.get("tv"), "also")
    registry.delete("tv")
    assert registry.fsk_router is not None
    assert list(registry.fsk_router.routes) == [(4, 2, 0x68B)]
    registry.delete("also")
    assert registry.fsk_router.routes == {}


@pytest.mark.parametrize("context", [SimpleNamespace(), type("Home", (), {}), sys.modules[__name__]])
def test_variables_are_made_in_a_context(registry: DeviceRegistry, context: object) -> None:
    registry.load_into(context)
    assert context.fan is registry.get("fan")  # type: ignore[attr-defined]


def test_variables_are_made_in_a_dict_but_not_in_none(registry: DeviceRegistry) -> None:
    names: dict[str, object] = {}
    registry.load_into(names)
    assert set(names) == {"tv", "fan"}
    with pytest.raises(ValueError, match="got None"):
        registry.load_into(None)


def test_it_may_change_while_it_is_gone_through(registry: DeviceRegistry) -> None:
    for name in registry.names():
        registry.delete(name)
    for _ in registry.devices():
        registry.add(Devices.MIHO005(3), "new")
    assert registry.size() == 0


def test_what_cannot_be_kept_is_in_memory_and_routed(registry: DeviceRegistry) -> None:
    odd = Devices.DeviceFactory.get_device_from_id(0x77, 5)
    registry.add(odd, "odd")
    registry.add(Devices.MockSwitch("m"), "mock")
    assert registry.get("odd") is odd
    assert registry.fsk_router is not None
    assert registry.fsk_router.routes[4, 0x77, 5] is odd
    assert list(loaded(registry)) == ["tv", "fan"]


def test_a_registry_that_cannot_be_written_still_works(tmp_path: Path) -> None:
    registry = DeviceRegistry(tmp_path / "no such folder" / "registry.kvs")
    with pytest.raises(ConfigError, match="cannot be written"):
        registry.add(Devices.MIHO005(1), "tv")
    assert registry.get("tv").device_id == 1


def test_list_prints_what_there_is(registry: DeviceRegistry, capsys: pytest.CaptureFixture[str]) -> None:
    registry.list()
    assert registry.fsk_router is not None
    registry.fsk_router.list()
    assert capsys.readouterr().out == (
        "REGISTERED DEVICES:\n  tv -> MIHO005(0x68b)\n  fan -> ENER002(0x6c6c6,0x1)\n"
        "ROUTES:\n  (4, 2, 1675)->MIHO005(0x68b)\n"
    )


def test_the_default_file_is_beside_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "app" / "control.py"
    program.parent.mkdir()
    program.write_text("from energy_hw.compat.energenie import Registry\nprint(Registry.default_path())\n")
    monkeypatch.delenv("ENERGY_HW_KVS", raising=False)
    run = [sys.executable, str(program)]
    assert subprocess.check_output(run, text=True, cwd=tmp_path).strip() == str(program.parent / "registry.kvs")
    run = [sys.executable, "-c", program.read_text()]
    assert subprocess.check_output(run, text=True, cwd=tmp_path).strip() == str(tmp_path / "registry.kvs")
    monkeypatch.setenv("ENERGY_HW_KVS", "/elsewhere.kvs")
    assert Registry.default_path() == Path("/elsewhere.kvs")


def test_the_directory_of_the_first_year_knows_who_was_heard() -> None:
    Registry.directory.clear()
    Registry.update(Message(Devices.MIHO005_REPORT, header_sensorid=7))
    assert (Registry.size(), list(Registry.get_sensorids())) == (1, [7])
    assert Registry.get_info(7)["header"]["productid"] == 2
    for sensor in range(5000):
        Registry.update(Message(Devices.MIHO005_REPORT, header_sensorid=sensor))
    assert Registry.size() == Registry.MOST
