"""What one read found, and what stays immutable about it."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Callable
from decimal import Decimal

import pytest

from energy_hw.errors import UnknownDevice
from energy_hw.outback.device import Device
from energy_hw.outback.devices import Ports
from energy_hw.outback.poll import Mode, Poller
from energy_hw.outback.snapshot import Snapshot
from energy_hw.sim.mate3_houses import HOUSES, house
from outback_rig import CHARGER, CHARGER_SETTINGS, Controller


def snapshot_of(name: str = "captured") -> Snapshot:
    return Snapshot.of(Poller(Controller(house(name))).read(), "mate3.lan")


def both(controller: Controller) -> tuple[Poller, Snapshot]:
    poller = Poller(controller)
    return poller, Snapshot.of(poller.read(), "mate3.lan")


def test_every_device_of_the_capture_is_there_by_kind_and_port() -> None:
    snapshot = snapshot_of()
    assert [device.name for device in snapshot.devices] == [
        "gateway",
        "system",
        "inverter 1",
        "inverter 2",
        "charge controller 3",
        "charge controller 4",
        "battery monitor 5",
    ]
    assert (list(snapshot.inverters), list(snapshot.charge_controllers)) == ([1, 2], [3, 4])
    assert snapshot.battery_monitors[5].state_of_charge == 96
    assert snapshot["charge controller 4"] is snapshot.charge_controllers[4]
    assert snapshot["outback:MA0000F0000000/4"] is snapshot.charge_controllers[4]


@pytest.mark.parametrize(("name", "did"), [("fx", 64113), ("radian", 64115), ("radian-single", 64117)])
def test_inverters_of_all_three_kinds_are_in_one_mapping(name: str, did: int) -> None:
    inverter = snapshot_of(name).inverters[1]
    assert inverter.did == did
    assert inverter.kind == "inverter"
    assert inverter.settings.absorb_volts in (Decimal("57.6"), Decimal("28.8"))


def test_a_device_without_a_hub_is_on_port_0() -> None:
    snapshot = snapshot_of("no-hub")
    assert list(snapshot.charge_controllers) == [0]
    assert snapshot.charge_controllers[0].id == "outback:MA0000F0000000/0"


def test_an_unknown_port_says_which_ports_there_are() -> None:
    with pytest.raises(UnknownDevice, match=r"no charge controller on port 7: there is one on 3, 4"):
        snapshot_of().charge_controllers[7]
    with pytest.raises(UnknownDevice, match="no inverter on port 1: there is none"):
        snapshot_of("nothing").inverters[1]


def test_ports_are_a_mapping() -> None:
    ports = snapshot_of().inverters
    assert ports.get(7) is None
    assert 7 not in ports
    assert dict(ports) == {1: ports[1], 2: ports[2]}
    assert (repr(ports), repr(Ports("inverter", {}))) == ("<inverters on port 1, 2>", "<inverters on port none>")


def test_an_unknown_id_names_the_devices() -> None:
    with pytest.raises(UnknownDevice, match="no device 'kettle': there is gateway, system"):
        snapshot_of()["kettle"]


@pytest.mark.parametrize("name", sorted(HOUSES))
def test_every_house_has_a_gateway_with_a_model_and_readable_devices(name: str) -> None:
    snapshot = snapshot_of(name)
    assert str(snapshot.gateway.model).startswith("MATE3")
    for device in snapshot.devices:
        assert [value.point.name for value in device]
        assert device.time == snapshot.time


def test_a_chain_without_a_gateway_block_says_so() -> None:
    controller = Controller()
    controller.holds(40069, 4242)
    with pytest.raises(UnknownDevice, match=r"no gateway block \(64110\), there is system, inverter 1"):
        _ = both(controller)[1].gateway


def test_a_model_that_no_table_knows_is_kept_as_registers() -> None:
    controller = Controller()
    controller.holds(40630, 120)
    snapshot = both(controller)[1]
    assert list(snapshot.inverters) == [2]
    assert [(block.did, len(words)) for block, words in snapshot.unknown.items()] == [(120, 48)]


def test_registers_are_those_of_the_controller() -> None:
    controller = Controller()
    registers = both(controller)[1].registers
    assert len(registers) == 41276 - 40002
    assert registers == {at: controller.registers[at] for at in range(40002, 41276)}


def test_a_snapshot_cannot_be_changed() -> None:
    snapshot = snapshot_of()
    device = snapshot.charge_controllers[3]
    with pytest.raises(
        AttributeError, match=r"snapshot.time cannot be set: this is a snapshot, write through the live"
    ):
        snapshot.time = None  # type: ignore[assignment]
    with pytest.raises(AttributeError, match=r"charge controller 3.watts cannot be set"):
        device.watts = 5
    with pytest.raises(AttributeError, match=r"charge controller 3.settings.absorb_volts cannot be set"):
        device.settings.absorb_volts = Decimal(57)


def test_a_live_poll_keeps_the_settings_that_were_read_before_with_their_time() -> None:
    controller = Controller()
    poller, first = both(controller)
    controller.holds(first.charge_controllers[3]["watts"].address, 500)
    controller.holds(first.charge_controllers[3].settings["absorb_volts"].address, 999)
    second = Snapshot.of(poller.read(Mode.LIVE), "mate3.lan", first)
    device = second.charge_controllers[3]
    assert (device.watts, device.settings.absorb_volts) == (500, Decimal("58.8"))
    assert (device.time, device.settings.time) == (second.time, first.time)
    assert {block.did for block in second.fresh} == {64120, 101, 64117, 64111, 64118}
    assert first.charge_controllers[3].watts == 400


def test_a_live_poll_alone_has_no_settings_and_says_so() -> None:
    poller, _ = both(Controller())
    device = Snapshot.of(poller.read(Mode.LIVE), "mate3.lan").charge_controllers[3]
    assert (device.serial, device.firmware, device.settings.time) == (None, None, None)
    assert device.model == "Charge controller"
    with pytest.raises(AttributeError, match=r"charge controller 3.settings were not read: read\(\) reads them"):
        _ = device.settings.absorb_volts


def test_another_layout_takes_nothing_over() -> None:
    before = snapshot_of()
    poller = Poller(Controller(house("no-hub")))
    poller.read()
    after = Snapshot.of(poller.read(Mode.LIVE), "mate3.lan", before)
    assert [device.name for device in after.devices if device.time] == ["gateway", "system", "charge controller 0"]
    assert all(block in after.layout.blocks for block in after.parts)


def test_a_value_that_was_read_since_is_put_in_its_place() -> None:
    controller = Controller()
    poller, first = both(controller)
    address = first.charge_controllers[4].settings["absorb_volts"].address
    controller.holds(address, 576)
    value = Snapshot.of(poller.read(), "").charge_controllers[4].settings["absorb_volts"]
    second = first.with_value(value)
    assert second.charge_controllers[4].settings.absorb_volts == Decimal("57.6")
    assert second.charge_controllers[3].settings.absorb_volts == Decimal("58.8")
    assert (second.time, second.fresh) == (first.time, first.fresh)


def test_a_value_of_a_block_that_is_not_known_changes_nothing() -> None:
    captured, other = snapshot_of(), snapshot_of("nothing")
    assert other.with_value(captured.charge_controllers[3]["watts"]) is other


def test_a_gateway_without_a_serial_number_goes_by_the_links_name() -> None:
    controller = Controller()
    controller.holds(40052, *[0] * 16)
    ids = [device.id for device in both(controller)[1].devices]
    assert ids[:3] == ["outback:mate3.lan", "outback:mate3.lan/system", "outback:mate3.lan/1"]


def test_the_same_port_twice_gives_two_ids() -> None:
    controller = Controller()
    layout = controller.layout
    for did in (CHARGER, CHARGER_SETTINGS):
        found = next(block for block in layout.blocks if block.did == did and block.port == 3)
        controller.holds(found.address + 2, 1)
    ids = [device.id for device in both(controller)[1].devices]
    assert len(set(ids)) == len(ids) == 7
    assert "outback:MA0000F0000000/1/64111" in ids


def test_repr_is_one_line_without_serial_numbers() -> None:
    snapshot = snapshot_of()
    lines = [repr(snapshot), *map(repr, snapshot.devices), *(repr(device.settings) for device in snapshot.devices)]
    assert all("\n" not in line and "MA0000F" not in line for line in lines)
    assert "charge controller 4" in lines[0]


def test_a_device_of_a_snapshot_is_known_by_its_key() -> None:
    snapshot = snapshot_of()
    found = snapshot.device((CHARGER, 3))
    assert isinstance(found, Device)
    assert found is snapshot.charge_controllers[3]
    assert snapshot.device((CHARGER, 9)) is None


def pickled(snapshot: Snapshot) -> Snapshot:
    again: Snapshot = pickle.loads(pickle.dumps(snapshot))  # noqa: S301
    return again


@pytest.mark.parametrize("again", [copy.copy, copy.deepcopy, pickled])
def test_a_snapshot_can_be_copied_and_sent_to_another_process(again: Callable[[Snapshot], Snapshot]) -> None:
    snapshot = snapshot_of()
    copied = again(snapshot)
    assert copied.registers == snapshot.registers
    charger = copied.charge_controllers[3]
    assert charger.settings.absorb_volts == snapshot.charge_controllers[3].settings.absorb_volts
    assert again(charger.settings).absorb_volts == charger.settings.absorb_volts  # type: ignore[arg-type, attr-defined]
    assert [report.readings for report in copied.reports()] == [report.readings for report in snapshot.reports()]
    with pytest.raises(AttributeError, match=r"snapshot.time cannot be set"):
        copied.time = snapshot.time  # type: ignore[misc]
