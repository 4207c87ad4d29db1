"""The `mate3_pg` command, with the options of mate3 0.4's."""

from __future__ import annotations

import sys

from energy_hw.cli.mate3 import run


def main() -> None:
    """Entry point of `mate3_pg`. Without the [gateway] extra: says so, and exits 2."""
    sys.exit(run("mate3_pg", "energy_hw.cli.mate3_pg_command", "mate3_pg"))
