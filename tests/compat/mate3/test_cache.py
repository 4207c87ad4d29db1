"""Caches of mate3 0.6: registers in a JSON file."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from energy_hw.compat.mate3.api import Mate3Client
from energy_hw.compat.mate3.exceptions import NoCache
from energy_hw.errors import ConfigError, IdentityChanged
from energy_hw.sim.mate3 import SimMate3, capture

Connect = Callable[..., Mate3Client]
Written = Callable[[], list[Any]]


def test_a_cache_alone_is_read_like_a_controller(cache: Path) -> None:
    with Mate3Client(host=None, cache_path=cache, cache_only=True) as client:
        assert client.devices.fndc.battery_voltage.value == 50.6
        assert len(client.read_all_modbus_values_unparsed()) == 1278


def test_a_cache_alone_is_written_in_memory_only(cache: Path, tmp_path: Path, journal: Path) -> None:
    copy = tmp_path / "modbus.json"
    copy.write_bytes(cache.read_bytes())
    with Mate3Client(host=None, cache_path=copy, cache_only=True) as client:
        client.devices.mate3.system_name.write("testing")
        assert client.devices.mate3.system_name.value == "testing"
    assert copy.read_bytes() == cache.read_bytes()
    assert not journal.exists()  # no controller was written to


def test_a_writeable_cache_keeps_what_was_written(cache: Path, tmp_path: Path) -> None:
    copy = tmp_path / "modbus.json"
    copy.write_bytes(cache.read_bytes())
    for name in ("testing", "testing again"):
        with Mate3Client(None, cache_path=copy, cache_only=True, cache_writeable=True) as client:
            client.devices.mate3.system_name.write(name)
    with Mate3Client(None, cache_path=copy, cache_only=True) as client:
        assert client.devices.mate3.system_name.value == "testing again"


def test_a_cache_that_is_not_there_is_made(tmp_path: Path, connect: Connect) -> None:
    with connect(cache_path=tmp_path / "new.json") as client:
        client.read_all_modbus_values_unparsed()
    saved = json.loads((tmp_path / "new.json").read_text())
    assert {int(address): value for address, value in saved.items()} == capture()
    assert (tmp_path / "new.json").stat().st_mode & 0o077 == 0  # passwords may be in it


def test_what_is_cached_is_not_asked_for(house: SimMate3, cache: Path, connect: Connect) -> None:
    with connect(cache_path=cache) as client:
        assert client.devices.fndc.battery_voltage.value == 50.6
    assert house.requests == []


def test_a_write_past_a_cache_looks_at_the_device(
    house: SimMate3, cache: Path, connect: Connect, written: Written
) -> None:
    house.swap_ports(3, 4)
    with connect(cache_path=cache) as client, pytest.raises(IdentityChanged):
        client.devices.charge_controllers[3].config.absorb_volts.write(57.6)
    assert written() == []


@pytest.mark.parametrize(("days", "grown"), [(30, 100), (0, 100), (30, -1)])
def test_a_device_may_have_counted_on_since_the_cache(
    house: SimMate3, cache: Path, tmp_path: Path, days: int, grown: int, connect: Connect
) -> None:
    copy = tmp_path / "modbus.json"
    copy.write_bytes(cache.read_bytes())
    os.utime(copy, (time.time() - days * 86400,) * 2)
    house.set(64111, "lifetime_kwh_hours", 6109 + grown, 3)
    possible = days > 0 and grown > 0
    with connect(cache_path=copy) as client:
        volts = client.devices.charge_controllers[3].config.absorb_volts
        with nullcontext() if possible else pytest.raises(IdentityChanged):
            volts.write(57.6)
    assert house.get(64112, "absorb_volts", 3) == (576 if possible else 588)


def test_caches_of_06_have_holes_where_nothing_can_be_read(cache: Path, tmp_path: Path) -> None:
    registers = json.loads(cache.read_text())
    for address in range(40082, 40090):  # the password
        del registers[str(address)]
    (tmp_path / "modbus.json").write_text(json.dumps(registers))
    with Mate3Client(None, cache_path=tmp_path / "modbus.json", cache_only=True) as client:
        assert client.devices.mate3.enable_dhcp.value.name == "DHCP Enabled"


def test_a_missing_or_broken_cache_is_told(tmp_path: Path, connect: Connect) -> None:
    with pytest.raises(NoCache, match="there is no such cache"):
        Mate3Client(None, cache_path=tmp_path / "none.json", cache_only=True).connect()
    (tmp_path / "bad.json").write_text('{"40000": 70000}')
    with pytest.raises(ConfigError):
        Mate3Client(None, cache_path=tmp_path / "bad.json", cache_only=True).connect()
