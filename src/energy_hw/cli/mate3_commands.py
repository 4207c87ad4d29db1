"""`mate3` and its commands; the work is done in app/mate3*.py."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import click

from energy_hw import __version__
from energy_hw.cli.mate3_options import (
    CACHE,
    CONSENT,
    ENVIRONMENT,
    FORMAT,
    GLOBAL,
    JSON,
    YES,
    Assignment,
    mate3_command,
    with_options,
)

EXAMPLE = "charge_controllers[3].config.absorb_volts=57.6"


def _read_as_0_4(context: click.Context, format: str | None) -> None:
    @mate3_command(name="")
    def old(session: Any, target: Any) -> int:
        from energy_hw.app import mate3_old

        return mate3_old.show(session, target, format or "text")

    context.invoke(old)


def _group(context: click.Context, format: str | None, **common: Any) -> None:
    """An OutBack Mate3, Mate3s or AXS Port, and the devices on its hub.

    Without a command: print everything as mate3 0.4 did, raw numbers. Options may stand before or behind a command.
    """
    context.obj = {**common, "format": format}
    if context.invoked_subcommand is not None:
        return
    if not any((format, *common.values(), os.environ.get(ENVIRONMENT))):
        click.echo(context.get_help(), err=True)
        context.exit(2)
    _read_as_0_4(context, format)


mate3: click.Group = click.group(
    "mate3", invoke_without_command=True, context_settings={"help_option_names": ["-h", "--help"]}
)(click.version_option(__version__)(click.pass_context(with_options(_group, GLOBAL, FORMAT))))


@mate3.command()
@mate3_command(CACHE, FORMAT, JSON)
def read(session: Any, target: Any, format: str | None) -> int:
    """Print every value, as mate3 0.6 did; or with --json a report of each device."""
    from energy_hw.app import mate3_read

    before = click.get_current_context().obj or {}
    return mate3_read.read(session, target, format or before.get("format") or "text")


@mate3.command()
@mate3_command(CACHE, JSON)
def devices(session: Any, target: Any) -> int:
    """List the devices: name, address, hub port; model, end of the serial number."""
    from energy_hw.app import mate3_read

    return mate3_read.devices(session, target)


@mate3.command()
@click.option(
    "--set", "-s", "sets", type=Assignment(EXAMPLE), multiple=True, required=True, metavar="FIELD=VALUE",
    help=f"As {EXAMPLE}; may be repeated. A number in its unit, a label, or text.",
)  # fmt: skip
@click.option("--cache-writeable", is_flag=True, help="Keep what is written in the file of --cache-path.")
@mate3_command(CONSENT, YES, CACHE, JSON)
def write(session: Any, target: Any, sets: Any, cache_writeable: bool, yes: bool, **consent: Any) -> int:
    """Write settings: shown, asked for, checked, read back.

    FIELD is charge_controllers[3].config.absorb_volts as in mate3 0.6, inverters[1].settings.aux_control as in
    energy_hw, or outback:SERIAL/3.absorb_volts.
    """
    from energy_hw.app import mate3_write

    if cache_writeable and target.cache is None:
        session.tell("--cache-writeable has no effect without --cache-path.")
    agreed = mate3_write.Consent(yes, **consent)
    return mate3_write.write(session, target, sets, agreed, cache_writeable)


@mate3.command()
@click.argument("entry", required=False)
@click.option("--list", "only_list", is_flag=True, help="Show what was written, and end.")
@mate3_command(CONSENT, YES, JSON, offline=True)
def undo(session: Any, target: Any, entry: str | None, only_list: bool, yes: bool, **consent: Any) -> int:
    """Take back the last write, or the one whose id begins with ENTRY."""
    from energy_hw.app import mate3_write

    if only_list:
        return mate3_write.list_writes(session)
    return mate3_write.undo(session, target, entry, mate3_write.Consent(yes, **consent))


@mate3.command()
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--no-redact", is_flag=True, help="With serial numbers, addresses, names and passwords.")
@mate3_command()
def dump(session: Any, target: Any, path: Path, no_redact: bool) -> int:
    """Write every register to a file, fit to be shown to others."""
    from energy_hw.app import mate3_dump

    return mate3_dump.dump(session, target, path, not no_redact)


@mate3.command()
@click.argument("dump", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option("--listen", metavar="HOST", default="127.0.0.1", show_default=True, help="There is no password.")
@click.option("--delay", type=click.FloatRange(0), default=0.0, metavar="SECONDS", help="Each answer takes so long.")
@click.option("--duration", type=click.FloatRange(0), metavar="SECONDS", help="Stop after this long.")
@mate3_command(offline=True)
def replay(session: Any, target: Any, dump: Path | None, listen: str, delay: float, duration: float | None) -> int:
    """Be the controller of a dump, on --port (15020), until Ctrl-C; without DUMP of a simulated house."""
    from energy_hw.app import mate3_dump

    return mate3_dump.replay(session, dump, listen, target.port or 15020, delay, duration)


@mate3.command()
@click.argument("device")
@click.argument("days", default="1", metavar="[DAYS]")
@mate3_command(JSON)
def daylog(session: Any, target: Any, device: str, days: str) -> int:
    """Days of the log of DEVICE, as charge_controllers[3].

    DAYS is 0 for today, 1 for yesterday (default), or from-to as 1-7.
    """
    from energy_hw.app import mate3_daylog

    first, _, last = days.partition("-")
    if not (first.isdigit() and (last or first).isdigit()) or int(last or first) < int(first) or len(days) > 9:
        raise click.BadParameter(f"expected days ago such as 1 or 1-7, got {days!r}", param_hint="DAYS")
    return mate3_daylog.daylog(session, target, device, int(first), int(last or first))


@mate3.command()
@click.option("--interval", "-i", type=click.FloatRange(1), default=10.0, show_default=True, metavar="SECONDS")
@click.option("--count", type=click.IntRange(0), help="Stop after this many reports.")
@mate3_command(JSON)
def watch(session: Any, target: Any, interval: float, count: int | None) -> int:
    """A line for each device at each poll, until Ctrl-C."""
    from energy_hw.app import mate3_watch

    return mate3_watch.watch(session, target, interval, count)
