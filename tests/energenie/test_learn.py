"""Teaching a simulated unit our code, and learning a hand controller's."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from random import Random
from typing import Any

import pytest

from energy_hw.core.interface import Core, OokCode
from energy_hw.energenie import learn
from energy_hw.energenie.engine import Engine, open_engine
from energy_hw.energenie.legacy import Dimmer, LightSwitch, Socket, Strip
from energy_hw.errors import LinkBusy, LinkClosed, LinkTimeout, OutOfRange
from energy_hw.sim import ook_devices as sim
from energy_hw.sim.board import sim_board
from hub_rig import open_hub

HOUSE = 0x12345
REPORT = bytes.fromhex("1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23")


@pytest.fixture
def hub(core: Core) -> Iterator[Engine]:
    with sim_board(seed=1, dio0=False) as board, open_engine(board, core.name, spacing_s=0.0) as engine:
        yield engine


def air_of(hub: Engine) -> Any:
    return hub.board.air  # type: ignore[attr-defined]


def phases(steps: list[learn.Step]) -> dict[str, int]:
    return {phase: sum(step.phase == phase for step in steps) for phase in dict.fromkeys(step.phase for step in steps)}


def test_a_socket_learns_and_blinks(hub: Engine) -> None:
    there = sim.Socket(air_of(hub), "lamp")
    states: list[bool] = []
    steps = []
    for step in learn.teach(Socket(hub, HOUSE, 2), sleep=hub.run_s):
        steps.append(step)
        states.append(there.on[1])
        if step.phase == "hold" and step.left_s == 1:
            there.learn()
    assert there.codes == [(HOUSE, 2)]
    assert phases(steps) == {"hold": 5, "send": 5, "blink": 2, "done": 1}
    assert [step.left_s for step in steps[:5]] == [5, 4, 3, 2, 1]
    assert steps[0].text == "hold the button of the ENER002 until its light flashes, then let go: 5"
    assert states[-1] is True


def test_a_socket_that_begins_late_learns_too(hub: Engine) -> None:
    there = sim.Socket(air_of(hub), "lamp")
    for step in learn.teach(Socket(hub, HOUSE), sleep=hub.run_s):
        if step.phase == "send" and step.left_s == 4:
            there.learn()
    assert there.codes == [(HOUSE, 1)]


def test_blinking_is_seen_off_and_on_twice(hub: Engine) -> None:
    there = sim.Socket(air_of(hub), "lamp")
    there.codes.append((HOUSE, 1))
    changes: list[bool] = []
    there.command = lambda code: changes.append(code.on)  # type: ignore[method-assign]
    list(learn.teach(Socket(hub, HOUSE), sleep=hub.run_s))
    assert changes == [True] * 5 + [False, True] * 2


@pytest.mark.parametrize(
    ("make", "sku", "code"),
    [
        (lambda hub: Strip(hub, HOUSE), "ENER010", (HOUSE, 1)),
        (lambda hub: LightSwitch(hub, HOUSE, 3), "MIHO008", (HOUSE, 3)),
    ],
)
def test_strips_and_lights_learn(hub: Engine, make: Any, sku: str, code: tuple[int, int]) -> None:
    there = sim.Socket(air_of(hub), "unit", sku)
    there.learn()
    list(learn.teach(make(hub), sleep=hub.run_s))
    assert there.codes == [code]


def test_a_dimmer_learns_its_house(hub: Engine) -> None:
    there, dimmer = sim.Dimmer(air_of(hub), "light"), Dimmer(hub, HOUSE)
    there.learn()
    list(learn.teach(dimmer, sleep=hub.run_s))
    dimmer.set_level(40, wait=10.0)
    assert there.level == 40


def test_a_unit_keeps_its_hand_controller_beside_us(hub: Engine) -> None:
    there, remote = sim.Socket(air_of(hub), "lamp"), sim.HandController(air_of(hub), "remote", 0xA0170)
    there.codes.append((0xA0170, 1))
    there.learn()
    list(learn.teach(Socket(hub, HOUSE), sleep=hub.run_s))
    remote.press(1, False)
    hub.run_s(1.0)
    assert there.on == {1: False}


def test_all_is_learned_by_no_unit(hub: Engine) -> None:
    with pytest.raises(OutOfRange, match="no unit learns"):
        next(learn.teach(Socket(hub, HOUSE, 0)))


def test_teaching_can_be_stopped(hub: Engine) -> None:
    steps = learn.teach(Socket(hub, HOUSE), sleep=hub.run_s)
    assert next(steps).phase == "hold"
    steps.close()  # type: ignore[attr-defined]
    assert hub.counters().radio.sent == 0


# -- house codes --------------------------------------------------------------


class Loaded(Random):
    """Dice that fall as told."""

    def __init__(self, *throws: int) -> None:
        super().__init__()
        self.throws = list(throws)

    def randrange(self, *_: Any) -> int:
        return self.throws.pop(0)


def test_a_house_code_that_somebody_uses_is_not_chosen(hub: Engine) -> None:
    Socket(hub, 0x11111)
    assert learn.choose_house(hub, {0x22222}, Loaded(0x6C6C6, 0, 0xA0170, 0x11111, 0x22222, 0x33333)) == 0x33333


def test_house_codes_are_of_20_bits_and_not_the_same_each_time(hub: Engine) -> None:
    houses = {learn.choose_house(hub) for _ in range(50)}
    assert len(houses) > 40
    assert all(0 < house < 0xFFFFF for house in houses)


# -- hand controllers ----------------------------------------------------------


def test_learn_remote_gives_its_code_and_listens_to_plugs_again(hub: Engine) -> None:
    remote = sim.HandController(air_of(hub), "remote", 0xC8C8C)
    hub.board.clock.call_in(2_000_000_000, lambda: remote.press(3, True))  # type: ignore[attr-defined]
    heard = learn.learn_remote(hub, 30.0, sleep=hub.run_s)
    assert heard.code == OokCode(0xC8C8C, 3, True)
    assert str(heard) == "house 0xC8C8C, gang 3, on"
    assert hub.counters().missed_s == pytest.approx(2.1, abs=0.2)
    air_of(hub).send_fsk(REPORT, sender="plug")
    assert len(hub.run_s(1.0)) == 1


def test_learn_remote_says_that_nothing_came(hub: Engine) -> None:
    with pytest.raises(LinkTimeout, match="within 3 s, heard none: hold the button"):
        learn.learn_remote(hub, 3.0, sleep=hub.run_s)
    assert hub.counters().missed_s == pytest.approx(3.0, abs=0.1)


def test_learn_remote_names_other_remotes(hub: Engine) -> None:
    air_of(hub).send_ook(bytes.fromhex("800000008ee8ee888ee8ee888ee8888e"), sender="doorbell")
    with pytest.raises(LinkTimeout, match=r"other remotes sent 24 bits 0x6C6C61, chips of 20. us"):
        learn.learn_remote(hub, 3.0, sleep=hub.run_s)


@pytest.mark.parametrize("seconds", [0.0, -1.0, 301.0, float("nan")])
def test_listening_has_limits(hub: Engine, seconds: float) -> None:
    with pytest.raises(OutOfRange, match="0 to 300 s"):
        hub.listen_ook(seconds)


def test_what_was_learned_switches_the_same_lamp(hub: Engine) -> None:
    lamp, remote = sim.Socket(air_of(hub), "lamp"), sim.HandController(air_of(hub), "remote", 0xC8C8C)
    lamp.codes.append((0xC8C8C, 2))
    with hub.listen_ook(10.0) as buttons:
        remote.press(2, True)
        hub.run_s(1.0)
        heard = buttons.get(0)
    assert heard is not None
    assert heard.code is not None
    assert lamp.on == {1: True}
    Socket(hub, heard.code.house, heard.code.gang).off(wait=5.0)
    assert lamp.on == {1: False}


# -- with the hub's own thread ----------------------------------------------------


def test_a_hub_listens_and_ends_when_the_time_is_over() -> None:
    with open_hub(speed=2.0) as (hub, board):  # the FIFO has 41 ms of slack, at twice the speed 20
        buttons = hub.listen_ook(3.0)
        with pytest.raises(LinkBusy):
            hub.listen_ook(1.0)
        sim.HandController(board.air, "remote").press(1, True, repeats=75)
        assert [heard.code for heard in buttons] == [OokCode(0x6C6C6, 1, True)]
        assert buttons.over


def test_a_hub_that_is_closed_ends_the_listening() -> None:
    ended: list[int] = []
    with open_hub(speed=20.0) as (hub, _):
        buttons = hub.listen_ook(300.0)
        reader = threading.Thread(target=lambda: ended.append(len(list(buttons))))
        reader.start()
    reader.join(20.0)
    assert ended == [0]
    buttons.close()
    with pytest.raises(LinkClosed):
        hub.listen_ook(1.0)
