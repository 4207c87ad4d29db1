"""What the kernel-facing tests run: each function is a program that opens real nodes with one core.

bench.call("exchange", core="c", frames=["1000"]) runs it under the shim in a process of its own
(`python -m bench.programs exchange '{"core": "c", ...}'`), in the guest right where the test is,
and returns what it returns. What it raises comes back as bench.shimmed.Raised.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench.control import command
from energy_hw import core as cores
from energy_hw.energenie.hub import Hub
from energy_hw.energenie.receiver import Heard, Refused
from energy_hw.errors import EnergyHwError
from energy_hw.links.board import WIRINGS, Board
from energy_hw.subscription import Subscription

NODE = "/dev/spidev0.1"
DIO0 = 24
WAIT_S = 20.0


def do(what: str, **arguments: object) -> Any:
    """Have the machine do something, from where the program runs."""
    path = os.environ.get("EHW_BENCH_GUEST") or os.environ["EHW_BENCH_SOCKET"]
    return command(Path(path), do=what, **arguments)


def board(core: str, wiring: str = "bare", device: str = NODE) -> Board:
    return cores.get(core).open_board(device, wiring=WIRINGS[wiring])


def exchange(core: str, frames: list[str], device: str = NODE) -> list[str]:
    """Exchange frames, in hexadecimal, in one transfer()."""
    with board(core, device=device) as opened:
        return [answer.hex() for answer in opened.spi.transfer([bytes.fromhex(frame) for frame in frames])]


def second_open(core: str) -> None:
    """Open a node that is open."""
    with board(core), board(core):
        pass


def exchange_after(core: str, what: str, **arguments: object) -> list[str]:
    """Read the version, have something done to the machine, read it again."""
    with board(core) as opened:
        before = opened.spi.transfer([bytes(2)])
        do(what, **arguments)
        return [answer.hex() for answer in before + opened.spi.transfer([bytes([0x10, 0])])]


def pulse_reset(core: str) -> int:
    """Drive RESET high for 50 ms, then low; how many resets the chip saw."""
    with board(core, "ener314-rt") as opened:
        opened.pins.reset(True)
        opened.spi.sleep_us(50_000)
        opened.pins.reset(False)
    return int(do("resets"))


def light_leds(core: str) -> list[dict[str, bool]]:
    """Levels of the lines with the green LED lit, with the red one, and after closing."""
    with board(core, "ener314-rt") as opened:
        opened.pins.leds(True, False)
        seen = [do("levels")]
        opened.pins.leds(False, True)
        seen.append(do("levels"))
    return [*seen, do("levels")]


def count_edges(core: str, times: int) -> dict[str, object]:
    """Let DIO0 rise `times` times before looking: what two wait() say, and how many edges were lost."""
    with board(core, "rpi-rfm69") as opened:
        do("pulse", offset=DIO0, times=times)
        first, second = opened.pins.wait(1.0), opened.pins.wait(0.0)
        return {"first": first, "second": second, "lost": getattr(opened.pins, "lost", None)}


def wake_waiting(core: str) -> bool:
    """wake() from another thread ends a wait(); what that wait said."""
    with board(core, "rpi-rfm69") as opened:
        said: list[bool] = []
        waiter = threading.Thread(target=lambda: said.append(opened.pins.wait(WAIT_S)))
        waiter.start()
        opened.pins.wake()
        waiter.join(WAIT_S / 2)
        return said == [False]


def rise_while_waiting(core: str) -> bool:
    """DIO0 rises while wait() sleeps; what that wait said."""
    with board(core, "rpi-rfm69") as opened:
        said: list[bool] = []
        waiter = threading.Thread(target=lambda: said.append(opened.pins.wait(WAIT_S)))
        waiter.start()
        do("pulse", offset=DIO0, times=1)
        waiter.join(WAIT_S / 2)
        return said == [True]


def receive(core: str, frame: str, times: int = 1, dio0: int | None = DIO0) -> dict[str, Any]:
    """Open a hub and hear a frame `times` times: what came, its meaning, bytes on the bus for each after the first."""
    with Hub(NODE, dio0=dio0, core=core) as hub:
        events = hub.events()
        heard: list[Heard] = []
        bytes_moved: list[int] = []
        for _ in range(times):
            heard.append(hear(events, frame))
            bytes_moved.append(do("traffic")["bytes"])
        return {
            "bytes": [later - sooner for sooner, later in pairwise(bytes_moved)],
            "frames": [event.frame.data.hex() for event in heard],
            "readings": {row.name: str(row.value) for row in heard[0].report.readings},
            "restarts": hub.counters().radio.restarts,
            "resets": int(do("resets")),
        }


def send(core: str, frame: str) -> list[str]:
    """Open a hub and send a frame; what a neighbour heard."""
    with Hub(NODE, dio0=DIO0, core=core) as hub:
        hub.send_fsk(bytes.fromhex(frame))
    return list(do("heard"))


def lose_radio(core: str, frame: str) -> dict[str, Any]:
    """A hub whose radio is pulled out until the hub notices, is put back, and hears again."""
    with Hub(NODE, dio0=DIO0, core=core) as hub:
        events = hub.events()
        do("stick_miso", level=0xFF)
        until(lambda: hub.counters().radio_lost > 0)
        do("brown_out")
        do("stick_miso", level=None)
        hear(events, frame)
        counters = hub.counters()
        return {"lost": counters.radio_lost, "frames": counters.frames, "missed": counters.missed_s > 0}


def hear(events: Subscription[Heard | Refused], frame: str) -> Heard:
    """A device sends until it is heard. Raises TimeoutError after WAIT_S.

    Once is enough on an idle computer; on a busy one a radio that is polled may be looked at too late.
    """
    deadline = time.monotonic() + WAIT_S
    while time.monotonic() < deadline:
        do("transmit", frame=frame)
        if isinstance(event := events.get(1.0), Heard):
            return event
    raise TimeoutError(f"expected to hear {frame} within {WAIT_S:g} s")


def until(holds: Callable[[], bool]) -> None:
    """Look until it holds. Raises TimeoutError after WAIT_S."""
    deadline = time.monotonic() + WAIT_S
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"expected it to hold within {WAIT_S:g} s")
        time.sleep(0.01)


def hold(core: str) -> None:
    """Open the node, say so, and keep it."""
    with board(core):
        print("held", flush=True)
        threading.Event().wait(WAIT_S)


def main(name: str, arguments: str) -> None:
    try:
        answer = {"returned": globals()[name](**json.loads(arguments))}
    except EnergyHwError as error:
        answer = {"raised": type(error).__name__, "text": str(error)}
    print(json.dumps(answer))


if __name__ == "__main__":
    main(*sys.argv[1:])
