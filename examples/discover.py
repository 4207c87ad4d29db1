"""Who is there? `sudo python examples/discover.py`, or --simulate. Hold a device's button for 5 s, and it is taken in.

Everybody else who is heard meanwhile is listed."""

import argparse
import os
import sys
import time
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from energy_hw import EnergyHwError, Hub

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--seconds", type=float, default=60, help="how long to listen (default 60)")
parser.add_argument("--simulate", action="store_true", help="a simulated house where a new plug asks to join")
arguments = parser.parse_args()
warnings.filterwarnings("ignore", message="the C core is not built")  # from a checkout it rarely is

try:
    with Hub("sim:house?guests=1" if arguments.simulate else None) as hub:
        before = {entry.device for entry in hub.naming.names.entries()}
        hub.pair(arguments.seconds)
        print("Hold the button of a device.", flush=True)
        while hub.naming.discovery.pairing_s:
            time.sleep(0.2)
            for entry in hub.naming.names.entries():
                if entry.device not in before:
                    before.add(entry.device)
                    print(f"taken in as {entry.name}: {entry.device} {entry.model}", flush=True)
        for one in hub.unknown():
            print(f"without a name: {one.device} {one.model}, heard {one.frames} times, {one.rssi_dbm} dBm", flush=True)
except EnergyHwError as error:
    sys.exit(f"{error}\nwithout a board: --simulate")
except BrokenPipeError:  # `| head` has seen enough
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
except KeyboardInterrupt:
    sys.exit(130)
