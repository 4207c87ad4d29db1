"""One telegram in every form in which the P1 server shows it; each is rendered when first asked for, and once.

/                 dsmrRESTServer's JSON, three spaces deep        /v2/telegram   the report, as everywhere else
/v2/raw           the telegram as the meter sent it               /v2/devices    what hangs on its M-Bus
/v2/obis/<code>   one reading: 1-0:1.8.1, 1.8.1, or energy_import_t1
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any, Protocol

from energy_hw.p1.value import P1Telegram
from energy_hw.reading import Reading, Report, dumps
from energy_hw.web.answers import Snapshot

SEED_TYPE = "application/json"
RAW_TYPE = "text/plain; charset=iso-8859-1"
OBIS = "/v2/obis/"
SHORT = re.compile(r"\d+-\d+:")


class Newest(Protocol):
    """What the server needs of p1.snapshot.Snapshot."""

    @property
    def report(self) -> Report: ...

    @property
    def age_s(self) -> float: ...

    @property
    def number(self) -> int: ...


class View:
    """All forms of one report. strict: the root has dsmrRESTServer's keys alone. Thread safety: one event loop."""

    def __init__(self, report: Report, strict: bool = False) -> None:
        self.report = report
        self._strict = strict
        self._known: dict[str, Snapshot | None] = {}

    def at(self, path: str) -> Snapshot | None:
        """What is at a path below /v2/; any other path is the root. None: nothing."""
        if not path.startswith("/v2/"):
            path = "/"
        if path not in self._known:
            found = self._render(path)
            if found is None:  # there are as many of these as there are wrong paths
                return None
            self._known[path] = found
        return self._known[path]

    def _render(self, path: str) -> Snapshot | None:
        if path in FORMS:
            body, media_type = FORMS[path](self)
            return Snapshot(body, media_type, modified=self.report.received)
        if path.startswith(OBIS) and (reading := find(self.report, path.removeprefix(OBIS))):
            return self._json(reading.to_json())
        return None

    def _json(self, value: Any) -> Snapshot:
        return Snapshot(dumps(value).encode() + b"\n", modified=self.report.received)

    def seed(self) -> tuple[bytes, str]:
        """dsmrRESTServer's body, byte for byte where strict."""
        body = P1Telegram.of(self.report).to_dict("seed", self._strict)
        return json.dumps(body, indent=3).encode() + b"\n", SEED_TYPE

    def raw(self) -> tuple[bytes, str]:
        """As it came."""
        return self.report.raw, RAW_TYPE

    def canonical(self) -> tuple[bytes, str]:
        """The package's one shape."""
        return dumps(self.report.to_json()).encode() + b"\n", Snapshot.media_type

    def devices(self) -> tuple[bytes, str]:
        """M-Bus devices by channel."""
        return dumps(devices(self.report)).encode() + b"\n", Snapshot.media_type


FORMS: dict[str, Callable[[View], tuple[bytes, str]]] = {
    "/": View.seed,
    "/v2/raw": View.raw,
    "/v2/telegram": View.canonical,
    "/v2/devices": View.devices,
}


def find(report: Report, name: str) -> Reading | None:
    """A reading by its name, its code, or its code without A-B."""
    return report.get(name) or next((one for one in report if SHORT.sub("", one.code, count=1) == name), None)


def devices(report: Report) -> list[dict[str, Any]]:
    """One for each M-Bus channel: its type and id, and its readings."""
    channels = sorted({reading.channel for reading in report if reading.channel})
    return [_device(report, channel) for channel in channels]


def _device(report: Report, channel: int) -> dict[str, Any]:
    named = {f"mbus_type_ch{channel}": "type", f"mbus_id_ch{channel}": "id"}
    own = [reading for reading in report if reading.channel == channel and not reading.code.startswith("derived/")]
    known: dict[str, Any] = {"channel": channel, "type": None, "id": None}
    known |= {named[reading.name]: _digits(reading.value) for reading in own if reading.name in named}
    return {**known, "readings": [reading.to_json() for reading in own if reading.name not in named]}


def _digits(value: object) -> object:
    """The type `003` is the number 3 of EN 13757-3; an id is text."""
    return int(value) if isinstance(value, str) and len(value) == 3 and value.isdecimal() else value
