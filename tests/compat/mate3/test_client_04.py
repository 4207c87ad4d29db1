"""mate3 0.4's client: what is read, by name, and what is written."""

from __future__ import annotations

import ast
import csv
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from energy_hw.compat.mate3 import mate3_connection
from energy_hw.compat.mate3.base_parser import Mode
from energy_hw.compat.mate3.base_structures import Device, get_parser
from energy_hw.compat.mate3.exceptions import NoParserFoundForDevice
from energy_hw.compat.mate3.parsers import (
    ChargeControllerConfigurationParser,
    ChargeControllerParser,
    FlexnetDcParser,
    Mate3Parser,
    OutbackSystemControlParser,
    RadianInverterConfigurationParser,
)
from energy_hw.errors import (
    CommandError,
    IdentityChanged,
    LinkError,
    NotConfirmed,
    NotWritable,
    OutOfRange,
    UnknownDevice,
)
from energy_hw.outback.tables import points
from energy_hw.sim.mate3 import SimMate3

CAPTURE = Path(__file__).parents[2] / "captures" / "outback" / "mate3s"
ROWS = [
    (int(row["did"]), row["mate3_04_name"], row["access"])
    for file in sorted((files("energy_hw.outback") / "models").iterdir(), key=lambda file: file.name)
    if file.name[0].isdigit()
    for row in csv.DictReader(file.read_text("utf-8").splitlines())
    if row["mate3_04_name"]
]
PARSED = [device for device in Device if any(did == device.value for did, _, _ in ROWS if did != 64255)]


def connect(house: SimMate3) -> Any:
    return mate3_connection(house.host, house.port)


@pytest.mark.parametrize("device", PARSED, ids=lambda device: device.name)
def test_every_field_of_04_is_there_by_its_name(device: Device) -> None:
    parser = get_parser(device)
    names = {name for did, name, _ in ROWS if did == device.value}
    assert {name for name in names if getattr(parser, name).name == name} == names
    assert set(parser().fields) == names == set(parser.structure._fields[1:])
    assert len({getattr(parser, name) for name in names}) == len(names)  # hashable, and different
    modes = {name: access for did, name, access in ROWS if did == device.value}
    assert all(getattr(parser, name).mode is Mode[access] for name, access in modes.items())


def test_every_value_is_the_one_that_04_read(house: SimMate3) -> None:
    """What mate3 0.4.0 really gave for these registers, but for what is explained."""
    with connect(house) as client:
        blocks = {
            (type(block).__name__, str(getattr(block, "port_number", ""))): block for block in client.all_blocks()
        }
    with open(CAPTURE / "mate3_0.4_values.csv", encoding="utf-8") as file:
        before = list(csv.DictReader(file))
    assert {(row["block"], row["port"]) for row in before} == set(blocks)
    differ: dict[str, int] = {}
    for row in before:
        now, then = getattr(blocks[row["block"], row["port"]], row["field"]), ast.literal_eval(row["value"])
        if now != then:
            why = explanation(row["field"], now, then)
            differ[why] = differ.get(why, 0) + 1
    assert (len(before), differ) == (808, EXPLAINED)


EXPLAINED = {
    "one too high": 62,  # scale factors: -1 was 0
    "not there": 60,
    "can only be written": 20,
    "low word first": 3,
    "moved in 2018": 2,
    "0xFFFF is no text": 1,
}
WRITE_ONLY = {
    point.mate3_04 for did in (64110, 64112, 64118, 64119, 64120) for point in points(did) if not point.readable
}


def explanation(field: str, now: object, then: object) -> str:
    """Why a value differs from that of 0.4; empty if nothing explains it."""
    if field in ("alarm_email_subject_line", "spare_reg_2"):
        return "moved in 2018"
    if field in WRITE_ONLY and now is None:
        return "can only be written"
    if field.endswith(("battery_time", "time_gmt")):
        return "low word first"
    if isinstance(now, int) and isinstance(then, int) and now < 0 and now == then - 1:
        return "one too high"
    if isinstance(then, str) and set(then) == {"\xff"}:
        return "0xFFFF is no text"
    return "not there" if now is None and then in (0, 0xFFFF, 0xFFFFFFFF) else ""


def test_a_field_is_a_tuple_as_it_was() -> None:
    field = ChargeControllerParser.battery_current
    assert (field.start, field.size, field.name, field.device) == (11, 1, "battery_current", Device.charge_controller)
    assert (field.units, field.scale_factor, field.mode, field.end) == ("Amps", "current_scale_factor", Mode.R, 12)
    assert Mate3Parser.mac_address.type is str


def test_what_has_no_fields_has_no_parser() -> None:
    with pytest.raises(NoParserFoundForDevice, match="opticsre_statistics has no fields"):
        get_parser(Device.opticsre_statistics)


def test_numbers_are_raw_and_negative_ones_right(house: SimMate3) -> None:
    with connect(house) as client:
        (monitor,) = client.get_device_blocks(Device.flexnet_dc)
    assert (monitor.battery_voltage, monitor.dc_voltage_scale_factor) == (506, -1)
    assert (monitor.shunt_a_current, monitor.shunt_b_current, monitor.shunt_c_current) == (128, -166, 1)
    assert monitor.battery_current == -37 == -166 + 128 + 1  # 65499: mate3 said -36
    assert monitor.todays_minimum_battery_time == 0x5FED741D  # low word first: 2020-12-31


def test_what_is_not_there_is_none_and_text_is_text(house: SimMate3) -> None:
    with connect(house) as client:
        (gateway,) = client.get_device_blocks(Device.mate3)
    assert (gateway.smtp_ssl_enable, gateway.smtp_server_name, gateway.time_server_name) == (None, "", "pool.ntp.org")
    assert (gateway.tcpip_address, gateway.tcpip_dns_2_msw) == ("192.168.0.150", "0.0.0.0")  # noqa: S104
    assert (gateway.sched_3_ac_mode, gateway.write_password) == (-1, None)


def test_only_the_blocks_of_the_device_come(house: SimMate3) -> None:
    with connect(house) as client:
        blocks = list(client.get_device_blocks(Device.charge_controller))
    assert [(block.device, block.port_number) for block in blocks] == [
        (Device.charge_controller, 3),
        (blocks[0].device, 4),
    ]


def test_values_come_by_field_in_the_order_of_the_controller(house: SimMate3) -> None:
    wanted = ChargeControllerParser.port_number, FlexnetDcParser.state_of_charge, ChargeControllerParser.watts
    with connect(house) as client:
        values = client.get_values(*wanted)
    assert [values[field] for field in wanted] == [[3, 4], [96], [400, 278]]


def test_an_unknown_model_in_the_midst_is_skipped(house: SimMate3) -> None:
    blocks = house.blocks()
    house.lay([*blocks[:4], [120, 2, 0, 0], *blocks[4:]])
    with connect(house) as client:
        assert len(list(client.all_blocks())) == len(blocks) - 1  # all but 64255 and 120


def test_a_setting_is_written_raw(house: SimMate3) -> None:
    with connect(house) as client:
        client.set_value(ChargeControllerConfigurationParser.absorb_volts, 576, port=4)
        client.set_value(RadianInverterConfigurationParser.aux_control, 2, port=1)
        client.set_value(Mate3Parser.ags_exercise_period, 15)
    assert house.get(64112, "absorb_volts", 4) == 576
    assert house.get(64112, "absorb_volts", 3) == 588
    assert house.get(64116, "aux_control", 1) == 2
    assert house.get(64110, "ags_exercise_period") == 15


def test_a_command_is_sent(house: SimMate3) -> None:
    with connect(house) as client:
        client.set_value(OutbackSystemControlParser.set_inverter_charger_mode, 1)
    assert any(
        function != 3 and address == house.address_of(64120, "set_inverter_charger_mode")
        for function, address, _ in house.requests
    )


def test_several_devices_want_a_port(house: SimMate3) -> None:
    with connect(house) as client, pytest.raises(UnknownDevice, match=r"on hub ports 3, 4: say which with port="):
        client.set_value(ChargeControllerConfigurationParser.absorb_volts, 576)
    assert written(house) == []


def test_a_port_without_such_a_device_is_told(house: SimMate3) -> None:
    with connect(house) as client, pytest.raises(UnknownDevice, match=r"hub port 7: there is one on 3, 4"):
        client.set_value(ChargeControllerConfigurationParser.absorb_volts, 576, port=7)


REFUSED = [
    (ChargeControllerParser.watts, 1, 3, NotWritable, "read-only"),
    (ChargeControllerConfigurationParser.absorb_volts, 0x10000, 3, OutOfRange, "absorb_volts"),
    (ChargeControllerConfigurationParser.absorb_volts, -1, 3, OutOfRange, "absorb_volts"),
    (ChargeControllerConfigurationParser.absorb_volts, 0xFFFF, 3, OutOfRange, "65534"),
    (ChargeControllerConfigurationParser.aux_control, 7, 3, OutOfRange, "expected one of"),
    (ChargeControllerConfigurationParser.absorb_end_amps, 5, 3, NotWritable, "force"),
    (Mate3Parser.modbus_port, 503, None, NotWritable, "network"),
    (Mate3Parser.ftp_password, 1, None, CommandError, "locked"),
]


@pytest.mark.parametrize(
    ("field", "value", "port", "kind", "said"), REFUSED, ids=lambda item: str(getattr(item, "name", item))
)
def test_what_must_not_be_written_is_refused(
    house: SimMate3, field: Any, value: int, port: int | None, kind: type[Exception], said: str
) -> None:
    with connect(house) as client, pytest.raises(kind, match=said):
        client.set_value(field, value, port=port)
    assert written(house) == []


def test_force_and_allow_open_what_is_closed(house: SimMate3) -> None:
    with connect(house) as client:
        client.set_value(ChargeControllerConfigurationParser.absorb_end_amps, 5, port=3, force=True)
        client.set_value(Mate3Parser.minute, 30, allow=["clock"])
    assert (house.get(64112, "absorb_end_amps", 3), house.get(64110, "minute")) == (5, 30)


def test_swapped_ports_refuse(house: SimMate3) -> None:
    with connect(house) as client:
        list(client.all_blocks())
        house.swap_ports(3, 4)
        with pytest.raises(IdentityChanged) as caught:
            client.set_value(ChargeControllerConfigurationParser.absorb_volts, 576, port=3)
    assert isinstance(caught.value, RuntimeError)
    assert written(house) == []
    assert (house.get(64112, "absorb_volts", 3), house.get(64112, "absorb_volts", 4)) == (588, 588)


def test_blocks_that_moved_are_told_once_and_found_again(house: SimMate3) -> None:
    with connect(house) as client:
        list(client.all_blocks())
        house.reboot(unknown=20)
        with pytest.raises(IdentityChanged, match="nothing was written"):
            client.set_value(ChargeControllerConfigurationParser.absorb_volts, 576, port=3)
        client.set_value(ChargeControllerConfigurationParser.absorb_volts, 576, port=3)
    assert house.get(64112, "absorb_volts", 3) == 576


def test_trying_again_does_not_reach_another_device_on_the_port(house: SimMate3) -> None:
    with connect(house) as client:
        list(client.all_blocks())
        house.swap_cables(3, 4)
        for _ in range(3):
            with pytest.raises(IdentityChanged, match="nothing was written"):
                client.set_value(ChargeControllerConfigurationParser.absorb_volts, 576, port=3)
        assert written(house) == []
        list(client.all_blocks())
        assert client.set_value(ChargeControllerConfigurationParser.absorb_volts, 576, port=3).confirmed


def test_a_controller_that_does_not_obey_is_told(house: SimMate3) -> None:
    house.locked = True
    with connect(house) as client, pytest.raises(NotConfirmed, match="locked"):
        client.set_value(ChargeControllerConfigurationParser.absorb_volts, 576, port=3)


def test_no_controller_is_an_error_that_old_programs_catch() -> None:
    from pymodbus.exceptions import ConnectionException

    with SimMate3() as house:
        port = house.port
    with mate3_connection("127.0.0.1", str(port)) as client, pytest.raises(ConnectionException) as caught:
        list(client.all_blocks())
    assert isinstance(caught.value, LinkError)


def written(house: SimMate3) -> list[Any]:
    return [request for request in house.requests if request[0] != 3]


def test_a_reset_takes_the_complement_and_leave(house: SimMate3) -> None:
    reset = ChargeControllerConfigurationParser.stats_totals_write_complement
    asked = house.get(64112, "stats_totals_reset_read", 3)
    assert isinstance(asked, int)
    with connect(house) as client:
        with pytest.raises(NotWritable, match="reset"):
            client.set_value(reset, asked ^ 0xFFFF, port=3)
        with pytest.raises(OutOfRange, match="complement"):
            client.set_value(reset, asked, port=3, allow=["reset"])
        assert written(house) == []
        client.set_value(reset, asked ^ 0xFFFF, port=3, allow=["reset"])
    assert house.get(64111, "lifetime_kwh_hours", 3) == 0
    assert house.get(64111, "lifetime_kwh_hours", 4) == 6230
