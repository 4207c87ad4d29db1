"""What the simulated Mate3 does with writes, without a socket."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from energy_hw.outback import tables
from energy_hw.sim.mate3 import capture
from energy_hw.sim.mate3_commands import COMMANDS, LOGS, RESETS, on_day
from energy_hw.sim.mate3_map import from_words
from energy_hw.sim.mate3_rules import ABOVE, BELOW, INVALID, LOCKED, Mate3Rules

ERROR = 40069 + 401
LOGIN_FAILED = 0x0020


@pytest.fixture
def house() -> Mate3Rules:
    return Mate3Rules(capture())


def write(house: Mate3Rules, did: int, name: str, *values: int, port: int | None = None) -> int:
    """Bits of 64110/402 afterwards."""
    house.write(house.address_of(did, name, port), values)
    return house.registers[ERROR]


def read(house: Mate3Rules, did: int, name: str, port: int | None = None) -> int:
    (value,) = house.read(range(address := house.address_of(did, name, port), address + 1))
    return value


def test_setting_sticks(house: Mate3Rules) -> None:
    assert write(house, 64112, "absorb_volts", 576, port=3) == 0
    assert read(house, 64112, "absorb_volts", 3) == 576
    assert read(house, 64112, "absorb_volts", 4) == capture()[41064]


@pytest.mark.parametrize(
    ("did", "name", "port", "value", "bits"),
    [
        (64111, "battery_voltage", 3, 500, INVALID),
        (64112, "port_number", 3, 4, INVALID),
        (64112, "length", 3, 4, INVALID),
        (64112, "aux_control", 3, 3, INVALID),
        (64112, "temp_comp_slope", 3, 7, ABOVE),
        (64112, "temp_comp_slope", 3, 1, BELOW),
        (64119, "charge_factor", 5, 101, ABOVE),
        (64110, "month", None, 0, BELOW),
        (64110, "sched_1_ac_mode", None, 7, INVALID),
        (64120, "set_inverter_mode", None, 4, INVALID),
    ],
)
def test_refused_value_leaves_the_old_one(
    house: Mate3Rules, did: int, name: str, port: int | None, value: int, bits: int
) -> None:
    old = house.get(did, name, port)
    assert write(house, did, name, value, port=port) == bits
    assert house.get(did, name, port) == old


def test_minus_one_is_a_code_of_a_signed_enum(house: Mate3Rules) -> None:
    assert write(house, 64110, "sched_1_ac_mode", 0xFFFF) == 0
    assert house.get(64110, "sched_1_ac_mode") == -1


def test_good_write_clears_what_a_bad_one_told_and_nothing_else(house: Mate3Rules) -> None:
    house.set(64110, "error", LOGIN_FAILED)
    assert write(house, 64119, "charge_factor", 101, port=5) == LOGIN_FAILED | ABOVE
    assert write(house, 64119, "charge_factor", 90, port=5) == LOGIN_FAILED


def test_several_points_in_one_request_are_judged_each_for_itself(house: Mate3Rules) -> None:
    assert write(house, 64110, "month", 13, 24, 25) == ABOVE
    assert (house.get(64110, "month"), house.get(64110, "day"), house.get(64110, "hour")) == (
        capture()[40069 + 393],
        24,
        capture()[40069 + 395],
    )


def test_half_of_a_point_is_written_with_its_other_half(house: Mate3Rules) -> None:
    house.set(64110, "tcpip_gateway_msw", 0xC0A80001)
    house.write(house.address_of(64110, "tcpip_gateway_msw") + 1, [0x00FE])
    assert house.get(64110, "tcpip_gateway_msw") == 0xC0A800FE


def test_middle_of_a_text_is_written_with_the_rest_of_it(house: Mate3Rules) -> None:
    house.write(house.address_of(64110, "system_name") + 1, [int.from_bytes(b"TT", "big")])
    assert house.registers[ERROR] == 0
    assert house.get(64110, "system_name") == "OuTTack Power Technologies"


def test_restart_forgets_what_was_to_happen(house: Mate3Rules) -> None:
    house.unsettled_reads = 5
    write(house, 64112, "set_data_log_day_offset", 3, port=3)
    house.replug(without=[3])
    assert house.read(range(40908, 40911)) == (64111, 26, 4)
    assert house.read(range(40936, 40939)) == (64112, 88, 4)


def test_cleared_log_stays_cleared(house: Mate3Rules) -> None:
    write(house, 64112, "set_data_log_day_offset", 1, port=3)
    [read(house, 64112, "get_current_data_log_day_offset", 3) for _ in range(3)]
    asked = int(house.get(64112, "clear_data_log_read", 3))
    write(house, 64112, "clear_data_log_write_complement", asked ^ 0xFFFF, port=3)
    write(house, 64112, "set_data_log_day_offset", 0, port=3)
    [read(house, 64112, "get_current_data_log_day_offset", 3) for _ in range(3)]
    assert set(log(house, 64112, 3).values()) == {0}


def test_registers_that_no_table_knows(house: Mate3Rules) -> None:
    house.replug(unknown=10)
    address = next(place.address for place in house.places() if place.did == 120)
    for at in (40000, address + 3):
        old = house.registers[at]
        house.write(at, [0x7777])
        assert (house.registers[ERROR], house.registers[at]) == (INVALID, old)


def test_locked_until_the_password_comes(house: Mate3Rules) -> None:
    house.locked, house.password = True, "141"
    assert write(house, 64112, "absorb_volts", 576, port=3) == LOCKED
    password = house.address_of(64110, "write_password")
    house.write(password, [0x3134, 0x3200] + 6 * [0])
    assert (house.registers[ERROR], house.locked) == (LOCKED, True)
    house.write(password, [0x3134, 0x3100] + 6 * [0])
    assert (house.registers[ERROR], house.locked) == (0, False)
    assert write(house, 64112, "absorb_volts", 576, port=3) == 0
    assert house.read(range(password, password + 8)) == 8 * (0xFFFF,)


def test_plain_memory_takes_everything(house: Mate3Rules) -> None:
    house.checks = False
    assert write(house, 64111, "battery_voltage", 500, port=3) == 0
    assert house.get(64111, "battery_voltage", 3) == 500


def test_registers_without_a_marker_are_plain_memory() -> None:
    house = Mate3Rules({7: 1})
    house.write(7, [2])
    assert house.read(range(7, 8)) == (2,)


@pytest.mark.parametrize("reads", [1, 3])
def test_settings_read_8000_for_a_while_after_a_write(house: Mate3Rules, reads: int) -> None:
    house.unsettled_reads = reads
    write(house, 64112, "absorb_volts", 576, port=3)
    block = range(40933, 41028)
    for _ in range(reads):
        seen = house.read(block)
        assert seen[0] == house.registers[40933] != 0x8000
        assert seen[3:93] == 90 * (0x8000,)
        assert seen[93:] == (64111, 26)
    assert house.read(range(40946, 40947)) == (576,)


def test_complement_resets_once(house: Mate3Rules) -> None:
    asked = int(house.get(64112, "stats_totals_reset_read", 3))
    assert write(house, 64112, "stats_totals_write_complement", asked, port=3) == INVALID
    assert house.get(64111, "lifetime_kwh_hours", 3) == 6109
    assert write(house, 64112, "stats_totals_write_complement", asked ^ 0xFFFF, port=3) == 0
    assert house.get(64111, "lifetime_kwh_hours", 3) == house.get(64111, "lifetime_k_amp_hours", 3) == 0
    assert house.get(64111, "lifetime_kwh_hours", 4) != 0
    assert house.get(64112, "stats_totals_write_complement", 3) == 0
    assert write(house, 64112, "stats_totals_write_complement", asked ^ 0xFFFF, port=3) == INVALID


def test_every_reset_of_the_tables_clears_points_that_exist() -> None:
    rows = {(did, point.name) for did in tables.models() for point in tables.points(did) if "reset" in point.flags}
    assert rows == set(RESETS)
    for did, names in RESETS.values():
        assert set(names) <= {point.name for point in tables.points(did)}


def test_every_command_of_the_tables_is_known() -> None:
    rows = {point.name: point.enum for point in tables.points(64120) if "command" in point.flags}
    assert {(name, code) for name, codes in rows.items() for code in codes} == set(COMMANDS)


@pytest.mark.parametrize(
    ("name", "code", "set_bits", "clear_bits"),
    [
        ("set_inverter_mode", 1, 0x0008, 0x0030),
        ("set_inverter_mode", 2, 0x0010, 0x0028),
        ("set_inverter_mode", 3, 0x0020, 0x0018),
        ("set_inverter_charger_mode", 2, 0x0100, 0x0280),
        ("grid_tie_mode", 2, 0x0000, 0x0040),
        ("inverter_ac_drop_use", 1, 0x0004, 0x0000),
        ("bulk_charge_enable_disable", 3, 0x0400, 0x0800),
    ],
)
def test_command_reads_0_and_shows_in_the_status(
    house: Mate3Rules, name: str, code: int, set_bits: int, clear_bits: int
) -> None:
    assert write(house, 64120, name, code) == 0
    assert read(house, 64120, name) == 0
    status = read(house, 64120, "control_status")
    assert status & (set_bits | clear_bits) == set_bits
    assert status & 0x1000 == capture()[40501] & 0x1000


def test_inverters_follow_the_command(house: Mate3Rules) -> None:
    write(house, 64120, "set_inverter_mode", 1)
    write(house, 64120, "inverter_ac_drop_use", 1)
    for port in (1, 2):
        assert house.get(64117, "inverter_operating_mode", port) == 0
        assert house.get(64117, "ac_input_state", port) == 1


def log(house: Mate3Rules, did: int, port: int) -> Mapping[str, object]:
    names = [point.name for point in tables.points(did) if point.name.startswith(LOGS[did])]
    return {name: house.get(did, name, port) for name in names}


@pytest.mark.parametrize(("did", "port", "last"), [(64112, 3, 128), (64119, 5, 400)])
def test_daily_log_follows_the_day_that_was_asked_for(house: Mate3Rules, did: int, port: int, last: int) -> None:
    today = log(house, did, port)
    shown = [today]
    for day in (1, last, 0):
        assert write(house, did, "set_data_log_day_offset", day, port=port) == 0
        old = [read(house, did, "get_current_data_log_day_offset", port) for _ in range(2)]
        assert day not in old
        assert log(house, did, port) == shown[-1]
        assert read(house, did, "get_current_data_log_day_offset", port) == day
        shown.append(log(house, did, port))
    assert shown[3] == today
    assert len({tuple(values.items()) for values in shown}) == 3
    assert write(house, did, "set_data_log_day_offset", last + 1, port=port) == ABOVE


def test_no_two_days_of_the_log_are_alike() -> None:
    assert len({(on_day(0, day), on_day(447, day)) for day in range(401)}) == 401
    assert all(0 <= on_day(raw, day) < 0xFFFF for raw in (0, 60000) for day in range(401))


def test_generator_starts_and_stops(house: Mate3Rules) -> None:
    assert write(house, 64120, "set_ags_op_mode", 1) == 0
    assert [read(house, 64120, "ags_operational_state") for _ in range(4)] == [1, 1, 2, 2]
    assert write(house, 64120, "set_ags_op_mode", 2) == 0
    assert read(house, 64120, "ags_operational_state") == 2
    assert write(house, 64120, "set_ags_op_mode", 0) == 0
    assert [read(house, 64120, "ags_operational_state") for _ in range(3)] == [4, 4, 0]


def test_what_the_capture_holds_can_be_written_back(house: Mate3Rules) -> None:
    refused = [
        (point.code, from_words(point, house.read(range(address, address + point.size))))
        for place in house.places()
        for point in house.points_of(place)
        if point.access == "RW" and write_back(house, address := place.address + point.offset, point.size)
    ]
    assert {value for _, value in refused} == {0xFFFF}  # not implemented
    assert ("64112/temp_comp_slope", 0xFFFF) in refused
    assert house.registers == capture() | {ERROR: house.registers[ERROR]}


def write_back(house: Mate3Rules, address: int, size: int) -> int:
    house.write(address, [house.registers[address + at] for at in range(size)])
    return house.registers[ERROR]
