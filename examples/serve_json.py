"""A Teleinfo meter as JSON: `python examples/serve_json.py /dev/ttyUSB0`, or --simulate without a meter.

Then `curl http://127.0.0.1:8000/status.json`. Needs the extra [web]: pip install '.[web]'.
"""

import argparse
import signal
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

try:
    from energy_hw import EnergyHwError
    from energy_hw.web.serve import Server
    from energy_hw.web.status_json import app_factory
except ModuleNotFoundError as error:
    print(f"{error}: pip install '.[web]'", file=sys.stderr)
    sys.exit(2)

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("port", nargs="?", default="/dev/ttyUSB0", help="/dev/ttyUSB0, socket://host:port")
parser.add_argument("--simulate", action="store_true", help="a simulated meter")
parser.add_argument("--listen", default="127.0.0.1:8000", help="host:port; port 0 takes a free one")
parser.add_argument("--password", help="of the user `me`; needed for others to reach it")
arguments = parser.parse_args()
warnings.filterwarnings("ignore", message="the C core is not built")  # from a checkout it rarely is

try:
    users = {"me": arguments.password} if arguments.password else None
    app = app_factory("sim:teleinfo" if arguments.simulate else arguments.port, users)
    with Server(app, arguments.listen) as server:
        print(f"{server.url}/status.json", flush=True)
        signal.pause()  # until Ctrl-C
except EnergyHwError as error:
    sys.exit(str(error))
except KeyboardInterrupt:
    sys.exit(130)
