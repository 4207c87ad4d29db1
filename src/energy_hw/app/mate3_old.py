"""`mate3` without a command: what mate3 0.4 printed, blocks of raw numbers.

    Charge Controller:
        device: Device.charge_controller
        battery_voltage: 541

Fields come in the order of their registers. Source: github.com/adamcharnock/mate3, release 0.4.0, mate3/main.py.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from energy_hw.app.exits import OK
from energy_hw.app.mate3 import Mate3Session, Target, reached
from energy_hw.app.text import printable
from energy_hw.compat.mate3 import mate3_connection

FORMATS = ("text", "prettyjson", "json")
Fields = dict[str, Any]


def show(session: Mate3Session, target: Target, format: str) -> int:
    """Print everything in one of FORMATS."""
    with reached(target) as there, mate3_connection(there.host or "", there.port or 0) as client:
        blocks = [block._asdict() for block in client.all_blocks()]
    text = "\n".join(map(_text, blocks)) if format == "text" else _json(blocks, 4 if format == "prettyjson" else None)
    print(text, file=session.out, flush=True)
    return OK


def _text(fields: Fields) -> str:
    return "\n".join(_lines(fields)) + "\n"


def _lines(fields: Fields) -> Iterator[str]:
    yield f"{fields['device'].name.replace('_', ' ').title()}:"
    yield from (f"    {name}: {printable(str(value))}" for name, value in fields.items())


def _json(blocks: list[Fields], indent: int | None) -> str:
    return json.dumps([{**fields, "device": fields["device"].name} for fields in blocks], indent=indent)
