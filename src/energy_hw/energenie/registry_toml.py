"""The text of the registry: one TOML section a device, and what it says.

[devices."hall lamp"]
device = "energenie:ook:0x6C6C6/1"
model = "ENER002"
"""

from __future__ import annotations

import difflib
import json
import re
import tomllib
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from energy_hw.energenie.profiles import by_product, by_sku
from energy_hw.errors import ConfigError

LONGEST_NAME = 64
_DEVICE = re.compile(
    r"energenie:(?:(?P<product>\d{1,3}):0x(?P<sensor>[0-9A-F]{6})"
    r"|ook:(?:0x(?P<house>[0-9A-F]{5})|(?P<own>ener314))/(?P<gang>[0-6]))"
)
HEADER = re.compile(r"^[ \t]*\[[^\n]*$", re.MULTILINE)


class OokAddress(NamedTuple):
    """House code and gang of a device that only listens. house: None is that of a plain ENER314. gang: 0 is all."""

    house: int | None
    gang: int


class Entry(NamedTuple):
    """One device with a name. model: its SKU, or "" where nobody said."""

    name: str
    device: str
    model: str = ""

    @property
    def product(self) -> int | None:
        """OpenHEMS product id, None for OOK."""
        match = _DEVICE.fullmatch(self.device)
        return int(match["product"]) if match and match["product"] else None

    @property
    def sensor(self) -> int | None:
        """OpenHEMS sensor id, None for OOK."""
        match = _DEVICE.fullmatch(self.device)
        return int(match["sensor"], 16) if match and match["sensor"] else None

    @property
    def ook(self) -> OokAddress | None:
        """House code and gang, None for OpenHEMS."""
        match = _DEVICE.fullmatch(self.device)
        if match is None or match["gang"] is None:
            return None
        return OokAddress(None if match["own"] else int(match["house"], 16), int(match["gang"]))


def checked(entry: Entry, path: Path) -> Entry:
    """The entry if it can be kept. Raises ConfigError."""
    name = entry.name
    if not name.strip() or name != name.strip() or len(name) > LONGEST_NAME or not name.isprintable():
        raise ConfigError(f"expected a name of 1 to {LONGEST_NAME} printable characters, got {name!r}", str(path))
    if not _DEVICE.fullmatch(entry.device):
        raise ConfigError(
            f"{name}: expected a device such as energenie:2:0x000373 or energenie:ook:0x6C6C6/1, got {entry.device!r}",
            str(path),
        )
    if entry.model and by_sku(entry.model) is None:
        raise ConfigError(f"{name}: {entry.model!r} is not the SKU of a product such as MIHO005", str(path))
    return entry if entry.model or entry.product is None else entry._replace(model=_sku(entry.product))


def _sku(product: int) -> str:
    profile = by_product(product)
    return profile.sku if profile else ""


def find(entries: Mapping[str, Entry], name: str, path: Path) -> Entry:
    """The entry with this name in any case. Raises ConfigError that suggests one."""
    for key, entry in entries.items():
        if key.casefold() == name.casefold():
            return entry
    raise ConfigError(f"no device is named {name!r}{suggest(name, entries)}", str(path))


def refuse_taken(others: Iterable[Entry], entry: Entry, path: Path) -> None:
    """Raises ConfigError if another entry has the name or the device of this one."""
    for other in others:
        if other.name.casefold() == entry.name.casefold():
            raise ConfigError(f"{other.name} is the name of {other.device}: choose another", str(path))
        if other.device == entry.device:
            raise ConfigError(f"{entry.device} is named {other.name}: rename that", str(path))


def suggest(name: str, known: Iterable[str]) -> str:
    """`: did you mean "kettle"?`, or what there is, or that there is nothing."""
    names = list(known)
    close = difflib.get_close_matches(name.casefold(), [one.casefold() for one in names], n=1)
    if close:
        meant = next(one for one in names if one.casefold() == close[0])
        return f": did you mean {meant!r}?"
    return f": there is {', '.join(sorted(names)[:10])}" if names else ": no device has a name yet"


# -- TOML ----------------------------------------------------------------------


def parse(text: str, path: Path) -> dict[str, Entry]:
    """Entries by name, in the order of the text. Raises ConfigError with path and line."""
    try:
        table = tomllib.loads(text).get("devices", {})
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        raise ConfigError(f"{path}: {error}", str(path), int(line[1]) if line else None) from None
    if not isinstance(table, dict):
        raise ConfigError(f"{path}: expected sections such as [devices.kettle], got devices = {table!r}", str(path))
    entries: dict[str, Entry] = {}
    for name, fields in table.items():
        entry = _entry(name, fields, text, path)
        if any(entry.name.casefold() == other.casefold() for other in entries):
            raise ConfigError(f"{path}: two devices are named {name!r}", str(path), _line_of(text, name))
        entries[name] = entry
    return entries


def _entry(name: str, fields: object, text: str, path: Path) -> Entry:
    line = _line_of(text, name)
    if not isinstance(fields, dict) or not isinstance(fields.get("device"), str):
        text = f'{path}: expected [devices.{name}] with device = "...", got {fields!r}{_dotted(name, fields)}'
        raise ConfigError(text, str(path), line)
    try:
        return checked(Entry(name, fields["device"], str(fields.get("model", ""))), path)
    except ConfigError as error:
        raise ConfigError(f"{path}{f', line {line}' if line else ''}: {error}", str(path), line) from None


def _dotted(name: str, fields: object) -> str:
    """[devices.living.lamp] is a section within a section."""
    inner = (
        next((key for key, value in fields.items() if isinstance(value, dict)), None)
        if isinstance(fields, dict)
        else None
    )
    return "" if inner is None else f'; a name with a dot wants quotes: [devices."{name}.{inner}"]'


def _key(name: str) -> str:
    """A TOML key: bare where it can be, else a basic string."""
    return name if re.fullmatch(r"[A-Za-z0-9_-]+", name) else json.dumps(name, ensure_ascii=False)


def header(name: str) -> str:
    """`[devices.kettle]`."""
    return f"[devices.{_key(name)}]"


def section(entry: Entry) -> str:
    """The lines of a device."""
    model = f'model = "{entry.model}"\n' if entry.model else ""
    return f'{header(entry.name)}\ndevice = "{entry.device}"\n{model}'


def header_span(text: str, name: str, path: Path) -> tuple[int, int]:
    """Where `[devices.<name>]` stands, however its key is quoted; a comment behind it is not part of it."""
    for match in HEADER.finditer(text):
        for bracket in re.finditer("]", match[0]):
            with suppress(tomllib.TOMLDecodeError):
                if list(tomllib.loads(match[0][: bracket.end()]).get("devices", {})) == [name]:
                    return match.start(), match.start() + bracket.end()
    raise ConfigError(f"{path}: {name} has no section [devices.{name}] of its own: edit it by hand", str(path))


def section_span(text: str, name: str, path: Path) -> tuple[int, int]:
    """From the header to the last line of the section that says anything: a comment behind that may be another's."""
    start, end = header_span(text, name, path)
    after = HEADER.search(text, end)
    lines = text[end : after.start() if after else len(text)].splitlines(keepends=True)
    while lines and not lines[-1].partition("#")[0].strip():
        lines.pop()
    return start, end + len("".join(lines))


def _line_of(text: str, name: str) -> int | None:
    for match in HEADER.finditer(text):
        with suppress(tomllib.TOMLDecodeError):
            if name in tomllib.loads(match[0]).get("devices", {}):
                return text.count("\n", 0, match.start()) + 1
    return None
