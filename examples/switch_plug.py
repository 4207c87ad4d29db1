"""Switch a Smart Plug+: `python examples/switch_plug.py 0x000373 off`, or --simulate without a board.

It waits until the plug says that it obeyed. The number is the plug's sensor id, which the monitor shows.
"""

import argparse
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from energy_hw import EnergyHwError, Hub, Plug

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("sensor", type=lambda text: int(text, 0), nargs="?", default=0x000373, help="such as 0x000373")
parser.add_argument("state", choices=("on", "off", "toggle"), nargs="?", default="toggle")
parser.add_argument("--device", metavar="/dev/spidevB.C", help="SPI node; without it the first board found")
parser.add_argument("--simulate", action="store_true", help="a simulated house instead of a board; the kettle's plug")
arguments = parser.parse_args()
warnings.filterwarnings("ignore", message="the C core is not built")  # from a checkout it rarely is

try:
    with Hub(arguments.device, simulate=arguments.simulate) as hub:
        plug = Plug(hub, arguments.sensor)
        if arguments.state == "toggle" and plug.events("switch_state").get(15.0) is None:
            sys.exit(f"{plug.device} was not heard within 15 s: is it plugged in, and the number right?")
        ticket = {"on": plug.on, "off": plug.off, "toggle": plug.toggle}[arguments.state](wait=15.0)
        print(f"{plug.device} is {'on' if plug.is_on else 'off'}: {plug.certainty}, sent {ticket.tries} times")
except EnergyHwError as error:
    sys.exit(f"{error}\nwithout a board: --simulate")
except KeyboardInterrupt:
    sys.exit(130)
