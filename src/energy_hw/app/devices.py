"""The registry on the command line: list, rename, forget, import, export."""

from __future__ import annotations

from pathlib import Path

from energy_hw.app.exits import CORRUPT, OK
from energy_hw.app.session import Session
from energy_hw.energenie.kvs import read_kvs, write_kvs
from energy_hw.energenie.profiles import by_sku
from energy_hw.energenie.registry_toml import Entry
from energy_hw.errors import ConfigError


def list_devices(session: Session) -> int:
    """Every device with a name."""
    entries = session.names().entries()
    for entry in entries:
        session.give(as_json(entry))
    if not session.options.as_json:
        session.table(("name", "device", "model"), [(e.name, e.device, model_of(e)) for e in entries])
    if not entries:
        session.tell("No device has a name yet: `energy-hw devices pair` takes in those that ask to join.")
    return OK


def rename(session: Session, name: str, new: str) -> int:
    """Give a device another name."""
    entry = session.names().rename(name, new)
    session.give(as_json(entry))
    session.say(f"{entry.device} is now {entry.name}")
    return OK


def name(session: Session, device: str, name: str, model: str) -> int:
    """Name a device by its id."""
    entry = session.names().add(name, device, model)
    session.give(as_json(entry))
    session.say(f"{entry.device} is now {entry.name}")
    return OK


def forget(session: Session, name: str) -> int:
    """Take a name out of the registry."""
    entry = session.names().forget(name)
    session.give(as_json(entry))
    session.say(f"{entry.name} ({entry.device}) is forgotten")
    return OK


def import_kvs(session: Session, path: Path) -> int:
    """Take over pyenergenie's registry.kvs; what has a name already keeps it. 7 if nothing could be taken."""
    names, read = session.names(), read_kvs(path)
    taken, refused = 0, list(read.problems)
    for entry in read.entries:
        if entry in names.entries():
            continue  # imported before
        try:
            session.give(as_json(names.add(*entry)))
            taken += 1
        except ConfigError as error:
            refused.append(str(error))
    for problem in refused:
        session.tell(problem)
    session.say(f"{taken} of {len(read.entries) + len(read.problems)} devices imported, {len(refused)} refused")
    return CORRUPT if refused and not taken else OK


def export_kvs(session: Session) -> int:
    """Write pyenergenie's registry.kvs to standard output."""
    entries = list(session.names().entries())
    for entry in entries:
        if not write_kvs([entry]):
            session.tell(f"{entry.name}: left out: pyenergenie has nothing without a model, nor an ENER314's own house")
    session.out.write(write_kvs(entries))
    return OK


def as_json(entry: Entry) -> dict[str, object]:
    """The one shape of a named device."""
    return {"name": entry.name, "device": entry.device, "model": model_of(entry)}


def model_of(entry: Entry) -> str:
    """`MIHO005 Smart Plug+`."""
    profile = by_sku(entry.model) if entry.model else None
    return profile.model if profile else entry.model
