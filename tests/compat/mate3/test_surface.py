"""Every import path and name of mate3 0.4 and 0.6 that programs use; names of codes, bits and units.

Source: github.com/adamcharnock/mate3 at 66a4525 and 887d321, and programs that import it.
"""

from __future__ import annotations

import csv
import inspect
import subprocess
import sys
from enum import Enum, IntFlag
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from energy_hw.compat.mate3 import _labels
from energy_hw.compat.mate3.base_parser import PARSED, parser_class
from energy_hw.compat.mate3.exceptions import SeveralDevices, also
from energy_hw.compat.mate3.sunspec import fields
from energy_hw.compat.mate3.sunspec.models import MODELS, model_class
from energy_hw.errors import EnergyHwError, NotConfirmed, UnknownDevice
from energy_hw.outback.tables import points

CAPTURE = Path(__file__).parents[2] / "captures" / "outback" / "mate3s"
NAMES = {
    "": "mate3_connection Mate3Client",
    "api": (
        "AnyBlock Device DeviceValues FieldValue Mate3 Mate3Client Mate3Factory Mode NoParserFoundForDevice "
        "get_parser mate3_connection"
    ),
    "base_parser": "BaseParser Field Mode",
    "base_definitions": "BaseDefinition Field Mode",
    "base_structures": "Device get_parser int16 int32 uint16 uint32",
    "definitions": "ChargeControllerDefinition ChargeControllerParser Mate3Definition SunspecCommonModelDefinition",
    "parsers": (
        "ChargeControllerConfigurationParser ChargeControllerParser FlexnetDcConfigurationParser FlexnetDcParser "
        "FxInverterConfigurationParser FxInverterParser Mate3Parser OutbackSystemControlParser "
        "RadianInverterConfigurationParser SinglePhaseRadianInverterParser SplitPhaseRadianInverterParser "
        "SunspecCommonModelParser SunspecInverterSinglePhaseParser SunspecInverterSplitPhaseParser "
        "SunspecInverterThreePhaseParser"
    ),
    "structures": "ChargeControllerBlock Device FlexnetDcBlock Mate3Block SunspecCommonModelBlock uint16",
    "devices": (
        "ChargeControllerDeviceValues DeviceValues FNDCDeviceValues FXInverterDeviceValues Mate3DeviceValues "
        "SinglePhaseRadianInverterDeviceValues SplitPhaseRadianInverterDeviceValues"
    ),
    "exceptions": "NoParserFoundForDevice",
    "field_values": "FieldValue ModelValues",
    "sunspec.fields": (
        "AddressField Bit16Field Bit32Field DescribedIntFlag EnumInt16Field EnumUint16Field Field Int16Field "
        "IntegerField Mode StringField Uint16Field Uint32Field"
    ),
    "sunspec.models": (
        "ChargeControllerConfigurationModel ChargeControllerModel FLEXnetDCConfigurationModel FLEXnetDCRealTimeModel "
        "FXInverterConfigurationModel FXInverterRealTimeModel MODEL_DEVICE_IDS OPTICSPacketStatisticsModel "
        "OutBackModel OutBackSystemControlModel RadianInverterConfigurationModel SunSpecCommonModel "
        "SinglePhaseRadianInverterRealTimeModel SplitPhaseRadianInverterRealTimeModel"
    ),
    "sunspec.values": "ChargeControllerValues FLEXnetDCRealTimeValues OPTICSPacketStatisticsValues OutBackValues",
}


@pytest.mark.parametrize("module", NAMES)
def test_the_names_of_a_module_are_there(module: str) -> None:
    found = import_module(f"energy_hw.compat.mate3.{module}".rstrip("."))
    missing = [name for name in NAMES[module].split() if getattr(found, name, None) is None]
    assert missing == []
    assert {name for name in NAMES[module].split() if module} <= set(dir(found)) or module == "devices"


@pytest.mark.parametrize(
    "module", ["parsers", "definitions", "structures", "devices", "sunspec.models", "sunspec.values"]
)
def test_a_name_that_is_not_there_is_told(module: str) -> None:
    found = import_module(f"energy_hw.compat.mate3.{module}")
    with pytest.raises(AttributeError, match="ChargeController"):
        _ = found.ChargeControlerThing


CALLS = {
    "api.mate3_connection": ["host", "port"],
    "api.Mate3Client": ["host", "port", "cache_path", "cache_only", "cache_writeable"],
    "api.Mate3.set_value": ["field", "value", "port"],
    "api.Mate3.get_device_blocks": ["device"],
    "api.Mate3Client.read": ["only"],
    "api.Mate3Client.read_all": [],
    "field_values.FieldValue.write": ["value"],
    "field_values.ModelValues.fields": ["modes"],
}


@pytest.mark.parametrize("call", CALLS)
def test_a_call_takes_what_it_took(call: str) -> None:
    module, *path = call.split(".")
    found: Any = import_module(f"energy_hw.compat.mate3.{module}")
    for name in path:
        found = getattr(found, name)
    takes = [name for name in inspect.signature(found).parameters if name != "self"]
    assert takes[: len(CALLS[call])] == CALLS[call]


def test_star_imports_bring_every_parser() -> None:
    space: dict[str, Any] = {}
    exec("from energy_hw.compat.mate3.definitions import *", space)  # noqa: S102
    assert space["FlexnetDcParser"] is parser_class(space["Device"].flexnet_dc)
    assert sum(name.endswith("Parser") for name in space) == len(PARSED) + 1  # and BaseParser


def test_every_listed_code_bit_and_unit_is_one_of_the_tables() -> None:
    rows = {(point.did, point.mate3_06): point for did in MODELS for point in points(did)}
    for key, text in _labels.ENUMS.items():
        listed = {int(item.partition("=")[0]) for item in text.split("|")}
        assert listed <= set(rows[key].enum), key
    for key, (_, names) in _labels.FLAGS.items():
        bits = {1 << bit for bit, name in enumerate(names.split()) if name != "-"}
        assert bits <= set(rows[key].bits), key
    units = {point.unit for point in rows.values() if point.unit}
    assert units <= set(_labels.UNITS)


def test_codes_and_bits_have_the_names_that_062_gave_them() -> None:
    with open(CAPTURE / "mate3_0.6_names.csv", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["flags"] != NUMBERS]
    for row in rows:
        field = getattr(model_class(int(row["model"])), row["field"])
        if row["flags"]:
            assert field.flags.__name__ == row["flags"]
        members = field.flags if row["flags"] else field.options
        assert members[row["name"]].value == int(row["code"]), row
    assert len(rows) == 463


NUMBERS = "OutBackUpdateDeviceFirmwarePortFlags"  # two numbers in one register, and no flags


@pytest.mark.parametrize("did", MODELS)
def test_every_code_and_bit_has_a_name_of_its_own(did: int) -> None:
    for field, point in fields.fields_of(did):
        if options := getattr(field, "options", None):
            assert issubclass(options, Enum)
            assert [member.value for member in options] == list(point.enum), field.name
        if flags := getattr(field, "flags", None):
            assert issubclass(flags, IntFlag)
            assert {int(flag) for flag in flags} <= set(point.bits)


@pytest.mark.parametrize("did", MODELS)
def test_every_field_of_06_is_there_by_its_name(did: int) -> None:
    model = model_class(did)
    names = {point.mate3_06 for point in points(did) if point.mate3_06}
    assert {field.name for field in model.fields()} == names
    assert all(getattr(model, name).name == name for name in names)
    assert all(field.mode in (fields.Mode.W, fields.Mode.RW) for field in model.fields([fields.Mode.W, fields.Mode.RW]))


def test_field_classes_say_what_a_field_is() -> None:
    from energy_hw.compat.mate3.sunspec.models import ChargeControllerConfigurationModel as Settings
    from energy_hw.compat.mate3.sunspec.models import OutBackModel as Gateway

    assert isinstance(Settings.absorb_volts, fields.Uint16Field)
    assert isinstance(Settings.absorb_volts.scale_factor, fields.Int16Field)
    assert isinstance(Settings.faults, fields.Bit16Field)
    assert isinstance(Gateway.sched_1_ac_mode, fields.EnumInt16Field)
    assert isinstance(Gateway.tcpip_address, fields.AddressField)
    assert not isinstance(Gateway.system_name, fields.IntegerField)
    assert (Gateway.system_name.start, Gateway.system_name.size, Gateway.system_name.end) == (167, 30, 197)


def test_an_error_stays_what_it_is_and_becomes_another_too() -> None:
    error = NotConfirmed("no", ticket=7)
    assert also(error, RuntimeError) is error
    assert isinstance(error, RuntimeError)
    assert (type(error).__name__, str(error), error.ticket) == ("NotConfirmed", "no", 7)
    assert also(error, RuntimeError).__class__ is type(error)
    assert issubclass(SeveralDevices, UnknownDevice)
    assert str(SeveralDevices("two")) == "two"
    assert issubclass(SeveralDevices, EnergyHwError)


def test_reading_a_cache_needs_no_modbus_library() -> None:
    """Nothing of pymodbus is loaded by an import: that takes a Pi Zero a second."""
    code = "import energy_hw.compat.mate3, sys; sys.exit('pymodbus' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], timeout=60).returncode == 0
