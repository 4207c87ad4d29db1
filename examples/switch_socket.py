"""Switch a green-button socket: `python examples/switch_socket.py 1 off`, or --simulate without a board.

--teach first makes it learn the code; --ener314 is the plain board, which has a house code of its own.
"""

import argparse
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from energy_hw import Ener314, EnergyHwError, Hub, Socket
from energy_hw.energenie import learn

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("gang", type=int, nargs="?", default=1, help="1 to 4, or 0 for all")
parser.add_argument("state", choices=("on", "off"), nargs="?", default="on")
parser.add_argument("--house", type=lambda text: int(text, 0), help="house code; without it 0x6C6C6")
parser.add_argument("--teach", action="store_true", help="hold the socket's button first")
parser.add_argument("--ener314", action="store_true", help="the board without an RFM69; --device sim:ener314")
parser.add_argument("--device", metavar="/dev/spidevB.C", help="SPI node; without it the first board found")
parser.add_argument("--simulate", action="store_true", help="a simulated house instead of a board; its lamp")
arguments = parser.parse_args()
warnings.filterwarnings("ignore", message="the C core is not built")  # from a checkout it rarely is

try:
    device, simulate = arguments.device, arguments.simulate
    with Ener314(device) if arguments.ener314 else Hub(device, simulate=simulate) as hub:
        socket = Socket(hub, arguments.house, arguments.gang)
        for step in learn.teach(socket) if arguments.teach else ():
            print(step.text)
        socket.set(arguments.state == "on", wait=10.0)
        print(f"{socket.device} is {'on' if socket.is_on else 'off'}: {socket.certainty}, for it never answers")
except EnergyHwError as error:
    sys.exit(f"{error}\nwithout a board: --simulate")
except KeyboardInterrupt:
    sys.exit(130)
