"""Options of the mate3 commands: they may stand before the command, as mate3 0.6 has them, or behind it."""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from energy_hw.app.mate3 import Target

LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
FORMATS = ("text", "prettyjson", "json")
LOCKED = ("calibration", "clock", "firmware", "network", "reset", "secret", "structural")
ENVIRONMENT = "ENERGY_HW_MATE3"
Command = Callable[..., Any]


def _options(*loglevel: str) -> tuple[Any, ...]:
    return (
        click.option("--host", "-H", help=f"Name or IP address of the controller; without it {ENVIRONMENT}."),
        click.option("--port", "-p", type=click.IntRange(1, 65535), help="Of its Modbus service.  [default: 502]"),
        click.option("--simulate", is_flag=True, help="A simulated house instead of a controller."),
        click.option(*loglevel, type=click.Choice(LEVELS), help="What is told of the connection.  [default: WARNING]"),
        click.option("--quiet", "-q", is_flag=True, help="Results and errors only."),
    )


GLOBAL, OF_MATE3_WRITE = _options("--loglevel", "-l"), _options("--loglevel")
"""mate3_write has -l for --list-fields."""
FORMAT = click.option("--format", "-f", type=click.Choice(FORMATS), help="Output format.  [default: text]")
JSON = click.option("--json", "as_json", is_flag=True, help="One JSON object of energy-hw a line.")
CACHE = (
    click.option("--cache-path", "-c", type=click.Path(path_type=Path), help="A file of registers that are not read."),
    click.option("--cache-only", is_flag=True, help="Nothing is read but the file of --cache-path."),
)
CONSENT = (
    click.option("--dry-run", is_flag=True, help="Show what would be written, and end."),
    click.option(
        "--allow", type=click.Choice(LOCKED), multiple=True, help="Also settings of this class; may be repeated."
    ),
    click.option(
        "--force",
        is_flag=True,
        help="Also what is doubtful: disputed points, volts far from those that are set; look at the display.",
    ),
)
YES = click.option("--yes", "-y", is_flag=True, help="Write without asking.")
_NAMES = ("host", "port", "simulate", "loglevel", "quiet")


def with_options(command: Command, *groups: Any) -> Command:
    """Add options to a command, the first on top of its help."""
    for option in reversed([one for group in groups for one in (group if isinstance(group, tuple) else (group,))]):
        command = option(command)
    return command


def mate3_command(
    *groups: Any, common: tuple[Any, ...] = GLOBAL, offline: bool = False, name: str | None = None
) -> Callable[[Command], Command]:
    """A command that gets `session` and `target`, and returns its exit code.

    common: options of all. offline: it may do without a controller. name: in messages, if not the function's.
    """

    def decorate(command: Command) -> Command:
        @functools.wraps(command)
        def with_session(**chosen: Any) -> None:
            from energy_hw.app.mate3 import Mate3Session
            from energy_hw.app.session import Options

            context = click.get_current_context()
            before = context.obj or {}
            told = {key: chosen.pop(key, None) or before.get(key) for key in _NAMES}
            target = target_of(told, chosen, offline)
            as_json = chosen.pop("as_json", False)
            options = Options(simulate=target.simulate, as_json=as_json, quiet=bool(told["quiet"]))
            session = Mate3Session(options, told["loglevel"] or "WARNING", program(context))
            called = command.__name__ if name is None else name
            sys.exit(session.run(called, lambda: command(session, target, **chosen)))

        return with_options(with_session, *groups, common)

    return decorate


def program(context: click.Context) -> str:
    """`mate3` or `mate3_write`."""
    return context.find_root().info_name or "mate3"


def target_of(told: dict[str, Any], chosen: dict[str, Any], offline: bool) -> Target:
    """Which controller. Raises UsageError for none, and for what contradicts itself, as mate3 0.6 did."""
    from energy_hw.app.mate3 import Target

    cache, cache_only = chosen.pop("cache_path", None), chosen.pop("cache_only", False)
    host, port, simulate = told["host"], told["port"], bool(told["simulate"])
    if cache_only and cache is None:
        raise click.UsageError("--cache-only needs --cache-path: which file?")
    if cache_only and (host or port or simulate):
        raise click.UsageError("--cache-only reads no controller: leave out --host, --port and --simulate")
    if simulate and host:
        raise click.UsageError("--simulate needs no --host: one or the other")
    if not (offline or cache_only or simulate or host or os.environ.get(ENVIRONMENT)):
        raise click.UsageError(
            f"Missing option '--host' / '-H': name or address of the controller; or set {ENVIRONMENT}, or try"
            " --simulate"
        )
    return Target(host, port, simulate, cache, cache_only)


class Assignment(click.ParamType[tuple[str, Any]]):
    """FIELD=VALUE. raw: the value must be an integer."""

    name = "FIELD=VALUE"

    def __init__(self, example: str, raw: bool = False) -> None:
        self._example, self._raw = example, raw

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, Any]:
        path, equals, text = str(value).partition("=")
        if not equals or "." not in path or not text.strip():
            self.fail(f"expected something like {self._example}, got {value!r}", param, ctx)
        if not self._raw:
            return path, text
        try:
            return path, int(text.strip())
        except ValueError:
            self.fail(
                f"invalid value {text.strip()!r}. Must be an integer, as in {self._example} for 33.0 V", param, ctx
            )
