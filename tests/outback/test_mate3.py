"""The live controller: it reads by itself, and writes to what was seen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from energy_hw.errors import (
    ConfigError,
    IdentityChanged,
    LinkClosed,
    LinkError,
    NotWritable,
    OutOfRange,
    UnknownDevice,
    UnknownPoint,
)
from energy_hw.outback.chain import END, MARKER, words_of
from energy_hw.outback.live import LiveDevice
from energy_hw.outback.mate3 import Mate3
from energy_hw.outback.poll import Mode
from energy_hw.sim.mate3 import SimMate3, capture
from energy_hw.sim.mate3_faults import WRITES
from energy_hw.sim.mate3_houses import house
from mate3_rig import mate3 as simulated
from outback_rig import Controller

__all__ = ["simulated"]
ABSORB_3, ABSORB_4 = 40946, 41064


@pytest.fixture
def controller() -> Controller:
    return Controller()


@pytest.fixture
def live(controller: Controller) -> Iterator[Mate3]:
    with Mate3(registers=controller) as mate3:
        yield mate3


@pytest.fixture
def over_tcp(simulated: SimMate3, tmp_path: Path) -> Iterator[Mate3]:
    with Mate3(simulated.host, simulated.port, journal=tmp_path / "writes.jsonl", timeout_s=20.0) as mate3:
        mate3._poller._sleep = mate3._writes._sleep = lambda pause_s: None  # nothing here takes its time
        yield mate3


def requests(simulated: SimMate3, ask: Callable[[], object]) -> int:
    before = len(simulated.requests)
    ask()
    return len(simulated.requests) - before


# -- reading -------------------------------------------------------------------


def test_nothing_is_read_before_something_is_asked(live: Mate3, controller: Controller) -> None:
    assert live.latest is None
    assert controller.requests == []
    assert str(live.diagnosis()) == "idle: nothing was read yet: iterate over it, or read()"


def test_the_first_attribute_reads_by_itself_and_the_next_ones_do_not(live: Mate3, controller: Controller) -> None:
    assert live.battery_monitors[5].state_of_charge == 96
    count = len(controller.requests)
    assert live.charge_controllers[3].settings.absorb_volts == Decimal("58.8")
    assert live.gateway.firmware == "1.4.2"
    assert len(controller.requests) == count <= 20


def test_a_live_device_says_what_it_is(live: Mate3) -> None:
    device = live.inverters[1]
    assert (device.name, device.kind, device.did, device.port) == ("inverter 1", "inverter", 64117, 1)
    assert (device.model, device.serial, device.firmware) == ("VFXR3048E", "SPARE FXR", "1.6.15")
    assert device.id == "outback:MA0000F0000000/1"
    assert live[device.id] == live["inverter 1"] == device
    assert [each.name for each in live.devices][:3] == ["gateway", "system", "inverter 1"]
    assert live.system.set_absorb_voltage == Decimal("57.6")


def test_an_unknown_port_or_id_names_those_that_are_there(live: Mate3) -> None:
    with pytest.raises(UnknownDevice, match="no battery monitor on port 6: there is one on 5"):
        live.battery_monitors[6]
    with pytest.raises(UnknownDevice, match="no device 'x': there is gateway, system, inverter 1"):
        live["x"]


def test_an_item_and_iteration_give_point_values(live: Mate3) -> None:
    device = live.charge_controllers[3]
    assert device["watts"].raw == 400
    assert len(list(device)) == 28
    assert "watts" in device
    with pytest.raises(UnknownPoint, match="did you mean watts"):
        device["wats"]


def test_a_typo_names_near_ones(live: Mate3) -> None:
    with pytest.raises(AttributeError, match=r"no point wats; did you mean watts\?"):
        _ = live.charge_controllers[3].wats
    with pytest.raises(AttributeError, match=r"its settings have: charge controller 3.settings.absorb_volts"):
        _ = live.charge_controllers[3].absorb_volts


def test_devices_show_what_was_read_without_reading(live: Mate3, controller: Controller) -> None:
    device = LiveDevice(live._holding, (64111, 3))
    assert repr(device) == "<charge controller 3, not read yet>"
    assert repr(device.settings) == "<charge controller 3.settings, not read>"
    assert "watts" in dir(device)
    assert "absorb_volts" in dir(device.settings)
    assert "mac_address" in dir(LiveDevice(live._holding, (64110, None)))
    assert controller.requests == []
    live.read()
    assert repr(device).startswith("<charge controller 3: FM60-150VDC, firmware 3.3.0 at ")
    assert "inverter_single_phase_status" in dir(live.gateway)


def test_the_controller_shows_how_it_does(live: Mate3) -> None:
    assert repr(live) == "<Mate3 registers: idle: nothing was read yet: iterate over it, or read()>"
    live.read()
    assert repr(live).startswith("<Mate3 registers: good: gateway, system, inverter 1,")


def test_equal_devices_are_equal(live: Mate3) -> None:
    assert live.inverters[1] == live.inverters[1]
    assert live.inverters[1] != live.inverters[2]
    assert live.inverters[1].settings != live.inverters[1]
    assert len({live.inverters[1], live.inverters[1], live.inverters[1].settings}) == 2


def test_a_refresh_reads_the_device_and_its_settings(live: Mate3, controller: Controller) -> None:
    live.read()
    controller.holds(live.charge_controllers[3]["watts"].address, 512)
    controller.holds(ABSORB_3, 570)
    assert live.charge_controllers[3].watts == 400
    snapshot = live.charge_controllers[3].refresh()
    assert snapshot.watts == live.charge_controllers[3].watts == 512
    assert live.charge_controllers[3].settings.absorb_volts == Decimal("57.0")


def test_one_point_is_read_in_one_request(live: Mate3, controller: Controller) -> None:
    live.read()
    controller.holds(ABSORB_3, 570)
    device = live.charge_controllers[3]
    assert controller.counted(lambda: device.read("watts")) == 1
    assert controller.counted(lambda: device.settings.read("absorb_volts")) == 1
    assert device.settings.read("absorb_volts").value == Decimal("57.0")
    assert device.settings.absorb_volts == Decimal("58.8")
    with pytest.raises(UnknownPoint, match="settings has no point watts"):
        device.settings.read("watts")


def test_requests_over_tcp_are_few(over_tcp: Mate3, simulated: SimMate3) -> None:
    assert requests(simulated, over_tcp.read) <= 20
    assert requests(simulated, over_tcp.read) <= 13
    assert requests(simulated, lambda: over_tcp.read(Mode.LIVE)) <= 7
    assert requests(simulated, lambda: over_tcp.inverters[1].read("output_kw")) == 1
    assert requests(simulated, lambda: over_tcp.read("live")) <= 7  # type: ignore[arg-type]


def test_after_live_polls_settings_are_read_when_they_are_asked_for(live: Mate3, controller: Controller) -> None:
    live.read(Mode.LIVE)
    live._holding.newest = live._holding.seen = None
    live.read(Mode.LIVE)
    device = live.charge_controllers[3]
    assert device.watts == 400
    assert controller.counted(lambda: device.serial) == 2
    assert controller.counted(lambda: device.settings.absorb_volts) == 0
    assert (live.gateway.manufacturer, live.gateway.firmware) == ("OutBack_Power", "1.4.2")


@pytest.mark.parametrize(("name", "port"), [("no-hub", 0), ("fx", 3), ("mate3", 2)])
def test_other_houses_are_read_too(name: str, port: int) -> None:
    with Mate3(registers=Controller(house(name))) as mate3:
        assert mate3.charge_controllers[port].settings.absorb_volts == Decimal("58.8")


@pytest.mark.parametrize("did", [1, 64110, 64112])
def test_a_chain_without_what_identifies_devices_is_read_again_and_again(did: int) -> None:
    layout = Controller().layout
    whole = [block for block in layout.blocks if block.did != did]
    words = [*MARKER, *(word for block in whole for word in words_of(block, capture())), END, 0]
    with Mate3(registers=Controller(dict(enumerate(words, layout.base)))) as mate3:
        first, again = mate3.read(), mate3.read()
        assert [device.name for device in again.devices] == [device.name for device in first.devices]
        assert mate3.charge_controllers[3].battery_voltage == Decimal("50.7")


def test_a_device_that_is_gone_is_unknown(live: Mate3, controller: Controller) -> None:
    device = live.charge_controllers[4]
    assert device.watts == 278
    controller.registers = house("no-hub")
    live._poller.layout = None
    live.read()
    with pytest.raises(UnknownDevice, match="no device 64111 on port 4 any more: there is gateway, system, charge"):
        _ = device.watts


# -- writing -------------------------------------------------------------------


def test_assigning_a_setting_writes_it_and_is_read_back(over_tcp: Mate3, simulated: SimMate3, tmp_path: Path) -> None:
    settings = over_tcp.charge_controllers[3].settings
    settings.absorb_volts = Decimal("57.6")
    assert simulated.registers[ABSORB_3] == 576
    assert simulated.registers[ABSORB_4] == 588
    assert settings.absorb_volts == Decimal("57.6")
    noted = [json.loads(line) for line in (tmp_path / "writes.jsonl").read_text().splitlines()]
    assert [line.get("outcome", line["line"]) for line in noted] == ["intent", "confirmed"]
    settings.absorb_volts = "57.0"
    assert simulated.registers[ABSORB_3] == 570
    assert over_tcp.counters().writes == 2


@pytest.mark.parametrize("name", ["absorb_volt", "Absorb_volts", "settings", "_owner", "x"])
def test_assigning_what_is_no_point_sets_nothing(live: Mate3, controller: Controller, name: str) -> None:
    live.read()
    count = len(controller.requests)
    with pytest.raises(AttributeError, match=rf"charge controller 3.settings has no point {name}; did you mean"):
        setattr(live.charge_controllers[3].settings, name, 57)
    assert len(controller.requests) == count


def test_assigning_a_setting_to_the_device_says_where_it_belongs(live: Mate3) -> None:
    with pytest.raises(AttributeError, match=r"its settings have: charge controller 3.settings.absorb_volts"):
        live.charge_controllers[3].absorb_volts = 57
    with pytest.raises(AttributeError, match=r"charge controller 3 has no point settings"):
        setattr(live.charge_controllers[3], "settings", 57)  # noqa: B010


def test_a_measured_value_is_refused(over_tcp: Mate3) -> None:
    with pytest.raises(NotWritable, match="64111/watts is read-only"):
        over_tcp.charge_controllers[3].watts = 500
    with pytest.raises(OutOfRange, match=r"the nearest are 57.6 V and 57.7 V"):
        over_tcp.charge_controllers[3].settings.absorb_volts = 57.65


def test_write_takes_a_device_or_its_id_and_may_be_dry(over_tcp: Mate3, simulated: SimMate3) -> None:
    device = over_tcp.charge_controllers[4]
    result = over_tcp.write(device, "absorb_volts", "57.6", dry_run=True)
    assert (result.outcome, simulated.registers[ABSORB_4]) == ("dry run", 588)
    assert "58.8 -> 57.6 V" in result.prepared.text()
    assert over_tcp.write(device.id, "64112/absorb_volts", 576, raw=True).outcome == "confirmed"
    assert simulated.registers[ABSORB_4] == 576
    assert over_tcp.counters().writes == 1


def test_a_locked_class_must_be_named(simulated: SimMate3, over_tcp: Mate3, tmp_path: Path) -> None:
    with pytest.raises(NotWritable, match="clock"):
        over_tcp.gateway.hour = 12
    assert over_tcp.write("gateway", "hour", 12, allow=["clock"]).confirmed
    with Mate3(simulated.host, simulated.port, allow=["clock"], journal=tmp_path / "j") as allowed:
        allowed.gateway.settings.hour = 13
    assert simulated.get(64110, "hour") == 13


def test_a_reset_is_written_as_the_complement_of_what_it_reads(over_tcp: Mate3, simulated: SimMate3) -> None:
    name = "shunt_a_reset_maximum_data_write_complement"
    dry = over_tcp.write("battery monitor 5", name, None, allow=["reset"], dry_run=True)
    code = simulated.get(64118, "shunt_a_reset_maximum_data", 5)
    assert isinstance(code, int)
    assert dry.prepared.words == (code ^ 0xFFFF,)


def test_commands_and_controls(over_tcp: Mate3, simulated: SimMate3) -> None:
    controls = {(control.device, control.name): control for control in over_tcp.controls()}
    absorb = controls["outback:MA0000F0000000/3", "absorb_volts"]
    assert (absorb.kind, absorb.unit, absorb.step, absorb.confirmed) == ("number", "V", Decimal("0.1"), True)
    assert ("outback:MA0000F0000000", "hour") not in controls
    assert over_tcp.command(absorb.device, absorb.name, Decimal("57.6"), 1.0) == "confirmed"
    assert over_tcp.command("outback:MA0000F0000000/system", "set_inverter_mode", "search") == "confirmed"
    assert simulated.registers[ABSORB_3] == 576


# -- the device that was seen --------------------------------------------------


def test_a_write_to_a_device_that_changed_its_port_is_refused(over_tcp: Mate3, simulated: SimMate3) -> None:
    over_tcp.read()
    simulated.swap_cables(3, 4)
    with pytest.raises(IdentityChanged):
        over_tcp.charge_controllers[3].settings.absorb_volts = 57
    assert not [request for request in simulated.requests if request[0] in WRITES]


def test_what_only_a_poll_saw_is_not_what_the_user_saw(over_tcp: Mate3, simulated: SimMate3) -> None:
    over_tcp.read()
    simulated.swap_cables(3, 4)
    over_tcp._holding.read(Mode.EVERYTHING, by_user=False)
    assert over_tcp.charge_controllers[3].model == "FM80-150VDC"
    for _ in range(2):
        with pytest.raises(IdentityChanged):
            over_tcp.charge_controllers[3].settings.absorb_volts = 57
    assert simulated.registers[ABSORB_3] == simulated.registers[ABSORB_4] == 588
    over_tcp.read()
    over_tcp.charge_controllers[3].settings.absorb_volts = 57
    assert simulated.get(64112, "absorb_volts", 3) == 570


def test_another_device_on_a_port_is_told(
    over_tcp: Mate3, simulated: SimMate3, caplog: pytest.LogCaptureFixture
) -> None:
    over_tcp.read()
    over_tcp.read()
    assert over_tcp.counters().changed == 0
    simulated.swap_cables(3, 4)
    simulated.replug(unknown=20)
    over_tcp._holding.read(Mode.LIVE, by_user=False)
    over_tcp._holding.read(Mode.EVERYTHING, by_user=False)
    assert over_tcp.counters().changed == 2
    told = [record.message for record in caplog.records if "holding" in record.name]
    assert "charge controller 3 is not the device that it was: model: then FM60-150VDC, now FM80-150VDC" in told[0]
    assert "charge controller 4" in told[1]


def test_a_command_is_for_the_device_that_was_published(over_tcp: Mate3, simulated: SimMate3) -> None:
    over_tcp.read()
    over_tcp._holding.read(Mode.EVERYTHING, by_user=False)
    assert over_tcp.command("outback:MA0000F0000000/3", "absorb_volts", "57.0") == "confirmed"
    assert simulated.get(64112, "absorb_volts", 3) == 570


def test_a_device_that_took_the_place_of_another_gets_no_command_until_somebody_reads(
    over_tcp: Mate3, simulated: SimMate3
) -> None:
    over_tcp.read()
    simulated.swap_cables(3, 4)
    for _ in range(2):
        over_tcp._holding.read(Mode.EVERYTHING, by_user=False)
        with pytest.raises(
            IdentityChanged, match="charge controller 3 is not the device that it was: model: then FM60"
        ):
            over_tcp.command("outback:MA0000F0000000/3", "absorb_volts", "57.0")
    assert simulated.registers[ABSORB_3] == simulated.registers[ABSORB_4] == 588
    assert over_tcp.command("outback:MA0000F0000000/1", "search_sensitivity", 5) == "confirmed"
    over_tcp.read()
    assert over_tcp.command("outback:MA0000F0000000/3", "absorb_volts", "57.0") == "confirmed"


def test_the_same_device_at_another_address_is_written_to(over_tcp: Mate3, simulated: SimMate3) -> None:
    over_tcp.read()
    simulated.replug(unknown=20)
    over_tcp._holding.read(Mode.LIVE, by_user=False)
    over_tcp.charge_controllers[3].settings.absorb_volts = 57
    assert simulated.get(64112, "absorb_volts", 3) == 570
    assert over_tcp.counters().rediscoveries == 1


def test_a_live_read_of_a_new_layout_is_no_look_at_its_settings(over_tcp: Mate3, simulated: SimMate3) -> None:
    over_tcp.read()
    simulated.swap_cables(3, 4)
    simulated.replug(unknown=20)
    over_tcp.read(Mode.LIVE)
    with pytest.raises(IdentityChanged):
        over_tcp.charge_controllers[3].settings.absorb_volts = 57


# -- opening and closing -------------------------------------------------------


def test_a_simulated_controller_needs_nothing() -> None:
    with Mate3(simulate=True) as mate3:
        assert mate3.name == "sim:mate3"
        assert mate3.gateway.model == "MATE3S"
    with pytest.raises(LinkClosed):
        mate3.read()


def test_a_layout_is_kept_in_a_file_by_its_path_or_name(simulated: SimMate3, tmp_path: Path) -> None:
    def first_read() -> int:
        with Mate3(simulated.host, simulated.port, layout_file=str(tmp_path / "layouts.json"), timeout_s=20.0) as mate3:
            return requests(simulated, mate3.read)

    assert first_read() == 20
    assert first_read() == 13


def test_the_environment_names_the_controller(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ENERGY_HW_MATE3", "sim:mate3?delay_s=0")
    with Mate3() as mate3:
        assert len(mate3.devices) == 7
    monkeypatch.delenv("ENERGY_HW_MATE3")
    with pytest.raises(ConfigError, match=r"expected a host like mate3.lan"):
        Mate3()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"host": "mate3.lan", "simulate": True}, "expected a host or simulate=True, got both"),
        ({"host": "sim:mate4"}, "expected sim:mate3 or sim:mate3.delay_s=0.02, got 'sim:mate4'"),
        ({"host": "sim:mate3?delay_s=long"}, "expected sim:mate3 or"),
        ({"host": "mate3.lan", "interval_s": 0.5}, "at least, and a day at most, got 0.5: a controller that is asked"),
        ({"host": "mate3.lan", "interval_s": float("nan")}, "an interval of 1 s at least"),
        ({"host": "mate3.lan", "interval_s": float("inf")}, "a day at most, got inf"),
        ({"host": "mate3.lan", "interval_s": "10"}, "an interval of 1 s at least, and a day at most, got 10"),
        ({"host": "mate3.lan", "settings_every_s": 0}, "settings_every_s: expected seconds above 0, got 0"),
        ({"host": 5}, "expected a host like mate3.lan or 192.168.0.64, got 5"),
        ({"host": "http://mate3.lan"}, "host: expected a name or an address, .* got 'http://mate3.lan'"),
        ({"registers": Controller(), "unit": 1, "host": "x"}, "expected registers alone, got a host, unit as well"),
        ({"host": "mate3.lan", "max_read": 126}, "max_read: expected 2..125"),
    ],
)
def test_what_cannot_be_is_refused_with_the_reason(arguments: dict[str, object], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        Mate3(**arguments)  # type: ignore[arg-type]


def test_an_option_that_there_is_not_is_refused() -> None:
    with pytest.raises(TypeError, match="intervall_s"):
        Mate3("mate3.lan", intervall_s=5)  # type: ignore[call-arg]
    with pytest.raises(ConfigError, match="got intervall_s as well"):
        Mate3(registers=Controller(), intervall_s=5)  # type: ignore[call-arg]


def test_a_controller_that_is_away_is_told_with_the_next_step() -> None:
    with SimMate3() as simulated:
        host, port = simulated.host, simulated.port
    with Mate3(host, port, tries=1) as mate3:
        with pytest.raises(LinkError, match="switch Modbus"):
            _ = mate3.gateway
        assert str(mate3.diagnosis()).startswith("away: ")
        assert "nothing was read yet" in mate3.diagnosis().text


def test_close_may_be_called_twice_and_ends_what_was_never_started(live: Mate3) -> None:
    live.close()
    live.close()
    assert list(live) == []
    assert live.diagnosis().health == "ended"
