"""pyenergenie's dictionaries as messages."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from energy_hw.core.interface import Core
from energy_hw.core.message import Message, Record
from energy_hw.energenie.pydict import from_pydict
from energy_hw.energenie.report import to_pydict, to_report
from energy_hw.errors import OutOfRange

HEADER = {"mfrid": 4, "productid": 2, "encryptPIP": 0x0100, "sensorid": 0x373}
SWITCH = {"wr": True, "paramid": 0x73, "typeid": 0x00, "length": 1, "value": 1}


def record(**fields: Any) -> Record:
    return from_pydict({"header": HEADER, "recs": [fields]}).records[0]


def test_a_switch_command_as_pyenergenie_writes_it(core: Core) -> None:
    message = from_pydict({"type": "OK", "header": HEADER, "recs": [SWITCH]})
    assert message == Message(4, 2, 0x0100, 0x373, (Record(0x73, True, 0, b"\x01", None),))
    again = core.decode(core.encode(message))
    assert to_pydict(again)["recs"][0]["value"] == 1


def test_what_was_decoded_can_be_sent_again(core: Core) -> None:
    frame = bytes.fromhex("1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23")
    assert core.encode(from_pydict(to_pydict(core.decode(frame)))) == frame


def test_without_a_pip_each_message_has_its_own() -> None:
    header = {key: value for key, value in HEADER.items() if key != "encryptPIP"}
    pips = {from_pydict({"header": header, "recs": []}).pip for _ in range(20)}
    assert len(pips) > 10
    assert not pips & {0, 0xF200}


@pytest.mark.parametrize(
    ("typeid", "value", "data"),
    [
        (0x00, 0, "00"),  # one byte: no bytes would be a request
        (0x00, 255, "ff"),
        (0x00, 256, "0100"),
        (0x80, -1, "ff"),
        (0x80, -129, "ff7f"),
        (0x90, 20.5, "1480"),
        (0x90, 20, "1400"),  # twenty degrees, whether int or float
        (0x90, -0.5, "80"),
        (0x10, Decimal("17.0"), "0110"),
        (0x70, "BAT", "424154"),
        (0xF0, 1.5, "3fc00000"),
    ],
)
def test_without_a_length_the_fewest_bytes_that_hold_the_value(typeid: int, value: Any, data: str) -> None:
    assert record(paramid=0x74, typeid=typeid, value=value).data.hex() == data


def test_a_name_may_stand_for_the_number() -> None:
    assert record(paramname="SWITCH_STATE", value=1).parameter == 0x73


def test_a_request_has_no_value() -> None:
    assert record(wr=True, paramid=0x26, typeid=0) == Record(0x26, True, 0, b"", None)


def test_bytes_are_sent_as_they_are() -> None:
    assert record(paramid=0x26, typeid=0xE0, valuebytes=[1, 2], length=2).data == b"\x01\x02"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"paramid": 0x80}, "paramid: expected 0 to 0x7F, got 128"),
        ({"paramname": "SWITCHSTATE"}, "expected paramid, or a paramname"),
        ({"paramid": 0x73, "typeid": 0x91}, "typeid: expected a type in the upper four bits"),
        ({"paramid": 0x73, "value": 256, "length": 1}, "expected 0 to 255"),
        ({"paramid": 0x73, "value": -1}, "expected 0 to"),
        ({"paramid": 0x73, "value": [1]}, "value: expected a number or a text"),
        ({"paramid": 0x73, "valuebytes": [256]}, "valuebytes: expected bytes"),
        ({"paramid": 0x73, "valuebytes": [1, 2], "length": 1}, "expected 1 valuebytes, got 2"),
        ({"paramid": 0x73, "length": 16, "value": 1}, "length: expected 0 to 0xF"),
        ({"paramid": 0x73, "vlaue": 1}, "record: expected .*, got vlaue"),
        ({"paramid": 0x73, "value": float("nan")}, "finite"),
    ],
)
def test_what_cannot_be_sent_is_told_by_its_field(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(OutOfRange, match=words):
        record(**fields)


@pytest.mark.parametrize(
    ("message", "words"),
    [
        ({}, "expected a dictionary with header"),
        ([], "expected a dictionary with header"),
        ({"header": {"mfrid": 4}}, "productid: expected 0 to 0xFF, got None"),
        ({"header": HEADER | {"sensorid": 1 << 24}}, "sensorid: expected 0 to 0xFFFFFF"),
        ({"header": HEADER | {"crc": 1}}, "header: expected .*, got crc"),
        ({"header": HEADER, "recs": 3}, "recs: expected a list"),
        ({"header": HEADER, "recs": [3]}, "recs: expected a dictionary"),
    ],
)
def test_a_message_of_another_shape_is_told(message: Any, words: str) -> None:
    with pytest.raises(OutOfRange, match=words):
        from_pydict(message)


def test_a_message_from_a_dictionary_reports_like_one_from_the_air(core: Core) -> None:
    message = core.decode(core.encode(from_pydict({"header": HEADER, "recs": [SWITCH | {"wr": False}]})))
    assert to_report(message, None, datetime.now(UTC), b"")["switch_state"].value is True
