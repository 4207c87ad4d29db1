"""Set something in an OutBack system: `python examples/write_mate3.py mate3.lan`, or --simulate without one.

It is shown before it is written: which device, from what to what, which register. Then you are asked.
Needs pymodbus: pip install 'energy-hw[outback]'.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from energy_hw import EnergyHwError, Mate3

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("host", nargs="?", help="name or address of the controller; without it ENERGY_HW_MATE3")
parser.add_argument("--charger", type=int, default=3, metavar="PORT", help="of a charge controller; default: 3")
parser.add_argument("--volts", default="57.6", help="absorb voltage, exactly what the device can hold; default: 57.6")
parser.add_argument("--simulate", action="store_true", help="a simulated house: charge controllers at ports 3 and 4")
arguments = parser.parse_args()

try:
    journal = False if arguments.simulate else None  # None: the usual place, for `mate3 undo`
    with Mate3(arguments.host, simulate=arguments.simulate, journal=journal) as mate3:
        charger = mate3.charge_controllers[arguments.charger]
        trial = mate3.write(charger, "absorb_volts", arguments.volts, dry_run=True)
        print(trial.prepared.text())
        print("Write this? [y/N]", flush=True)
        if sys.stdin.readline().strip().lower() != "y":
            sys.exit("nothing was written")
        print(mate3.write(charger, "absorb_volts", arguments.volts).text())
except EnergyHwError as error:
    sys.exit(f"{error}" if arguments.simulate else f"{error}\nwithout a controller: --simulate")
except KeyboardInterrupt:
    sys.exit(130)
