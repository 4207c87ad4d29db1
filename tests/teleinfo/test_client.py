"""serial_teleinfo's Client on a pseudo terminal."""

from __future__ import annotations

import collections

import pytest
import serial

from energy_hw.errors import ConfigError
from energy_hw.sim.teleinfo import open_pty
from energy_hw.teleinfo import client as client_module
from energy_hw.teleinfo.client import Client
from energy_hw.teleinfo.frame import with_parity
from energy_hw.teleinfo.parser import InvalidChecksumException, ParserException, UnknownKeyException
from teleinfo_rig import BASE, Meter, historique, standard


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A second of silence in less."""
    monkeypatch.setattr(client_module, "TIMEOUT_S", 0.1)


STANDARD = standard(("ADSC", "041861123456"), ("EAST", "001234567"), ("SINSTS", "00540"))


@pytest.mark.parametrize("parity", [False, True], ids=["seven bits", "eight bits with parity"])
def test_values_in_the_order_of_the_wire(parity: bool) -> None:
    frame = historique(*BASE)
    with Meter(with_parity(frame) if parity else frame) as meter, Client(meter.path) as client:
        values = [client.read_value() for _ in range(3 * len(BASE))]
    ends = [at for at, value in enumerate(values) if value.end_of_frame]
    assert len(ends) >= 2
    assert [value.key for value in values[ends[0] + 1 : ends[1] + 1]] == [key for key, _ in BASE]


@pytest.mark.usefixtures("impatient")
def test_the_last_value_of_a_frame_does_not_wait_for_the_next_frame() -> None:
    with Meter(pause_s=60) as meter, Client(meter.path) as client:
        meter.say(historique(*BASE))
        values = [client.read_value() for _ in BASE]
        assert values[-1].end_of_frame
        assert values[-1].key == "MOTDETAT"


@pytest.mark.usefixtures("impatient")
def test_silence_is_a_parser_exception_after_a_second() -> None:
    with Meter() as meter, Client(meter.path) as client, pytest.raises(ParserException, match="got b''"):
        client.read_value()


@pytest.mark.usefixtures("impatient")
def test_a_bad_line_raises_and_the_next_is_read() -> None:
    with Meter(pause_s=60) as meter, Client(meter.path) as client:
        meter.say(b"PAPP 00540 X\r\nFOO 1 U\r\n" + historique(("PAPP", "00540"))[2:])
        with pytest.raises(InvalidChecksumException):
            client.read_value()
        with pytest.raises(UnknownKeyException, match="FOO"):
            client.read_value()
        assert client.read_line() == ("PAPP", "00540", True)


def test_standard_mode_when_asked_for() -> None:
    with Meter(STANDARD) as meter, Client(meter.path, mode="standard") as client:
        assert {client.read_value().key for _ in range(6)} == {"ADSC", "EAST", "SINSTS"}


@pytest.mark.parametrize("contract", ["linky", "base"])
def test_auto_finds_the_speed_of_a_meter(contract: str) -> None:
    with open_pty(contract, speed=5.0) as meter, Client(meter.path, mode="auto") as client:
        keys = {client.read_value().key for _ in range(12)}
    assert keys & {"ADSC", "EAST", "EASF01", "EASF02", "EASD01"} or keys >= {"ADCO", "PAPP"}


def test_a_port_that_is_pulled_is_a_serial_exception() -> None:
    with Meter(historique(*BASE)) as meter, Client(meter.path) as client:
        client.read_value()
        meter.hang_up()
        with pytest.raises(serial.SerialException):
            collections.deque((client.read_value() for _ in range(1000)), 0)


def test_outside_with_it_says_how() -> None:
    with pytest.raises(OSError, match="use `with Client"):
        Client("/dev/none").read_value()


def test_an_unknown_mode_lists_the_known() -> None:
    with pytest.raises(ConfigError, match="auto, standard, historique"):
        Client("/dev/none", mode="linky")
