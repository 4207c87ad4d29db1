"""Options that every command of the radio takes."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import click

_OPTIONS = (
    click.option("--device", metavar="/dev/spidevB.C", help="SPI node of the board; without it the first one found."),
    click.option("--simulate", is_flag=True, help="A simulated house instead of a board."),
    click.option("--wiring", help="ener314-rt (default), bonnet, rpi-rfm69 or bare."),
    click.option("--dio0", type=int, metavar="GPIO", help="BCM number of the line that is wired to DIO0."),
    click.option("--registry", metavar="FILE", help="Names of devices; default: $ENERGY_HW_REGISTRY, or the user's."),
    click.option("--json", "as_json", is_flag=True, help="One JSON object a line."),
    click.option("-v", "--verbose", count=True, help="More; twice: everything."),
    click.option("-q", "--quiet", is_flag=True, help="Results and errors only."),
)
_NAMES = ("device", "simulate", "wiring", "dio0", "registry", "as_json", "verbose", "quiet")


def session_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options; the command gets them as `session`, its first argument."""

    @functools.wraps(command)
    def with_session(**arguments: Any) -> None:
        from energy_hw.app.session import Options, Session

        chosen = {name: arguments.pop(name) for name in _NAMES}
        command(Session(Options(**chosen)), **arguments)

    for option in reversed(_OPTIONS):
        with_session = option(with_session)
    return with_session
