"""Commands to devices: `switch NAME on`, `set NAME.FIELD VALUE`, `devices identify`."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from energy_hw.app.exits import OK
from energy_hw.app.session import Session
from energy_hw.energenie.asleep import Sleeper
from energy_hw.energenie.hub import Hub
from energy_hw.energenie.orders import Outcome, Ticket
from energy_hw.energenie.registry_toml import Entry, checked
from energy_hw.energenie.switchable import Switchable
from energy_hw.energenie.thing import Thing
from energy_hw.errors import ConfigError, NotConfirmed, NotWritable
from energy_hw.reading import Control

WAIT_S = 5.0
"""For a device that answers: its answer comes within a second, and three tries and a pause fit."""
WINDOWS = 2.2
"""For a device that sleeps: two of its reports, and some of a third."""
UNKNOWN_S = 12.0
"""How long `toggle` waits for a first report: plugs speak every 10 s."""
INTERVAL_S = 300.0
LOOK_S = 0.01


def switch(session: Session, name: str, state: str, wait_s: float | None) -> int:
    """Switch a device on, off, or over. Raises NotConfirmed if one that answers does not."""
    with session.hub() as hub:
        thing = find(hub, name)
        if not isinstance(thing, Switchable):
            raise NotWritable(f"{name} ({thing.model}) cannot be switched; it obeys {_obeys(thing)}")
        if state == "toggle" and thing.intended() is None:
            _await_state(session, thing)
        ticket = thing.toggle() if state == "toggle" else thing.set(state == "on")
        outcome = _await(thing, ticket, WAIT_S if wait_s is None else wait_s)
    on = bool(ticket.value)
    answer = {"device": thing.device, "name": thing.name, "control": "switch", "value": on}
    session.give(answer | {"outcome": outcome.value})
    session.say(f"{thing.name or thing.device} is {'on' if on else 'off'} ({outcome})")
    return OK


def set_value(session: Session, target: str, value: str | None, wait_s: float | None) -> int:
    """Set a control of a device: `set "bedroom valve.target_temperature" 20.5`. A button takes no value."""
    name, dot, field = target.rpartition(".")
    if not dot or not name or not field:
        raise ConfigError(f"expected NAME.FIELD such as 'bedroom valve.target_temperature', got {target!r}")
    with session.hub(house="valve_s=10") as hub:
        thing = find(hub, name)
        return _command(session, thing, field, value, wait_s)


def identify(session: Session, name: str, wait_s: float | None) -> int:
    """Let a device show itself: an eTRV flashes for a minute."""
    with session.hub(house="valve_s=10") as hub:
        return _command(session, find(hub, name), "identify", None, wait_s)


def find(hub: Hub, name: str) -> Thing:
    """A device by its name, or by its id whether it was heard or not. Raises UnknownDevice with a suggestion."""
    if name.startswith("energenie:") and name not in hub.devices:
        return hub.naming.thing(checked(Entry("device", name), Path("the command line"))._replace(name=""))
    thing: Thing = hub[name]
    return thing


def _command(session: Session, thing: Thing, field: str, value: str | None, wait_s: float | None) -> int:
    control = _control(thing, field)
    if value is None and control.kind != "button":
        raise ConfigError(f"{field} of {thing.name or thing.device} takes a value: {_takes(control)}")
    ticket = thing.order_by_name(control.name, value)
    outcome = _await(thing, ticket, _patience_s(session, thing) if wait_s is None else wait_s)
    answer: dict[str, Any] = {"device": thing.device, "name": thing.name, "control": control.name}
    given = value if control.kind == "option" else ticket.value  # a word; else a number, True, False or nothing
    session.give(answer | {"value": given, "outcome": outcome.value})
    session.say(f"{thing.name or thing.device}: {control.name}{'' if value is None else f' = {value}'} ({outcome})")
    return OK


def _await(thing: Thing, ticket: Ticket, wait_s: float) -> Outcome:
    """How far it came; 0: until it is in the queue of a device that sleeps, or on air.

    With this program the hub ends: what was not confirmed in time is not sent again. Raises NotConfirmed.
    """
    if isinstance(thing, Sleeper):
        return ticket.wait(wait_s) if wait_s or ticket.done else ticket.outcome
    if not wait_s:
        return _await_air(ticket)
    try:
        return ticket.wait(wait_s)
    except NotConfirmed:
        if not ticket.cancel():
            raise
        text = f"{ticket} was sent {ticket.tries} times, and not confirmed within {wait_s:g} s"
        raise NotConfirmed(text, ticket) from None


def _await_air(ticket: Ticket) -> Outcome:
    end = time.monotonic() + WAIT_S
    while not (ticket.done or ticket.tries) and time.monotonic() < end:
        time.sleep(LOOK_S)
    return ticket.outcome if ticket.tries and not ticket.done else ticket.wait(0)


def _control(thing: Thing, field: str) -> Control:
    """By its name; `target` will do for target_temperature, if it is the only one so begun."""
    controls = thing.controls()
    meant = [one for one in controls if one.name == field] or [one for one in controls if one.name.startswith(field)]
    if len(meant) != 1:
        raise NotWritable(f"{thing.name or thing.device} ({thing.model}) has no {field!r}; it obeys {_obeys(thing)}")
    return meant[0]


def _obeys(thing: Thing) -> str:
    return ", ".join(control.name for control in thing.controls()) or "nothing"


def _takes(control: Control) -> str:
    if control.kind == "number":
        return f"{control.low} to {control.high} {control.unit or ''}".rstrip() + f" in steps of {control.step}"
    return ", ".join(control.options) or "on, off"


def _patience_s(session: Session, thing: Thing) -> float:
    """How long an answer can take; the user is told when that is long."""
    if not isinstance(thing, Sleeper):
        return WAIT_S
    wait_s = WINDOWS * float(thing.queue.interval_s or INTERVAL_S)
    text = f"{thing.name or thing.device} listens after its reports"
    if thing.hub.board.simulated:
        session.tell(text)  # a simulated valve has no patience for 300 s
        return wait_s
    session.tell(f"{text}: this takes up to {wait_s:.0f} s")
    session.tell("Ctrl-C leaves the command queued for the next program that opens the board")
    return wait_s


def _await_state(session: Session, thing: Switchable) -> None:
    """Let a device that reports say how it stands. One that never does makes `toggle` impossible."""
    if not hasattr(thing, "sensor"):
        return
    session.tell(f"waiting for {thing.name or thing.device} to say whether it is on")
    stream = thing.events("SWITCH_STATE")
    stream.get(UNKNOWN_S)
