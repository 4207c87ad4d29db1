"""Taking devices in: `devices pair`, `devices learn`, `devices list --listen`."""

from __future__ import annotations

import time
from pathlib import Path

from energy_hw.app.devices import as_json, model_of
from energy_hw.app.exits import DEVICE, OK
from energy_hw.app.session import Session
from energy_hw.energenie import learn
from energy_hw.energenie.discovery import Unknown
from energy_hw.energenie.hub import Hub
from energy_hw.energenie.naming import thing_for
from energy_hw.energenie.ook_thing import OokThing, ook_device_id
from energy_hw.energenie.profiles import OPENTHINGS, by_sku
from energy_hw.energenie.registry_toml import Entry, checked, refuse_taken
from energy_hw.errors import ConfigError, LinkTimeout

NOBODY, REGISTRY = "energenie:0:0x000000", Path("the registry")
GUESTS = "guests=1"
LOOK_S = 0.2
TINY_S = 0.02
TICK_S = 5
"""How often the time left is told."""


def pair(session: Session, seconds: float, name: str | None) -> int:
    """Take in every device whose button is held; with a name the first one only. 4 if there was none."""
    if name is not None:
        _check_free(session, name)
    with session.hub(GUESTS) as hub:
        hub.pair(seconds)
        session.tell(f"hold the button of a device for 5 s; {seconds:.0f} s left")
        taken = _take_in(session, hub, name)
        if not taken:
            session.tell("no device was taken in")
            _show_unknown(session, hub.unknown())
    return OK if taken else DEVICE


def _take_in(session: Session, hub: Hub, name: str | None) -> int:
    before, taken = {entry.device for entry in hub.naming.names.entries()}, 0
    told = int(hub.naming.discovery.pairing_s) // TICK_S
    while (left_s := hub.naming.discovery.pairing_s) > 0:
        for entry in hub.naming.names.entries():
            if entry.device not in before:
                before.add(entry.device)
                _welcome(session, hub, entry, name)
                taken += 1
        if name and taken:
            time.sleep(LOOK_S)  # its acknowledgement is on air
            return taken
        if told != int(left_s) // TICK_S:
            told = int(left_s) // TICK_S
            session.tell(f"{left_s:.0f} s left")
        time.sleep(LOOK_S)
    return taken


def _welcome(session: Session, hub: Hub, entry: Entry, name: str | None) -> None:
    if name:
        hub.naming.rename(entry.name, name)
        entry = entry._replace(name=name)
    session.give(as_json(entry))
    session.say(f"{entry.name}: {entry.device} {model_of(entry)}")


def listen(session: Session, seconds: float) -> int:
    """Who is heard and has no name."""
    with session.hub() as hub:
        session.tell(f"listening for {seconds:.0f} s")
        time.sleep(seconds)
        _show_unknown(session, hub.unknown())
    return OK


def _show_unknown(session: Session, unknown: list[Unknown]) -> None:
    for one in unknown:
        counts: dict[str, object] = {"frames": one.frames, "joins": one.joins, "rssi_dbm": one.rssi_dbm}
        session.give({"device": one.device, "model": one.model, **counts})
    if not unknown:
        session.tell("nobody without a name was heard")
    elif not session.options.as_json:
        head = ("without a name", "model", "frames", "signal")
        session.table(head, [(u.device, u.model, str(u.frames), f"{u.rssi_dbm:g} dBm") for u in unknown])


def teach(session: Session, name: str, model: str, house: int | None, gang: int) -> int:
    """Teach a socket, switch or dimmer a code of ours, and name it."""
    _check(session, name, model)
    with session.hub(GUESTS) as hub:
        house = learn.choose_house(hub) if house is None else house
        thing = thing_for(hub, Entry("", ook_device_id(house, gang), model))
        if not isinstance(thing, OokThing):
            raise ConfigError(f"{model} is not one that learns: `energy-hw devices pair` is for those that report")
        for step in learn.teach(thing, sleep=lambda seconds: _sleep(hub, seconds)):
            session.tell(step.text)
        entry = hub.naming.names.add(name, thing.device, model)
    return _named(session, entry)


def _sleep(hub: Hub, seconds: float) -> None:
    """By the board's clock, which may be faster than ours."""
    end = hub.clock.monotonic() + seconds
    while hub.clock.monotonic() < end:
        time.sleep(TINY_S)


def learn_remote(session: Session, name: str, model: str, seconds: float) -> int:
    """Learn the code of a hand controller's button, and name what it switches. Raises LinkTimeout if none came."""
    _check(session, name, model)
    with session.hub(GUESTS) as hub:
        session.tell(f"press the button of the hand controller that switches {name}; {seconds:.0f} s left")
        heard = learn.learn_remote(hub, seconds)
        code = heard.code
        if code is None:
            raise LinkTimeout("expected a hand controller of Energenie's kind")
        entry = hub.naming.names.add(name, ook_device_id(code.house, code.gang), model)
    return _named(session, entry)


def _check(session: Session, name: str, model: str) -> None:
    """Before anybody holds a button: the name is free and the product one that only listens."""
    profile = by_sku(model)
    if profile is None or profile.kind == OPENTHINGS:
        raise ConfigError(f"expected the SKU of a device that only listens, such as ENER002, got {model!r}")
    _check_free(session, name)


def _check_free(session: Session, name: str) -> None:
    """A name that can be given. Raises ConfigError."""
    refuse_taken(session.names().entries(), checked(Entry(name, NOBODY), REGISTRY), REGISTRY)


def _named(session: Session, entry: Entry) -> int:
    session.give(as_json(entry))
    session.say(f"{entry.name}: {entry.device} {model_of(entry)}")
    return OK
