"""A CSV line for each report, in pyenergenie's columns: `sudo python examples/log_csv.py FILE`, or --simulate."""

import argparse
import sys
import warnings
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from energy_hw.app.log_csv import log_csv
from energy_hw.app.session import Options, Session

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("file", nargs="?", default="-", help="where to append; - is standard output (default)")
parser.add_argument("--simulate", action="store_true", help="a simulated house")
parser.add_argument("--count", type=int, help="stop after so many lines")
arguments = parser.parse_args()
warnings.filterwarnings("ignore", message="the C core is not built")  # from a checkout it rarely is

session = Session(Options(simulate=arguments.simulate))
sys.exit(session.run("log", lambda: log_csv(session, arguments.file, arguments.count, None)))
