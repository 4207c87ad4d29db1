"""Names and discovery on a hub: who is known, who is taken in, whose JOIN is answered."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from energy_hw import Hub
from energy_hw.energenie.discovery import MOST_UNKNOWN, Policy, Unknown
from energy_hw.energenie.engine import Engine, open_engine
from energy_hw.energenie.legacy import Dimmer, LightSwitch, Socket, Strip
from energy_hw.energenie.names import HouseNames
from energy_hw.energenie.plug import Plug
from energy_hw.energenie.registry import Registry
from energy_hw.energenie.registry_toml import Entry
from energy_hw.errors import ConfigError, UnknownDevice
from energy_hw.sim.board import SimBoard, sim_board
from energy_hw.sim.mihome import MiHomeDevice
from energy_hw.sim.plugs import Plug as SimPlug
from energy_hw.sim.sensors import MotionSensor as SimMotion

KETTLE = "energenie:2:0x000373"
BOUND_S = 10.0


@pytest.fixture
def board() -> Iterator[SimBoard]:
    with sim_board(seed=1) as board:
        yield board


def household(board: SimBoard, policy: Policy = Policy.NONE, *entries: Entry) -> Engine:
    engine = open_engine(board, names=HouseNames(entries))
    engine.naming.discovery.policy = policy
    return engine


def settled(engine: Engine) -> None:
    """What was left for the thread of callbacks is done."""
    done = threading.Event()
    engine.roster.callbacks.call(done.set)
    assert done.wait(BOUND_S)


def join(engine: Engine, device: MiHomeDevice) -> None:
    device.join()
    engine.run_s(0.5)
    settled(engine)
    engine.run_s(1.0)


# -- names ---------------------------------------------------------------------


def test_everything_with_a_name_is_there_before_it_speaks(board: SimBoard) -> None:
    entries = (
        Entry("kettle", KETTLE, "MIHO005"),
        Entry("lamp", "energenie:ook:0x6C6C6/1", "ENER002"),
        Entry("hall", "energenie:ook:0x6C6C6/2", "MIHO008"),
        Entry("desk", "energenie:ook:0x12345/0", "ENER010"),
        Entry("ceiling", "energenie:ook:0xA0170/1", "MIHO010"),
        Entry("gadget", "energenie:77:0x00ABCD", ""),
    )
    names = {entry.name for entry in entries}
    with household(board, Policy.NONE, *entries) as engine:
        kinds = {thing.name: type(thing).__name__ for thing in engine.devices.values() if thing.name in names}
        assert kinds == {
            "kettle": "Plug",
            "lamp": "Socket",
            "hall": "LightSwitch",
            "desk": "Strip",
            "ceiling": "Dimmer",
            "gadget": "GenericDevice",
        }
        assert isinstance(engine["KETTLE"], Plug)
        assert isinstance(engine["lamp"], Socket)
        assert isinstance(engine["hall"], LightSwitch)
        assert isinstance(engine["desk"], Strip)
        assert isinstance(engine["ceiling"], Dimmer)


def test_an_object_made_by_hand_has_its_registered_name(board: SimBoard) -> None:
    with household(board, Policy.NONE, Entry("kettle", KETTLE)) as engine:
        assert Plug(engine, 0x373).name == "kettle"
        assert engine.device_name(0x373) == "kettle"
        assert engine.device_name(0x374) == ""


def test_an_unknown_name_suggests_one(board: SimBoard) -> None:
    with household(board, Policy.NONE, Entry("kettle", KETTLE)) as engine, pytest.raises(UnknownDevice, match="kettle"):
        engine["ketle"]


def test_a_name_given_by_another_process_is_found(tmp_path: Path, board: SimBoard) -> None:
    registry = Registry(tmp_path / "devices.toml")
    with open_engine(board, names=registry) as engine:
        Registry(registry.path).add("kettle", KETTLE)
        assert engine["kettle"].device == KETTLE


def test_renaming_and_forgetting_reach_the_object(board: SimBoard) -> None:
    with household(board, Policy.NONE, Entry("kettle", KETTLE)) as engine:
        plug = engine["kettle"]
        engine.naming.rename("kettle", "pot")
        assert plug.name == "pot"
        assert engine["pot"] is plug
        engine.naming.forget("pot")
        assert plug.name == ""
        with pytest.raises(ConfigError):
            engine.naming.forget("pot")


def test_a_broken_registry_does_not_keep_the_hub_from_opening(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "devices.toml"
    path.write_text("[devices.kettle\n")
    with Hub("sim:house?speed=50", registry=path) as hub:
        assert next(iter(hub)).device
    assert "line 1" in caplog.text
    assert path.read_text() == "[devices.kettle\n"


def test_devices_of_a_hub_belong_to_the_hub() -> None:
    with Hub("sim:house?speed=20") as hub:
        next(iter(hub))
        assert {thing.hub for thing in hub.devices.values()} == {hub}


# -- discovery -----------------------------------------------------------------


def test_who_has_no_name_is_listed_with_counts(board: SimBoard) -> None:
    plug = SimPlug(board.air, "plug", 0x373)
    with household(board) as engine:
        plug.start(0.5)
        engine.run_s(21.0)
        [unknown] = engine.unknown()
        assert (unknown.device, unknown.model, unknown.frames, unknown.joins) == (KETTLE, "MIHO005 Smart Plug+", 3, 0)
        assert unknown.rssi_dbm < 0
        assert (unknown.last - unknown.first).total_seconds() > 15
        join(engine, plug)
        assert engine.unknown()[0].joins == 1
        assert not plug.joined  # nobody asked for pairing


def test_a_named_device_is_not_listed_and_its_join_is_answered(board: SimBoard) -> None:
    plug = SimPlug(board.air, "plug", 0x373)
    with household(board, Policy.NONE, Entry("kettle", KETTLE)) as engine:
        join(engine, plug)
        assert engine.unknown() == []
        assert plug.joined


def test_pairing_takes_in_who_asks_and_ends_by_itself(board: SimBoard) -> None:
    early, late = SimPlug(board.air, "early", 0x373), SimMotion(board.air, "late", 0xFCA)
    with household(board) as engine:
        engine.pair(10.0)
        join(engine, early)
        assert 8.0 < engine.naming.discovery.pairing_s < 9.0
        assert early.joined
        assert engine["MIHO005 000373"].device == KETTLE
        assert engine.unknown() == []
        engine.run_s(10.0)
        assert engine.naming.discovery.pairing_s == 0.0
        join(engine, late)
        assert not late.joined
        assert [one.device for one in engine.unknown()] == ["energenie:12:0x000FCA"]


def test_pairing_can_be_ended_early(board: SimBoard) -> None:
    plug = SimPlug(board.air, "plug", 0x373)
    with household(board) as engine:
        engine.pair(60.0)
        engine.naming.discovery.stop_pairing()
        join(engine, plug)
        assert not plug.joined


def test_a_second_join_before_the_first_is_done_is_no_second_device(board: SimBoard) -> None:
    plug = SimPlug(board.air, "plug", 0x373)
    with household(board, Policy.AUTOJOIN) as engine:
        plug.join()
        plug.join()
        engine.run_s(0.5)
        join(engine, plug)
        assert [entry.device for entry in engine.naming.names.entries()] == [KETTLE]


@pytest.mark.parametrize(
    ("policy", "on_report", "on_join"),
    [
        (Policy.NONE, False, False),
        (Policy.AUTO, True, True),
        (Policy.AUTOJOIN, False, True),
    ],
)
def test_policies_that_do_not_ask(board: SimBoard, policy: Policy, on_report: bool, on_join: bool) -> None:
    plug = SimPlug(board.air, "plug", 0x373)
    with household(board, policy) as engine:
        plug.report()
        engine.run_s(0.5)
        settled(engine)
        assert bool(engine.naming.names.entries()) is on_report
        join(engine, plug)
        assert bool(engine.naming.names.entries()) is on_join
        assert plug.joined is on_join


@pytest.mark.parametrize("policy", [Policy.ASK, Policy.ASKJOIN])
@pytest.mark.parametrize("yes", [True, False])
def test_policies_that_ask_once(policy: Policy, yes: bool) -> None:
    asked: list[Unknown] = []

    def ask(unknown: Unknown) -> bool:
        asked.append(unknown)
        return yes

    with sim_board(seed=1) as board, open_engine(board, names=HouseNames()) as engine:
        engine.name_devices(HouseNames(), policy, ask)
        plug = SimPlug(board.air, "plug", 0x373)
        plug.report()
        engine.run_s(0.5)
        settled(engine)
        assert len(asked) == (policy is Policy.ASK)
        for _ in range(2):
            join(engine, plug)
        assert [one.device for one in asked] == [KETTLE]  # never again after an answer
        assert bool(engine.naming.names.entries()) is yes
        assert plug.joined is yes


def test_a_policy_that_asks_without_anybody_to_ask_takes_nobody_in(board: SimBoard) -> None:
    plug = SimPlug(board.air, "plug", 0x373)
    with household(board, Policy.ASK) as engine:
        join(engine, plug)
        assert engine.naming.names.entries() == []


def test_a_ghost_is_neither_listed_nor_taken_in(board: SimBoard) -> None:
    plug, ghost = SimPlug(board.air, "plug", 0x373), SimMotion(board.air, "ghost", 0x373)
    with household(board, Policy.AUTO, Entry("kettle", KETTLE)) as engine:
        plug.report()
        engine.run_s(1.0)
        for _ in range(3):
            join(engine, ghost)
        assert engine.unknown() == []
        assert [entry.device for entry in engine.naming.names.entries()] == [KETTLE]
        assert engine.counters().refused["ghost"] == 3


def test_a_named_device_is_no_ghosts_prey_before_it_speaks(board: SimBoard) -> None:
    ghost = SimMotion(board.air, "ghost", 0x373)
    with household(board, Policy.AUTO, Entry("kettle", KETTLE)) as engine:
        join(engine, ghost)
        assert engine.counters().refused["ghost"] == 1
        assert [entry.device for entry in engine.naming.names.entries()] == [KETTLE]


def test_a_registry_that_cannot_be_written_costs_a_line_and_no_thread(
    tmp_path: Path, board: SimBoard, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").write_text("")
    plug = SimPlug(board.air, "plug", 0x373)
    with open_engine(board, names=Registry(tmp_path / "file" / "devices.toml")) as engine:
        engine.pair()
        join(engine, plug)
        assert "cannot be" in caplog.text
        plug.report()
        assert engine.run_s(0.5)
        settled(engine)


def test_the_list_of_who_is_not_known_is_bounded(board: SimBoard) -> None:
    with household(board) as engine:
        discovery = engine.naming.discovery
        for sensor in range(MOST_UNKNOWN + 3):
            SimPlug(board.air, f"plug {sensor}", sensor + 1).report()
            engine.run_s(0.2)
        assert len(discovery.unknown()) == MOST_UNKNOWN
        assert discovery.unknown()[-1].sensor == MOST_UNKNOWN + 3


def test_a_join_is_not_answered_when_it_is_too_late(board: SimBoard) -> None:
    plug = SimPlug(board.air, "plug", 0x373)
    with household(board) as engine:
        plug.join()
        [heard] = engine.run_s(0.5)
        sent = engine.counters().radio.sent
        engine.naming.answer_join(heard.message, heard.at - 5.0)  # type: ignore[union-attr]
        engine.run_s(1.0)
        assert engine.counters().radio.sent == sent


def test_the_rule_is_one_of_five() -> None:
    with pytest.raises(ConfigError, match="autojoin, askjoin, got 'sometimes'"):
        Hub(simulate=True, discovery="sometimes")
    assert {policy.value for policy in Policy} == {"none", "auto", "ask", "autojoin", "askjoin"}
