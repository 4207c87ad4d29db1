"""mate3 0.6's client: what it reads, against what 0.6 read of the same registers; devices, caches, writing."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from energy_hw.compat.mate3.api import Mate3Client
from energy_hw.compat.mate3.exceptions import NoCache, NotReadable, NotReadYet, SeveralDevices
from energy_hw.compat.mate3.field_values import FieldValue
from energy_hw.compat.mate3.sunspec.fields import Mode
from energy_hw.errors import (
    CommandError,
    ConfigError,
    FrameError,
    IdentityChanged,
    NotWritable,
    OutOfRange,
    UnknownDevice,
)
from energy_hw.sim.mate3 import SimMate3, capture
from energy_hw.sim.mate3_faults import wrong_transaction

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


def connect(house: SimMate3, **options: Any) -> Mate3Client:
    return Mate3Client(house.host, house.port, **options)


@pytest.fixture
def client(house: SimMate3) -> Iterator[Mate3Client]:
    with connect(house) as client:
        yield client


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


def test_an_unknown_code_is_a_member_of_its_own(house: SimMate3) -> None:
    house.checks = False
    house.set(64111, "charger_state", 9, 3)
    house.set(64110, "error", 0x8001)
    with connect(house) as client:
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


def test_an_older_gateway_has_its_points_elsewhere(house: SimMate3) -> None:
    """Before firmware of 2018-12: a subject line at 64110/167, and the alarm address at 192."""
    house.set(1, "model", "MATE3")
    house.set(64110, "time_zone_scale_factor", 0)
    with connect(house) as client:
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


def test_a_value_is_written_and_read_back(house: SimMate3, client: Mate3Client) -> None:
    settings, mate3 = client.devices.charge_controllers[3].config, client.devices.mate3
    settings.absorb_volts.write(57.6)
    settings.grid_tie_mode.write(settings.grid_tie_mode.enum["Grid Tie Mode enabled"])
    settings.aux_control.write("Auto")
    mate3.system_name.write(b"New system name")
    mate3.set_time_zone.write(-3.5)
    assert (settings.absorb_volts.value, house.get(64112, "absorb_volts", 3)) == (57.6, 576)
    assert (house.get(64112, "grid_tie_mode", 3), house.get(64112, "aux_control", 3)) == (1, 1)
    assert mate3.system_name.value == "New system name"
    assert (mate3.set_time_zone.value, house.get(64110, "set_time_zone")) == (-3.5, -350)


REFUSED = [
    ("absorb_volts", 57.65, OutOfRange, "57.6"),
    ("absorb_volts", "much", OutOfRange, "much"),
    ("absorb_volts", float("nan"), OutOfRange, "nan"),
    ("mppt_mode", 9, OutOfRange, "one of"),
    ("absorb_end_amps", 5, NotWritable, "force"),
    ("faults", 1, NotWritable, "read-only"),
    ("battery_voltage_calibrate_offset", 0.1, NotWritable, "calibration"),
]


@pytest.mark.parametrize(("name", "value", "kind", "said"), REFUSED, ids=lambda item: str(item))
def test_what_must_not_be_written_is_refused(
    house: SimMate3, client: Mate3Client, name: str, value: object, kind: type[Exception], said: str
) -> None:
    with pytest.raises(kind, match=said) as caught:
        getattr(client.devices.charge_controllers[3].config, name).write(value)
    assert isinstance(caught.value, ValueError if kind is OutOfRange else RuntimeError)
    assert written(house) == []


def test_force_and_allow_open_what_is_closed(house: SimMate3, client: Mate3Client) -> None:
    settings = client.devices.charge_controllers[3].config
    settings.absorb_end_amps.write(5, force=True)
    settings.battery_voltage_calibrate_offset.write(0.1, allow=["calibration"])
    assert house.get(64112, "absorb_end_amps", 3) == settings.absorb_end_amps.raw_value
    assert house.get(64112, "battery_voltage_calibrate_offset", 3) == 1


def test_assigned_values_wait_for_write(house: SimMate3, client: Mate3Client) -> None:
    three, four = (client.devices.charge_controllers[port].config.absorb_volts for port in (3, 4))
    three.value = three.value + 0.1  # 58.9, or 58.900000000000006
    four.value = 57.0
    assert (three.dirty, written(house)) == (True, [])
    client.write()
    assert (house.get(64112, "absorb_volts", 3), house.get(64112, "absorb_volts", 4)) == (589, 570)
    assert (three.value, three.dirty, four.dirty) == (58.9, False, False)
    client.write()
    assert len(written(house)) == 2


def test_only_what_may_be_written_takes_a_value(client: Mate3Client) -> None:
    with pytest.raises(RuntimeError, match="read-only"):
        client.devices.fndc.battery_voltage.value = 50.0
    with pytest.raises(RuntimeError, match="not implemented"):
        client.devices.mate3.smtp_ssl_enable.value = 1


def test_swapped_ports_refuse(house: SimMate3, client: Mate3Client) -> None:
    volts = client.devices.charge_controllers[3].config.absorb_volts
    house.swap_ports(3, 4)
    with pytest.raises(IdentityChanged) as caught:
        volts.write(57.6)
    volts.value = 57.6
    with pytest.raises(RuntimeError):
        client.write()
    assert isinstance(caught.value, RuntimeError)
    assert (written(house), volts.dirty) == ([], True)


def test_a_swap_between_the_look_and_the_write_is_told(house: SimMate3, client: Mate3Client) -> None:
    """What nobody can prevent is told: which device got the value."""
    house.faults.arm(then=lambda: house.swap_ports(3, 4), functions=(6, 16))
    with pytest.raises(IdentityChanged, match="port 4"):
        client.devices.charge_controllers[3].config.absorb_volts.write(57.6)


def test_answers_that_do_not_fit_are_errors_that_old_programs_catch(house: SimMate3) -> None:
    from pymodbus.exceptions import ModbusIOException

    house.faults.arm(mangle=wrong_transaction, count=3)
    with pytest.raises(ModbusIOException) as caught, connect(house):
        pass
    assert isinstance(caught.value, FrameError)


def test_nothing_is_there_before_the_first_read() -> None:
    client = Mate3Client("192.0.2.1")
    with pytest.raises(NotReadYet):
        _ = client.devices
    with pytest.raises(RuntimeError, match="not connected"):
        client.read()
    client.close()


# -- caches ------------------------------------------------------------------------


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


def test_a_cache_that_is_not_there_is_made(house: SimMate3, tmp_path: Path) -> None:
    with connect(house, cache_path=tmp_path / "new.json") as client:
        client.read_all_modbus_values_unparsed()
    assert {
        int(address): value for address, value in json.loads((tmp_path / "new.json").read_text()).items()
    } == capture()
    assert (tmp_path / "new.json").stat().st_mode & 0o077 == 0  # passwords may be in it


def test_what_is_cached_is_not_asked_for(house: SimMate3, cache: Path) -> None:
    with connect(house, cache_path=cache) as client:
        assert client.devices.fndc.battery_voltage.value == 50.6
    assert house.requests == []


def test_a_write_past_a_cache_looks_at_the_device(house: SimMate3, cache: Path) -> None:
    house.swap_ports(3, 4)
    with connect(house, cache_path=cache) as client, pytest.raises(IdentityChanged):
        client.devices.charge_controllers[3].config.absorb_volts.write(57.6)
    assert written(house) == []


def test_caches_of_06_have_holes_where_nothing_can_be_read(cache: Path, tmp_path: Path) -> None:
    registers = json.loads(cache.read_text())
    for address in range(40082, 40090):  # the password
        del registers[str(address)]
    (tmp_path / "modbus.json").write_text(json.dumps(registers))
    with Mate3Client(None, cache_path=tmp_path / "modbus.json", cache_only=True) as client:
        assert client.devices.mate3.enable_dhcp.value.name == "DHCP Enabled"


def test_a_missing_or_broken_cache_is_told(tmp_path: Path) -> None:
    with pytest.raises(NoCache, match="there is no such cache"):
        Mate3Client(None, cache_path=tmp_path / "none.json", cache_only=True).connect()
    (tmp_path / "bad.json").write_text('{"40000": 70000}')
    with pytest.raises(ConfigError):
        Mate3Client(None, cache_path=tmp_path / "bad.json", cache_only=True).connect()


def written(house: SimMate3) -> list[Any]:
    return [request for request in house.requests if request[0] != 3]
