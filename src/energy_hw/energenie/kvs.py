"""pyenergenie's registry.kvs: read it, and write it for those who go back.

    ADD kettle            or DEL, or IGN for a record that was crossed out
    type=MIHO005
    device_id=1675        OpenHEMS: the sensor id; OOK: [house, gang], (house, gang), or a bare gang
                          a blank line ends the record
Source: pyenergenie, KVS.py and Registry.py (the format), Devices.py (type names and ids).
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from energy_hw.energenie.profiles import OPENTHINGS, by_sku
from energy_hw.energenie.registry_toml import Entry
from energy_hw.energenie.report import device_id
from energy_hw.errors import ConfigError

DEFAULT_HOUSE = 0x6C6C6
"""What pyenergenie sends for an id without a house code."""
ENERGENIE = 4

# fmt: off
FRIENDLY = {  # type= by its other name, as pyenergenie's DeviceFactory takes it
    "GreenButton":             "ENER002", "MiHomeLightChrome":                "MIHO025",
    "Controller":              "MIHO002", "MiHomeLightSteel":                 "MIHO026",
    "Monitor":                 "MIHO004", "MotionSensor":                     "MIHO032",
    "AdaptorPlus":             "MIHO005", "OpenSensor":                       "MIHO033",
    "HomeMonitor":             "MIHO006", "MiHomeLightBlackNickelDimmer":     "MIHO075",
    "MiHomeLightWhite":        "MIHO008", "MiHomeLightPolishedChromeDimmer":  "MIHO076",
    "MiHomeDoubleLightSwitch": "MIHO009", "MiHomeLightBrushedSteelDimmer":    "MIHO077",
    "MiHomeLightWhiteDimmer":  "MIHO010", "MiHomeLightBrushedGraphiteDimmer": "MIHO087",
    "eTRV":                    "MIHO013", "3kWRelay":                         "MIHO014",
    "MiHomeLightBlack":        "MIHO024",
}
# fmt: on


class Imported(NamedTuple):
    """What a file gave: entries, and a line for each record that could not be taken."""

    entries: list[Entry]
    problems: list[str]


def read_kvs(path: Path) -> Imported:
    """Every device that is in force at the end of the file. Raises ConfigError if it cannot be read at all.

    A record that makes no sense is told and passed over; a later record of the same name wins, as there.
    """
    try:
        lines = path.read_text("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path} cannot be read: {error}", str(path)) from error
    entries: dict[str, Entry] = {}
    problems: list[str] = []
    for number, verb, name, fields in records(lines):
        try:
            _apply(verb, name, fields, entries)
        except ValueError as error:
            problems.append(f"{path}, line {number}: {name}: {error}")
    return Imported(list(entries.values()), problems)


def write_kvs(entries: Iterable[Entry]) -> str:
    """The text of a registry.kvs. Left out is what pyenergenie cannot have: no model, or an ENER314's own house."""
    known = (e for e in entries if e.model and (e.ook is None or e.ook.house is not None))
    return "".join(record_text(e.name, {"type": e.model, "device_id": _id_text(e)}) for e in known)


def record_text(name: str, fields: Mapping[str, object]) -> str:
    """The lines of one record and the blank one that ends it."""
    return "\n".join((f"ADD {name}", *(f"{key}={value}" for key, value in fields.items()), "", ""))


def records(lines: Iterable[str]) -> Iterable[tuple[int, str, str, dict[str, str]]]:
    """Line number, verb, name and fields of each record."""
    head: tuple[int, str, str] | None = None
    fields: dict[str, str] = {}
    for number, line in enumerate([*lines, ""], 1):
        text = line.strip()
        if head is None and text:
            verb, _, name = text.partition(" ")
            head, fields = (number, verb, name.strip()), {}
        elif head is not None and text:
            key, _, value = text.partition("=")
            fields[key.strip()] = value.strip()
        elif head is not None:
            yield *head, fields
            head = None


def _apply(verb: str, name: str, fields: dict[str, str], entries: dict[str, Entry]) -> None:
    if verb == "ADD":
        entries[name] = _entry(name, fields)
    elif verb == "DEL":
        entries.pop(name, None)
    elif verb != "IGN":
        raise ValueError(f"expected ADD, IGN or DEL, got {verb!r}")


def _entry(name: str, fields: dict[str, str]) -> Entry:
    kind = fields.get("type", "")
    profile = by_sku(FRIENDLY.get(kind, kind))
    if profile is None:
        raise ValueError(f"expected type= a product such as MIHO005, got {fields.get('type')!r}")
    number = _literal(fields.get("device_id", ""))
    if profile.kind == OPENTHINGS:
        if not isinstance(number, int) or not 0 <= number <= 0xFFFFFF:
            raise ValueError(f"expected device_id= a sensor id of 24 bits, got {fields.get('device_id')!r}")
        return Entry(name, device_id(ENERGENIE, profile.product or 0, number), profile.sku)
    house, gang = _ook_id(number)
    return Entry(name, f"energenie:ook:0x{house:05X}/{gang}", profile.sku)


def _literal(text: str) -> object:
    """A number, list or tuple as Python writes it; nothing is evaluated."""
    with suppress(ValueError, SyntaxError, MemoryError, RecursionError):
        number: object = ast.literal_eval(text)
        if not isinstance(number, bool):
            return number
    raise ValueError(f"expected device_id= a number, or (house, gang), got {text!r}")


def _ook_id(number: object) -> tuple[int, int]:
    house, gang = (None, number) if isinstance(number, int) else _pair(number)
    house = DEFAULT_HOUSE if house is None else house
    if isinstance(house, int) and isinstance(gang, int) and 0 <= house <= 0xFFFFF and 0 <= gang <= 6:
        return house, gang
    raise ValueError(f"expected a house code of 20 bits and a gang of 0 to 6, got {number!r}")


def _pair(number: object) -> tuple[object, object]:
    if isinstance(number, list | tuple) and len(number) == 2:
        return number[0], number[1]
    raise ValueError(f"expected (house, gang), got {number!r}")


def _id_text(entry: Entry) -> str:
    return str(entry.sensor) if entry.ook is None else str(tuple(entry.ook))
