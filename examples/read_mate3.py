"""Show what an OutBack controller says: `python examples/read_mate3.py mate3.lan`, or --simulate without one.

Modbus must be on in its network menu. Needs pymodbus: pip install 'energy-hw[outback]'.
"""

import argparse
import os
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from energy_hw import EnergyHwError, Mate3

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("host", nargs="?", help="name or address of the controller; without it ENERGY_HW_MATE3")
parser.add_argument("--port", type=int, default=502, help="of its Modbus service")
parser.add_argument("--simulate", action="store_true", help="a simulated house: two inverters, two charge controllers")
parser.add_argument("--count", type=int, help="stop after so many reports; there is one for each device")
arguments = parser.parse_args()

try:
    with Mate3(arguments.host, arguments.port, simulate=arguments.simulate) as mate3:
        for device in mate3.devices:
            print(device)
        for number, report in enumerate(mate3, 1):
            print(f"{report.received:%H:%M:%S} {report.device} ({report.model})")
            for reading in report:
                print(f"    {reading.name:<40} {reading.value} {reading.unit or ''}", flush=True)
            if number == arguments.count:
                break
        print(mate3.diagnosis(), file=sys.stderr)
except EnergyHwError as error:
    sys.exit(f"{error}" if arguments.simulate else f"{error}\nwithout a controller: --simulate")
except BrokenPipeError:  # `| head` has seen enough
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
except KeyboardInterrupt:
    sys.exit(130)
