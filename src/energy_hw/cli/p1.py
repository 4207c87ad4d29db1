"""`energy-hw p1` and `energy-hw decode p1`."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable
from typing import Any

import click

# fmt: off
PROFILES = (
    "auto", "nl2", "nl3", "nl4", "nl5", "be", "be_iskra", "lu", "at", "se", "fi", "lt", "hu", "ch", "si", "il", "q3d",
)
# fmt: on
_OPTIONS = (
    click.argument("port", required=False),
    click.option("--simulate", is_flag=True, help="A simulated meter instead of a port."),
    click.option(
        "--profile", type=click.Choice(PROFILES), default="auto", help="Country and edition; found if absent."
    ),
    click.option("--baudrate", type=click.IntRange(1), help="Where an adapter has a speed of its own."),
    click.option("--key-file", metavar="FILE", help="Of an encrypted meter: its key, then its authentication key."),
    click.option("-v", "--verbose", count=True, help="Also each telegram as it came; twice: everything."),
    click.option("-q", "--quiet", is_flag=True, help="Results and errors only."),
)


@click.group()
def p1() -> None:
    """P1 meters: show their telegrams, hand them on to other programs."""


def p1_command(command: Callable[..., int]) -> Callable[..., None]:
    """A command of the group: the options that all have are given as session and app.p1.Options, its first two."""

    @functools.wraps(command)
    def with_session(port: str | None, simulate: bool, verbose: int, quiet: bool, **chosen: Any) -> None:
        from energy_hw.app import p1 as app
        from energy_hw.app import session as sessions

        names = ("profile", "baudrate", "key_file", "count")
        options = app.Options(
            port,
            **{name: chosen.pop(name) for name in names if name in chosen},
            duration_s=chosen.pop("duration", None),
        )
        as_json = chosen.pop("as_json", False)
        session = sessions.Session(sessions.Options(simulate=simulate, as_json=as_json, verbose=verbose, quiet=quiet))
        sys.exit(session.run(f"p1 {command.__name__}", lambda: command(session, options, **chosen)))

    wrapped: Callable[..., None] = with_session
    for option in reversed(_OPTIONS):
        wrapped = option(wrapped)
    return wrapped


@p1.command()
@click.option("--json", "as_json", is_flag=True, help="One JSON report a line.")
@click.option("--count", type=click.IntRange(0), help="Stop after this many telegrams.")
@click.option("--duration", type=click.FloatRange(0), metavar="SECONDS", help="Stop after this long.")
@p1_command
def monitor(session: Any, options: Any) -> int:
    """Show every telegram of the meter at PORT: /dev/ttyUSB0, socket://host:port, a recording.

    Without PORT the one that ENERGY_HW_P1 names. Keys may stand in ENERGY_HW_P1_KEY and ENERGY_HW_P1_AUTH_KEY.
    """
    from energy_hw.app import p1 as app

    return app.monitor(session, options)


@p1.command()
@click.option("--style", type=click.Choice(["rest", "report", "raw"]), default="rest", show_default=True)
@click.option("--json", "as_json", is_flag=True, help="The same as --style report.")
@click.option("--timeout", type=click.FloatRange(0), default=60.0, show_default=True, metavar="SECONDS")
@p1_command
def once(session: Any, options: Any, style: str, timeout: float) -> int:
    """Print one telegram of the meter at PORT and end.

    In the JSON of dsmrRESTServer's takeOneReading.py, in that of this package, or as it came.
    """
    from energy_hw.app import p1 as app

    return app.once(session, options, "report" if session.options.as_json else style, timeout)


@p1.command()
@click.option("--listen", metavar="HOST:PORT", default="127.0.0.1:2001", show_default=True)
@click.option("--whole", is_flag=True, help="Whole telegrams only, checked and decrypted; else every byte as it came.")
@click.option("--duration", type=click.FloatRange(0), metavar="SECONDS", help="Stop after this long.")
@p1_command
def republish(session: Any, options: Any, listen: str, whole: bool) -> int:
    """Hand the stream of the meter at PORT on to several programs, over TCP.

    There is no password: who may connect may read.
    """
    from energy_hw.app import p1 as app

    return app.republish(session, options, listen, whole)


@click.command("p1")
@click.argument("source", metavar="FILE|-|HEX")
@click.option("--json", "as_json", is_flag=True, help="One JSON report a line.")
@click.option("--profile", type=click.Choice(PROFILES), default="auto", help="Country and edition; found if absent.")
@click.option("--key-file", metavar="FILE", help="Of an encrypted meter: its key, then its authentication key.")
@click.option("--repair", is_flag=True, help="Lines may end with LF alone, as editors leave them.")
def decode_p1(source: str, as_json: bool, profile: str, key_file: str | None, repair: bool) -> None:
    """What a port received, from a file or standard input, or its bytes in hex."""
    from energy_hw.app.decode_p1 import decode_p1 as run

    sys.exit(
        run(source, as_json=as_json, profile=profile, key_file=key_file, repair=repair, out=sys.stdout, err=sys.stderr)
    )
