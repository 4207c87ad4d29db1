"""init(), loop() and finished() on a simulated house."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from energy_hw.compat import energenie as face
from energy_hw.compat.energenie import Devices
from energy_hw.core.message import Message as Decoded
from energy_hw.core.message import Record
from energy_hw.core.python.openhems import encode
from energy_hw.errors import ConfigError, LinkClosed, NodeMissing
from energy_hw.sim.air import Air
from energy_hw.sim.house import House
from energy_hw.sim.ook_devices import HandController
from energy_hw.sim.plugs import Plug

Until = Callable[[Callable[[], object]], None]


def test_loop_brings_reports_to_devices_in_the_callers_thread(energenie: ModuleType, until: Until) -> None:
    kettle = Devices.MIHO005(0x373)
    told: list[tuple[object, object, int]] = []
    kettle.when_updated(lambda device, message: told.append((device, message, threading.get_ident())))
    energenie.registry.add(kettle, "kettle")
    until(lambda: told)
    device, message, thread = told[0]
    assert (device, thread) == (kettle, threading.get_ident())
    assert message[energenie.OpenThings.PARAM_VOLTAGE]["value"] == kettle.get_voltage() > 200
    assert message["rxtimestamp"] == kettle.get_last_receive_time()
    assert kettle.get_apparent_power() >= kettle.get_real_power()
    due = kettle.get_next_receive_time()
    assert due is not None
    assert due > time.time() - 1


def test_loop_says_whether_anything_came(air: Air) -> None:
    assert face.loop(0) is False
    assert face.loop(0.05) is False
    air.send_fsk(encode(Decoded(4, 2, 7, 5, STRANGE[0])), sender="plug")
    assert face.loop(0.5) is True
    assert face.loop(0) is False


def test_what_came_between_two_loops_is_not_lost(energenie: ModuleType, house: House) -> None:
    incoming: list[Any] = []
    energenie.fsk_router.when_incoming(lambda address, message: incoming.append(message))
    events = energenie.hub().events()
    while len(incoming) < 3:
        assert events.get(20.0) is not None
        energenie.loop(0)
    stamps = [message["rxtimestamp"] for message in incoming]
    assert stamps == sorted(stamps)


def test_loop_lasts_as_long_as_it_is_told_without_using_the_processor(energenie: ModuleType) -> None:
    wall, cpu = time.monotonic(), time.thread_time()
    energenie.loop(0.3)
    wall, cpu = time.monotonic() - wall, time.thread_time() - cpu
    assert wall >= 0.29
    assert cpu < wall / 2


# an unknown parameter, a reserved type (refused whole), a request, NaN beside a value, no record at all
STRANGE = [
    (Record(0x1F, False, 0x0, b"\x01", None),),
    (Record(0x70, False, 0xD, b"\x01\x02", None),),
    (Record(0x73, False, 0x0, b"", None),),
    (Record(0x74, False, 0xF, b"\x7f\xc0\x00\x00", None), Record(0x73, False, 0x0, b"\x01", None)),
    (),
]


@pytest.mark.parametrize("records", STRANGE)
@pytest.mark.parametrize("flipped", [False, True])
def test_a_strange_frame_stops_nothing(air: Air, until: Until, records: tuple[Record, ...], flipped: bool) -> None:
    plug = Devices.MIHO005(0x0ABCDE)
    face.registry.add(plug, "strange")
    frame = bytearray(encode(Decoded(4, 2, 7, 0x0ABCDE, records)))
    frame[-1] ^= flipped
    air.send_fsk(bytes(frame), sender="stranger")
    counters = face.hub().counters
    until(lambda: counters().frames + counters().refused.total() == 1)
    air.send_fsk(encode(Decoded(4, 2, 9, 0x0ABCDE, (Record(0x76, False, 0x0, b"\xf0", None),))), sender="plug")
    until(lambda: plug.readings.voltage == 240)
    assert plug.is_on() in (None, True)


def test_an_unknown_product_is_believed_when_it_is_heard_twice(air: Air, until: Until) -> None:
    incoming: list[Any] = []
    face.discovery_auto()
    face.fsk_router.when_incoming(lambda address, message: incoming.append(address))
    for count in (1, 2):
        air.send_fsk(encode(Decoded(4, 0x77, 7, 5, STRANGE[0])), sender="stranger")
        until(lambda count=count: len(incoming) == count)
        assert ("auto_0x77_0x5" in face.registry) is (count == 2)


def test_a_device_that_asks_to_join_is_taken_in_and_its_light_goes_out(air: Air, tmp_path: Path, until: Until) -> None:
    guest = Plug(air, "guest", 0x00A11C)
    guest.join()
    until(lambda: guest.joined)
    assert "ADD auto_0x2_0xa11c\ntype=MIHO005\ndevice_id=41244\n" in (tmp_path / "registry.kvs").read_text()
    guest.joined = False
    guest.join()
    until(lambda: guest.joined)  # it has a name now: the hub answers by itself
    assert face.registry.size() == 1


def test_hand_controllers_are_heard_when_asked_for(air: Air, until: Until) -> None:
    lamp, told = Devices.ENER002(3), []
    face.registry.add(lamp, "lamp")
    face.ook_router.when_incoming(lambda address, message: told.append((address, message)))
    lamp.handle_message = told.append  # type: ignore[method-assign]
    remote, heard = HandController(air, "remote"), threading.Event()

    def press() -> None:
        while not heard.wait(0.3):
            remote.press(3, True, repeats=10)

    finger = threading.Thread(target=press)
    finger.start()
    try:
        until(lambda: face.loop(0.5, ook=True))
    finally:
        heard.set()
        finger.join()
    message = {"house_address": 0x6C6C6, "device_index": 3, "on": True}
    assert told[:2] == [((0x6C6C6, 3), message), message]


def test_the_hubs_own_names_are_those_of_the_registry(energenie: ModuleType) -> None:
    energenie.registry.add(Devices.MIHO005(0x373), "kettle")
    energenie.registry.add(Devices.MIHO010((0xA0170, 1)), "ceiling")
    hub = energenie.hub()
    assert hub["kettle"].device == "energenie:2:0x000373"
    assert hub["ceiling"].model == "MIHO010 Dimmer white"
    hub.naming.rename("kettle", "pot")
    assert energenie.registry.get("pot").device_id == 0x373
    hub.naming.forget("ceiling")
    assert list(energenie.registry) == ["pot"]


def test_names_of_the_file_are_there_after_init(tmp_path: Path, house: House) -> None:
    file = tmp_path / "names.kvs"
    file.write_text("ADD kettle\ntype=AdaptorPlus\ndevice_id=0x373\n\nADD odd\ntype=MIHO007\ndevice_id=[1, 5]\n")
    with face.init(board=house.board, registry=file) as session:
        assert repr(face.registry.get("kettle")) == "MIHO005(0x373)"
        assert set(session.hub.devices) >= {"energenie:2:0x000373", "energenie:ook:0x00001/5"}
        assert list(face.fsk_router.routes) == [(4, 2, 0x373)]
    with pytest.raises(LinkClosed, match=r"call energenie.init\(\) first"):
        face.loop(0)


def test_a_broken_registry_is_an_error_and_the_radio_is_let_go(tmp_path: Path, house: House) -> None:
    file = tmp_path / "names.kvs"
    file.write_text("kettle = 5\n")
    with pytest.raises(ConfigError, match="line 1"):
        face.init(board=house.board, registry=file)
    with pytest.raises(LinkClosed):
        face.hub()


def test_without_a_board_init_says_why() -> None:
    with pytest.raises(NodeMissing, match=r"spidev9\.9"):
        face.init(device="/dev/spidev9.9")
    with pytest.raises(LinkClosed):
        face.loop(0)


def test_in_a_simulated_house_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, house: House) -> None:
    monkeypatch.delenv("ENERGY_HW_KVS", raising=False)
    monkeypatch.setattr(face.Registry, "default_path", lambda: tmp_path / "registry.kvs")
    (tmp_path / "registry.kvs").write_text("ADD tv\ntype=MIHO005\ndevice_id=1675\n")
    with face.init(board=house.board):
        face.registry.add(Devices.MIHO005(1), "new")
        assert sorted(face.registry) == ["new", "tv"]
    assert "new" not in (tmp_path / "registry.kvs").read_text()


def test_init_again_keeps_the_radio_and_starts_anew_above_it(energenie: ModuleType, house: House) -> None:
    hub, router = energenie.hub(), energenie.fsk_router
    energenie.registry.add(Devices.MIHO005(1), "tv")
    energenie.init()
    assert energenie.hub() is hub
    assert energenie.fsk_router is not router


def test_finished_may_be_called_twice_and_cleanup_is_the_same(energenie: ModuleType) -> None:
    energenie.finished()
    energenie.cleanup()
    with pytest.raises(LinkClosed):
        energenie.loop(0)


def test_loop_ends_when_another_thread_finishes(energenie: ModuleType) -> None:
    raised: list[Exception] = []

    def loop() -> None:
        try:
            while True:
                energenie.loop(5)
        except LinkClosed as error:
            raised.append(error)

    thread = threading.Thread(target=loop)
    thread.start()
    energenie.finished()
    thread.join(20)
    assert len(raised) == 1


@pytest.mark.parametrize(
    "policy", ["discovery_none", "discovery_auto", "discovery_autojoin", "discovery_ask", "discovery_askjoin"]
)
def test_each_policy_can_be_chosen(energenie: ModuleType, policy: str, until: Until) -> None:
    asked: list[object] = []

    def ask(address: object, message: object) -> bool:
        asked.append(address)
        return True

    incoming: list[object] = []
    energenie.fsk_router.when_incoming(lambda address, message: incoming.append(address))
    getattr(energenie, policy)(*([ask] if policy.startswith("discovery_ask") else []))
    until(lambda: incoming)
    assert (energenie.registry.size() > 0) is (policy in ("discovery_auto", "discovery_ask"))
    assert bool(asked) is (policy == "discovery_ask")
