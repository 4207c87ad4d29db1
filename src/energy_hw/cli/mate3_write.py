"""The `mate3_write` command, with the options of mate3 0.4's."""

from __future__ import annotations

import sys

from energy_hw.cli.mate3 import run


def main() -> None:
    """Entry point of `mate3_write`. Without the [gateway] extra: says so, and exits 2."""
    sys.exit(run("mate3_write", "energy_hw.cli.mate3_write_command", "mate3_write"))
