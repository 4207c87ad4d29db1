"""OpenThings.Message: a dictionary with paths."""

from __future__ import annotations

import copy

import pytest

from energy_hw.compat.energenie import Devices, OpenThings
from energy_hw.compat.energenie.OpenThings import PARAM_AIR_PRESSURE, PARAM_SWITCH_STATE, PARAM_VOLTAGE, Message


def test_a_blank_message_has_an_address_to_fill_in() -> None:
    assert Message().pydict == {"header": {"mfrid": None, "productid": None, "sensorid": None}, "recs": []}
    assert Message(header_mfrid=123, header_sensorid=789)["header"] == {
        "mfrid": 123, "productid": None, "sensorid": 789,
    }  # fmt: skip


def test_what_is_set_in_a_message_leaves_its_template_alone() -> None:
    before = copy.deepcopy(Devices.MIHO005_REPORT)
    message = Message(Devices.MIHO005_REPORT, header_sensorid=9)
    message[PARAM_VOLTAGE]["value"] = 240
    message.copyof().set(recs_0_value=7)
    Message().append_rec({"paramid": 1})
    assert before == Devices.MIHO005_REPORT
    assert message.get("recs_0_value") == 0
    assert Message().get("recs") == []


@pytest.mark.parametrize("path", ["recs_SWITCH_STATE_value", "recs_0_value"])
def test_a_value_is_set_and_read_by_its_path(path: str) -> None:
    message = Message(Devices.SWITCH)
    message.set(**{path: 1})
    assert (
        message[PARAM_SWITCH_STATE]["value"] == message["recs"][0]["value"] == message.get(path) == message[path] == 1
    )


def test_a_record_is_set_whole_by_its_name() -> None:
    message = Message(Devices.SWITCH)
    message.set(recs_SWITCH_STATE={"wr": False, "value": 5})
    assert message["recs"] == [{"wr": False, "value": 5, "paramid": PARAM_SWITCH_STATE}]
    message.set_PARAM_NAME("SWITCH_STATE_value", 6)
    assert message.alter(header_productid=3).get("recs_SWITCH_STATE_value") == 6


def test_a_record_by_parameter_is_replaced_or_added() -> None:
    message = Message(Devices.SWITCH)
    message[PARAM_SWITCH_STATE] = {"wr": True, "value": 1}
    message[PARAM_AIR_PRESSURE] = {"wr": True, "value": 2}
    assert [rec["paramid"] for rec in message["recs"]] == [PARAM_SWITCH_STATE, PARAM_AIR_PRESSURE]
    assert PARAM_AIR_PRESSURE in message
    assert PARAM_VOLTAGE not in message


def test_a_record_that_is_not_there_is_a_key_error() -> None:
    with pytest.raises(KeyError, match="VOLTAGE"):
        _ = Message(Devices.SWITCH)[PARAM_VOLTAGE]
    with pytest.raises(ValueError, match="VOLTAGE"):
        Message(Devices.SWITCH).set(recs_VOLTAGE_value=1)
    with pytest.raises(ValueError, match="NONSENSE"):
        Message(Devices.SWITCH).set(recs_NONSENSE_value=1)


def test_records_are_appended_in_three_ways() -> None:
    message = Message()
    assert message.append_rec({"paramid": 1}) == 0
    assert message.append_rec(PARAM_SWITCH_STATE, {"wr": True}) == 1
    assert message.append_rec(PARAM_SWITCH_STATE, wr=True, value=1) == 2
    assert message["recs"][2] == {"paramid": PARAM_SWITCH_STATE, "wr": True, "value": 1}
    with pytest.raises(ValueError, match="expected a record"):
        message.append_rec("SWITCH_STATE")


def test_records_by_index_make_room_for_themselves() -> None:
    message = Message(recs_0={"paramid": 1}, recs_2={"paramid": 3})
    message.set(recs_1_paramid=2)
    assert [rec["paramid"] for rec in message["recs"]] == [1, 2, 3]
    with pytest.raises(ValueError, match="expected a record below"):
        message.set(recs_1000000000={})


def test_it_is_a_dictionary_to_python() -> None:
    message = Message(Devices.SWITCH)
    assert dict(message) == message.pydict == Devices.SWITCH
    assert list(message) == ["header", "recs"]
    assert (len(message), "recs" in message, "type" in message) == (2, True, False)
    assert message == Message(Devices.SWITCH)
    assert message.get("nothing", "there") == "there"
    message["type"] = "OK"
    assert str(message) == repr(message) == str(message.pydict)


def test_dump_shows_address_and_records(capsys: pytest.CaptureFixture[str]) -> None:
    Message(Devices.SWITCH, header_sensorid=0x68B).dump()
    OpenThings.showMessage(Message(), timestamp=0)
    first, second = capsys.readouterr().out.split("receive-time:")
    assert first == "mfrid:0x4 prodid:0x2 sensorid:0x68b\nwrite 0x73 SWITCH_STATE  = 0\n"
    assert second.endswith("mfrid: prodid: sensorid:\n")


def test_functions_of_the_first_year_work_on_dictionaries() -> None:
    plain = Devices.create_message(Devices.SWITCH)
    assert OpenThings.alterMessage(plain, header_sensorid=5, recs_0_value=1) is plain
    assert (plain["header"]["sensorid"], plain["recs"][0]["value"]) == (5, 1)
    assert OpenThings.getFromMessage(plain, "header_sensorid") == 5
    assert Devices.SWITCH["header"]["sensorid"] == 0
