"""`energy-hw p1` and `energy-hw decode p1`."""

from __future__ import annotations

import click


@click.group()
def p1() -> None:
    """P1 meters: show their telegrams, hand them on to other programs."""
