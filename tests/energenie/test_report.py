"""From a message to the Report: identity, names, units, and the link's own readings."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import pytest

from energy_hw.core.interface import ReceivedFrame
from energy_hw.core.message import Message, Record
from energy_hw.core.python.openhems import decode
from energy_hw.energenie.report import to_pydict, to_report
from energy_hw.reading import Quantity, Report, Value, dumps

MIHO005 = bytes.fromhex("1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23")
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def report_of(message: Message, frame: ReceivedFrame | None = None) -> Report:
    return to_report(message, frame, NOON, b"raw")


def single(record: Record, product: int = 2, manufacturer: int = 4) -> Report:
    return report_of(Message(manufacturer, product, 1, 0x373, (record,)))


def test_report_of_a_captured_frame() -> None:
    frame = ReceivedFrame(MIHO005, -67.5, 1220)
    report = to_report(decode(MIHO005), frame, NOON, MIHO005)
    assert (report.source, report.device, report.model) == ("energenie", "energenie:2:0x000373", "MIHO005 Smart Plug+")
    assert (report.time, report.received, report.integrity, report.raw) == (None, NOON, "crc", MIHO005)
    assert [(r.code, r.name, r.quantity, r.value, r.unit) for r in report] == [
        ("REAL_POWER", "real_power", Quantity.POWER, 3, "W"),
        ("REACTIVE_POWER", "reactive_power", Quantity.REACTIVE_POWER, -2, "var"),
        ("VOLTAGE", "voltage", Quantity.VOLTAGE, 249, "V"),
        ("FREQUENCY", "frequency", Quantity.FREQUENCY, Decimal("49.94921875"), "Hz"),
        ("SWITCH_STATE", "switch_state", Quantity.SWITCH, False, None),
        ("RSSI", "rssi", Quantity.SIGNAL_STRENGTH, Decimal("-67.5"), "dBm"),
        ("FREQUENCY_ERROR", "frequency_error", Quantity.FREQUENCY, 1220, "Hz"),
    ]


def test_report_as_json_keeps_every_digit() -> None:
    text = dumps(to_report(decode(MIHO005), None, NOON, MIHO005).to_json())
    assert '"value":49.94921875' in text
    assert '"value":false' in text
    assert '"received":"2026-01-01T12:00:00Z"' in text


def test_without_a_radio_there_is_no_signal_strength() -> None:
    assert [reading.code for reading in report_of(Message(4, 2, 1, 0x373, ()))] == []


def test_without_a_measured_frequency_error_there_is_none() -> None:
    report = report_of(Message(4, 2, 1, 0x373, ()), ReceivedFrame(MIHO005, -80.0))
    assert [reading.code for reading in report] == ["RSSI"]


@pytest.mark.parametrize(
    ("manufacturer", "product", "device", "model"),
    [
        (4, 3, "energenie:3:0x000373", "MIHO013 eTRV"),
        (4, 0x2A, "energenie:42:0x000373", "unknown product 0x2A"),
        (0x16, 2, "openhems:22:2:0x000373", "OpenHEMS manufacturer 0x16, product 0x02"),
    ],
)
def test_identity(manufacturer: int, product: int, device: str, model: str) -> None:
    report = report_of(Message(manufacturer, product, 1, 0x373, ()))
    assert (report.device, report.model) == (device, model)


@pytest.mark.parametrize(
    ("parameter", "kind", "data", "value"),
    [
        (0x73, 0, b"\x01", True),
        (0x73, 0, b"\x00", False),
        (0x73, 0, b"\x03", 3),  # several gangs
        (0x6D, 0, b"\x01", True),
        (0x6D, 0, b"\xa8", 168),  # thermostats send odd ones
        (0x64, 0, b"\x00", False),
        (0x41, 0, b"\x01", 1),
        (0x73, 7, b"1", "1"),
    ],
)
def test_binary_values(parameter: int, kind: int, data: bytes, value: Value) -> None:
    decoded = data.decode() if kind == 7 else int.from_bytes(data)
    (reading,) = single(Record(parameter, False, kind, data, decoded))
    assert reading.value == value
    assert type(reading.value) is type(value)


@pytest.mark.parametrize(
    ("product", "manufacturer", "battery"),
    [(5, 4, True), (3, 4, True), (0x13, 4, True), (2, 4, False), (3, 0x16, False)],
)
def test_voltage_of_a_device_with_a_battery_is_the_batterys(product: int, manufacturer: int, battery: bool) -> None:
    (reading,) = single(Record(0x76, False, 2, b"\x03\x1f", Decimal("3.12109375")), product, manufacturer)
    expected = ("battery_voltage", Quantity.BATTERY_VOLTAGE) if battery else ("voltage", Quantity.VOLTAGE)
    assert (reading.name, reading.quantity, reading.code, reading.unit) == (*expected, "VOLTAGE", "V")


@pytest.mark.parametrize("parameter", [0x6A, 0x59])
@pytest.mark.parametrize("command", [False, True])
def test_event_without_data(parameter: int, command: bool) -> None:
    (reading,) = single(Record(parameter, command, 0, b"", None))
    assert (reading.name, reading.quantity, reading.value) == (reading.code.lower(), Quantity.EVENT, None)


def test_command_is_not_taken_for_the_state_of_the_device() -> None:
    report = report_of(Message(4, 2, 1, 0x373, (Record(0x73, True, 0, b"\x01", 1), Record(0x76, True, 0, b"", None))))
    assert [(reading.code, reading.name, reading.value) for reading in report] == [
        ("SWITCH_STATE", "switch_state_command", True),
        ("VOLTAGE", "voltage_command", None),
    ]
    assert report.get("switch_state") is None


def test_unknown_parameter_is_kept() -> None:
    (reading,) = single(Record(0x1F, False, 0, b"\x05", 5))
    assert (reading.code, reading.name, reading.quantity, reading.value) == (
        "UNKNOWN_1F",
        "unknown_1f",
        Quantity.OTHER,
        5,
    )


def test_enumerated_values_are_channels() -> None:
    records = (Record(0x70, False, 0, b"\x05", 5, 1), Record(0x70, False, 0, b"\x06", 6, 2))
    assert [(r.channel, r.value) for r in report_of(Message(4, 2, 1, 1, records))] == [(1, 5), (2, 6)]


def test_phase_of_a_three_phase_meter() -> None:
    (reading,) = single(Record(0x7A, False, 0, b"\x05", 5), manufacturer=0x16)
    assert (reading.phase, reading.unit) == (2, "W")


def test_pydict_has_the_shape_that_pyenergenie_had() -> None:
    message = Message(
        4,
        3,
        0x1304,
        2431,
        (Record(0x76, False, 2, b"\x03\x1f", Decimal("3.12109375")), Record(0x1F, True, 0, b"", None)),
    )
    assert to_pydict(message) == {
        "type": "OK",
        "header": {"mfrid": 4, "productid": 3, "encryptPIP": 0x1304, "sensorid": 2431},
        "recs": [
            {
                "wr": False,
                "paramid": 0x76,
                "paramname": "VOLTAGE",
                "paramunit": "V",
                "typeid": 0x20,
                "length": 2,
                "valuebytes": [3, 0x1F],
                "value": 3.12109375,
            },
            {
                "wr": True,
                "paramid": 0x1F,
                "paramname": "UNKNOWN_0x1f",
                "paramunit": "UNKNOWN_UNIT",
                "typeid": 0,
                "length": 0,
            },
        ],
    }
