"""Set a radiator valve (eTRV): `python examples/set_valve.py 0x00097F 20.5`, or --simulate without a board.

The valve sleeps, and listens for a moment after each of its reports, every five minutes: what is not sent when
this ends is kept, and sent by the next program with a hub. --wait says how long to wait for it.
"""

import argparse
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from energy_hw import EnergyHwError, Etrv, Hub

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("sensor", type=lambda text: int(text, 0), nargs="?", default=0x00097F, help="such as 0x00097F")
parser.add_argument("target", nargs="?", default="20.5", help="4 to 30 degC in steps of 0.5")
parser.add_argument("--wait", type=float, default=700.0, metavar="SECONDS", help="0 to leave it in the queue")
parser.add_argument("--device", metavar="/dev/spidevB.C", help="SPI node; without it the first board found")
parser.add_argument("--simulate", action="store_true", help="a simulated house, fifty times as fast as a real one")
arguments = parser.parse_args()
warnings.filterwarnings("ignore", message="the C core is not built")  # from a checkout it rarely is

try:
    with Hub(arguments.device or ("sim:house?speed=50" if arguments.simulate else None)) as hub:
        valve = Etrv(hub, arguments.sensor)
        ticket = valve.set_target(arguments.target, wait=arguments.wait or None)
        print(f"{ticket}: {ticket.outcome}, sent {ticket.tries} times; it measures {valve.temperature} degC")
except EnergyHwError as error:
    sys.exit(f"{error}\nwithout a board: --simulate")
except KeyboardInterrupt:
    sys.exit(130)
