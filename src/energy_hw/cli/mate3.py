"""The `mate3` command: as mate3 0.4 without a command, as 0.6 with one; and what is new."""

from __future__ import annotations

import importlib
import sys

from energy_hw.app.exits import INTERRUPTED, OK, USAGE
from energy_hw.errors import ExtraMissing


def main() -> None:
    """Entry point of `mate3`. Without the [gateway] extra: says so, and exits 2."""
    sys.exit(run("mate3", "energy_hw.cli.mate3_commands", "mate3"))


def run(program: str, module: str, command: str) -> int:
    """Run a click command out of a module, which is loaded only where click is; the exit code."""
    try:
        import click
    except ImportError:
        print(f"{program}: {ExtraMissing('the command line', 'gateway')}", file=sys.stderr)
        return USAGE
    try:
        code = getattr(importlib.import_module(module), command)(prog_name=program, standalone_mode=False)
        return code if isinstance(code, int) else OK
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):  # before a command was there to say it: click would end with 1
        return INTERRUPTED
