"""Telegrams one second apart, rows of them, and a clock that is set."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from uuid import UUID

from energy_hw.sinks.dsmr_telegram import KIND, Telegram
from energy_hw.sinks.row import Batch, Row
from p1_server import crc_of_text

BEGIN = datetime(2021, 6, 6, 15, 8, 40, tzinfo=UTC)
METER = "4B384547303034303436333935353037"
VALUES = {
    "timestamp": "2021-06-06T15:08:40Z",
    "electricity_delivered_1": "1.000",
    "electricity_returned_1": "0.000",
    "electricity_delivered_2": "2.000",
    "electricity_returned_2": "0.000",
    "electricity_currently_delivered": "0.355",
    "electricity_currently_returned": "0.000",
}


def second(number: int) -> datetime:
    """When telegram number is."""
    return BEGIN + timedelta(seconds=number)


def raw(number: int = 0, *, timed: bool = True, text: str = "", crc: int | None = None) -> bytes:
    """A telegram of DSMR 5, with a CRC that is right unless another is wanted."""
    local = (second(number) + timedelta(hours=2)).strftime("%y%m%d%H%M%S")
    lines = [
        "/ISK5\\2M550T-1012",
        "",
        *(["1-3:0.2.8(50)", f"0-0:1.0.0({local}S)"] if timed else []),
        f"0-0:96.1.1({METER})",
        f"1-0:1.8.1({1000 + number:010.3f}*kWh)",
        f"0-0:96.13.0({text})",
        "!",
    ]
    head = "\r\n".join(lines)
    return f"{head}{crc_of_text(head) if crc is None else crc:04X}\r\n".encode("latin-1")


def telegram(number: int = 0, *, run: str = "now", timed: bool = True, **options: object) -> Telegram:
    """The same for the sink; it came when it says it was, and at number seconds of the running clock."""
    fields: dict[str, object] = {"integrity": "crc", "values": {**VALUES, "timestamp": second(number).isoformat()}}
    extra = {name: options.pop(name) for name in ("integrity", "values", "received_s") if name in options}
    return Telegram(
        raw(number, timed=timed, **options),  # type: ignore[arg-type]
        second(number),
        second(number) if timed else None,
        run=run,
        **{"received_s": float(number), **fields, **extra},  # type: ignore[arg-type]
    )


def batch(telegrams: Iterable[Telegram], key: str = "p1:1") -> Batch:
    """Rows of them, numbered from 1."""
    rows = (Row(seq, key, KIND, 0, 0, one.encode()) for seq, one in enumerate(telegrams, 1))
    return Batch(UUID(int=1), tuple(rows))


class SetClock:
    """now_s, of the running clock; the day's clock runs with it from BEGIN."""

    def __init__(self, now_s: float = 0.0) -> None:
        self.now_s = now_s

    def monotonic(self) -> float:
        return self.now_s

    def now(self) -> datetime:
        return BEGIN + timedelta(seconds=self.now_s)
