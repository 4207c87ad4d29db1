"""`energy-hw decode outback`."""

from __future__ import annotations

import sys

import click


@click.command("outback")
@click.argument("source", metavar="FILE|-")
@click.option("--json", "as_json", is_flag=True, help="One JSON report a line.")
def decode_outback(source: str, as_json: bool) -> None:
    """Registers of an OutBack controller, as `mate3 dump` and the caches of mate3 have them: {"40000": 21365, ...}."""
    from energy_hw.app.decode_outback import decode_outback as run

    sys.exit(run(source, as_json=as_json, out=sys.stdout, err=sys.stderr))
