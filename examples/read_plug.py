"""Show what a plug measures: `python examples/read_plug.py 0x000373`, or --simulate without a board.

The number is the plug's sensor id, which the monitor shows.
"""

import argparse
import os
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from energy_hw import EnergyHwError, Hub, Plug

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("sensor", type=lambda text: int(text, 0), nargs="?", default=0x000373, help="such as 0x000373")
parser.add_argument("--device", metavar="/dev/spidevB.C", help="SPI node; without it the first board found")
parser.add_argument("--simulate", action="store_true", help="a simulated house instead of a board; the kettle's plug")
parser.add_argument("--count", type=int, help="stop after so many reports")
arguments = parser.parse_args()
warnings.filterwarnings("ignore", message="the C core is not built")  # from a checkout it rarely is

try:
    with Hub(arguments.device, simulate=arguments.simulate) as hub:
        plug = Plug(hub, arguments.sensor)
        for number, _ in enumerate(plug.events("updated"), 1):
            state = {True: "on", False: "off", None: "unknown"}[plug.is_on]
            print(f"{plug.last_seen:%H:%M:%S} {state}, {plug.real_power} W, {plug.apparent_power} VA")
            print(f"         {plug.current} A, {plug.voltage} V, {plug.frequency} Hz,", end=" ")
            print(f"power factor {plug.power_factor}", flush=True)
            if number == arguments.count:
                break
except EnergyHwError as error:
    sys.exit(f"{error}\nwithout a board: --simulate")
except BrokenPipeError:  # `| head` has seen enough
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
except KeyboardInterrupt:
    sys.exit(130)
