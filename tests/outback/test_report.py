"""What reports say, and what they leave out."""

from __future__ import annotations

import json
from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from energy_hw.outback.poll import Mode, Poller
from energy_hw.outback.quantities import TYPES, UNITS, phase, quantity
from energy_hw.outback.report import UNTOLD, clock, to_reports
from energy_hw.outback.snapshot import Snapshot
from energy_hw.outback.tables import models, point, points
from energy_hw.outback.types import Point
from energy_hw.reading import Quantity, Report, dumps
from energy_hw.sim.mate3_houses import HOUSES, house
from outback_rig import Controller

ODD = [0, 1, 10, 0x7FFF, 0x8000, 0xFFF6, 0xFFFE, 0xFFFF]
EVERY_POINT = [row for did in models() for since in (False, True) for row in points(did, None, since)]


def snapshot_of(name: str = "captured") -> Snapshot:
    return Snapshot.of(Poller(Controller(house(name))).read(), "mate3.lan")


def reports_of(name: str = "captured") -> dict[str, Report]:
    return {report.device.removeprefix("outback:MA0000F0000000"): report for report in snapshot_of(name).reports()}


def test_there_is_a_report_for_each_device() -> None:
    reports = reports_of()
    assert list(reports) == ["", "/system", "/1", "/2", "/3", "/4", "/5"]
    assert {report.source for report in reports.values()} == {"outback"}
    assert {report.integrity for report in reports.values()} == {"none"}
    assert reports["/4"].model == "FM80-150VDC"


@pytest.mark.parametrize("name", sorted(HOUSES))
def test_names_and_codes_are_unique_within_a_report(name: str) -> None:
    for report in snapshot_of(name).reports():
        for of in ("name", "code"):
            said = Counter(getattr(reading, of) for reading in report)
            assert max(said.values()) == 1, said.most_common(3)


@pytest.mark.parametrize(
    ("device", "code", "name", "kind", "value", "unit"),
    [
        ("/5", "64118/state_of_charge", "state_of_charge", Quantity.STATE_OF_CHARGE, 96, "%"),
        ("/5", "64118/battery_voltage", "battery_voltage", Quantity.BATTERY_VOLTAGE, Decimal("50.6"), "V"),
        ("/5", "64118/shunt_b_current", "shunt_b_current", Quantity.CURRENT, Decimal("-16.6"), "A"),
        ("/5", "64118/todays_net_input_ah", "todays_net_input_ah", Quantity.OTHER, 9, "Ah"),
        ("/5", "64118/lifetime_k_ah_removed", "lifetime_k_ah_removed", Quantity.OTHER, 200, "kAh"),
        ("/5", "64118/status_flags", "status_flags", Quantity.EVENT, "", None),
        ("/5", "64119/firmware", "firmware", Quantity.TEXT, "1.1.71", None),
        ("/3", "64111/watts", "watts", Quantity.POWER, Decimal(400), "W"),
        ("/3", "64111/todays_kwh", "todays_kwh", Quantity.ENERGY, Decimal("0.1"), "kWh"),
        ("/3", "64111/charger_state", "charger_state", Quantity.TEXT, "bulk", None),
        ("/3", "64112/faults", "faults", Quantity.ALARM, "", None),
        ("/3", "64112/absorb_time_hours", "absorb_time_hours", Quantity.DURATION, Decimal("3.0"), "h"),
        ("/1", "64117/battery_temperature", "battery_temperature", Quantity.TEMPERATURE, 12, "degC"),
        ("/1", "64117/ac_input_frequency", "ac_input_frequency", Quantity.FREQUENCY, Decimal("50.0"), "Hz"),
        ("/1", "64117/error_flags", "error_flags", Quantity.ALARM, "", None),
        ("", "64110/gateway_type", "gateway_type", Quantity.TEXT, "MATE3s", None),
        ("", "101/status", "inverter_single_phase_status", Quantity.TEXT, "fault", None),
        ("", "101/ac_pf", "ac_pf", Quantity.POWER_FACTOR, Decimal("0.00"), None),
        ("", "64110/ags_exercise_start_hour", "ags_exercise_start_hour", Quantity.OTHER, 0, "h"),
        ("", "64255/bt_attempts", "bt_attempts", Quantity.COUNT, 0, None),
    ],
)
def test_a_reading_has_code_name_quantity_exact_value_and_the_devices_unit(
    device: str, code: str, name: str, kind: Quantity, value: object, unit: str | None
) -> None:
    reading = reports_of()[device][code]
    assert (reading.name, reading.quantity, str(reading.value), reading.unit) == (name, kind, str(value), unit)


def test_a_time_is_an_aware_datetime_without_a_unit() -> None:
    reading = reports_of()["/5"]["todays_minimum_battery_time"]
    assert reading.value == datetime(2020, 12, 31, 6, 47, 57, tzinfo=UTC)
    assert (reading.quantity, reading.unit) == (Quantity.EVENT, None)


def test_the_sunspec_status_of_a_healthy_system_is_no_alarm() -> None:
    alarms = [reading for report in reports_of().values() for reading in report if reading.quantity is Quantity.ALARM]
    assert {reading.value for reading in alarms} == {""}
    assert not any("status" in reading.name for reading in alarms)


def test_an_alarm_says_which() -> None:
    controller = Controller()
    controller.holds(40630 + 15, 0x0028)
    report = next(r for r in Snapshot.of(Poller(controller).read(), "").reports() if r.device.endswith("/1"))
    assert report["error_flags"].value == "low battery voltage, high battery voltage"


def test_an_unknown_code_is_kept() -> None:
    controller = Controller()
    controller.holds(40069 + 404, 9)
    report = Snapshot.of(Poller(controller).read(), "").reports()[0]
    assert report["gateway_type"].value == "code 9 (unknown)"


def test_what_is_not_implemented_gives_no_reading() -> None:
    report = reports_of()["/3"]
    assert report.get("temp_output_fets") is None
    assert None not in {reading.value for reading in report}


def test_scale_factors_headers_and_the_parts_of_what_is_said_whole_are_no_readings() -> None:
    for report in reports_of().values():
        names = {reading.code.partition("/")[2] for reading in report}
        assert not names & {"did", "length", "port_number", "year", "minute", "major_firmware_number", "encryption_key"}
        assert not [name for name in names if name.endswith(("scale_factor", "complement", "reset_read"))]


@pytest.mark.parametrize("name", ["captured", "mate3"])
def test_nothing_secret_or_personal_is_in_a_report(name: str) -> None:
    registers = house(name)
    controller = Controller(registers)
    marks: list[str] = []
    for block in controller.layout.blocks:
        for row in points(block.did, block.length, controller.layout.since_2018):
            if row.flags & {"secret", "personal"} and row.type == "string" and row.did != 1:
                mark = f"x{len(marks):03}y"
                text = mark.encode().ljust(2 * row.size, b"\0")[: 2 * row.size]
                words = [int.from_bytes(text[at : at + 2], "big") for at in range(0, len(text), 2)]
                controller.holds(block.address + row.offset, *words)
                marks.append(mark)
    reports = Snapshot.of(Poller(controller).read(), "").reports()
    assert len(marks) > 15
    said = "".join(dumps(report.to_json()) for report in reports) + "".join(report.raw.hex() for report in reports)
    assert not [mark for mark in marks if mark in said or mark.encode().hex() in said]


def test_the_raw_registers_are_those_of_the_device_high_byte_first() -> None:
    controller = Controller()
    report = next(r for r in Snapshot.of(Poller(controller).read(), "").reports() if r.device.endswith("/5"))
    words = [int.from_bytes(report.raw[at : at + 2], "big") for at in range(0, len(report.raw), 2)]
    expected = [controller.registers[at] for at in range(41144, 41276)]
    serial = range(41222 + 36 - 41144, 41222 + 45 - 41144)
    assert words == [0 if at in serial else word for at, word in enumerate(expected)]


def test_readings_are_built_when_they_are_asked_for() -> None:
    snapshot = snapshot_of()
    report = snapshot.reports()[6]
    part = snapshot.battery_monitors[5].parts[0]
    assert part._values is None
    assert report.readings
    assert part._values is not None


def test_a_report_becomes_json() -> None:
    said = json.loads(dumps(reports_of()["/5"].to_json()))
    found = next(reading for reading in said["readings"] if reading["code"] == "64118/state_of_charge")
    assert (said["device"], found["value"], found["quantity"]) == ("outback:MA0000F0000000/5", 96, "state_of_charge")
    assert said["time"] == "2020-12-31T07:24:18Z"


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(
        st.integers(0, 1273), st.sampled_from([0, 1, 10, 0x7FFF, 0x8000, 0xFFF6, 0xFFFE, 0xFFFF]), max_size=400
    )
)
def test_whatever_registers_hold_becomes_reports(changed: dict[int, int]) -> None:
    controller = Controller()
    headers = {at for block in controller.layout.blocks for at in range(block.address, block.address + 3)}
    controller.registers.update({40002 + at: word for at, word in changed.items() if 40002 + at not in headers})
    for report in Snapshot.of(Poller(controller).read(), "mate3.lan").reports():
        said = json.loads(dumps(report.to_json()))
        assert len({reading["name"] for reading in said["readings"]}) == len(said["readings"])


# -- the gateway's clock -------------------------------------------------------


def test_the_time_is_the_gateways_clock_in_its_zone() -> None:
    assert {report.time for report in reports_of().values()} == {datetime(2020, 12, 31, 7, 24, 18, tzinfo=UTC)}


@pytest.mark.parametrize("max_read", [31, 33, 36, 44, 58, 66, 79, 93, 99, 100])
def test_the_clock_is_read_in_one_request(max_read: int) -> None:
    controller = Controller(max_read=max_read)
    poller = Poller(controller)
    poller.read()
    controller.requests.clear()
    poller.read()
    first, last = 40069 + 392, 40069 + 397
    assert sum(at <= last and first < at + count for at, count in controller.requests) == 1


def test_a_poll_without_the_clock_has_no_time() -> None:
    poller = Poller(Controller())
    first = Snapshot.of(poller.read(), "")
    live = Snapshot.of(poller.read(Mode.LIVE), "", first)
    assert {report.time for report in live.reports()} == {None}
    assert [report.device[-3:] for report in live.reports()] == ["000", "tem", "0/1", "0/2", "0/3", "0/4", "0/5"]
    assert {report.received for report in live.reports()} == {live.time}


@pytest.mark.parametrize(
    ("start", "word"), [(394, 13), (396, 0xFFFF), (272, 0x8000), (272, 0x7FFF), (393, 0), (420, 0x8000), (420, 10)]
)
def test_a_clock_that_says_nothing_is_no_time(start: int, word: int) -> None:
    controller = Controller()
    controller.holds(40069 + start - 1, word)
    assert clock(Snapshot.of(Poller(controller).read(), "")) is None


def test_a_controller_before_2018_has_its_time_zone_in_hours() -> None:
    snapshot = snapshot_of("mate3")
    assert not snapshot.layout.since_2018
    assert clock(snapshot) == datetime(2020, 12, 31, 7, 24, 18, tzinfo=UTC)


def test_a_chain_without_a_gateway_has_reports_without_a_time() -> None:
    controller = Controller()
    controller.holds(40069, 4242)
    reports = Snapshot.of(Poller(controller).read(), "").reports()
    assert {report.time for report in reports} == {None}
    assert len(reports) == 6


# -- quantities ----------------------------------------------------------------


def test_every_point_with_a_unit_has_a_quantity_or_is_known_to_have_none() -> None:
    without = {row.unit for row in EVERY_POINT if row.unit and quantity(row) is Quantity.OTHER}
    assert without == {"Ah", "kAh", "%", "mV/degC", "registers", "h", "min"}


def test_every_type_of_text_has_a_quantity() -> None:
    assert set(TYPES) == {row.type for row in EVERY_POINT} - {"uint16", "int16", "uint32", "int32", "acc32", "sunssf"}
    assert set(UNITS) <= {row.unit for row in EVERY_POINT}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        (point(64115, "l1_output_ac_voltage"), 1),
        (point(64115, "ac2_l2_buy_kwh"), 2),
        (point(64115, "l_module_fet_temperature"), None),
        (point(64117, "output_ac_voltage"), None),
        (point(64118, "shunt_a_current"), None),
        (point(103, "ac_voltage_bn"), 2),
        (point(103, "ac_voltage_ab"), None),
        (point(103, "ac_current_c"), 3),
        (point(103, "ac_current"), None),
    ],
    ids=lambda item: item.code if isinstance(item, Point) else str(item),
)
def test_the_phase_is_what_the_name_says(row: Point, expected: int | None) -> None:
    assert phase(row) == expected


def test_a_split_phase_inverter_reports_both_phases() -> None:
    readings = reports_of("radian")["/1"]
    assert [(readings[f"l{n}_output_ac_voltage"].value, readings[f"l{n}_output_ac_voltage"].phase) for n in (1, 2)] == [
        (121, 1),
        (119, 2),
    ]


def test_what_is_left_out_is_flagged_in_the_tables() -> None:
    left_out = {row.name for row in EVERY_POINT if row.flags & UNTOLD}
    assert {"write_password", "smtp_email_password", "mac_address", "serial_number", "system_name"} <= left_out


def test_every_point_that_is_there_is_given_on_demand_but_nothing_secret() -> None:
    snapshot = snapshot_of("captured")
    codes = {reading.code for report in to_reports(snapshot, every=True) for reading in report}
    there = {
        value.point.code
        for part in snapshot.parts.values()
        for value in part.values.values()
        if value.implemented and value.point.readable
    }
    assert codes == there
    assert {"64111/port_number", "1/serial_number", "64111/voltage_scale_factor"} <= codes
    assert not any("password" in code for code in codes)
