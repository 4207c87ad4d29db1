"""Faults of pyenergenie, each with what happens here instead. Source: its code and its issues."""

from __future__ import annotations

from typing import Any

import pytest

from energy_hw.compat.energenie import Devices, OpenThings, Registry, TwoBit, radio
from energy_hw.compat.energenie.OpenThings import Message, OpenThingsException, Value
from energy_hw.core.message import Message as Decoded
from energy_hw.core.message import Record
from energy_hw.core.python.openhems import encode as encode_frame
from energy_hw.sim.air import Air as OnTheAir


class Air:
    def __init__(self) -> None:
        self.sent: list[Any] = []

    def send(self, payload: Any, radio_config: Any = None) -> int:
        self.sent.append(payload)
        return 0


def test_join_was_asked_in_the_form_of_its_answer() -> None:
    frame = OpenThings.encode(Message(Devices.MIHO005.get_join_req(1)), encrypt=False)
    assert frame[8:10] == [0xEA, 0x00]
    answer = Message(Devices.JOIN_ACK, header_mfrid=4, header_productid=2)
    assert OpenThings.encode(answer, encrypt=False)[8:10] == [0x6A, 0x00]


def test_join_of_a_miho005_carried_the_number_of_a_miho004() -> None:
    assert Devices.MIHO005.get_join_req(1)["header"]["productid"] == Devices.PRODUCTID_MIHO005
    assert "header_mfrid" not in Devices.MIHO005.get_join_req(1).pydict


@pytest.mark.parametrize("kind", [Devices.MIHO004, Devices.MIHO005])
def test_a_record_without_a_value_was_a_key_error(kind: Any) -> None:
    plug = kind(1)
    plug.handle_message({"header": {}, "recs": [{"wr": False, "paramid": 0x76, "typeid": 0, "length": 0}]})
    assert plug.readings.voltage is None


def test_characters_were_decoded_as_0_1_2() -> None:
    assert Value.decode([0x68, 0x69], Value.CHAR, 2) == "hi"


def test_characters_could_not_be_encoded() -> None:
    assert Value.encode("hi", Value.CHAR, 2) == [0x68, 0x69]
    assert Value.encode("hi", Value.CHAR) == [0x68, 0x69]


@pytest.mark.parametrize(
    ("number", "typeid"), [(-3, Value.SINT), (-5.5, Value.SINT_BP8), (-128, Value.SINT), (-0.25, Value.SINT_BP16)]
)
def test_negative_numbers_became_others(number: float, typeid: int) -> None:
    message = Message(Devices.REGISTERED_SENSOR)
    message.append_rec(0x74, wr=True, typeid=typeid, value=number)
    assert OpenThings.decode(OpenThings.encode(message))["recs"][0]["value"] == number


def test_zero_without_a_length_became_a_request() -> None:
    message = Message(Devices.SWITCH)
    del message["recs"][0]["length"]
    assert OpenThings.encode(message, encrypt=False)[8:11] == [0xF3, 0x01, 0x00]


def test_floats_were_not_supported() -> None:
    assert Value.decode(Value.encode(21.5, Value.FLOAT, 4), Value.FLOAT, 4) == 21.5


@pytest.mark.parametrize("records", ["7082", "73", "7f0f00", "73010173"])
def test_a_broken_record_behind_a_good_checksum_was_an_index_error(records: str) -> None:
    body = bytes.fromhex("04020100000123" + records)
    crc = OpenThings.calcCRC(body[4:], 0, len(body) - 4)
    frame = bytes([len(body) + 2]) + body + crc.to_bytes(2, "big")
    with pytest.raises(OpenThingsException):
        OpenThings.decode(frame, decrypt=False)


def test_an_unknown_type_was_a_value_error() -> None:
    records = Record(0x70, False, 0xD, b"\1", None), Record(0x73, False, 0, b"\1", None)
    frame = encode_frame(Decoded(4, 2, 1, 5, records))
    recs = OpenThings.decode(frame)["recs"]
    assert [rec["value"] for rec in recs] == [None, 1]
    assert recs[0]["valuebytes"] == [1]


def test_the_air_interface_of_a_legacy_device_was_ignored() -> None:
    air = Air()
    Devices.ENER002(1, air).turn_on()
    assert air.sent == [{"house_address": 0x6C6C6, "device_index": 1, "on": True}]


def test_the_last_receive_time_was_an_attribute_error() -> None:
    device = Devices.MIHO005(1)
    assert device.get_last_receive_time() is None
    device.incoming_message(Message(Devices.MIHO005_REPORT))
    assert device.get_last_receive_time() > 1.6e9


def test_receiving_did_not_look_whether_there_is_a_frame(air: OnTheAir, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(radio, "RECEIVE_S", 0.01)
    with pytest.raises(RuntimeError, match="is_receive_waiting"):
        radio.receive()


def test_a_monitor_plug_said_that_it_has_a_switch() -> None:
    assert Devices.MIHO004(1).has_switch() is False


def test_any_other_brightness_switched_the_lamp_off() -> None:
    air = Air()
    with pytest.raises(ValueError, match="brightness"):
        Devices.MIHO010((1, 1), air).brightness(50)
    assert air.sent == []


def test_a_message_changed_the_template_that_it_was_made_from() -> None:
    Message(Devices.SWITCH).set(header_sensorid=99)
    assert Devices.SWITCH["header"]["sensorid"] == 0


def test_the_size_of_a_registry_was_an_attribute_error() -> None:
    assert Registry.DeviceRegistry().size() == 0
    assert list(Registry.DeviceRegistry().names()) == []


def test_a_relay_message_grew_the_preamble() -> None:
    TwoBit.encode_relay_message(True)
    assert len(TwoBit.PREAMBLE) == 4


def test_ids_with_none_could_not_be_read_from_a_registry() -> None:
    assert Devices.ENER002("(None, 2)").device_id == (0x6C6C6, 2)


def test_a_sensor_of_the_registry_was_unknown_after_a_restart() -> None:
    registry = Registry.DeviceRegistry()
    registry.set_fsk_router(Registry.Router("fsk"))
    registry.add(Devices.MIHO033(7), "door")
    assert registry.fsk_router is not None
    assert (4, 0x0D, 7) in registry.fsk_router.routes
