"""`energy-hw switch`, `set`, `watch`, `log`, `send`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from energy_hw.cli.options import session_options

if TYPE_CHECKING:
    from energy_hw.app.session import Session

_wait = click.option(
    "--wait", type=click.FloatRange(0), metavar="SECONDS", help="How long to wait for the answer; 0: until it is sent."
)
_duration = click.option("--duration", type=click.FloatRange(0), metavar="SECONDS", help="Stop after this long.")


@click.command()
@click.argument("name")
@click.argument("state", type=click.Choice(["on", "off", "toggle"]))
@_wait
@session_options
def switch(session: Session, name: str, state: str, wait: float | None) -> None:
    """Switch a device on, off, or over. Ends with 6 if one that answers does not confirm it."""
    from energy_hw.app import control

    sys.exit(session.run("switch", lambda: control.switch(session, name, state, wait)))


@click.command("set")
@click.argument("target", metavar="NAME.FIELD")
@click.argument("value", required=False)
@_wait
@session_options
def set_value(session: Session, target: str, value: str | None, wait: float | None) -> None:
    """Tell a device a value. For example: `set "bedroom valve.target_temperature" 20.5`.

    A field without a value is a button: `set "bedroom valve.exercise_valve"`. A wrong field lists those there are.
    """
    from energy_hw.app import control

    sys.exit(session.run("set", lambda: control.set_value(session, target, value, wait)))


@click.command()
@_duration
@session_options
def watch(session: Session, duration: float | None) -> None:
    """A live table of every device."""
    from energy_hw.app import watch as app

    sys.exit(session.run("watch", lambda: app.watch(session, duration)))


@click.command()
@click.argument("file", metavar="FILE|-")
@click.option("--count", type=click.IntRange(0), help="Stop after this many lines.")
@_duration
@session_options
def log(session: Session, file: str, count: int | None, duration: float | None) -> None:
    """Append a CSV line for each report. The columns are pyenergenie's."""
    from energy_hw.app import log_csv

    sys.exit(session.run("log", lambda: log_csv.log_csv(session, file, count, duration)))


@click.group()
def send() -> None:
    """Raw frames on the air."""


@send.command("fsk")
@click.argument("frame", metavar="HEX")
@click.option("--repeats", type=click.IntRange(1, 20), default=1, show_default=True)
@session_options
def send_fsk(session: Session, frame: str, repeats: int) -> None:
    """The bytes of an OpenHEMS frame as they are, length byte first."""
    from energy_hw.app import send as app

    sys.exit(session.run("send fsk", lambda: app.send_fsk(session, frame, repeats)))


@send.command("message")
@click.argument("message", metavar="DICT")
@click.option("--repeats", type=click.IntRange(1, 20), default=1, show_default=True)
@session_options
def send_message(session: Session, message: str, repeats: int) -> None:
    """A message as pyenergenie's dictionary, in JSON or as Python writes it; `-` reads standard input."""
    from energy_hw.app import send as app

    sys.exit(session.run("send message", lambda: app.send_message(session, message, repeats)))


@send.command("ook")
@click.argument("code", metavar="HEX")
@click.option("--repeats", type=click.IntRange(1, 75), default=8, show_default=True)
@session_options
def send_ook(session: Session, code: str, repeats: int) -> None:
    """16 bytes of an OOK frame, or the 12 behind 80 00 00 00."""
    from energy_hw.app import send as app

    sys.exit(session.run("send ook", lambda: app.send_ook(session, code, repeats)))
