"""A device as it was read: identity, points by name, and what is said about points that are not there."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from energy_hw.errors import UnknownPoint
from energy_hw.outback.device import Device
from energy_hw.outback.points import names_of
from energy_hw.outback.poll import Mode, Poller
from energy_hw.outback.snapshot import Snapshot
from energy_hw.outback.values import PointValue
from energy_hw.sim.mate3_houses import house
from outback_rig import Controller


@pytest.fixture(scope="module")
def captured() -> Snapshot:
    return Snapshot.of(Poller(Controller()).read(), "mate3.lan")


@pytest.mark.parametrize(
    ("name", "model", "firmware", "port", "did"),
    [
        ("gateway", "MATE3S", "1.4.2", None, 64110),
        ("system", "OutBack system", None, None, 64120),
        ("inverter 2", "VFXR3048E", "1.6.15", 2, 64117),
        ("charge controller 3", "FM60-150VDC", "3.3.0", 3, 64111),
        ("battery monitor 5", "FLEXnet DC", "1.1.71", 5, 64118),
    ],
)
def test_what_a_device_is(
    captured: Snapshot, name: str, model: str, firmware: str | None, port: int | None, did: int
) -> None:
    device = captured[name]
    assert (device.model, device.firmware, device.port, device.did) == (model, firmware, port, did)
    assert (device.kind, device.name) == (name.rstrip(" 0123456789"), name)


def test_serial_numbers_are_as_the_device_says(captured: Snapshot) -> None:
    assert captured.gateway.serial == "MA0000F0000000"
    assert captured.inverters[1].serial == "SPARE FXR"
    assert captured.charge_controllers[3].serial is None


def test_attributes_are_plain_values(captured: Snapshot) -> None:
    monitor, controller = captured.battery_monitors[5], captured.charge_controllers[3]
    assert monitor.battery_voltage == Decimal("50.6")
    assert str(monitor.shunt_b_current) == "-16.6"
    assert monitor.state_of_charge == 96
    assert monitor.todays_minimum_battery_time == datetime(2020, 12, 31, 6, 47, 57, tzinfo=UTC)
    assert controller.charger_state == "bulk"
    assert controller.temp_output_fets is None
    assert controller.settings.aux_mode == "diversion solid state"


def test_an_item_is_the_value_with_all_that_belongs_to_it(captured: Snapshot) -> None:
    value = captured.charge_controllers[3].settings["absorb_volts"]
    assert isinstance(value, PointValue)
    assert (value.value, value.raw, value.unit, value.address) == (Decimal("58.8"), 588, "V", 40946)
    assert captured.battery_monitors[5]["64118/state_of_charge"].value == 96


def test_iterating_gives_every_point_of_the_device(captured: Snapshot) -> None:
    names = [value.point.name for value in captured.charge_controllers[3]]
    assert len(names) == len(set(names)) == 28
    assert "watts" in captured.charge_controllers[3]
    assert "64111/watts" in captured.charge_controllers[3]
    assert "absorb_volts" not in captured.charge_controllers[3]
    assert 3 not in captured.charge_controllers[3]


def test_the_gateway_has_the_points_of_all_its_models(captured: Snapshot) -> None:
    gateway = captured.gateway
    assert {value.point.did for value in gateway} == {64110, 1, 101, 64255}
    assert gateway.manufacturer == "OutBack_Power"
    assert gateway.gateway_type == "MATE3s"
    assert (gateway.status, gateway.inverter_single_phase_status) == ("", "fault")
    assert gateway["101/status"].value == "fault"
    assert gateway.settings.system_name == "OutBack Power Technologies"


def test_names_of_several_models_are_unique() -> None:
    for did in (101, 102, 103):
        names = names_of((64110, 1, did, 64255))
        assert len(set(names.values())) == len(names)
        assert names["64110/status"] == "status"


def test_an_unknown_attribute_names_near_ones(captured: Snapshot) -> None:
    with pytest.raises(AttributeError, match=r"charge controller 3 has no point wats; did you mean watts\?"):
        _ = captured.charge_controllers[3].wats
    with pytest.raises(
        AttributeError, match=r"controller 3.settings has no point absorb_volt; did you mean absorb_volts"
    ):
        _ = captured.charge_controllers[3].settings.absorb_volt
    with pytest.raises(UnknownPoint, match="did you mean state_of_charge"):
        captured.battery_monitors[5]["state_of_chage"]


def test_a_name_like_no_other_gets_names_that_tell_something(captured: Snapshot) -> None:
    with pytest.raises(UnknownPoint, match=r"no point zzz; did you mean battery_voltage, array_voltage,"):
        captured.charge_controllers[3]["zzz"]


def test_a_setting_is_looked_for_in_the_settings(captured: Snapshot) -> None:
    with pytest.raises(AttributeError, match=r"its settings have: charge controller 3.settings.absorb_volts"):
        _ = captured.charge_controllers[3].absorb_volts


def test_a_point_that_older_firmware_does_not_have_is_told_apart() -> None:
    old = Snapshot.of(Poller(Controller(house("fx-2011"))).read(), "").inverters[1]
    assert "charge_kw" not in old
    with pytest.raises(AttributeError, match=r"inverter 1 has no load_kw with its firmware"):
        _ = old.load_kw
    assert "load_kw" not in dir(old)


def test_getattr_with_a_default_and_copies_work(captured: Snapshot) -> None:
    device = captured.charge_controllers[3]
    assert getattr(device, "wats", None) is None
    assert not hasattr(device, "_private")
    assert copy.copy(device.settings["absorb_volts"]) == device.settings["absorb_volts"]


def test_dir_lists_points_and_the_words_of_the_class(captured: Snapshot) -> None:
    listed = dir(captured.charge_controllers[3])
    assert {"watts", "serial", "settings", "firmware"} <= set(listed)
    assert "absorb_volts" in dir(captured.charge_controllers[3].settings)


def test_a_devices_points_are_found_with_their_block(captured: Snapshot) -> None:
    device = captured.charge_controllers[3]
    for name, address in (("watts", 40908), ("absorb_volts", 40936), ("64112/absorb_volts", 40936)):
        block, point = device.locate(name)
        assert (block.address, point.name) == (address, name.rpartition("/")[2])
    assert device.locate("voltage_scale_factor")[0].address == 40908
    assert device.locate("voltage_scale_factor", settings=True)[0].address == 40936
    with pytest.raises(UnknownPoint, match="settings has no point watts"):
        device.locate("watts", settings=True)
    with pytest.raises(UnknownPoint, match="did you mean"):
        device.locate("absorb_volt")


def test_repr_shows_no_serial_number_and_leaves_out_what_is_not_known(captured: Snapshot) -> None:
    when = f"{captured.time:%Y-%m-%d %H:%M:%SZ}"
    assert repr(captured.inverters[1]) == f"<inverter 1: VFXR3048E, firmware 1.6.15 at {when}>"
    assert repr(captured.system) == f"<system: OutBack system at {when}>"
    assert repr(captured.system.settings) == f"<system.settings of {when}>"


def test_what_was_not_read_is_not_there() -> None:
    poller = Poller(Controller())
    poller.read()
    snapshot = Snapshot.of(poller.read_device(64112, 4), "")
    unread: Device = snapshot.charge_controllers[3]
    assert (unread.time, list(unread), unread.firmware, unread.serial) == (None, [], None, None)
    assert repr(unread) == "<charge controller 3: Charge controller>"
    assert repr(unread.settings) == "<charge controller 3.settings, not read>"
    assert snapshot.charge_controllers[4].settings.absorb_volts == Decimal("58.8")
    assert snapshot.gateway.settings.time is None


def test_a_live_poll_reads_only_a_part_of_the_gateway() -> None:
    poller = Poller(Controller())
    poller.read()
    gateway = Snapshot.of(poller.read(Mode.LIVE), "").gateway
    assert gateway.ac_frequency == Decimal("50.0")
    assert gateway.firmware is None
    assert gateway.settings.time is None
