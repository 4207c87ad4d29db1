"""Five ways to deal with devices that nobody has registered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from energy_hw.compat.energenie import Devices
from energy_hw.compat.energenie.OpenThings import Message
from energy_hw.compat.energenie.Registry import (
    AutoDiscovery,
    ConfirmedDiscovery,
    DeviceRegistry,
    Discovery,
    JoinAutoDiscovery,
    JoinConfirmedDiscovery,
    Router,
)

ADDRESS = (4, 2, 0x373)
NAME = "auto_0x2_0x373"
REPORT = Message(Devices.MIHO005_REPORT, header_sensorid=0x373, recs_VOLTAGE_value=240)
JOIN = Devices.MIHO005.get_join_req(0x373)
ANSWER = Message(Devices.JOIN_ACK, header_mfrid=4, header_productid=2, header_sensorid=0x373)


class Air:
    def __init__(self) -> None:
        self.sent: list[Any] = []

    def send(self, payload: Any) -> int:
        self.sent.append(payload)
        return 0


@pytest.fixture
def air(monkeypatch: pytest.MonkeyPatch) -> Air:
    made = Air()
    monkeypatch.setattr(Devices, "fsk_interface", made)
    return made


def hear(make: Callable[[DeviceRegistry, Router], object], *messages: Message) -> DeviceRegistry:
    registry, router = DeviceRegistry(), Router("fsk")
    registry.set_fsk_router(router)
    make(registry, router)
    for message in messages:
        router.incoming_message(ADDRESS, message)
    return registry


def yes(address: object, message: object) -> bool:
    return True


def no(address: object, message: object) -> bool:
    return False


# policy, message, taken in, answered
CASES = [
    (lambda registry, router: Discovery(registry, router), REPORT, False, False),
    (lambda registry, router: Discovery(registry, router), JOIN, False, False),
    (lambda registry, router: AutoDiscovery(registry, router), REPORT, True, False),
    (lambda registry, router: ConfirmedDiscovery(registry, router, yes), REPORT, True, False),
    (lambda registry, router: ConfirmedDiscovery(registry, router, yes), JOIN, True, True),
    (lambda registry, router: ConfirmedDiscovery(registry, router, no), REPORT, False, False),
    (lambda registry, router: JoinAutoDiscovery(registry, router), REPORT, False, False),
    (lambda registry, router: JoinAutoDiscovery(registry, router), ANSWER, False, False),
    (lambda registry, router: JoinAutoDiscovery(registry, router), JOIN, True, True),
    (lambda registry, router: JoinConfirmedDiscovery(registry, router, yes), REPORT, False, False),
    (lambda registry, router: JoinConfirmedDiscovery(registry, router, yes), JOIN, True, True),
    (lambda registry, router: JoinConfirmedDiscovery(registry, router, no), JOIN, False, False),
]


@pytest.mark.parametrize(("make", "message", "taken", "answered"), CASES)
def test_a_policy_takes_in_whom_it_should(make: Any, message: Message, taken: bool, answered: bool, air: Air) -> None:
    registry = hear(make, message)
    assert (list(registry.names()) == [NAME]) is taken
    assert [sent.pydict for sent in air.sent] == ([ANSWER.pydict] if answered else [])


def test_the_first_message_reaches_the_new_device_and_so_does_the_next() -> None:
    device = hear(AutoDiscovery, REPORT, REPORT).get(NAME)
    assert (device.get_voltage(), device.get_receive_count()) == (240, 2)


def test_a_join_is_no_reading(air: Air) -> None:
    device = hear(JoinAutoDiscovery, JOIN, JOIN, REPORT).get(NAME)
    assert (device.get_receive_count(), len(air.sent)) == (2, 1)


def test_after_a_no_it_is_not_asked_again() -> None:
    asked = []

    def ask(address: object, message: object) -> bool:
        asked.append(address)
        return False

    hear(lambda registry, router: ConfirmedDiscovery(registry, router, ask), REPORT, REPORT, REPORT)
    assert asked == [ADDRESS]


def test_a_new_policy_takes_the_place_of_the_old() -> None:
    def make(registry: DeviceRegistry, router: Router) -> None:
        AutoDiscovery(registry, router)
        Discovery(registry, router)

    assert hear(make, REPORT).size() == 0


def test_a_handler_of_the_program_takes_the_place_of_a_policy() -> None:
    told = []

    def make(registry: DeviceRegistry, router: Router) -> None:
        AutoDiscovery(registry, router)
        router.when_unknown(lambda address, message: told.append(address))

    assert hear(make, REPORT).size() == 0
    assert told == [ADDRESS]


def test_an_unknown_product_is_taken_in_but_no_other_manufacturer() -> None:
    registry, router = DeviceRegistry(), Router("fsk")
    AutoDiscovery(registry, router)
    router.incoming_message((4, 0x77, 1), REPORT)
    router.incoming_message((22, 2, 1), REPORT)
    assert list(registry.names()) == ["auto_0x77_0x1"]


def test_a_full_disk_keeps_nobody_from_being_heard(tmp_path: Any, caplog: pytest.LogCaptureFixture) -> None:
    def make(registry: DeviceRegistry, router: Router) -> None:
        registry.store.filename = tmp_path / "no such folder" / "registry.kvs"
        AutoDiscovery(registry, router)

    device = hear(make, REPORT, REPORT).get(NAME)
    assert device.get_receive_count() == 2
    assert "is taken in until the program ends" in caplog.text


@pytest.mark.parametrize(("typed", "answer"), [("", True), ("y", True), ("YES", True), ("n", False), ("what", False)])
def test_ask_asks_on_the_console(typed: str, answer: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    from energy_hw.compat import energenie

    prompts: list[str] = []
    monkeypatch.setattr("builtins.input", lambda prompt: prompts.append(prompt) or typed)
    assert energenie.ask(ADDRESS, "a message") is answer
    assert prompts == [f"a message\nTake in {ADDRESS} [Y/n]? "]
