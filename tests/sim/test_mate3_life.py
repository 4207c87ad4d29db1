"""A simulated day: values that a real day could have, and counters that never fall."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from energy_hw.outback.values import decode_block
from energy_hw.sim.mate3 import SimMate3, capture
from energy_hw.sim.mate3_houses import HOUSES, house
from energy_hw.sim.mate3_life import GROWING, Mate3Life, load_w, load_wh, state_of_charge, sun, sun_hours
from energy_hw.sim.mate3_map import Mate3Map
from mate3_rig import RawClient

MIDNIGHT = datetime(2026, 6, 1, 22, 0, tzinfo=UTC)  # of the captured controller, two hours ahead
HOUR = timedelta(hours=1)


def at(hour: float, name: str = "captured") -> Mate3Map:
    made = Mate3Map(house(name))
    Mate3Life(made).move(MIDNIGHT + hour * HOUR)
    return made


def test_noon_and_night() -> None:
    noon, night = at(12), at(0)
    assert (noon.get(64111, "watts", 3), noon.get(64111, "charger_state", 3)) == (2400, 2)
    assert (night.get(64111, "watts", 3), night.get(64111, "charger_state", 3)) == (0, 0)
    assert int(noon.get(64118, "net_kw", 5)) > 0 > int(night.get(64118, "net_kw", 5))


def test_gateway_clock_shows_its_own_time() -> None:
    made = at(9.5)
    assert [made.get(64110, name) for name in ("year", "month", "day", "hour", "minute", "second")] == [
        2026, 6, 2, 9, 30, 0,
    ]  # fmt: skip


def test_currents_add_up_at_every_hour() -> None:
    for hour in range(24):
        made = at(hour)
        shunts = [int(made.get(64118, f"shunt_{letter}_current", 5)) for letter in "abc"]
        assert sum(shunts) == made.get(64118, "battery_current", 5)
        assert 48.0 <= int(made.get(64118, "battery_voltage", 5)) / 10 <= 58.0


@pytest.mark.parametrize("name", HOUSES)
def test_every_house_lives(name: str) -> None:
    made = at(13, name)
    for place in made.places():
        values = decode_block(place.did, [made.registers[at] for at in place.addresses], place.address)
        if place.did == 64118:
            assert values["state_of_charge"].value == state_of_charge(13)
    assert made.registers.keys() == house(name).keys()


def test_integrals_fit_what_they_integrate() -> None:
    steps = [hour / 100 for hour in range(2400)]
    assert sum(map(sun, steps)) / 100 == pytest.approx(sun_hours(24), rel=0.001)
    assert sum(map(load_w, steps)) / 100 == pytest.approx(load_wh(24), rel=0.001)


def test_state_of_charge_has_no_jump_and_two_turning_points() -> None:
    day = [state_of_charge(hour / 10) for hour in range(240)]
    assert (min(day), max(day), day[60], day[160]) == (60, 98, 60, 98)
    assert max(abs(a - b) for a, b in zip(day, [*day[1:], day[0]], strict=True)) <= 1


def test_counters_grow_from_where_they_stood_even_over_a_clock_set_back() -> None:
    made = Mate3Map(capture())
    life = Mate3Life(made)
    seen = []
    for hour in (0, 10, 20, 34, 30, 58):
        life.move(MIDNIGHT + hour * HOUR)
        seen.append(
            [int(made.get(64111, name, 3)) for name in ("lifetime_kwh_hours", "lifetime_k_amp_hours")]
            + [int(made.get(64118, "lifetime_k_ah_removed", 5))]
        )
    assert seen[0] == [6109, 1096, 200]
    assert seen[2][0] - 6109 == 18
    for before, after in pairwise(seen):
        assert all(a <= b for a, b in zip(before, after, strict=True))
    assert "lifetime_kwh_hours" in GROWING


def test_served_values_follow_the_clock() -> None:
    now = MIDNIGHT + 12 * HOUR
    with SimMate3(life=True, clock=lambda: now) as mate3, RawClient(mate3) as client:
        watts = mate3.address_of(64111, "watts", 3)
        assert client.read(watts, 1) == (2400,)
        now += 12 * HOUR
        assert client.read(watts, 1) == (0,)


def test_without_life_nothing_moves() -> None:
    with SimMate3() as mate3, RawClient(mate3) as client:
        client.read(40000, 100)
        assert mate3.registers == capture()
