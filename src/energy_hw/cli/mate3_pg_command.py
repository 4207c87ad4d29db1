"""What `mate3_pg` takes: the options of mate3 0.4's, with their defaults, and new ones."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from energy_hw import __version__
from energy_hw.app.exits import OK

ENVIRONMENT = "ENERGY_HW_MATE3"
DATABASE = "postgres://postgres@localhost/postgres"
FILE = click.Path(path_type=Path)


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.option("--host", "-H", help=f"Name or IP address of the controller; without it {ENVIRONMENT}.")
@click.option("--port", "-p", type=click.IntRange(1, 65535), default=502, show_default=True, help="Of its Modbus.")
@click.option(
    "--interval", "-i", type=click.FloatRange(1), default=5, show_default=True, help="Seconds from poll to poll."
)
@click.option(
    "--database-url",
    default=DATABASE,
    envvar="MATE3_DATABASE_URL",
    show_default=True,
    show_envvar=True,
    help="As libpq takes it: PGPASSWORD, ~/.pgpass and services work. '' for PG... variables alone.",
)
@click.option("--definitions", type=FILE, required=True, help="What goes where: YAML, or JSON or TOML by its suffix.")
@click.option("--hypertables", is_flag=True, help="Make hypertables of the tables, where TimescaleDB is installed.")
@click.option("--quiet", "-q", is_flag=True, help="Errors only.")
@click.option("--debug", is_flag=True, help="Everything that happens, each row that is stored.")
@click.option("--compat-raw", is_flag=True, help="Integers as the registers hold them, as mate3 stored them.")
@click.option("--outbox", type=FILE, help="Where rows wait for the database; a file of its own for each mate3_pg.")
@click.option("--memory", is_flag=True, help="Rows wait in memory alone, and are gone when this ends.")
@click.option("--max-mb", type=click.FloatRange(1), help="What may wait.  [default: 500, 16 with --memory]")
@click.option("--max-days", type=click.FloatRange(0.01), default=90, show_default=True, help="How long it may wait.")
@click.option("--keep-open", is_flag=True, help="Keep the connection; else others have their turn between polls.")
@click.option("--simulate", is_flag=True, help="A simulated house instead of a controller; needs --database-url.")
@click.option("--check", is_flag=True, help="Show what each column would get now, and what is wrong; no row is stored.")
@click.option("--once", is_flag=True, help="One row for each table, then end.")
@click.option("--duration", type=click.FloatRange(0), metavar="SECONDS", help="Stop after this long.")
@click.pass_context
def mate3_pg(context: click.Context, /, **chosen: Any) -> None:
    """Log values of an OutBack controller to PostgreSQL, and lose none while it is away.

    What is wrong in the definitions is told with its line; see docs/postgres.md for what they may say.
    """
    from energy_hw.app import mate3_pg as app
    from energy_hw.app.mate3_pg_settings import Settings, default_outbox, limits
    from energy_hw.app.session import Options, Session

    _check(context, chosen)
    in_memory = chosen["memory"] or (chosen["simulate"] and not chosen["outbox"])
    settings = Settings(
        host=chosen["host"],
        port=chosen["port"],
        interval_s=chosen["interval"],
        url=chosen["database_url"],
        outbox=None if in_memory else chosen["outbox"] or default_outbox(os.environ),
        limits=limits(in_memory, chosen["max_mb"], chosen["max_days"]),
        hypertables=chosen["hypertables"],
        simulate=chosen["simulate"],
        close_after_poll=not chosen["keep_open"],
    )
    options = Options(simulate=settings.simulate, quiet=chosen["quiet"], verbose=2 * chosen["debug"])
    session = Session(options)
    session.program = context.find_root().info_name or "mate3_pg"
    if _open_password(context, settings.url) and not options.quiet:
        session.tell(
            "the password in --database-url can be seen by everybody on this machine: "
            "set MATE3_DATABASE_URL or PGPASSWORD, or write it into ~/.pgpass"
        )
    named = {name: chosen[name] for name in ("compat_raw", "once", "check")}
    code = session.run(
        "", lambda: app.run(session, chosen["definitions"], settings, duration_s=chosen["duration"], **named)
    )
    sys.exit(code or OK)


def _check(context: click.Context, chosen: dict[str, Any]) -> None:
    """Raises UsageError for what contradicts itself."""
    if chosen["simulate"] and chosen["host"]:
        raise click.UsageError("--simulate needs no --host: one or the other")
    if not (chosen["simulate"] or chosen["host"] or os.environ.get(ENVIRONMENT)):
        raise click.UsageError(
            f"Missing option '--host' / '-H': name or address of the controller; or set {ENVIRONMENT}, or try"
            " --simulate"
        )
    if chosen["simulate"] and not _on_the_command_line(context, "database_url"):
        raise click.UsageError("--simulate needs --database-url: a simulated house has no place among real rows")
    if chosen["memory"] and chosen["outbox"]:
        raise click.UsageError("--memory needs no --outbox: one or the other")
    if chosen["once"] and chosen["check"]:
        raise click.UsageError("--check stores nothing, --once does: one or the other")


def _on_the_command_line(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is ParameterSource.COMMANDLINE


def _open_password(context: click.Context, url: str) -> bool:
    """Whether `ps` shows one."""
    user = url.partition("://")[2].partition("/")[0].rpartition("@")[0]
    return _on_the_command_line(context, "database_url") and (":" in user or "password=" in url.replace(" ", ""))
