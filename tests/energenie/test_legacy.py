"""Sockets, strips, lights and dimmers that hear OOK: what reaches them, and what is assumed of them.

On the simulated air, in virtual time; a simulated unit needs half of the repeats that are known to work.
"""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from energy_hw.core.interface import Core, OokCode
from energy_hw.energenie.engine import Engine, open_engine
from energy_hw.energenie.events import Certainty
from energy_hw.energenie.legacy import Dimmer, LightSwitch, Socket, Strip
from energy_hw.energenie.ook_thing import DEFAULT_HOUSE
from energy_hw.energenie.orders import Outcome
from energy_hw.energenie.profiles import OOK, OOK_DIMMER, PROFILES
from energy_hw.errors import AirtimeExceeded, CommandError, ConfigError, NotConfirmed, NotWritable, OutOfRange
from energy_hw.sim import ook_devices as sim
from energy_hw.sim.board import sim_board
from energy_hw.sim.faults import Faults
from energy_hw.sim.hearing import OOK_HZ, Hearing, Modulation
from hub_rig import open_hub

HOUSE = 0xA0170


@pytest.fixture
def hub(core: Core) -> Iterator[Engine]:
    """An engine takes the place of the hub; with either core."""
    with sim_board(seed=1) as board, open_engine(board, core.name, spacing_s=0.0) as engine:
        yield engine


def air_of(hub: Engine) -> Any:
    return hub.board.air  # type: ignore[attr-defined]


def unit(hub: Engine, sku: str = "ENER002", house: int = DEFAULT_HOUSE, gang: int = 1, name: str = "unit") -> Any:
    kind = sim.Dimmer if sku in {profile.sku for profile in PROFILES if profile.kind == OOK_DIMMER} else sim.Socket
    device = kind(air_of(hub), name, sku)
    device.codes.append((house, gang))
    return device


def bursts(hub: Engine) -> list[tuple[int, int]]:
    """Start in ms and repeats of each burst from now on."""
    heard: list[tuple[int, int]] = []

    def hear(hearing: Hearing) -> None:
        if hearing.ook_frames():  # else what the chip says between a burst's end and Standby
            heard.append((hearing.start_ns // 1_000_000, len(hearing.ook_frames())))

    air_of(hub).listen(hear, "observer", Modulation.OOK)
    return heard


# -- sockets ---------------------------------------------------------------


def test_socket_goes_on_and_off_and_is_assumed(hub: Engine) -> None:
    there, lamp = unit(hub), Socket(hub)
    assert (lamp.is_on, lamp.certainty) == (None, Certainty.UNKNOWN)
    for on in (True, False):
        ticket = lamp.set(on, wait=5.0)
        assert ticket.outcome is Outcome.ASSUMED
        assert there.on == {1: on}
        assert (lamp.is_on, lamp.certainty) == (on, Certainty.ASSUMED)
    lamp.toggle(wait=5.0)
    assert there.on == {1: True}


@pytest.mark.parametrize("profile", [p for p in PROFILES if p.kind == OOK], ids=lambda profile: profile.sku)
def test_each_product_gets_the_repeats_that_it_needs(hub: Engine, profile: Any) -> None:
    there, heard = unit(hub, profile.sku, HOUSE), bursts(hub)
    Socket(hub, HOUSE, 1, profile.sku).on(wait=20.0)
    assert there.on[1]
    assert [repeats for _, repeats in heard] == [profile.repeats] * profile.bursts


def test_nothing_is_known_of_a_socket_whose_order_could_not_be_sent(hub: Engine) -> None:
    lamp = Socket(hub)
    hub.receiver.budget.limit_s = 0.0
    with pytest.raises((AirtimeExceeded, NotConfirmed)):
        lamp.on(wait=120.0)
    assert lamp.is_on is None


def test_a_newer_order_takes_the_place_of_one_that_waits(hub: Engine) -> None:
    there, heard, lamp = unit(hub), bursts(hub), Socket(hub)
    tickets = [lamp.on(), lamp.off(), lamp.on(), lamp.off()]
    hub.run_s(3.0)
    assert [ticket.outcome for ticket in tickets] == [Outcome.REPLACED] * 3 + [Outcome.ASSUMED]
    assert there.on == {1: False}
    assert len(heard) == 1


def test_what_waits_counts_for_toggle(hub: Engine) -> None:
    lamp = Socket(hub)
    lamp.on()
    lamp.toggle()
    hub.run_s(3.0)
    assert lamp.is_on is False


@pytest.mark.parametrize(
    ("house", "gang"),
    [(-1, 1), (0x100000, 1), (DEFAULT_HOUSE, -1), (DEFAULT_HOUSE, 7)],
    ids=lambda value: f"{value:#x}",
)
def test_house_and_gang_have_limits(hub: Engine, house: int, gang: int) -> None:
    with pytest.raises(OutOfRange) as caught:
        Socket(hub, house, gang)
    assert (caught.value.low, caught.value.high) in ((0, 0xFFFFF), (0, 6))


def test_a_double_socket_has_two_gangs(hub: Engine) -> None:
    Socket(hub, HOUSE, 2, "MIHO007")
    with pytest.raises(OutOfRange, match=r"0 .all. to 2 for MIHO007"):
        Socket(hub, HOUSE, 3, "MIHO007")


@pytest.mark.parametrize("sku", ["MIHO005", "MIHO010", "MIHO999"])
def test_what_is_no_socket_is_refused_with_those_there_are(hub: Engine, sku: str) -> None:
    with pytest.raises(ConfigError, match=f"ENER002.*got '{sku}'"):
        Socket(hub, HOUSE, 1, sku)


def test_ids_names_and_controls(hub: Engine) -> None:
    lamp, dimmer = Socket(hub, name="lamp"), Dimmer(hub, HOUSE, name="ceiling")
    assert (lamp.device, dimmer.device) == ("energenie:ook:0x6C6C6/1", "energenie:ook:0xA0170/1")
    assert lamp.model == "ENER002 Green Button Socket"
    assert hub["lamp"] is lamp
    assert [(c.device, c.name, c.kind, c.options, c.confirmed) for c in hub.controls()] == [
        (lamp.device, "switch", "switch", (), False),
        (dimmer.device, "switch", "switch", (), False),
        (dimmer.device, "level", "option", ("last", "0", "20", "30", "40", "60", "80", "100"), False),
    ]


@pytest.mark.parametrize(("value", "on"), [(True, True), ("on", True), ("OFF", False), (0, False), (1, True)])
def test_commands_by_name(hub: Engine, value: Any, on: bool) -> None:
    there, lamp = unit(hub), Socket(hub)
    lamp.set(not on, wait=5.0)
    assert hub.command(lamp.device, "switch", value, wait=5.0) == "assumed"
    assert there.on == {1: on}


def test_commands_that_there_are_not(hub: Engine) -> None:
    lamp = Socket(hub)
    with pytest.raises(NotWritable, match="obeys switch"):
        lamp.command("level", 20)
    with pytest.raises(OutOfRange, match="expected True or False, got 'maybe'"):
        lamp.command("switch", "maybe")


# -- all of a house ----------------------------------------------------------


def test_strip_switches_each_gang_and_all(hub: Engine) -> None:
    there, strip = unit(hub, "ENER010", HOUSE), Strip(hub, HOUSE)
    strip[2].on(wait=5.0)
    assert there.on == {1: False, 2: True, 3: False, 4: False}
    assert (strip[2].is_on, strip[1].is_on, strip.is_on) == (True, None, None)
    strip.all_on(wait=5.0)
    assert there.on == dict.fromkeys((1, 2, 3, 4), True)
    assert [gang.is_on for gang in strip] == [True] * 4
    assert strip.is_on is True
    strip[4].off(wait=5.0)
    assert strip.is_on is None
    strip.all_off(wait=5.0)
    assert (strip.is_on, len(strip)) == (False, 4)
    with pytest.raises(OutOfRange, match="1 to 4"):
        strip[5]


def test_all_reaches_every_object_of_the_house_and_no_other(hub: Engine) -> None:
    mine, other, light = Socket(hub, HOUSE, 3), Socket(hub, HOUSE + 1, 3), LightSwitch(hub, HOUSE, 2)
    dimmer = Dimmer(hub, HOUSE)
    Socket(hub, HOUSE, 0).on(wait=5.0)
    assert (mine.is_on, light.is_on) == (True, True)
    assert (other.is_on, dimmer.is_on) == (None, None)


def test_all_takes_the_place_of_gangs_that_wait(hub: Engine) -> None:
    there, heard, strip = unit(hub, "ENER010", HOUSE), bursts(hub), Strip(hub, HOUSE)
    elsewhere = Socket(hub, HOUSE + 1, 1)
    waiting = [strip[1].on(), strip[2].on(), strip[3].on()]
    kept = elsewhere.on()
    everything = strip.all_off()
    hub.run_s(5.0)
    assert {ticket.outcome for ticket in waiting} == {Outcome.REPLACED}
    assert (kept.outcome, everything.outcome) == (Outcome.ASSUMED, Outcome.ASSUMED)
    assert there.on == dict.fromkeys((1, 2, 3, 4), False)
    assert len(heard) == 2
    with pytest.raises(NotConfirmed, match="took the place"):
        waiting[0].wait(0)


def test_a_gang_after_all_comes_after_it(hub: Engine) -> None:
    there, strip = unit(hub, "ENER010", HOUSE), Strip(hub, HOUSE)
    strip.all_off()
    strip[3].on()
    hub.run_s(5.0)
    assert there.on == {1: False, 2: False, 3: True, 4: False}
    assert [gang.is_on for gang in strip] == [False, False, True, False]


@pytest.mark.parametrize("spacing_s", [0.0, 1.0])
def test_a_gang_after_all_comes_after_it_whoever_was_served_before(core: Core, spacing_s: float) -> None:
    with sim_board(seed=1) as board, open_engine(board, core.name, spacing_s=spacing_s) as hub:
        there, strip = unit(hub, "ENER010", HOUSE), Strip(hub, HOUSE)
        strip.all_on()
        hub.run_s(0.5)
        strip.all_off()
        last = strip[3].on()
        hub.run_s(5.0)
        assert there.on == {1: False, 2: False, 3: True, 4: False}
        assert last.outcome is Outcome.ASSUMED


def test_a_gang_waits_for_no_all_that_was_cancelled(hub: Engine) -> None:
    there, strip = unit(hub, "ENER010", HOUSE), Strip(hub, HOUSE)
    everything, gang = strip.all_off(), strip[3].on()
    everything.cancel()
    hub.run_s(2.0)
    assert (gang.outcome, there.on[3]) == (Outcome.ASSUMED, True)


def test_a_strip_is_toggled_by_what_its_gangs_have_in_common(hub: Engine) -> None:
    strip = Strip(hub, HOUSE)
    for gang in strip:
        gang.on(wait=5.0)
    strip.toggle(wait=5.0)
    assert strip.is_on is False
    strip[2].on(wait=5.0)
    with pytest.raises(CommandError, match="not known"):
        strip.toggle()


def test_two_objects_for_one_gang_know_the_same(hub: Engine) -> None:
    lamp, again = Socket(hub, HOUSE, 1), Socket(hub, HOUSE, 1)
    lamp.on(wait=5.0)
    assert again.is_on is True
    Socket(hub, HOUSE, 0).off(wait=5.0)
    assert lamp.is_on is False


# -- lights -------------------------------------------------------------------


def test_double_light_switch_gets_its_bursts_after_a_silence(hub: Engine) -> None:
    there, heard = unit(hub, "MIHO009", HOUSE), bursts(hub)
    Socket(hub).on(wait=5.0)
    light = LightSwitch(hub, HOUSE, 1, "MIHO009")
    light.on(wait=20.0)
    assert there.on[1]
    (_, first), (start, repeats), (again, more) = heard
    assert (first, repeats, more) == (8, 22, 22)
    assert start - heard[0][0] >= 3000 + 213
    assert 1380 <= again - start <= 1900  # 587 ms of burst, 800 ms of pause


# -- dimmers ------------------------------------------------------------------


@pytest.mark.parametrize("level", [0, 20, 30, 40, 60, 80, 100, "40", "80", Decimal(60), 20.0])
def test_dimmer_level(hub: Engine, level: Any) -> None:
    there, dimmer = unit(hub, "MIHO010", HOUSE), Dimmer(hub, HOUSE)
    dimmer.set_level(level, wait=10.0)
    assert there.level == int(level)
    assert (dimmer.level, dimmer.is_on) == (int(level), int(level) != 0)


def test_dimmer_comes_back_at_its_last_level(hub: Engine) -> None:
    there, dimmer = unit(hub, "MIHO010", HOUSE), Dimmer(hub, HOUSE)
    assert dimmer.level is None
    dimmer.on(wait=10.0)
    assert (dimmer.level, dimmer.is_on) == ("last", True)
    dimmer.level = 30
    hub.run_s(5.0)
    dimmer.off(wait=10.0)
    assert (dimmer.level, dimmer.is_on, there.level) == (0, False, 0)
    dimmer.command("level", "last", wait=10.0)
    assert (dimmer.level, dimmer.is_on, there.level) == (30, True, 30)


def test_the_last_level_is_the_last_one_on_air(hub: Engine) -> None:
    there, dimmer = unit(hub, "MIHO010", HOUSE), Dimmer(hub, HOUSE)
    dimmer.set_level(80, wait=10.0)
    dimmer.off(wait=10.0)
    dimmer.set_level(30)  # never sent
    dimmer.set_level("last", wait=10.0)
    assert (dimmer.level, there.level) == (80, 80)


@pytest.mark.parametrize("level", [10, 101, -1, "bright", True, None, float("nan"), float("inf"), 20.5])
def test_dimmer_refuses_other_levels_and_names_those_there_are(hub: Engine, level: Any) -> None:
    dimmer = Dimmer(hub, HOUSE)
    with pytest.raises(OutOfRange, match="last, 0, 20, 30, 40, 60, 80, 100 for MIHO010 Dimmer white"):
        dimmer.set_level(level)


def test_dimmer_takes_no_socket_for_one(hub: Engine) -> None:
    with pytest.raises(ConfigError, match="MIHO010, MIHO075"):
        Dimmer(hub, HOUSE, "ENER002")


# -- hand controllers -----------------------------------------------------------


def test_a_hand_controller_that_is_heard_changes_what_is_assumed(hub: Engine) -> None:
    remote = sim.HandController(air_of(hub), "remote", HOUSE)
    strip, other, dimmer = Strip(hub, HOUSE), Socket(hub, HOUSE + 1), Dimmer(hub, HOUSE + 2)
    with hub.listen_ook(60.0):
        for gang, on in ((0, True), (2, False)):
            remote.press(gang, on)
            hub.run_s(1.0)
        sim.HandController(air_of(hub), "other remote", HOUSE + 2).press(3, True, repeats=75)
        hub.run_s(4.0)
    assert [gang.is_on for gang in strip] == [True, False, True, True]
    assert (strip[2].certainty, other.is_on) == (Certainty.ASSUMED, None)
    assert (dimmer.level, dimmer.is_on) == (30, True)


def test_what_is_not_listened_to_is_not_known(hub: Engine) -> None:
    lamp = Socket(hub, HOUSE)
    lamp.on(wait=5.0)
    sim.HandController(air_of(hub), "remote", HOUSE).press(1, False)
    hub.run_s(1.0)
    assert lamp.is_on is True


# -- many at once -------------------------------------------------------------------


def test_threads_that_switch_at_once_end_in_one_state() -> None:
    with open_hub(speed=5.0) as (hub, board):
        there = sim.Socket(board.air, "strip", "ENER010")
        there.codes.append((HOUSE, 1))
        strip = Strip(hub, HOUSE)

        def switch(number: int) -> None:
            for turn in range(10):
                (strip if number == 4 else strip[number % 4 + 1]).set((turn + number) % 2 == 0)

        threads = [threading.Thread(target=switch, args=(number,)) for number in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20.0)
        strip.all_on(wait=60.0)
        assert there.on == dict.fromkeys((1, 2, 3, 4), True)
        assert [gang.is_on for gang in strip] == [True] * 4


def test_a_hub_that_nobody_holds_any_more_is_forgotten() -> None:
    with sim_board(seed=1) as board:
        engine = open_engine(board)
        Strip(engine, HOUSE)[1].on(wait=5.0)
        engine.close()
        gone = weakref.ref(engine)
        del engine
        gc.collect()
        assert gone() is None


# -- faults -----------------------------------------------------------------------


def test_a_lost_burst_is_not_noticed_and_that_is_why_it_is_assumed(hub: Engine) -> None:
    there, lamp = unit(hub), Socket(hub)
    air_of(hub).set_link("gateway", "unit", 60.0, loss=1.0)
    lamp.on(wait=5.0)
    assert (there.on[1], lamp.is_on, lamp.certainty) == (False, True, Certainty.ASSUMED)


def test_half_of_the_repeats_are_enough_when_the_start_is_jammed(hub: Engine) -> None:
    there, lamp = unit(hub), Socket(hub)
    air_of(hub).set_link("noise", "gateway", 200.0)  # so near the socket that the hub does not hear it
    air_of(hub).noise(0.09, frequency_hz=OOK_HZ, power_dbm=30.0)
    lamp.on(wait=5.0)
    assert there.on == {1: True}


def test_a_radio_that_fails_once_is_no_matter(hub: Engine) -> None:
    there, lamp = unit(hub), Socket(hub)
    Faults(hub.board).now("pll", count=1)  # type: ignore[arg-type]
    lamp.on(wait=10.0)
    assert there.on == {1: True}


def test_any_16_bytes_go_out_as_they_are() -> None:
    with open_hub(speed=10.0) as (hub, board):
        chips: list[str] = []
        board.air.listen(lambda hearing: chips.append(hearing.chips()), "observer", Modulation.OOK)
        hub.send_ook(bytes.fromhex("a5" * 15 + "ff"), 3)
        assert chips[0].startswith(("10100101" * 15 + "11111111") * 3)
        with pytest.raises(OutOfRange, match="expected 16 bytes"):
            hub.send_ook(bytes(17), 1)


def test_the_house_of_the_next_code_is_as_sent(hub: Engine, core: Core) -> None:
    codes: list[OokCode] = []
    air_of(hub).listen(lambda h: codes.extend(map(core.ook_decode, h.ook_frames()[:1])), "observer", Modulation.OOK)
    Socket(hub, 0, 6).on(wait=5.0)
    Socket(hub, 0xFFFFF, 5).off(wait=5.0)
    assert codes == [OokCode(0, 6, True), OokCode(0xFFFFF, 5, False)]
