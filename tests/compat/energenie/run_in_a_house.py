"""Run a program as it stands in a simulated house, then print as JSON what its devices have seen.

    python run_in_a_house.py program.py

The program's own init() opens the gateway of this house; nothing else of it is changed.
"""

from __future__ import annotations

import functools
import json
import runpy
import sys

from energy_hw.compat import energenie
from energy_hw.sim.house import House


def main() -> None:
    """Speed 5: an OOK burst keeps 10 ms of slack."""
    house = House(speed=5.0, alive=False, foreign=False, guests=False, seed=2)
    energenie.init = functools.partial(energenie.init, board=house.board, spacing_s=0.0)
    runpy.run_path(sys.argv[1], run_name="__main__")
    kettle, valve = house["kettle"], house["bedroom valve"]
    seen = {
        "kettle": [int(record.value) for record in kettle.obeyed],
        "fridge": [int(record.value) for record in house["fridge"].obeyed],
        "relay": kettle.relay,
        "lamp": house["lamp"].on[1],
        "ceiling": house["ceiling light"].level,
        "target": valve.target_c,
    }
    print("HOUSE " + json.dumps(seen))


main()
