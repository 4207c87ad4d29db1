"""A P1 meter as dsmrRESTServer's JSON: `python examples/serve_p1.py /dev/ttyUSB0`, or --simulate without a meter.

Then `curl http://127.0.0.1:8080/`. Needs the extra [web]: pip install '.[web]'.
"""

import argparse
import signal
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

try:
    from energy_hw import EnergyHwError
    from energy_hw.p1 import P1Meter
    from energy_hw.web.p1_rest import app_factory
    from energy_hw.web.serve import Server
except ModuleNotFoundError as error:
    print(f"{error}: pip install '.[web]'", file=sys.stderr)
    sys.exit(2)

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("port", nargs="?", default="/dev/ttyUSB0", help="/dev/ttyUSB0, socket://host:port")
parser.add_argument("--simulate", action="store_true", help="a simulated meter")
parser.add_argument("--listen", default="127.0.0.1:8080", help="host:port; port 0 takes a free one")
parser.add_argument("--password", help="of the user `me`; needed for others to reach it")
arguments = parser.parse_args()
warnings.filterwarnings("ignore", message="the C core is not built")  # from a checkout it rarely is

try:
    users = {"me": arguments.password} if arguments.password else None
    port = "sim:p1" if arguments.simulate else arguments.port
    with P1Meter(port, patient=True) as meter, Server(app_factory(meter, users), arguments.listen) as server:
        print(server.url, flush=True)
        signal.pause()  # until Ctrl-C
except EnergyHwError as error:
    sys.exit(str(error))
except KeyboardInterrupt:
    sys.exit(130)
