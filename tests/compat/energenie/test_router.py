"""Router: messages to objects, callbacks and nobody."""

from __future__ import annotations

import pytest

from energy_hw.compat.energenie import Devices
from energy_hw.compat.energenie.OpenThings import Message
from energy_hw.compat.energenie.Registry import Router

ADDRESS = (4, 2, 0x68B)
REPORT = Message(Devices.MIHO005_REPORT, header_sensorid=0x68B)


@pytest.fixture
def router() -> Router:
    return Router("fsk")


def test_a_message_goes_to_callbacks_and_to_its_object(router: Router) -> None:
    order: list[object] = []
    plug = Devices.MIHO005(0x68B)
    router.add(ADDRESS, plug)
    router.when_incoming(lambda address, message: order.append(("first", address)))
    router.when_incoming(lambda address, message: order.append(("second", message)))
    plug.when_updated(lambda device, message: order.append(device))
    router.incoming_message(ADDRESS, REPORT)
    assert order == [("first", ADDRESS), ("second", REPORT), plug]


def test_the_same_callback_is_called_once_and_none_ends_all(router: Router) -> None:
    told: list[object] = []

    def tell(address: object, message: object) -> None:
        told.append(address)

    router.when_incoming(tell)
    router.when_incoming(tell)
    router.handle_message(ADDRESS, REPORT)
    router.when_incoming(None)
    router.incoming_message(ADDRESS, REPORT)
    assert told == [ADDRESS]


def test_what_nobody_is_for_is_counted_and_told(router: Router, capsys: pytest.CaptureFixture[str]) -> None:
    told: list[object] = []
    router.incoming_message(ADDRESS, REPORT)
    router.when_unknown(lambda address, message: told.append(address))
    router.incoming_message(ADDRESS, REPORT)
    router.when_unknown(None)
    router.incoming_message(ADDRESS, REPORT)
    assert (router.unknown, told) == (3, [ADDRESS])
    assert capsys.readouterr().out == ""


def test_a_callback_that_raises_stops_nobody(router: Router, caplog: pytest.LogCaptureFixture) -> None:
    told: list[object] = []
    plug = Devices.MIHO005(0x68B)
    router.add(ADDRESS, plug)
    router.when_incoming(lambda address, message: message[0x7F])
    router.when_incoming(lambda address, message: told.append(address))
    for _ in range(3):
        router.incoming_message(ADDRESS, REPORT)
    assert (len(told), plug.get_receive_count()) == (3, 3)
    assert [record.levelname for record in caplog.records].count("ERROR") == 1  # the same fault fills no log


def test_an_object_that_raises_stops_nobody(router: Router, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def incoming_message(self, message: Message) -> None:
            raise RuntimeError("nothing works")

    router.add(ADDRESS, Broken())
    router.incoming_message(ADDRESS, REPORT)
    assert "nothing works" in caplog.text


def test_ctrl_c_in_a_callback_ends_the_loop(router: Router) -> None:
    def stop(address: object, message: object) -> None:
        raise KeyboardInterrupt

    router.when_incoming(stop)
    with pytest.raises(KeyboardInterrupt):
        router.incoming_message(ADDRESS, REPORT)
