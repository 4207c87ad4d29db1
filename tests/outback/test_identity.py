"""Who a device is, and when it could be another one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from energy_hw.errors import IdentityChanged, NotWritable, UnknownDevice
from energy_hw.outback.comparing import compare, counter_differences, differences
from energy_hw.outback.identity import House, device_id, fingerprint, tail, twins
from energy_hw.outback.plan import Mode
from energy_hw.sim.mate3 import SimMate3
from mate3_write_rig import (
    FM60,
    FM80,
    FXR,
    GATEWAY,
    MONITOR,
    OTHER_FXR,
    SYSTEM,
    Key,
    World,
    alike_inverters,
    twins_of_fm80,
    without_socket,
)


@pytest.fixture
def world(tmp_path: Path) -> World:
    return without_socket(tmp_path)


def test_a_fingerprint_of_each_device_of_the_capture(world: World) -> None:
    fm60, monitor, gateway = world.who(FM60), world.who(MONITOR), world.who(GATEWAY)
    assert (fm60.gateway, fm60.mac) == ("MA0000F0000000", "0090EA-000000")
    assert (fm60.did, fm60.port, fm60.address, fm60.length) == (64112, 3, 40936, 88)
    assert (fm60.model, fm60.serial, fm60.firmware) == ("FM60-150VDC", "", (3, 3, 0))
    assert fm60.counters == {
        "lifetime_kwh_hours": (Decimal(6109), Decimal(1)),
        "lifetime_k_amp_hours": (Decimal("109.6"), Decimal("0.1")),
    }
    assert (monitor.model, list(monitor.counters)) == ("FLEXnet DC", ["lifetime_k_ah_removed"])
    assert (gateway.port, gateway.model, gateway.firmware) == (None, "", (1, 4, 2))
    assert fm60.taken == world.known.time


def test_the_live_block_names_the_same_device_as_its_settings(world: World) -> None:
    assert fingerprint(world.known, world.block((64111, 3))) == world.who(FM60)


def test_names_for_people_show_four_characters_and_ids_are_those_of_reports(world: World) -> None:
    assert (world.who(FM60).name, world.who(FM60).id) == ("FM60-150VDC at port 3", "outback:MA0000F0000000/3")
    assert world.who(SYSTEM).id == "outback:MA0000F0000000/system"
    assert world.who(GATEWAY).id == "outback:MA0000F0000000"
    assert device_id("X", 64112, 0) == "outback:X/0"
    assert (tail("FM80-12345678"), tail("")) == ("serial …5678", "no serial")


def test_equal_serial_texts_identify_neither(world: World) -> None:
    inverter = world.who(FXR)
    assert inverter.serial == world.who(OTHER_FXR).serial == "SPARE FXR"
    assert [twin.port for twin in twins(inverter)] == [2]
    assert compare(inverter, inverter).proof == "stacking_mode"


def test_a_serial_number_of_its_own_needs_no_counters(tmp_path: Path) -> None:
    world = without_socket(tmp_path, twins_of_fm80())
    world.house.set(64112, "serial_number", "AAAA1111", 3)
    world.read()
    one, other = world.who(FM60), world.who(FM80)
    assert (one.counters, twins(one), compare(one, one).proof) == ({}, [], "serial number")
    assert (other.serial, twins(other)) == ("", [])
    world.house.set(64112, "serial_number", "AAAA1111", 4)
    world.read()
    assert world.who(FM60).counters
    assert compare(world.who(FM60), world.who(FM60)).alike == (4,)


CHANGES: dict[str, tuple[Callable[[SimMate3], None], str]] = {
    "gateway serial": (lambda house: house.set(1, "serial_number", "MA0000F0001111"), "then …0000, now …1111"),
    "gateway MAC": (lambda house: house.set(64110, "mac_address", "0090EA-0000FF"), "then …0000, now …00FF"),
    "model": (lambda house: house.set(64112, "model_number", "FM80-150VDC", 3), "then FM60-150VDC, now FM80-150VDC"),
    "serial": (lambda house: house.set(64112, "serial_number", "12345678", 3), "then no serial, now …5678"),
    "firmware": (lambda house: house.set(64112, "mid_firmware_number", 4, 3), "then 3.3.0, now 3.4.0"),
    "lifetime_kwh_hours": (lambda house: house.set(64111, "lifetime_kwh_hours", 6108, 3), "then 6109, now 6108"),
    "lifetime_k_amp_hours": (lambda house: house.set(64111, "lifetime_k_amp_hours", 1095, 3), "then 109.6, now 109.5"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_each_thing_that_changed_is_listed_and_nothing_is_written(world: World, what: str) -> None:
    change, says = CHANGES[what]
    change(world.house)
    with pytest.raises(IdentityChanged) as told:
        world.write(FM60, "absorb_volts", "57.6")
    assert f"{what}: {says}" in str(told.value)
    assert "nothing was written" in str(told.value)
    assert world.writes == []


@pytest.mark.parametrize(
    ("offset", "value", "says"), [(2, 4, "port: then 3, now 4"), (1, 87, "length at register 40936")]
)
def test_a_header_that_changed(world: World, offset: int, value: int, says: str) -> None:
    world.house.registers[40936 + offset] = value
    with pytest.raises(IdentityChanged, match=says):
        world.write(FM60, "absorb_volts", "57.6")
    assert world.writes == []


def test_a_port_that_changed_only_in_the_live_block(world: World) -> None:
    who = world.who(FM60)
    world.house.registers[40908 + 2] = 4
    with pytest.raises(IdentityChanged, match=r"port at register 40908: then 3, now 4"):
        world.writer.prepare(world.block(FM60), who, "absorb_volts", "57.6")


class TestCounters:
    """10 kW and 150 A for each hour, and one step: more than any controller makes."""

    @pytest.mark.parametrize(
        ("hours", "grown", "fits"),
        [(0, 0, True), (0, 2, True), (0, 3, False), (1, 12, True), (1, 13, False), (24, 242, True), (24, 243, False)],
    )
    def test_growth_has_a_bound(self, world: World, hours: int, grown: int, fits: bool) -> None:
        then = world.who(FM60)
        counters = {**then.counters, "lifetime_kwh_hours": (Decimal(6109 + grown), Decimal(1))}
        now = replace(then, counters=counters, taken=then.taken + timedelta(hours=hours))
        assert (counter_differences(then, now) == []) == fits

    def test_a_clock_that_went_back_makes_nothing_possible_that_was_not(self, world: World) -> None:
        then = world.who(FM60)
        now = replace(then, taken=then.taken - timedelta(days=400))
        assert differences(then, now) == []

    def test_a_counter_that_is_no_more(self, world: World) -> None:
        world.house.set(64111, "lifetime_kwh_hours", 0xFFFF, 3)
        with pytest.raises(IdentityChanged, match="lifetime_kwh_hours: then 6109, now nothing"):
            world.write(FM60, "absorb_volts", "57.6")

    def test_a_read_of_yesterday_no_longer_tells_121_kwh_apart(self, tmp_path: Path) -> None:
        world = without_socket(tmp_path, twins_of_fm80(6109, 1096))
        prepared = world.prepare(FM60, "absorb_volts", "57.6")
        assert (prepared.proof, prepared.alike) == ("lifetime counters", ())
        world.clock.time += timedelta(days=2)
        assert world.write(FM60, "absorb_volts", "57.6").confirmed  # still under what the other one read
        world.house.set(64111, "lifetime_kwh_hours", 6240, 3)
        world.house.set(64111, "lifetime_k_amp_hours", 1125, 3)
        world.house.set(64112, "absorb_volts", 588, 3)
        with pytest.raises((NotWritable, IdentityChanged)):
            world.write(FM60, "absorb_volts", "57.6")

    @pytest.mark.parametrize(("kwh", "kah"), [(6230, 1120), (6229, 1120), (6230, 1119)])
    def test_counters_that_fit_both_tell_nothing(self, tmp_path: Path, kwh: int, kah: int) -> None:
        world = without_socket(tmp_path, twins_of_fm80(kwh, kah))
        with pytest.raises(NotWritable, match="nothing tells the FM80-150VDC at port 4 apart from the one at port 3"):
            world.write(FM80, "absorb_volts", "57.6")
        assert world.writes == []

    def test_a_counter_that_never_shrinks_makes_the_lower_one_certain(self, tmp_path: Path) -> None:
        world = without_socket(tmp_path, twins_of_fm80(6229, 1120))
        assert world.prepare(FM60, "absorb_volts", "57.6").proof == "lifetime counters"
        world.house.swap_cables(3, 4)
        with pytest.raises(NotWritable, match="lifetime counters that fit both"):
            world.write(FM60, "absorb_volts", "57.6")
        assert world.writes == []


class TestSettingsAsProof:
    def test_a_setting_that_another_program_changed_meanwhile_is_no_matter(self, world: World) -> None:
        world.house.set(64112, "float_volts", 540, 3)
        assert world.write(FM60, "absorb_volts", "57.6").confirmed

    def test_nor_is_it_among_twins_as_long_as_one_difference_is_left(self, tmp_path: Path) -> None:
        world = without_socket(tmp_path)
        world.house.set(64116, "float_volts", 540, 1)
        assert world.write(FXR, "absorb_volts", "57.0").confirmed

    def test_a_twin_that_now_reads_like_the_other_is_refused(self, tmp_path: Path) -> None:
        world = without_socket(tmp_path, alike_inverters())
        world.house.set(64116, "float_volts", 540, 1)
        world.read()
        world.house.set(64116, "float_volts", 544, 1)
        with pytest.raises(
            IdentityChanged, match="float_volts: no longer as it was then, but as the VFXR3048E at port 2"
        ):
            world.write(FXR, "absorb_volts", "57.0")

    def test_one_that_reads_like_neither_is_alike(self, tmp_path: Path) -> None:
        world = without_socket(tmp_path, alike_inverters())
        world.house.set(64116, "float_volts", 540, 1)
        world.read()
        world.house.set(64116, "float_volts", 520, 1)
        assert world.prepare(FXR, "absorb_volts", "57.0").alike == (2,)


class TestWhatWasNotRead:
    def test_settings(self, world: World) -> None:
        live = world.poller.read(Mode.LIVE)
        with pytest.raises(UnknownDevice, match="was not read yet: read everything first"):
            fingerprint(live, world.block(FM60))

    @pytest.mark.parametrize("missing", [(64112, 4), (64111, 4), (64111, 3)])
    def test_the_other_device_of_the_model(self, tmp_path: Path, missing: Key) -> None:
        """Without it nobody knows what tells the two apart."""
        world = without_socket(tmp_path, twins_of_fm80())
        blocks = {block: words for block, words in world.known.blocks.items() if (block.did, block.port) != missing}
        who = fingerprint(House(world.known.time, world.known.layout, blocks), world.block(FM60))
        with pytest.raises(UnknownDevice, match="was not read yet: read everything first"):
            world.writer.prepare(world.block(FM60), who, "absorb_volts", "57.6")

    def test_the_gateway(self, world: World) -> None:
        blocks = {block: words for block, words in world.known.blocks.items() if block.did not in (1, 64110)}
        with pytest.raises(UnknownDevice, match="read everything first"):
            fingerprint(House(world.known.time, world.known.layout, blocks), world.block(FM60))

    def test_blocks_of_other_times_count_from_theirs(self, world: World) -> None:
        earlier = world.known.time - timedelta(hours=5)
        house = House(world.known.time, world.known.layout, world.known.blocks, {world.block((64111, 3)): earlier})
        assert fingerprint(house, world.block(FM60)).taken == earlier

    def test_a_gateway_without_serial_number_goes_by_the_name_of_its_link(self, world: World) -> None:
        world.house.set(1, "serial_number", "")
        world.read()
        house = House(world.known.time, world.known.layout, world.known.blocks, {}, "mate3.lan")
        assert fingerprint(house, world.block(FM60)).id == "outback:mate3.lan/3"
