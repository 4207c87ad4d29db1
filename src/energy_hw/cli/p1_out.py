"""`energy-hw p1 serve` and `energy-hw p1 forward`: what the meter says, for other machines."""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import Any

import click

from energy_hw.cli.p1 import p1_command
from energy_hw.errors import ConfigError


@click.command()
@click.option("--listen", metavar="HOST:PORT", help="127.0.0.1:8080 unless HTTP_LISTEN says otherwise.")
@click.option("--host", "hosts", multiple=True, metavar="NAME", help="Answer to this name, too; may be repeated.")
@click.option("--strict-seed", is_flag=True, help="dsmrRESTServer's own keys alone, and its empty first answer.")
@p1_command
def serve(session: Any, options: Any, listen: str | None, hosts: tuple[str, ...], strict_seed: bool) -> int:
    """Serve the newest telegram over HTTP, as dsmrRESTServer does.

    PORT is /dev/ttyUSB0 unless ENERGY_HW_P1 says otherwise. For others to reach it, set USERS_PASSWORD (and USERS_USER,
    apiuser by default), then --listen 0.0.0.0:8080.
    """
    from energy_hw.app import p1_serve as app

    try:
        return app.serve(session, options, listen, hosts, strict_seed)
    except ModuleNotFoundError as error:
        return _without(error, "web")


@click.command()
@click.option("--env-file", metavar="FILE", help="NAME=value lines, as in the .env of DSMR-reader's script.")
@click.option("--server", "servers", multiple=True, metavar="URL", help="Instead of API_HOSTS; may be repeated.")
@click.option("--api", type=click.Choice(["v1", "v2"]), help="v1: the telegram as it is; v2: its values.")
@click.option("--spool", metavar="FILE|memory", help="Where telegrams wait.")
@click.option("--min-interval", type=click.FloatRange(0), metavar="SECONDS", help="One telegram in so many seconds.")
@click.option("--newest-first", is_flag=True, help="After an outage, what is new before what waited.")
@click.option("--exit-when-silent", is_flag=True, help="End with 4 after TIMEOUT without a telegram.")
@click.option("--duration", type=click.FloatRange(0), metavar="SECONDS", help="Stop after this long.")
@p1_command
def forward(session: Any, options: Any, env_file: str | None, exit_when_silent: bool, **chosen: Any) -> int:
    """Forward telegrams to DSMR-reader, and lose none while it is away.

    Settings are those of DSMR-reader's own script: DSMRREADER_REMOTE_DATALOGGER_API_HOSTS, ..._API_KEYS and so on, from
    the environment or --env-file. PORT goes before what they say. A simulated meter needs a --server of its own.
    """
    import os

    from energy_hw.app import p1_forward as app
    from energy_hw.app.p1_forward_settings import MEMORY, read_settings

    named = _chosen(**chosen)
    if session.options.simulate:
        named.setdefault("SPOOL", MEMORY)  # or the next run would deliver a simulated meter's telegrams
    settings = read_settings(os.environ, env_file, named)
    if session.options.simulate and "API_HOSTS" not in named:
        raise ConfigError("expected --server with --simulate: those of the settings would keep a meter that is none")
    if not session.options.simulate:
        options = replace(options, port=options.port or settings.port)
    options = replace(options, baudrate=options.baudrate or settings.baudrate)
    try:
        return app.forward(session, options, settings, exit_when_silent)
    except ModuleNotFoundError as error:
        return _without(error, "forward")


def _chosen(
    servers: tuple[str, ...], api: str | None, spool: str | None, min_interval: float | None, newest_first: bool
) -> dict[str, str]:
    """The options under the names of the settings."""
    given = {
        "API_HOSTS": ",".join(servers),
        "API_VERSION": api or "",
        "SPOOL": spool or "",
        "MIN_INTERVAL": "" if min_interval is None else f"{min_interval:g}",
        "ORDER": "newest" if newest_first else "",
    }
    return {suffix: value for suffix, value in given.items() if value}


def _without(error: ModuleNotFoundError, extra: str) -> int:
    from energy_hw.cli import _missing

    if (error.name or "").startswith("energy_hw"):
        raise error
    print(f"energy-hw: {error}", file=sys.stderr)
    return _missing(extra)
