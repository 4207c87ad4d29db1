"""`energy-hw devices`: who lives here, and what they are called."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from energy_hw.cli.options import session_options

if TYPE_CHECKING:
    from energy_hw.app.session import Session


@click.group()
def devices() -> None:
    """Names of devices: list, pair, learn, rename, forget."""


@devices.command("list")
@session_options
def list_devices(session: Session) -> None:
    """Every device with a name."""
    from energy_hw.app import devices as app

    sys.exit(session.run("devices list", lambda: app.list_devices(session)))


@devices.command()
@click.argument("device_id", metavar="DEVICE")
@click.argument("name")
@click.option("--model", default="", help="SKU such as MIHO008; needed for devices that only listen.")
@session_options
def name(session: Session, device_id: str, name: str, model: str) -> None:
    """Name a device by its id, such as energenie:2:0x000373 or energenie:ook:0x6C6C6/1."""
    from energy_hw.app import devices as app

    sys.exit(session.run("devices name", lambda: app.name(session, device_id, name, model)))


@devices.command()
@click.argument("name")
@click.argument("new")
@session_options
def rename(session: Session, name: str, new: str) -> None:
    """Give a device another name."""
    from energy_hw.app import devices as app

    sys.exit(session.run("devices rename", lambda: app.rename(session, name, new)))


@devices.command()
@click.argument("name")
@session_options
def forget(session: Session, name: str) -> None:
    """Take a name out; the device itself is not touched."""
    from energy_hw.app import devices as app

    sys.exit(session.run("devices forget", lambda: app.forget(session, name)))


@devices.command("import")
@click.argument("kvs", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@session_options
def import_kvs(session: Session, kvs: Path) -> None:
    """Take over pyenergenie's registry.kvs."""
    from energy_hw.app import devices as app

    sys.exit(session.run("devices import", lambda: app.import_kvs(session, kvs)))


@devices.command("export")
@session_options
def export_kvs(session: Session) -> None:
    """Write the names as pyenergenie's registry.kvs to standard output."""
    from energy_hw.app import devices as app

    sys.exit(session.run("devices export", lambda: app.export_kvs(session)))
