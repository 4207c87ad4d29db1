"""An OutBack controller to PostgreSQL: `python examples/log_to_postgres.py mate3.lan postgresql://me@db.lan/house`.

What waits is kept in mate3-pg.sqlite3, with --simulate in memory. What goes where: packaging/mate3-pg.yaml.
Needs the extras [outback] and [postgres]: pip install '.[outback,postgres]'."""

import argparse
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "src"))

from energy_hw import EnergyHwError
from energy_hw.app.mate3_pg_logger import Mate3Logger
from energy_hw.app.mate3_pg_settings import Settings
from energy_hw.app.pg_definitions import read_definitions

definitions = Path(__file__).resolve().parent.parent / "packaging" / "mate3-pg.yaml"
parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("host", nargs="?", help="name or address of the controller")
parser.add_argument("database", nargs="?", default="postgresql://127.0.0.1:9/house", help="postgresql://...")
parser.add_argument("--definitions", default=definitions, help="YAML, JSON or TOML")
parser.add_argument("--simulate", action="store_true", help="a simulated house")
arguments = parser.parse_args()
outbox = None if arguments.simulate else Path("mate3-pg.sqlite3")
settings = Settings(arguments.host, 502, 5.0, arguments.database, outbox, simulate=arguments.simulate)

try:
    with Mate3Logger(read_definitions(arguments.definitions), settings) as logger:
        while True:
            wait_s = logger.step()
            print(logger.summary(), flush=True)
            time.sleep(wait_s)
except EnergyHwError as error:
    sys.exit(f"{error}" if arguments.simulate else f"{error}\nwithout a controller: --simulate")
except BrokenPipeError:  # `| head` has seen enough
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
except KeyboardInterrupt:
    sys.exit(130)
