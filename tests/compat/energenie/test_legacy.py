"""Green-button devices: what they send, without a radio."""

from __future__ import annotations

from typing import Any

import pytest

from energy_hw.compat.energenie import Devices
from energy_hw.energenie.registry_toml import Entry


class Air:
    """What a device sends through, noted with how."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, int, bool]] = []
        self.config: Any = None

    def send(self, payload: dict[str, Any], radio_config: Any = None) -> int:
        self.sent.append((payload["house_address"], payload["device_index"], payload["on"]))
        self.config = radio_config
        return 0


@pytest.mark.parametrize("sku", ["ENER002", "ENER010", "MIHO002", "MIHO008", "MIHO009", "MIHO014"])
def test_a_switch_sends_its_code_with_its_repeats(sku: str) -> None:
    air = Air()
    device = getattr(Devices, sku)((0x1234, 2), air)
    device.turn_on()
    device.turn_off()
    device.set_switch(True)
    assert air.sent == [(0x1234, 2, True), (0x1234, 2, False), (0x1234, 2, True)]
    assert air.config is device.get_radio_config()


def test_a_double_light_switch_wants_bursts_and_silence() -> None:
    config = Devices.MIHO009((1, 1)).radio_config
    assert (config.inner_times, config.outer_times, config.tx_silence) == (22, 2, 3.0)
    assert (Devices.MIHO009.BURST_SIZE, Devices.MIHO009.BURST_COUNT, Devices.MIHO009.HOLDOFF) == (22, 2, 3.0)
    assert not hasattr(Devices.ENER002(1).radio_config, "tx_silence")


@pytest.mark.parametrize(
    ("level", "code"),
    [(20, (2, True)), (30, (3, True)), (40, (4, True)), (60, (2, False)), (80, (3, False)), (100, (4, False)),
     (0, (1, False))],
)  # fmt: skip
def test_a_dimmer_has_the_codes_of_its_levels(level: int, code: tuple[int, bool]) -> None:
    air = Air()
    Devices.MIHO010((0xA0170, 1), air).brightness(level)
    assert air.sent == [(0xA0170, *code)]


@pytest.mark.parametrize("level", [50, -1, 101, True, None, "20", 20.5])
def test_another_brightness_is_a_value_error_and_sends_nothing(level: Any) -> None:
    air = Air()
    with pytest.raises(ValueError, match="0, 20, 30, 40, 60, 80, 100"):
        Devices.MIHO075((0xA0170, 1), air).brightness(level)
    assert air.sent == []


def test_a_dimmer_goes_on_and_off_whatever_its_index() -> None:
    air = Air()
    dimmer = Devices.MIHO087((0xA0170, 3), air)
    dimmer.turn_on()
    dimmer.turn_off()
    assert air.sent == [(0xA0170, 1, True), (0xA0170, 1, False)]


def test_classes_have_the_bases_of_pyenergenie() -> None:
    assert issubclass(Devices.ENER002, Devices.OOKSwitch)
    assert issubclass(Devices.MIHO024, Devices.MiHomeLight)
    assert issubclass(Devices.MIHO076, Devices.MiHomeLightDimmable)
    assert all(issubclass(kind, Devices.LegacyDevice) for kind in (Devices.MIHO008, Devices.MIHO010, Devices.MIHO014))
    assert repr(Devices.MIHO008((0x6C6C6, 1))) == "MIHO008(0x6c6c6,0x1)"
    assert Devices.MIHO008.__module__ == "energy_hw.compat.energenie.Devices"


def test_a_bare_class_works_too() -> None:
    air = Air()
    Devices.OOKSwitch(1, air).turn_on()
    Devices.MiHomeLight(1, air).turn_on()
    assert air.config.inner_times == 75
    assert Devices.LegacyDevice(2, air).device_id == (0x6C6C6, 2)


@pytest.mark.parametrize(
    ("sku", "number", "entry"),
    [
        ("ENER002", (0x1234, 1), Entry("x", "energenie:ook:0x01234/1", "ENER002")),
        ("MIHO010", (0xA0170, 3), Entry("x", "energenie:ook:0xA0170/1", "MIHO010")),
        ("MIHO007", (1, 2), Entry("x", "energenie:ook:0x00001/2", "MIHO007")),
        ("MIHO007", (1, 4), Entry("x", "energenie:ook:0x00001/4", "")),  # such a gang it has not
        ("ENER002", (0x123456, 1), Entry("x", "energenie:ook:0x23456/1", "ENER002")),
    ],
)
def test_the_hub_knows_it_as_one_of_its_own(sku: str, number: tuple[int, int], entry: Entry) -> None:
    assert getattr(Devices, sku)(number).entry("x") == entry


def test_a_house_code_of_too_many_bits_is_told_once(caplog: pytest.LogCaptureFixture) -> None:
    device = Devices.ENER002((0x123456, 1))
    device.entry("x")
    assert [record.getMessage() for record in caplog.records] == [
        "house code 0x123456 has more than 20 bits: it is sent as 0x23456"
    ]


def test_without_a_radio_its_state_is_unknown() -> None:
    socket = Devices.ENER002(1)
    assert (socket.is_on(), socket.is_off()) == (None, None)
