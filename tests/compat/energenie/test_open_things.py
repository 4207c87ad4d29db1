"""OpenThings.encode and decode, tables and constants."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from energy_hw.compat.energenie import Devices, OpenThings
from energy_hw.compat.energenie.OpenThings import Message, OpenThingsException, Value, decode, encode
from energy_hw.core.message import Record
from energy_hw.energenie.parameters import PARAMETERS

# pyenergenie's own test frame, plain: OpenThings.py
PLAIN = bytes.fromhex("1c040201000006 8b 70820007 7182fffd 7601f0 662231da 730101 00 9764")


def test_a_plain_frame_is_decoded() -> None:
    message = decode(list(PLAIN), decrypt=False, receive_timestamp=12.5)
    assert message["header"] == {"mfrid": 4, "productid": 2, "encryptPIP": 0x0100, "sensorid": 0x68B}
    assert [(rec["paramname"], rec["paramunit"], rec["value"]) for rec in message["recs"]] == [
        ("REAL_POWER", "W", 7),
        ("REACTIVE_POWER", "VAR", -3),
        ("VOLTAGE", "V", 240),
        ("FREQUENCY", "Hz", 49.8515625),
        ("SWITCH_STATE", "", 1),
    ]
    assert (message["type"], message["rxtimestamp"]) == ("OK", 12.5)
    assert message[OpenThings.PARAM_FREQUENCY]["valuebytes"] == [0x31, 0xDA]


@pytest.mark.parametrize("encrypt", [True, False])
def test_what_is_decoded_is_encoded_again(encrypt: bool) -> None:
    message = decode(PLAIN, decrypt=False)
    payload = encode(message, encrypt=encrypt)
    assert isinstance(payload, list)
    assert (bytes(payload) == PLAIN) is not encrypt
    assert decode(payload, decrypt=encrypt) == message


def test_decoding_leaves_the_payload_as_it_is() -> None:
    payload = encode(decode(PLAIN, decrypt=False))
    before = list(payload)
    decode(payload)
    assert payload == before


def test_init_sets_the_encryption_of_both_ways() -> None:
    message = Message(Devices.SWITCH, header_mfrid=9, header_encryptPIP=0x1234)
    OpenThings.init(1)
    try:
        payload = encode(message)
        assert decode(payload)["header"]["mfrid"] == 9
    finally:
        OpenThings.init(Devices.CRYPT_PID)
    with pytest.raises(OpenThingsException):
        decode(payload)


@pytest.mark.parametrize(
    "payload", [[], [0x1C], list(PLAIN[:-1]), [*PLAIN, 0], [*PLAIN[:-1], 0], [300] * 20, None, ["x"]]
)
def test_what_is_broken_is_an_open_things_exception(payload: list[int]) -> None:
    with pytest.raises(OpenThingsException) as caught:
        decode(payload, decrypt=False)
    assert caught.value.value == str(caught.value) != ""


def test_a_pip_is_drawn_where_none_is_given() -> None:
    message = Message(Devices.SWITCH, header_sensorid=1)
    del message["header"]["encryptPIP"]
    pips = {decode(encode(message))["header"]["encryptPIP"] for _ in range(8)}
    assert len(pips) > 1


@pytest.mark.parametrize(
    ("path", "value", "named"),
    [("header_mfrid", None, "mfrid"), ("header_sensorid", 1 << 24, "sensorid"), ("recs_0_length", 16, "length"),
     ("recs_0_value", -1, "0 to 255"), ("recs_0_typeid", 0xD0, "type"), ("recs_0_parmid", 1, "parmid")],
)  # fmt: skip
def test_a_field_that_does_not_fit_is_named(path: str, value: object, named: str) -> None:
    message = Message(Devices.SWITCH)
    message.set(**{path: value})
    with pytest.raises(ValueError, match=named):
        encode(message)


def test_what_is_no_message_is_refused() -> None:
    with pytest.raises(ValueError, match="expected a Message"):
        encode("turn on")


@given(st.binary(max_size=70), st.booleans())
def test_no_payload_raises_anything_else(payload: bytes, decrypt: bool) -> None:
    with suppress(OpenThingsException):
        assert decode(payload, decrypt)["type"] == "OK"


def test_every_parameter_has_its_constant_and_its_row() -> None:
    for row in PARAMETERS.values():
        assert getattr(OpenThings, f"PARAM_{row.code}") == row.id
        assert OpenThings.param_info[row.id]["n"] == row.code
        assert OpenThings.paramname_to_paramid(row.code) == row.id
        assert OpenThings.paramid_to_paramname(row.id) == row.code
    assert OpenThings.PARAM_EXERCISE == 0x23
    assert OpenThings.PARAM_VALVE_POSITION == 0x25
    assert not hasattr(OpenThings, "PARAM_TEST")
    assert OpenThings.paramid_to_paramname(0x1F) == "UNKNOWN_0x1f"
    with pytest.raises(ValueError, match="NONSENSE"):
        OpenThings.paramname_to_paramid("NONSENSE")


@pytest.mark.parametrize(
    ("name", "unit"),
    [("TEMPERATURE", "C"), ("REACTIVE_POWER", "VAR"), ("ILLUMINANCE", "Lux"), ("GAS_FLOW_RATE", "m3/hr"),
     ("WATER_FLOW_RATE", "l/hr"), ("ROTATION_SPEED", "RPM"), ("ENERGY", "kWh"), ("JOIN", "")],
)  # fmt: skip
def test_units_are_written_as_pyenergenie_does(name: str, unit: str) -> None:
    assert OpenThings.param_info[OpenThings.paramname_to_paramid(name)]["u"] == unit


def test_an_unknown_parameter_keeps_its_bytes() -> None:
    message = Message(Devices.REGISTERED_SENSOR)
    message.append_rec(0x1F, typeid=Value.UINT, value=7)
    rec = decode(encode(message))["recs"][0]
    assert (rec["paramname"], rec["paramunit"], rec["value"]) == ("UNKNOWN_0x1f", "UNKNOWN_UNIT", 7)


def test_calc_crc_is_that_of_the_frame() -> None:
    assert OpenThings.calcCRC(PLAIN, 5, len(PLAIN) - 7) == 0x9764


def test_records_of_the_core_and_of_the_face_are_one() -> None:
    decoded = OpenThings.to_decoded(Message(Devices.SWITCH, header_sensorid=3, recs_SWITCH_STATE_value=True))
    assert decoded.records == (Record(0x73, True, 0, b"\x01", None),)


def test_a_value_is_as_long_as_its_record_says() -> None:
    message = Message(Devices.SWITCH, recs_0_length=3)
    assert decode(encode(message))["recs"][0]["valuebytes"] == [0, 0, 0]
