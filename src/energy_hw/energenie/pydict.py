"""Messages as dictionaries, the way pyenergenie writes them; report.to_pydict() is the way back.

    {"header": {"mfrid": 4, "productid": 2, "encryptPIP": 0x1234, "sensorid": 0x373},
     "recs": [{"wr": True, "paramid": 0x73, "typeid": 0x00, "length": 1, "value": 1}]}

Left out are: encryptPIP, and a fresh one is taken; length, and as many bytes as the value needs, at
least one (in pyenergenie a 0 without a length became a request). `paramname` may stand for paramid.
`valuebytes` are sent as they are where there is no value. Source: pyenergenie, energenie/OpenThings.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from random import SystemRandom
from typing import Any

from energy_hw.core.message import CHARACTERS, FLOAT, Message, Record, encode_value
from energy_hw.energenie.parameters import parameter_id
from energy_hw.errors import OutOfRange

STOPS_CIPHER = 0xF200
LONGEST_VALUE = 15
FIELDS = {
    "header": {"mfrid", "productid", "encryptPIP", "sensorid"},
    "record": {"wr", "paramid", "paramname", "paramunit", "typeid", "length", "value", "valuebytes"},
}
_random = SystemRandom()


def from_pydict(message: Mapping[str, Any]) -> Message:
    """The Message of a dictionary. Raises OutOfRange that names the field."""
    if not isinstance(message, Mapping) or not isinstance(message.get("header"), Mapping):
        raise OutOfRange(f"expected a dictionary with header and recs, got {message!r}")
    header, records = message["header"], message.get("recs", [])
    _refuse_unknown(header, "header")
    if not isinstance(records, list | tuple):
        raise OutOfRange(f"recs: expected a list of dictionaries, got {records!r}")
    pip = header.get("encryptPIP")
    return Message(
        _integer(header, "mfrid", 0x7F),
        _integer(header, "productid", 0xFF),
        _random.randrange(1, STOPS_CIPHER) if pip is None else _integer(header, "encryptPIP", 0xFFFF),
        _integer(header, "sensorid", 0xFFFFFF),
        tuple(_record(record) for record in records),
    )


def _record(record: Any) -> Record:
    if not isinstance(record, Mapping):
        raise OutOfRange(f"recs: expected a dictionary, got {record!r}")
    _refuse_unknown(record, "record")
    number = _parameter(record)
    kind = _integer(record, "typeid", 0xF0, 0)
    if kind & 0x0F:
        raise OutOfRange(f"typeid: expected a type in the upper four bits such as 0x90, got 0x{kind:02X}", 0, 0xF0)
    return Record(number, bool(record.get("wr", False)), kind >> 4, _data(record, kind >> 4), None)


def _parameter(record: Mapping[str, Any]) -> int:
    if "paramid" in record:
        return _integer(record, "paramid", 0x7F)
    try:
        return parameter_id(str(record.get("paramname")))
    except KeyError:
        raise OutOfRange(f"expected paramid, or a paramname such as SWITCH_STATE, got {dict(record)!r}") from None


def _data(record: Mapping[str, Any], kind: int) -> bytes:
    length = None if record.get("length") is None else _integer(record, "length", LONGEST_VALUE)
    value = record.get("value")
    if value is None:
        return _bytes(record.get("valuebytes", b""), length)
    if isinstance(value, float):
        value = Decimal(str(value))
    if not isinstance(value, int | str | Decimal):
        raise OutOfRange(f"value: expected a number or a text, got {value!r}")
    return encode_value(kind, _fitting(kind, value) if length is None else length, value)


def _bytes(data: Any, length: int | None) -> bytes:
    try:
        octets = bytes(data)
    except (TypeError, ValueError):
        raise OutOfRange(f"valuebytes: expected bytes, got {data!r}") from None
    if len(octets) > LONGEST_VALUE or length not in (None, len(octets)):
        expected = f"0 to {LONGEST_VALUE}" if length is None else length
        raise OutOfRange(f"expected {expected} valuebytes, got {len(octets)}", 0, LONGEST_VALUE)
    return octets


def _fitting(kind: int, value: int | str | Decimal) -> int:
    """The fewest bytes, but one, that hold a value. Raises OutOfRange if none do."""
    if kind == CHARACTERS:
        return len(str(value))
    for length in (4,) if kind == FLOAT else range(1, LONGEST_VALUE):
        try:
            encode_value(kind, length, value)
        except OutOfRange as error:
            if error.low is None:
                raise
        else:
            return length
    return LONGEST_VALUE


def _integer(fields: Mapping[str, Any], name: str, high: int, default: int | None = None) -> int:
    number = fields.get(name, default)
    if not isinstance(number, int) or not 0 <= number <= high:
        raise OutOfRange(f"{name}: expected 0 to 0x{high:X}, got {number!r}", 0, high)
    return number


def _refuse_unknown(fields: Mapping[str, Any], what: str) -> None:
    unknown = set(fields) - FIELDS[what]
    if unknown:
        raise OutOfRange(f"{what}: expected {', '.join(sorted(FIELDS[what]))}, got {', '.join(map(str, unknown))}")
