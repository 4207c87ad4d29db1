"""The `energy-hw` command. One module per command group; only what it runs is imported."""

from __future__ import annotations

import sys

from energy_hw.app.exits import INTERRUPTED, USAGE
from energy_hw.errors import ExtraMissing


def main() -> None:
    """Entry point. Without the [gateway] extra: says so, and exits 2."""
    try:
        import click
    except ImportError:
        sys.exit(_missing("gateway", "the command line"))
    try:
        from energy_hw.cli.commands import energy_hw

        sys.exit(energy_hw(standalone_mode=False))
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except (click.Abort, KeyboardInterrupt):  # before a command was there to say it: click would end with 1
        sys.exit(INTERRUPTED)


def _missing(extra: str, what: str = "this command") -> int:
    print(f"energy-hw: {ExtraMissing(what, extra)}", file=sys.stderr)
    return USAGE
