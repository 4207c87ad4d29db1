"""Every public name of pyenergenie, and the parameters that it takes by name.

Source: pyenergenie, src/energenie, and its fork by klattimer.
"""

from __future__ import annotations

import inspect
import subprocess
import sys
from importlib import import_module
from typing import Any

import pytest

from energy_hw.compat import energenie
from energy_hw.energenie.profiles import OPENTHINGS, PROFILES

# module or class: name(parameters), ...
CALLS = {
    "": (
        "init() finished() cleanup() loop(receive_time) discovery_none() discovery_auto() discovery_ask(ask_fn) "
        "discovery_autojoin() discovery_askjoin(ask_fn) ask(address,message)"
    ),
    "Registry": "update(message) size() get_sensorids() get_info(sensor_id)",
    "Registry.DeviceRegistry": (
        "__init__(filename) set_fsk_router(fsk_router) load_from(filename) load_into(context) add(device,name) "
        "get(name) rename(old_name,new_name) delete(name) list() size() devices() names()"
    ),
    "Registry.Router": (
        "__init__(name) add(address,instance) list() incoming_message(address,message) when_incoming(callback) "
        "when_unknown(callback) handle_unknown(address,message) handle_message(address,message)"
    ),
    "Registry.Discovery": (
        "__init__(registry,router) unknown_device(address,message) reject_device(address,message) "
        "accept_device(address,message,forward)"
    ),
    "Registry.AutoDiscovery": "__init__(registry,router)",
    "Registry.ConfirmedDiscovery": "__init__(registry,router,ask)",
    "Registry.JoinAutoDiscovery": "__init__(registry,router)",
    "Registry.JoinConfirmedDiscovery": "__init__(registry,router,ask)",
    "KVS.KVS": (
        "__init__(filename) load(filename,create_fn) process(command,key,obj,create_fn) ADD(key,obj,create_fn) "
        "IGN(key,obj,create_fn) DEL(key,obj,create_fn) keys() append(key,values) remove(key) write(filename)"
    ),
    "KVS.NotPersistableError": "",
    "OpenThings": (
        "init(pid) warning(msg) trace(msg) paramname_to_paramid(paramname) paramid_to_paramname(paramid) "
        "decode(payload,decrypt,receive_timestamp) encode(spec,encrypt) calcCRC(payload,start,length) "
        "showMessage(msg,timestamp) alterMessage(message) getFromMessage(message,keypath)"
    ),
    "OpenThings.OpenThingsException": "__init__(value)",
    "OpenThings.Value": (
        "typebits(typeid) highestClearBit(value,maxbits) valuebits(value) encode(value,typeid,length) "
        "decode(valuebytes,typeid,length)"
    ),
    "OpenThings.Message": (
        "__init__(pydict) copyof() set() set_PARAM_NAME(key,value) append_rec() get(keypath) dump() alter()"
    ),
    "OnAir.OpenThingsAirInterface": "__init__() send(payload,radio_config) receive(radio_config)",
    "OnAir.TwoBitAirInterface": "__init__() send(payload,radio_config) receive(radio_config)",
    "TwoBit": (
        "ashex(payload) encode_relay_message(relayState) encode_test_message(pattern) "
        "encode_switch_message(state,device_address,house_address) encode_bytes(data) encode_bits(data,number) "
        "decode_switch_message(bytes) decode_command(bytes) decode_bytes(bytes) decode_bits(bits,number)"
    ),
    "Messages": "send_join_ack(radio,mfrid,productid,sensorid)",
    "Logger": "logMessage(msg) trace(msg)",
    "radio": (
        "init() reset() get_ver() modulation(fsk,ook) transmitter(fsk,ook) receiver(fsk,ook) is_receive_waiting() "
        "transmit(payload,outer_times,inner_times,outer_delay) "
        "send_payload(payload,outer_times,inner_times,outer_delay) receive(size) receive_cbp() "
        "receive_len(size) standby() finished()"
    ),
    "Devices": "getDescription(mfrid,productid) hasSwitch(mfrid,productid) create_message(message)",
    "Devices.Device": (
        "__init__(device_id,air_interface) get_config() parse_device_id(device_id) has_switch() can_send() "
        "can_receive() get_radio_config() get_last_receive_time() get_next_receive_time() get_readings_summary() "
        "get_receive_count() "
        "incoming_message(payload) handle_message(payload) send_message(payload) when_updated(callback)"
    ),
    "Devices.EnergenieDevice": "__init__(device_id,air_interface) get_device_id()",
    "Devices.LegacyDevice": "__init__(device_id,air_interface) get_config() send_message(payload)",
    "Devices.MiHomeDevice": "get_manufacturer_id() get_product_id() get_join_req() join_ack() get_config()",
    "Devices.MockSwitch": "__init__(device_id) turn_on() turn_off()",
    "Devices.OOKSwitch": "__init__(device_id,air_interface) turn_on() turn_off() set_switch(state)",
    "Devices.MiHomeLight": "__init__(device_id,air_interface) turn_on() turn_off() set_switch(state)",
    "Devices.MiHomeLightDimmable": "turn_on() turn_off() set_switch(state) brightness(brightness)",
    "Devices.MIHO004": (
        "get_join_req() get_readings() get_voltage() get_frequency() get_apparent_power() get_reactive_power() "
        "get_real_power()"
    ),
    "Devices.MIHO005": (
        "get_readings() turn_on() turn_off() set_switch(state) is_on() is_off() get_switch() get_voltage() "
        "get_frequency() get_apparent_power() get_reactive_power() get_real_power()"
    ),
    "Devices.MIHO006": "get_battery_voltage() get_current() get_apparent_power()",
    "Devices.MIHO013": (
        "get_battery_voltage() get_ambient_temperature() get_pipe_temperature() get_setpoint_temperature() "
        "set_setpoint_temperature(temperature) get_valve_position() set_valve_position(position) turn_on() turn_off() "
        "is_on() is_off() get_diagnostics() set_identify() enable_thermostat()"
    ),
    "Devices.MIHO032": "get_switch_state() get_battery_alarm()",
    "Devices.MIHO033": "get_switch_state()",
    "Devices.DeviceFactory": (
        "set_default_air_interface(air_interface) keys() get_device_from_name(name,device_id,air_interface) "
        "get_device_from_id(id,device_id,air_interface)"
    ),
}
VALUES = {
    "": "registry fsk_router ook_router radio Devices Registry OpenThings",
    "Registry": "directory",
    "Registry.DeviceRegistry": "DEFAULT_FILENAME",
    "OpenThings": "param_info crypt_pid",
    "OpenThings.Message": "BLANK",
    "OpenThings.Value": (
        "UINT UINT_BP4 UINT_BP8 UINT_BP12 UINT_BP16 UINT_BP20 UINT_BP24 CHAR SINT SINT_BP8 SINT_BP16 SINT_BP24 FLOAT"
    ),
    "TwoBit": "ALL_SOCKETS PREAMBLE DEFAULT_ADDR DEFAULT_ADDR_ENC SW1_ON_ENC SW1_OFF_ENC ENCODER",
    "Messages": "SWITCH JOIN_ACK REGISTERED_SENSOR",
    "Logger": "LOG_FILENAME HEADINGS log_file",
    "radio": "RADIO_MODULATION_OOK RADIO_MODULATION_FSK MAX_RX_SIZE",
    "Devices": (
        "MFRID MFRID_ENERGENIE CRYPT_PID CRYPT_PIP BROADCAST_ID SWITCH JOIN_REQ JOIN_ACK REGISTERED_SENSOR "
        "MIHO005_REPORT MIHO013_IDENTIFY MIHO013_EXERCISE MIHO013_BATTERY_LEVEL MIHO013_DIAGNOSTICS "
        "MIHO013_SET_TEMPERATURE MIHO013_SET_VALVE_POSITION ook_interface fsk_interface"
    ),
    "Devices.LegacyDevice": "DEFAULT_HOUSE_ADDRESS",
    "Devices.MIHO009": "BURST_SIZE BURST_COUNT HOLDOFF",
    "Devices.DeviceFactory": "device_from_name device_from_id default_air_interface",
}
# fmt: off
NUMBERS = {
    "Devices.MFRID_ENERGENIE": 4, "Devices.CRYPT_PID": 242, "Devices.CRYPT_PIP": 0x0100,
    "Devices.BROADCAST_ID": 0xFFFFFF, "Devices.PRODUCTID_MIHO004": 1, "Devices.PRODUCTID_MIHO005": 2,
    "Devices.PRODUCTID_MIHO006": 5, "Devices.PRODUCTID_MIHO013": 3, "Devices.PRODUCTID_MIHO032": 0x0C,
    "Devices.PRODUCTID_MIHO033": 0x0D, "Devices.LegacyDevice.DEFAULT_HOUSE_ADDRESS": 0x6C6C6,
    "OpenThings.PARAM_SWITCH_STATE": 0x73, "OpenThings.PARAM_JOIN": 0x6A, "OpenThings.PARAM_VOLTAGE": 0x76,
    "OpenThings.Value.SINT_BP8": 0x90, "radio.RADIO_MODULATION_FSK": 1, "radio.MAX_RX_SIZE": 66,
    "TwoBit.DEFAULT_ADDR": 0x6C6C6, "Registry.DeviceRegistry.DEFAULT_FILENAME": "registry.kvs",
}
# fmt: on


def find(path: str) -> Any:
    place: Any = energenie
    for name in filter(None, path.split(".")):
        place = getattr(place, name)
    return place


def rows() -> list[tuple[str, str, list[str]]]:
    split = [(home, *call.rstrip(")").split("(")) for home, calls in CALLS.items() for call in calls.split()]
    return [(home, name, [one for one in names.split(",") if one]) for home, name, names in split]


@pytest.mark.parametrize(("home", "name", "parameters"), rows(), ids=lambda part: str(part))
def test_a_function_takes_what_it_takes_there(home: str, name: str, parameters: list[str]) -> None:
    signature = inspect.signature(getattr(find(home), name)).parameters
    names = [one for one in signature if one != "self"]
    assert names[: len(parameters)] == parameters
    further = [signature[one] for one in names[len(parameters) :]]
    flexible = (inspect.Parameter.VAR_KEYWORD, inspect.Parameter.VAR_POSITIONAL)
    assert all(one.default is not inspect.Parameter.empty or one.kind in flexible for one in further)


@pytest.mark.parametrize(("home", "names"), VALUES.items())
def test_a_value_is_there(home: str, names: str) -> None:
    assert [name for name in names.split() if not hasattr(find(home), name)] == []


@pytest.mark.parametrize(("path", "number"), NUMBERS.items())
def test_a_number_is_the_same(path: str, number: object) -> None:
    assert find(path) == number


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.sku)
def test_a_product_is_made_as_there(profile: Any) -> None:
    device = find(f"Devices.{profile.sku}")(1)
    assert list(inspect.signature(type(device)).parameters) == ["device_id", "air_interface"]
    assert device.get_config() == {"type": profile.sku, "device_id": 1 if profile.kind == OPENTHINGS else (0x6C6C6, 1)}


@pytest.mark.parametrize(
    "module",
    "KVS Devices Logger Messages OnAir OpenThings Registry TwoBit radio".split(),  # noqa: SIM905
)
def test_a_module_is_imported_either_way(module: str) -> None:
    assert import_module(f"energy_hw.compat.energenie.{module}") is getattr(energenie, module)
    assert module in energenie.__all__


def test_stars_bring_constants_and_classes() -> None:
    names: dict[str, Any] = {}
    for module in ("OpenThings", "Devices"):
        exec(f"from energy_hw.compat.energenie.{module} import *", names)  # noqa: S102
    assert names["PARAM_JOIN"] == 0x6A
    assert names["MIHO008"] is energenie.Devices.MIHO008


@pytest.mark.parametrize("module", ["", ".Devices", ".radio"])
def test_any_module_may_be_imported_first_and_prints_nothing(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"import energy_hw.compat.energenie{module}"],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
