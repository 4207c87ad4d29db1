"""Commands and their options; the work is done in app/."""

from __future__ import annotations

import sys

import click

from energy_hw import __version__
from energy_hw.cli.control import log, send, set_value, switch, watch
from energy_hw.cli.devices import devices
from energy_hw.cli.mate3_decode import decode_outback
from energy_hw.cli.p1 import decode_p1, p1
from energy_hw.cli.p1_out import forward, serve
from energy_hw.cli.teleinfo import decode_teleinfo, teleinfo


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
def energy_hw() -> None:
    """Speak to the energy hardware of a house."""


for _command in (devices, switch, set_value, watch, log, send):
    energy_hw.add_command(_command)
energy_hw.add_command(teleinfo)
energy_hw.add_command(p1)
p1.add_command(serve)
p1.add_command(forward)


class Name(click.ParamType[tuple[int, str]]):
    """`0x373=kettle`."""

    name = "SENSOR=NAME"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, str]:
        sensor, _, name = str(value).partition("=")
        try:
            number = int(sensor, 0)
        except ValueError:
            number = -1
        if number < 0 or not name:
            self.fail(f"expected a sensor id and a name such as 0x373=kettle, got {value!r}", param, ctx)
        return number, name


@energy_hw.command()
@click.option("--device", metavar="/dev/spidevB.C", help="SPI node of the board; without it the first board found.")
@click.option("--simulate", is_flag=True, help="A simulated house instead of a board.")
@click.option("--or-simulate", is_flag=True, help="The board if there is one, else a simulated house.")
@click.option("--json", "as_json", is_flag=True, help="One JSON report a line.")
@click.option("--count", type=click.IntRange(0), help="Stop after this many packets.")
@click.option("--duration", type=click.FloatRange(0), metavar="SECONDS", help="Stop after this long.")
@click.option("--name", "names", type=Name(), multiple=True, help="Name a device; may be repeated.")
@click.option("--wiring", help="ener314-rt (default), bonnet, rpi-rfm69 or bare.")
@click.option("--dio0", type=int, metavar="GPIO", help="BCM number of the line that is wired to DIO0.")
@click.option("--promiscuous", is_flag=True, help="Also frames of other manufacturers.")
@click.option("-v", "--verbose", count=True, help="Also refused frames; twice: everything.")
@click.option("-q", "--quiet", is_flag=True, help="Packets only.")
def monitor(
    device: str | None,
    simulate: bool,
    or_simulate: bool,
    as_json: bool,
    count: int | None,
    duration: float | None,
    names: tuple[tuple[int, str], ...],
    wiring: str | None,
    dio0: int | None,
    promiscuous: bool,
    verbose: int,
    quiet: bool,
) -> None:
    """Show every packet that arrives: its bytes, a dictionary, and one line to read."""
    from energy_hw.app.monitor import Options, run

    options = Options(
        device, simulate, or_simulate, as_json, count, duration, verbose, quiet, wiring, dio0, promiscuous, dict(names)
    )
    sys.exit(run(options))


@energy_hw.group()
def decode() -> None:
    """Decode captured bytes without any hardware."""


decode.add_command(decode_teleinfo)
decode.add_command(decode_p1)
decode.add_command(decode_outback)


@decode.command("openhems")
@click.argument("source", metavar="FILE|-|HEX")
@click.option("--json", "as_json", is_flag=True, help="One JSON report a line.")
@click.option("--plain", is_flag=True, help="The frames are not encrypted.")
def decode_openhems(source: str, as_json: bool, plain: bool) -> None:
    """Hex, one frame a line, from a file or standard input, or one frame as the argument."""
    from energy_hw.app.decode import decode_openhems as run

    sys.exit(run(source, as_json=as_json, plain=plain, out=sys.stdout, err=sys.stderr))
