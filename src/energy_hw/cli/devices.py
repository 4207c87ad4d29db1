"""`energy-hw devices`: who lives here, and what they are called."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from energy_hw.cli.options import session_options

if TYPE_CHECKING:
    from energy_hw.app.session import Session


class HouseCode(click.ParamType[int]):
    """20 bits, decimal or as 0x12345."""

    name = "CODE"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> int:
        try:
            house = int(str(value), 0)
        except ValueError:
            house = -1
        if not 0 <= house <= 0xFFFFF:
            self.fail(f"expected 0 to 0xFFFFF, got {value!r}", param, ctx)
        return house


@click.group()
def devices() -> None:
    """Names of devices: list, pair, learn, rename, forget."""


@devices.command("list")
@click.option("--listen", type=click.FloatRange(0), metavar="SECONDS", help="Who is heard and has no name.")
@session_options
def list_devices(session: Session, listen: float | None) -> None:
    """Every device with a name; or, with --listen, those without one."""
    from energy_hw.app import devices as app
    from energy_hw.app import pairing

    work = app.list_devices if listen is None else lambda session: pairing.listen(session, listen)
    sys.exit(session.run("devices list", lambda: work(session)))


@devices.command()
@click.option("--seconds", type=click.FloatRange(1, 3600), default=60.0, show_default=True)
@click.option("--name", help="Name the first one, and end.")
@session_options
def pair(session: Session, seconds: float, name: str | None) -> None:
    """Take in the MiHome devices whose button is held meanwhile."""
    from energy_hw.app import pairing

    sys.exit(session.run("devices pair", lambda: pairing.pair(session, seconds, name)))


@devices.command()
@click.argument("name")
@click.option("--model", default="ENER002", show_default=True, help="SKU of what learns, such as MIHO008.")
@click.option("--house", type=HouseCode(), help="House code such as 0x12345; default: one that nobody here uses.")
@click.option("--gang", type=click.IntRange(0, 6), default=1, show_default=True, help="0: a unit of several gangs.")
@click.option("--from-remote", is_flag=True, help="Take over the code of a hand controller's button.")
@click.option("--seconds", type=click.FloatRange(1, 300), default=30.0, show_default=True, help="To press it.")
@session_options
def learn(
    session: Session, name: str, model: str, house: int | None, gang: int, from_remote: bool, seconds: float
) -> None:
    """Teach a green-button socket, switch or dimmer, and name it."""
    from energy_hw.app import pairing

    def work() -> int:
        if from_remote:
            return pairing.learn_remote(session, name, model.upper(), seconds)
        return pairing.teach(session, name, model.upper(), house, gang)

    sys.exit(session.run("devices learn", work))


@devices.command()
@click.argument("name")
@click.option("--wait", type=click.FloatRange(0), metavar="SECONDS", help="How long to wait until it was sent.")
@session_options
def identify(session: Session, name: str, wait: float | None) -> None:
    """Let a device show itself: a valve flashes for a minute."""
    from energy_hw.app import control

    sys.exit(session.run("devices identify", lambda: control.identify(session, name, wait)))


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
