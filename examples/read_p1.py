"""Show what a P1 meter says: `python examples/read_p1.py /dev/ttyUSB0`, or --simulate without a meter.

Speed, country and edition are found by listening. Needs python3-serial, which Raspberry Pi OS brings. The key of an
encrypted meter (Luxembourg, Austria) goes into the environment variable ENERGY_HW_P1_KEY.
"""

import argparse
import os
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from energy_hw import EnergyHwError, P1Meter

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("port", nargs="?", help="/dev/ttyUSB0, socket://host:port, rfc2217://host:port, a recording, or -")
parser.add_argument("--simulate", action="store_true", help="a simulated meter")
parser.add_argument("--count", type=int, help="stop after so many telegrams")
arguments = parser.parse_args()
warnings.filterwarnings("ignore", message="the C core is not built")  # from a checkout it rarely is

try:
    with P1Meter(arguments.port, simulate=arguments.simulate) as meter:
        for number, report in enumerate(meter, 1):
            print(f"{report.received:%H:%M:%S} {report.device} ({report.model})")
            for reading in report:
                print(f"    {reading.name:<40} {reading.value} {reading.unit or ''}", flush=True)
            if number == arguments.count:
                break
        print(meter.diagnosis(), file=sys.stderr)
except EnergyHwError as error:
    sys.exit(f"{error}\nwithout a meter: --simulate")
except BrokenPipeError:  # `| head` has seen enough
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
except KeyboardInterrupt:
    sys.exit(130)
