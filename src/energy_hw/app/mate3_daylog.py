"""`mate3 daylog`: days of the log that charge controllers and battery monitors keep."""

from __future__ import annotations

from datetime import datetime

from energy_hw.app.exits import OK
from energy_hw.app.mate3 import Mate3Session, Target, opened
from energy_hw.app.mate3_paths import find_device
from energy_hw.app.text import printable
from energy_hw.errors import NotWritable
from energy_hw.outback.daylog import DayLog, DayLogs
from energy_hw.outback.device import Device
from energy_hw.outback.prepared import shown, unit_of
from energy_hw.outback.values import PointValue
from energy_hw.reading import json_time

LOGGED = (64112, 64119)


def daylog(session: Mate3Session, target: Target, name: str, first: int, last: int) -> int:
    """Print the days from `first` to `last` days ago; 0 is today. The controller fetches one at a time."""
    with opened(target) as controller, controller.anew() as known:
        device = find_device(known, name)
        block = next((block for block in device.blocks if block.did in LOGGED), None)
        if block is None:
            raise NotWritable(f"the {device.name} keeps no daily log: charge controllers and battery monitors do")
        logs, who = DayLogs(controller.registers), controller.who(known, block)
        for day in range(first, last + 1):
            _show(session, device, logs.read_day(block, who, day))
    return OK


def _show(session: Mate3Session, device: Device, log: DayLog) -> None:
    when = {0: "today", 1: "yesterday"}.get(log.days_ago, f"{log.days_ago} days ago")
    rows = [value for value in log.values.values() if value.implemented]
    session.show(f"{device.name} ({printable(device.model)}), {when}:")
    for value in rows:
        session.show(f"    {value.point.name:<40} {shown(value)}{unit_of(value.point)}")
    session.give(
        {"device": log.device, "days_ago": log.days_ago, "values": {value.point.name: _plain(value) for value in rows}}
    )


def _plain(value: PointValue) -> object:
    return json_time(value.value) if isinstance(value.value, datetime) else value.value
