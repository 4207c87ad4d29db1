"""Blocks of the simulated Mate3: found, changed, moved."""

from __future__ import annotations

import pytest

from energy_hw.outback import tables
from energy_hw.sim.mate3 import capture
from energy_hw.sim.mate3_map import Mate3Map, from_words, to_words

IN_CAPTURE = (
    "40002/1/65 40069/64110/420 40491/64120/27 40520/101/50 40572/64255/56 40630/64117/46 40678/64116/89 "
    "40769/64117/46 40817/64116/89 40908/64111/26 40936/64112/88 41026/64111/26 41054/64112/88 41144/64118/76 "
    "41222/64119/52"
)


@pytest.fixture
def house() -> Mate3Map:
    return Mate3Map(capture())


def chain(house: Mate3Map) -> str:
    return " ".join(f"{place.address}/{place.did}/{place.length}" for place in house.places())


def ports(house: Mate3Map) -> list[int]:
    return [place.port for place in house.places() if place.port is not None]


def test_blocks_of_the_capture(house: Mate3Map) -> None:
    assert chain(house) == IN_CAPTURE
    assert ports(house) == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]


def test_no_blocks_without_a_marker() -> None:
    house = Mate3Map({40000: 1, 40001: 2})
    assert house.places() == ()
    with pytest.raises(LookupError, match="marker"):
        house.lay([])


def test_no_blocks_in_a_chain_that_breaks_off(house: Mate3Map) -> None:
    for address in range(41000, 41278):
        del house.registers[address]
    assert house.places() == ()


def test_points_by_name(house: Mate3Map) -> None:
    assert house.get(64118, "shunt_b_current") == -166
    assert house.get(64118, "todays_minimum_battery_time") == 0x5FED741D
    assert house.get(64112, "model_number", 3) == "FM60-150VDC"
    assert house.get(64112, "model_number", 4) == "FM80-150VDC"
    assert house.address_of(64112, "absorb_volts", 3) == 40946


def test_points_are_set_in_the_order_of_their_words(house: Mate3Map) -> None:
    house.set(64118, "shunt_b_current", -2)
    house.set(64118, "todays_minimum_battery_time", 0x12345678)
    house.set(64112, "serial_number", "ABC", 4)
    assert house.registers[41153] == 0xFFFE
    assert (house.registers[41183], house.registers[41184]) == (0x5678, 0x1234)
    assert [house.registers[41126 + at] for at in range(3)] == [0x4142, 0x4300, 0]


@pytest.mark.parametrize("did", [did for did in tables.models() if did != 0xFFFF])
def test_every_point_of_every_table_can_be_set(did: int) -> None:
    for point in tables.points(did):
        value: int | str = "Ab1" if point.type == "string" else -3 if point.signed else 0xFFFD
        words = to_words(point, value)
        assert len(words) == point.size
        assert from_words(point, words) == value


@pytest.mark.parametrize(
    ("did", "name", "port"),
    [(64113, "port_number", None), (64112, "absorb_volts", 5), (64117, "gt_number", 1), (64112, "absorb", 3)],
    ids=["no such block", "no such port", "block too short", "no such point"],
)
def test_what_is_not_there(house: Mate3Map, did: int, name: str, port: int | None) -> None:
    with pytest.raises(LookupError, match=str(did)):
        house.get(did, name, port)


def test_swapped_ports_keep_devices_whole(house: Mate3Map) -> None:
    before = [house.registers[address] for address in range(40908, 41144)]
    house.swap_ports(3, 4)
    assert chain(house) == IN_CAPTURE
    assert ports(house) == [1, 1, 2, 2, 4, 4, 3, 3, 5, 5]
    assert house.get(64112, "model_number", 3) == "FM60-150VDC"
    assert house.registers[40938] == 4
    after = [house.registers[address] for address in range(40908, 41144)]
    assert after == before[118:] + before[:118]


def test_swapped_ports_of_unequal_devices_move_everything(house: Mate3Map) -> None:
    house.swap_ports(1, 5)
    assert ports(house) == [5, 5, 2, 2, 3, 3, 4, 4, 1, 1]
    assert house.address_of(64118, "did") == 40630
    assert house.place(64117, 2).address == 40630 + 78 + 54
    assert house.registers[41276] == 0xFFFF


def test_swapped_cables_keep_the_ports_in_order(house: Mate3Map) -> None:
    house.swap_cables(3, 4)
    assert ports(house) == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert house.get(64112, "model_number", 3) == "FM80-150VDC"
    assert house.get(64112, "model_number", 4) == "FM60-150VDC"


def test_replugged_in_another_order_with_one_gone_and_one_unknown(house: Mate3Map) -> None:
    house.replug(order=[5, 1], without=[2], unknown=10)
    assert ports(house) == [5, 5, 1, 1, 3, 3, 4, 4]
    assert [place.did for place in house.places()][4:8] == [64255, 120, 64118, 64119]
    assert len(house.registers) == 1278 - 139 + 12


def test_replugged_unchanged_changes_nothing(house: Mate3Map) -> None:
    house.replug()
    assert house.registers == capture()


def test_the_gateways_layout_follows_its_model(house: Mate3Map) -> None:
    assert house.since_2018
    house.set(1, "model", "MATE3")
    assert not house.since_2018
    house.set(64110, "alarm_email_subject_line", "subject")
    assert house.registers[40069 + 166] == int.from_bytes(b"su", "big")
