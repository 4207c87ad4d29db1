"""Show every MiHome packet: `sudo python examples/monitor.py`, or with --simulate without a board.

Needs nothing installed but what Raspberry Pi OS brings: python3-spidev and
python3-rpi-lgpio (or python3-rpi.gpio).
"""

import argparse
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from energy_hw.app.monitor import Options, run

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--device", metavar="/dev/spidevB.C", help="SPI node; without it the first board found")
parser.add_argument("--simulate", action="store_true", help="a simulated house instead of a board")
parser.add_argument("--json", action="store_true", help="one JSON report a line")
parser.add_argument("--count", type=int, help="stop after this many packets")
parser.add_argument("--duration", type=float, metavar="SECONDS", help="stop after this long")
arguments = parser.parse_args()
warnings.filterwarnings("ignore", message="the C core is not built")  # from a checkout it rarely is

sys.exit(
    run(
        Options(
            device=arguments.device,
            simulate=arguments.simulate,
            as_json=arguments.json,
            count=arguments.count,
            duration_s=arguments.duration,
        )
    )
)
