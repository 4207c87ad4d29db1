"""A live table of every device: what it last said, how sure that is, how long ago."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
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
from energy_hw.energenie.legacy import Dimmer
from energy_hw.energenie.switchable import SWITCH_STATE, Switchable
from energy_hw.energenie.thing import Thing
from energy_hw.reading import dumps

if TYPE_CHECKING:
    from rich.console import RenderableType

REFRESH_S = 0.5
OF_THE_LINK = ("RSSI", "FREQUENCY_ERROR")
STYLES = {Certainty.CONFIRMED: "bold", Certainty.ASSUMED: "italic", Certainty.UNKNOWN: "dim"}
MINUTE_S, HOUR_S = 60, 3600
WIDE, NARROWEST = 110, 20
GAPS = 4 * 2
"""Spaces between five columns."""


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
            console.print(table(hub, console.width))
        else:
            with Live(console=console, auto_refresh=False) as live:
                while not _over(end):
                    live.update(table(hub, console.width), refresh=True)
                    time.sleep(REFRESH_S)
                live.update(table(hub, console.width), refresh=True)
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


def table(hub: Hub, width: int = 80) -> RenderableType:
    """Every device of the hub, those with a name first; a line below for the channel."""
    grid = Table(box=None, pad_edge=False, header_style="dim", caption=Text(_channel(hub)), caption_justify="left")
    for head, style in (("device", "bold"), ("model", "dim"), ("says", ""), ("signal", ""), ("heard", "")):
        grid.add_column(head, style=style, overflow="fold")
    things = sorted(hub.devices.values(), key=lambda thing: (not thing.name, thing.name.casefold(), thing.device))
    cells = [(_name(thing), _model(thing, width), _signal(thing), _heard(thing)) for thing in things]
    others = sum(max(map(len, column)) for column in zip(*cells, strict=True)) if cells else 0
    for thing, (name, model, signal, heard) in zip(things, cells, strict=True):
        says = _in_lines(_says(thing), max(width - others - GAPS, NARROWEST))
        grid.add_row(name, model, says, signal, heard)
    return grid


def _name(thing: Thing) -> Text:
    return Text(printable(thing.name or thing.device))  # a Text: `:house:` in a name is no emoji, nor [b] bold


def _model(thing: Thing, width: int) -> Text:
    """Its SKU where there is no room for more."""
    return Text(printable(thing.model if width >= WIDE else thing.model.split()[0]))


def _signal(thing: Thing) -> Text:
    rssi = thing.memory.known("RSSI")
    return Text("" if rssi is None else f"{rssi.reading.value} dBm")


def _in_lines(pieces: Iterable[Text], width: int) -> Text:
    """As many pieces a line as go: a value stays with its unit."""
    lines: list[Text] = []
    for piece in pieces:
        if lines and len(lines[-1]) + len(piece) + 2 <= width:
            lines[-1].append("  ").append_text(piece)
        else:
            lines.append(piece)
    return Text("\n").join(lines)


def _says(thing: Thing) -> Iterator[Text]:
    if isinstance(thing, Switchable):
        yield _switched(thing)
    for code, known in thing.memory.all_known().items():
        if code not in OF_THE_LINK and not (code == SWITCH_STATE and isinstance(thing, Switchable)):
            yield Text(phrase(known.reading))
    if isinstance(thing, Dimmer) and thing.level is not None:
        yield Text(f"{thing.level} %" if isinstance(thing.level, int) else "last level", STYLES[Certainty.ASSUMED])
    for waiting in getattr(thing, "pending", ()):
        yield Text(f"{waiting.name}={waiting.value} waits", "yellow")


def _switched(thing: Switchable) -> Text:
    on, certainty = thing.switched()
    text = Text({None: "?", True: "on", False: "off"}[None if on is None else bool(on)], STYLES[certainty])
    return text.append(" assumed", "dim") if certainty is Certainty.ASSUMED else text


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
