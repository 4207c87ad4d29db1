"""Say what a hand controller sends: `python examples/learn_remote.py`, or --simulate without a board.

Press its buttons for half a minute. MiHome devices are not heard meanwhile.
"""

import argparse
import os
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from energy_hw import EnergyHwError, Hub

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--device", metavar="/dev/spidevB.C", help="SPI node; without it the first board found")
parser.add_argument("--seconds", type=float, default=30.0, help="how long to listen, up to 300")
parser.add_argument("--simulate", action="store_true", help="a simulated house, and somebody who presses a button")
arguments = parser.parse_args()
warnings.filterwarnings("ignore", message="the C core is not built")  # from a checkout it rarely is

try:
    with Hub(arguments.device, simulate=arguments.simulate) as hub, hub.listen_ook(arguments.seconds) as buttons:
        if arguments.simulate:
            from energy_hw.sim.ook_devices import HandController

            HandController(hub.board.air, "remote").press(1, on=True, repeats=75)
        for heard in buttons:
            print(heard, f"({heard.rssi_dbm:g} dBm)", flush=True)
except EnergyHwError as error:
    sys.exit(f"{error}\nwithout a board: --simulate")
except BrokenPipeError:  # `| head` has seen enough
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
except KeyboardInterrupt:
    sys.exit(130)
