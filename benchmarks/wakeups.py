"""Wake-ups of an idle hub, counted by the kernel: voluntary context switches of its radio thread over ten seconds.

Waiting is the real thing (RpiGpioPins on the system's clock, with an interrupt line that stays quiet, or none);
behind it sits a simulated chip that answers at once, so that only the waiting is counted.
"""

from __future__ import annotations

import threading
import time
from pathlib import Path

from benchmarks import Row
from energy_hw import Hub
from energy_hw.links.board import WIRINGS, Board, RpiGpioPins
from energy_hw.links.clock import SystemClock
from energy_hw.sim.board import sim_board

SECONDS = 10.0


def run() -> list[Row]:
    """Wake-ups a second with DIO0 and by polling."""
    return [
        Row("DIO0: wake-ups of an idle hub", _idle(dio0=True), "a second", 1.0),
        Row("polling: wake-ups of an idle hub", _idle(dio0=False), "a second", 50.0),
    ]


def _idle(dio0: bool) -> float:
    pins = RpiGpioPins(WIRINGS["bare"])
    pins.has_dio0 = dio0
    with Hub(board=Board("quiet", sim_board(reset=False).spi, pins, SystemClock())):
        thread = next(thread for thread in threading.enumerate() if thread.name == "energy-hw-radio")
        status = Path(f"/proc/self/task/{thread.native_id}/status")
        time.sleep(0.5)
        before = _switches(status)
        time.sleep(SECONDS)
        return (_switches(status) - before) / SECONDS


def _switches(status: Path) -> int:
    line = next(line for line in status.read_text().splitlines() if line.startswith("voluntary_ctxt_switches"))
    return int(line.split()[1])
