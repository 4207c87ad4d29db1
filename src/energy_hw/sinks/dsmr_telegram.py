"""One telegram on its way to DSMR-reader, as a row of the outbox keeps it.

{"received": "2020-09-27T18:26:15Z", "time": "2020-09-27T18:26:14Z", "integrity": "crc", ...}\\n
/ISK5\\\\2M550T-1012 ... !6E2D\\r\\n
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from energy_hw.reading import json_time

KIND = "p1.telegram"
SOUND = ("crc", "absent")
"""Integrity of a telegram that may be passed on: a CRC that was right, or a meter that sends none (DSMR 2.2, 3.0)."""


@dataclass(frozen=True, slots=True)
class Telegram:
    """raw: from `/` to the CRC, as the meter sent it. time: when the meter says it was; None if it does not say.

    received: when it arrived, by the clock of the day, and received_s by the running clock of the process run. values:
    what v2 of the API wants; empty if nobody asked for it. Everything here was checked by whoever made it: the sink
    only looks at integrity.
    """

    raw: bytes
    received: datetime
    time: datetime | None = None
    integrity: str = "crc"
    values: Mapping[str, str] | None = None
    run: str = ""
    received_s: float = 0.0

    def encode(self) -> bytes:
        """The body of a row."""
        head = {
            "received": json_time(self.received),
            "time": json_time(self.time),
            "integrity": self.integrity,
            "values": dict(self.values or {}),
            "run": self.run,
            "received_s": self.received_s,
        }
        return json.dumps(head, separators=(",", ":")).encode() + b"\n" + self.raw

    def age_s(self, run: str, now_s: float, now: datetime) -> float | None:
        """How long ago it came; None if the clock was set back since, so that nobody can tell."""
        if run == self.run:
            return now_s - self.received_s
        age = (now - self.received).total_seconds()
        return age if age >= 0 else None


def decode(body: bytes) -> Telegram:
    """A telegram from the body of a row. Raises ValueError for anything else."""
    head, found, raw = body.partition(b"\n")
    fields = json.loads(head)
    if not found or not isinstance(fields, dict) or not raw.startswith(b"/"):
        raise ValueError(f"expected a telegram, got {body[:20]!r}")
    time = fields.get("time")
    return Telegram(
        raw=raw,
        received=datetime.fromisoformat(str(fields.get("received"))),
        time=datetime.fromisoformat(time) if time else None,
        integrity=str(fields.get("integrity")),
        values=fields.get("values") or None,
        run=str(fields.get("run", "")),
        received_s=float(fields.get("received_s", 0.0)),
    )
