"""`mate3_write`: raw numbers by mate3 0.4's names; the work is done in app/mate3_write.py and app/mate3_fields.py."""

from __future__ import annotations

from typing import Any

import click

from energy_hw import __version__
from energy_hw.cli.mate3_options import CONSENT, JSON, OF_MATE3_WRITE, Assignment, mate3_command

EXAMPLE = "charge_controller_configuration.absorb_volts=330"


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.option(
    "--set", "-s", "sets", type=Assignment(EXAMPLE, raw=True), multiple=True, metavar="DEVICE.FIELD=INT",
    help=f"As {EXAMPLE}, which means 33.0 V; may be repeated.",
)  # fmt: skip
@click.option("--list-fields", "-l", is_flag=True, help="List the devices and fields that can be written here.")
@click.option(
    "--hub-port", "-P", type=click.IntRange(0), metavar="N",
    help="Of the device, where the hub has several of its kind.",
)  # fmt: skip
@mate3_command(CONSENT, JSON, common=OF_MATE3_WRITE, name="")
def mate3_write(session: Any, target: Any, sets: Any, list_fields: bool, hub_port: int | None, **consent: Any) -> int:
    """Set values of an OutBack system, without asking; each is checked before and read back."""
    from energy_hw.app import mate3_fields
    from energy_hw.app import mate3_write as app

    if list_fields:
        return mate3_fields.list_fields(session, target)
    if not sets:
        raise click.UsageError("expected --set or --list-fields, got neither")
    return app.write_raw(session, target, sets, hub_port, app.Consent(True, **consent))
