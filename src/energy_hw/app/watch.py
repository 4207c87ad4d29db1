"""A live table of every device: what it last said, how sure that is, how long ago."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import TYPE_CHECKING

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from energy_hw.app.exits import DEVICE, OK
from energy_hw.app.phrase import phrase
from energy_hw.app.session import Session
from energy_hw.app.text import printable
from energy_hw.energenie.device import Device
from energy_hw.energenie.events import Certainty
from energy_hw.energenie.hub import Hub
from energy_hw.energenie.switchable import SWITCH_STATE, Switchable
from energy_hw.energenie.thing import Thing
from energy_hw.reading import dumps

if TYPE_CHECKING:
    from rich.console import RenderableType

REFRESH_S = 0.5
OF_THE_LINK = ("RSSI", "FREQUENCY_ERROR")
STYLES = {Certainty.CONFIRMED: "bold", Certainty.ASSUMED: "italic", Certainty.UNKNOWN: "dim"}
MINUTE_S, HOUR_S = 60, 3600


def watch(session: Session, duration_s: float | None) -> int:
    """Until Ctrl-C or duration. With --json every report is a line instead. 4 if nothing was heard."""
    end = None if duration_s is None else time.monotonic() + duration_s
    with session.hub() as hub:
        if session.options.as_json:
            return _lines(session, hub, end)
        console = Console(file=session.out)
        if not console.is_terminal:  # a table every half second is for eyes; a file gets the last one
            while not _over(end):
                time.sleep(REFRESH_S)
            console.print(table(hub))
        else:
            with Live(console=console, auto_refresh=False) as live:
                while not _over(end):
                    live.update(table(hub), refresh=True)
                    time.sleep(REFRESH_S)
                live.update(table(hub), refresh=True)
        return OK if hub.counters().frames else DEVICE


def _over(end: float | None) -> bool:
    return end is not None and time.monotonic() >= end


def _lines(session: Session, hub: Hub, end: float | None) -> int:
    reports, count = hub.reports(), 0
    while not _over(end):
        report = reports.get(REFRESH_S)
        if report is not None:
            print(dumps(report.to_json()), file=session.out, flush=True)
            count += 1
        elif reports.closed:
            break
    return OK if count else DEVICE


def table(hub: Hub) -> RenderableType:
    """Every device of the hub, those with a name first; a line below for the channel."""
    grid = Table(box=None, pad_edge=False, header_style="dim", caption=Text(_channel(hub)), caption_justify="left")
    for head, style in (("device", "bold"), ("model", "dim"), ("says", ""), ("signal", ""), ("heard", "")):
        grid.add_column(head, style=style, overflow="fold")
    things = sorted(hub.devices.values(), key=lambda thing: (not thing.name, thing.name.casefold(), thing.device))
    for thing in things:
        grid.add_row(*_row(thing))
    return grid


def _row(thing: Thing) -> Iterator[RenderableType]:
    yield Text(printable(thing.name or thing.device))  # a Text: `:house:` in a name is no emoji, nor [b] bold
    yield Text(printable(thing.model))
    yield _says(thing)
    rssi = thing.memory.known("RSSI")
    yield "" if rssi is None else f"{rssi.reading.value} dBm"
    yield _heard(thing)


def _says(thing: Thing) -> Text:
    text = Text()
    if isinstance(thing, Switchable):
        on, certainty = thing.switched()
        text.append({None: "?", True: "on", False: "off"}[None if on is None else bool(on)], STYLES[certainty])
        if certainty is Certainty.ASSUMED:
            text.append(" assumed", "dim")
    for code, known in thing.memory.all_known().items():
        if code in OF_THE_LINK or (code == SWITCH_STATE and text):
            continue
        text.append(("  " if text else "") + phrase(known.reading))
    for waiting in getattr(thing, "pending", ()):
        text.append(f"  {waiting.name}={waiting.value} waits", "yellow")
    return text


def _heard(thing: Thing) -> Text:
    if not isinstance(thing, Device):
        return Text("only listens", "dim")
    age_s = thing.age_s()
    if age_s is None:
        return Text("overdue" if thing.overdue else "not yet", "red" if thing.overdue else "dim")
    return Text(_age(age_s) + (" overdue" if thing.overdue else ""), "red" if thing.overdue else "")


def _age(seconds: float) -> str:
    if seconds < MINUTE_S:
        return f"{seconds:.0f} s ago"
    if seconds < HOUR_S:
        return f"{seconds / MINUTE_S:.0f} min ago"
    return f"{seconds / HOUR_S:.0f} h ago"


def _channel(hub: Hub) -> str:
    counters = hub.counters()
    refused = sum(counters.refused.values())
    lost = f", radio away {counters.missed_s:.0f} s" if counters.radio_lost else ""
    unknown = len(hub.unknown())
    strangers = f", {unknown} without a name" if unknown else ""
    return f"{hub.name}: {counters.frames} frames, {refused} refused{lost}{strangers}"
