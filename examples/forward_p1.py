"""A P1 meter to DSMR-reader: `DSMR_KEY=... python examples/forward_p1.py http://dsmr.local /dev/ttyUSB0`.

What waits is kept in p1.sqlite3, with --simulate in memory. Needs the extra [forward]: pip install '.[forward]'."""

import argparse
import os
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from energy_hw import EnergyHwError
from energy_hw.app.p1_forward_settings import read_settings
from energy_hw.app.p1_forwarder import Forwarder
from energy_hw.p1 import P1Meter

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("server", nargs="?", default="http://127.0.0.1:9", help="http://host, without /api")
parser.add_argument("port", nargs="?", default="/dev/ttyUSB0", help="/dev/ttyUSB0, socket://host:port")
parser.add_argument("--simulate", action="store_true", help="a simulated meter")
parser.add_argument("--spool", help="a file, or `memory`")
arguments = parser.parse_args()
spool = arguments.spool or "memory" * arguments.simulate or "p1.sqlite3"
warnings.filterwarnings("ignore", message="the C core is not built")  # from a checkout it rarely is

try:
    server = {"API_HOSTS": arguments.server, "API_KEYS": os.environ.get("DSMR_KEY", "none")}
    settings = read_settings({}, None, server | {"SPOOL": spool})
    with Forwarder(settings) as forwarder, P1Meter("sim:p1" if arguments.simulate else arguments.port) as meter:
        for report in meter:
            forwarder.take(report)
            print(f"{report.received:%H:%M:%S}", *forwarder.summary(), flush=True)
except (ModuleNotFoundError, EnergyHwError) as error:  # httpx is in [forward]
    sys.exit(str(error))
except BrokenPipeError:  # `| head` has seen enough
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
except KeyboardInterrupt:
    sys.exit(130)
