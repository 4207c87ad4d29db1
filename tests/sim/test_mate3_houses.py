"""Houses that nobody captured: their chains hold, and their points decode as they were set."""

from __future__ import annotations

import pytest

from energy_hw.outback import tables
from energy_hw.outback.values import decode_block
from energy_hw.sim.mate3 import SimMate3, capture
from energy_hw.sim.mate3_houses import HOUSES, house, resize
from energy_hw.sim.mate3_map import Mate3Map
from mate3_rig import RawClient

GATEWAY = {1, 64110, 64120, 101, 64255}


def devices(made: Mate3Map) -> list[tuple[int, int, int | None]]:
    return [(place.did, place.length, place.port) for place in made.places() if place.did not in GATEWAY]


def test_captured_house_is_the_capture() -> None:
    assert house("captured") == capture()


@pytest.mark.parametrize("name", HOUSES)
def test_chain_ends_and_blocks_have_lengths_of_the_field(name: str) -> None:
    made = Mate3Map(house(name))
    last = made.places()[-1]
    assert made.registers[last.addresses.stop] == 0xFFFF
    assert len(made.registers) == last.addresses.stop + 2 - 40000
    for place in made.places():
        model = tables.model(place.did)
        assert model is not None
        assert place.length in model.lengths
        assert len(decode_block(place.did, [made.registers[at] for at in place.addresses], place.address)) > 5


@pytest.mark.parametrize("name", HOUSES)
def test_every_code_of_a_device_has_a_label(name: str) -> None:
    made = Mate3Map(house(name))
    for place in (place for place in made.places() if place.did not in GATEWAY):
        words = [made.registers[at] for at in place.addresses]
        values = decode_block(place.did, words, place.address, made.since_2018)
        assert [v.point.code for v in values.values() if v.implemented and "(unknown)" in str(v.value)] == []


def test_split_phase_radian() -> None:
    made = Mate3Map(house("radian"))
    assert devices(made)[:2] == [(64115, 59, 1), (64116, 89, 1)]
    assert made.get(64115, "l2_output_ac_voltage", 1) == 119
    assert made.get(64115, "ac_current_scale_factor", 1) == 0
    assert made.get(64116, "dc_voltage_scale_factor", 1) == -1
    assert made.get(64116, "model_number", 1) == "GS8048A"
    assert made.get(64112, "model_number", 2) == "FM60-150VDC"


def test_fx_pair() -> None:
    made = Mate3Map(house("fx"))
    assert devices(made)[:4] == [(64113, 36, 1), (64114, 72, 1), (64113, 36, 2), (64114, 72, 2)]
    assert made.get(64114, "serial_number", 2) == "FX2"


def test_mate3_of_before_2018() -> None:
    made = Mate3Map(house("mate3"))
    assert not made.since_2018
    assert devices(made)[:2] == [(64117, 39, 1), (64116, 84, 1)]
    assert made.get(64110, "alarm_email_subject_line") == "OutBack alarm"
    assert made.get(64116, "model_number", 1) == "GS8048A"
    with pytest.raises(LookupError):
        made.get(64117, "output_kw", 1)


def test_without_a_hub_the_port_is_0() -> None:
    made = Mate3Map(house("no-hub"))
    assert devices(made) == [(64111, 26, 0), (64112, 88, 0)]
    assert made.get(64112, "absorb_volts", 0) == 588


@pytest.mark.parametrize(("did", "length", "port"), [(64117, 39, 1), (64117, 47, 2), (64116, 84, 2), (64116, 86, 1)])
def test_block_of_another_length(did: int, length: int, port: int) -> None:
    made = Mate3Map(capture())
    old = made.place(did, port)
    resize(made, did, length, port)
    new = made.place(did, port)
    assert (new.address, new.length) == (old.address, length)
    assert len(made.registers) == 1278 + length - old.length
    assert made.get(64119, "battery_capacity", 5) == 380
    tail = [made.registers[at] for at in range(old.addresses.stop, new.addresses.stop)]
    assert set(tail) <= {0xFFFF}


def test_house_is_served() -> None:
    with SimMate3(house("radian")) as mate3, RawClient(mate3) as client:
        assert client.read(40630, 3) == (64115, 59, 1)
