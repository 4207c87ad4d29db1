"""`energy-hw teleinfo` and `energy-hw decode teleinfo`."""

from __future__ import annotations

import sys

import click


@click.group()
def teleinfo() -> None:
    """French Teleinfo meters: show their frames, serve their values."""


@teleinfo.command()
@click.argument("port", required=False)
@click.option("--simulate", is_flag=True, help="A simulated meter instead of a port.")
@click.option("--mode", type=click.Choice(["auto", "historique", "standard"]), default="auto", show_default=True)
@click.option("--baudrate", type=click.IntRange(1), help="Where an adapter has a speed of its own.")
@click.option("--json", "as_json", is_flag=True, help="One JSON report a line.")
@click.option("--count", type=click.IntRange(0), help="Stop after this many frames.")
@click.option("--duration", type=click.FloatRange(0), metavar="SECONDS", help="Stop after this long.")
@click.option("-v", "--verbose", count=True, help="Also each group as it came; twice: everything.")
@click.option("-q", "--quiet", is_flag=True, help="Frames only.")
def monitor(
    port: str | None,
    simulate: bool,
    mode: str,
    baudrate: int | None,
    as_json: bool,
    count: int | None,
    duration: float | None,
    verbose: int,
    quiet: bool,
) -> None:
    """Show every frame of the meter at PORT: /dev/ttyUSB0, socket://host:port, a recording.

    Without PORT the one that ENERGY_HW_TELEINFO names.
    """
    from energy_hw.app import session as sessions
    from energy_hw.app import teleinfo as app

    options = app.Options(port, mode, baudrate, count, duration)
    session = sessions.Session(sessions.Options(simulate=simulate, as_json=as_json, verbose=verbose, quiet=quiet))
    sys.exit(session.run("teleinfo monitor", lambda: app.monitor(session, options)))


@teleinfo.command()
@click.argument("config", required=False)
@click.option("--listen", metavar="HOST:PORT", help="Instead of what the configuration says; [::1]:8000 for IPv6.")
@click.option("--device", metavar="PORT", help="Instead of what the configuration says.")
@click.option("--simulate", is_flag=True, help="A simulated meter instead of a port.")
@click.option("-v", "--verbose", count=True, help="More.")
@click.option("-q", "--quiet", is_flag=True, help="Errors only.")
def serve(
    config: str | None, listen: str | None, device: str | None, simulate: bool, verbose: int, quiet: bool
) -> None:
    """Serve /status.json as serial_teleinfo.server does.

    CONFIG is its ini file. Without one, TELEINFO_DEVICE, HTTP_LISTEN, USERS_USER and USERS_PASSWORD count.
    """
    from energy_hw.app import session as sessions
    from energy_hw.app import teleinfo as app
    from energy_hw.cli import _missing

    session = sessions.Session(sessions.Options(simulate=simulate, verbose=verbose, quiet=quiet))
    try:
        sys.exit(session.run("teleinfo serve", lambda: app.serve(session, config, listen, device)))
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("energy_hw"):
            raise
        sys.exit(_missing("web"))


@click.command("teleinfo")
@click.argument("source", metavar="FILE|-|HEX")
@click.option("--json", "as_json", is_flag=True, help="One JSON report a line.")
def decode_teleinfo(source: str, as_json: bool) -> None:
    """What a port received, from a file or standard input, or its bytes in hex."""
    from energy_hw.app.decode_teleinfo import decode_teleinfo as run

    sys.exit(run(source, as_json=as_json, out=sys.stdout, err=sys.stderr))
