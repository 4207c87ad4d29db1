"""The `energy-hw` command. One module per command group; only what it runs is imported."""

from __future__ import annotations

import sys


def main() -> None:
    """Entry point. Without the [gateway] extra: says so, and exits 2."""
    try:
        import click  # noqa: F401
    except ImportError:
        print(
            "energy-hw: the command line needs the [gateway] extra: pip install 'energy-hw[gateway]'", file=sys.stderr
        )
        sys.exit(2)
    from energy_hw.cli.commands import energy_hw

    energy_hw()


def _missing(extra: str) -> int:
    text = f"energy-hw: this command needs the [{extra}] extra: pip install 'energy-hw[{extra}]'"
    print(f"{text} (in a checkout: pip install '.[{extra}]')", file=sys.stderr)
    return 2
