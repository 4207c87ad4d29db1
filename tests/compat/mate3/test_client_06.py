"""mate3 0.6's client: what it reads, against what 0.6 read of the same registers; devices, caches, writing."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from energy_hw.compat.mate3.api import Mate3Client
from energy_hw.compat.mate3.exceptions import NotReadable, NotReadYet, SeveralDevices
from energy_hw.compat.mate3.field_values import FieldValue
from energy_hw.compat.mate3.sunspec.fields import Mode
from energy_hw.errors import (
    CommandError,
    FrameError,
    NotWritable,
    UnknownDevice,
)
from energy_hw.sim.mate3 import SimMate3
from energy_hw.sim.mate3_faults import wrong_transaction

Connect = Callable[..., Mate3Client]
Written = Callable[[], list[Any]]

CAPTURE = Path(__file__).parents[2] / "captures" / "outback" / "mate3s"
READABLE = [Mode.R, Mode.RW]

# What we read otherwise than mate3 0.6 did, and why.
EXPLAINED = {
    (40436, "web_reporting_base_url"): "0xFFFF in every register is no text",
    (40467, "temp_battery"): "scaled by temp_scale_factor, which is 0",
    (40468, "temp_ambient"): "scaled by temp_scale_factor, which is 0",
    (40473, "gateway_type"): "3 is a MATE3s",
    (41183, "todays_minimum_battery_time"): "low word first: 2020-12-31, not 2031",
    (41186, "todays_maximum_battery_time"): "low word first: 2020-12-30 22:00, not 2102",
    (40678, "gt_number"): "behind the end of the block: it was the next block's DID",
    (40817, "gt_number"): "behind the end of the block: it was the next block's DID",
    (40741, "mini_grid_lbx_delay"): "the documents disagree; we scale it with the time factor",
    (40880, "mini_grid_lbx_delay"): "the documents disagree; we scale it with the time factor",
}


def rows() -> list[dict[str, str]]:
    with open(CAPTURE / "mate3_0.6_values.csv", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_every_value_is_the_one_that_06_read(client: Mate3Client) -> None:
    read = {(type(device).__name__, value.address, value.name): value for device, value in every(client)}
    expected = {(row["device"], int(row["address"]), row["field"]): row for row in rows()}
    assert read.keys() == expected.keys()
    assert len(read) == 717
    differ = {key[1:] for key, row in expected.items() if told(read[key]) != list(row.values())[3:]}
    assert differ == EXPLAINED.keys()


def every(client: Mate3Client) -> Iterator[tuple[Any, FieldValue]]:
    for device in client.devices.connected_devices:
        yield from ((device, value) for value in device.fields(READABLE))


def told(value: FieldValue) -> list[str]:
    row = value.to_dict()
    registers = " ".join(map(str, row["registers"]))
    plain = ["" if row[name] is None else str(json.loads(json.dumps(row[name]))) for name in ("raw_value", "value")]
    scale = "" if row["scale_factor"] is None else str(row["scale_factor"])
    return [str(int(row["implemented"])), scale, registers, *plain]


def test_what_we_read_otherwise_is_right(client: Mate3Client) -> None:
    devices = client.devices
    assert not devices.mate3.web_reporting_base_url.implemented
    assert devices.mate3.gateway_type.value.name == "MATE3s"
    assert devices.fndc.todays_minimum_battery_time.value == 0x5FED741D
    assert devices.single_phase_radian_inverters[1].gt_number.value is None


def test_values_are_floats_ints_enums_flags_and_text(client: Mate3Client) -> None:
    devices = client.devices
    voltage = devices.fndc.battery_voltage
    assert (voltage.value, type(voltage.value), voltage.exact) == (50.6, float, Decimal("50.6"))
    assert (voltage.raw_value, voltage.scale_factor, voltage.scale_factor.value) == (506, -1, -1)
    assert (devices.charge_controllers[3].watts.value, type(devices.charge_controllers[3].watts.value)) == (400, int)
    state = devices.charge_controllers[3].charger_state
    assert state.value is state.field.options.Bulk
    assert state.value.value == 2
    selling = devices.single_phase_radian_inverters[1].sell_status.value
    assert selling.awaiting_sell_delay in selling
    assert selling == 80
    assert [flag.name for flag in selling.get_set_flags()] == [
        "awaiting_sell_delay",
        "battery_voltage_less_than_target",
    ]
    assert selling.description == "awaiting sell delay, battery below target"
    assert devices.mate3.system_name.value == "OutBack Power Technologies"
    assert devices.mate3.tcpip_address.value == "192.168.0.150"


def test_an_unknown_code_is_a_member_of_its_own(house: SimMate3, connect: Connect) -> None:
    house.checks = False
    house.set(64111, "charger_state", 9, 3)
    house.set(64110, "error", 0x8001)
    with connect() as client:
        state, error = client.devices.charge_controllers[3].charger_state, client.devices.mate3.error
        assert (state.value.name, state.value.value, state.value is state.value) == ("code 9 (unknown)", 9, True)
        assert state.value == state.raw_value
        assert len(state.field.options) == 5
        assert error.value == 0x8001  # mate3 raised ValueError for bit 15


def test_a_field_of_the_settings_is_known_by_its_class_and_mode(client: Mate3Client) -> None:
    volts = client.devices.charge_controllers[3].config.absorb_volts
    assert (volts.name, volts.address, volts.field.mode, volts.units) == ("absorb_volts", 40946, Mode.RW, "Volts")
    assert volts.field.scale_factor.name == "voltage_scale_factor"
    assert repr(volts).startswith("FieldValue[absorb_volts] | Mode.RW | Implemented | Scale factor: -1 | Unscaled")


def test_the_singular_is_for_exactly_one(client: Mate3Client) -> None:
    assert client.devices.fndc is client.devices.fndcs[5] is client.fndc
    assert client.devices.mate3.config.control_status.implemented
    with pytest.raises(SeveralDevices, match=r"there are 2 on ports 3, 4"):
        _ = client.devices.charge_controller
    with pytest.raises(RuntimeError, match="there are 0"):
        _ = client.devices.fx_inverter


def test_statistics_are_read_too(client: Mate3Client) -> None:
    assert client.devices.optics.bt_min.address == 40574


def test_write_only_fields_have_no_value(client: Mate3Client) -> None:
    with pytest.raises(NotReadable):
        _ = client.devices.mate3.write_password.value
    with pytest.raises(RuntimeError):
        client.devices.mate3.config.set_inverter_mode.read()


def test_one_value_is_read_again(house: SimMate3, client: Mate3Client) -> None:
    voltage, charge = client.devices.fndc.battery_voltage, client.devices.fndc.state_of_charge
    before, requests = voltage.last_read, len(house.requests)
    house.set(64118, "battery_voltage", 512, 5)
    house.set(64118, "state_of_charge", 61, 5)
    client.read(only=[voltage])
    assert (voltage.value, charge.last_read) == (51.2, before)
    assert voltage.last_read > before
    assert len(house.requests) - requests == 1
    assert datetime.now() >= voltage.last_read


def test_reading_everything_again_keeps_the_objects(house: SimMate3, client: Mate3Client) -> None:
    voltage = client.devices.fndc.battery_voltage
    house.set(64118, "battery_voltage", 512, 5)
    client.read()
    assert client.devices.fndc.battery_voltage is voltage
    assert voltage.value == 51.2


def test_a_device_that_is_gone_is_gone(house: SimMate3, client: Mate3Client) -> None:
    house.rearrange(lambda devices: devices[:-1])
    client.read()
    assert client.devices.fndcs == {}


def test_an_older_gateway_has_its_points_elsewhere(house: SimMate3, connect: Connect) -> None:
    """Before firmware of 2018-12: a subject line at 64110/167, and the alarm address at 192."""
    house.set(1, "model", "MATE3")
    house.set(64110, "time_zone_scale_factor", 0)
    with connect() as client:
        name, address = client.devices.mate3.system_name, client.devices.mate3.alarm_email_to_address_1
        assert (name.implemented, name.value, name.registers) == (False, None, ())
        assert address.address == 40069 + 192 - 1
        with pytest.raises(NotWritable, match="not implemented"):
            name.write("no such register")


def test_blocks_that_moved_are_found_by_reading(house: SimMate3, client: Mate3Client) -> None:
    volts = client.devices.charge_controllers[3].config.absorb_volts
    before = volts.address
    house.rearrange(lambda devices: devices[1:])  # the inverter on port 1 went
    volts.read()
    assert (volts.value, volts.address) == (58.8, before - 139)
    with pytest.raises(CommandError, match="read everything"):
        volts.write(57.6)
    client.read()
    volts.write(57.6)
    assert (volts.value, house.get(64112, "absorb_volts", 3)) == (57.6, 576)


def test_a_device_that_is_gone_is_told_by_its_values(house: SimMate3, client: Mate3Client) -> None:
    house.rearrange(lambda devices: devices[:-1])
    with pytest.raises(UnknownDevice, match="64118"):
        client.devices.fndc.battery_voltage.read()


def test_answers_that_do_not_fit_are_errors_that_old_programs_catch(house: SimMate3, connect: Connect) -> None:
    from pymodbus.exceptions import ModbusIOException

    house.faults.arm(mangle=wrong_transaction, count=3)
    with pytest.raises(ModbusIOException) as caught, connect():
        pass
    assert isinstance(caught.value, FrameError)


def test_nothing_is_there_before_the_first_read() -> None:
    client = Mate3Client("192.0.2.1")
    with pytest.raises(NotReadYet):
        _ = client.devices
    with pytest.raises(RuntimeError, match="not connected"):
        client.read()
    client.close()
