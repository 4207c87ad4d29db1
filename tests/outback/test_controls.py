"""What may be written now, as Controls."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from energy_hw.errors import CommandError
from energy_hw.outback.controls import controls
from energy_hw.outback.identity import House
from energy_hw.outback.permits import LOCKED
from energy_hw.reading import Control
from mate3_write_rig import Key, World, without_socket


@pytest.fixture
def world(tmp_path: Path) -> World:
    return without_socket(tmp_path)


def house(world: World) -> House:
    return House(world.known.time, world.known.layout, world.known.blocks)


def named(found: list[Control], end: str, name: str) -> Control:
    return next(one for one in found if one.device.endswith(end) and one.name == name)


def test_numbers_have_unit_limits_and_the_step_of_their_scale(world: World) -> None:
    found = controls(house(world))
    assert named(found, "/3", "absorb_volts") == Control(
        "outback:MA0000F0000000/3",
        "absorb_volts",
        "number",
        "V",
        Decimal("19.6"),  # a third of the 58.8 V that it holds, and three times as much
        Decimal("176.4"),
        Decimal("0.1"),
        confirmed=True,
    )
    charge_factor = named(found, "/5", "charge_factor")
    assert (charge_factor.unit, charge_factor.low, charge_factor.high, charge_factor.step) == ("%", 0, 100, 1)


def test_enums_are_options_and_texts_are_texts(world: World) -> None:
    found = controls(house(world))
    assert named(found, "/1", "aux_control").options == ("off", "auto", "on")
    assert named(found, "/system", "set_inverter_mode").options == ("off", "search", "on")
    assert named(found, "0", "time_server_name").kind == "text"
    assert {one.kind for one in found} == {"number", "option", "text"}


def test_bits_are_texts(world: World) -> None:
    assert named(controls(house(world), LOCKED), "0", "update_device_firmware_port").kind == "text"
    assert world.prepare((64110, None), "update_device_firmware_port", "hub port 3", allow=LOCKED).raw_new == 3


def test_locked_disputed_absent_and_read_only_points_are_none(world: World) -> None:
    names = {(one.device.rpartition("/")[2], one.name) for one in controls(house(world))}
    for absent in (
        "battery_voltage_calibrate_factor",
        "aux_relay_control",
        "aux_relay_mode",
        "ac_coupled",
        "model_select",
    ):
        assert ("1", absent) not in names
    assert not {name for _, name in names} & {"write_password", "modbus_port", "hour", "set_data_log_day_offset"}


def test_a_class_by_name_adds_its_own(world: World) -> None:
    plain, more = controls(house(world)), controls(house(world), {"reset", "secret", "network"})
    assert named(more, "/3", "clear_data_log_write_complement").kind == "button"
    password = named(more, "0", "ftp_password")
    assert (password.kind, password.confirmed) == ("text", False)
    assert named(more, "0", "tcpip_address").kind == "text"
    assert set(plain) < set(more)
    with pytest.raises(CommandError, match="there is no class all"):
        controls(house(world), {"all"})


def test_each_is_one_of_its_kind(world: World) -> None:
    found = controls(house(world), LOCKED)
    assert len({(one.device, one.name) for one in found}) == len(found)
    assert all(one.low is not None and one.step for one in found if one.kind == "number")


def test_whatever_is_offered_is_taken(world: World) -> None:
    """The lowest, the highest and every option: prepared, not written."""
    count = 0
    for control in controls(house(world)):
        for value in offered(control):
            world.prepare(key_of(world, control), control.name, value)
            count += 1
    assert world.writes == []
    assert count > 800


def offered(control: Control) -> list[object]:
    if control.kind == "number":
        return [control.low, control.high, str(control.low)]
    return list(control.options) or ["0.0.0.0" if "tcpip" in control.name else "text"]  # noqa: S104  nothing listens


def key_of(world: World, control: Control) -> Key:
    end = control.device.partition("/")[2]
    if not end.isdigit():
        return (64120, None) if end else (64110, None)
    settings = (
        block for block in world.known.layout.blocks if block.port == int(end) and block.did in (64112, 64116, 64119)
    )
    return next(settings).did, int(end)
