"""Orders on an engine in virtual time, and what the air saw of them, for tests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from energy_hw.core.message import Message, Record
from energy_hw.core.python.openhems import encode
from energy_hw.energenie.engine import Engine, open_engine
from energy_hw.energenie.orders import Order, Priority, Ticket
from energy_hw.sim.air import Air, Modulation, Transmission
from energy_hw.sim.board import SimBoard, sim_board
from energy_hw.sim.plugs import Plug

CODE = bytes.fromhex("800000008ee8ee888ee8ee888ee8eeee")
SENSOR = 0x373
PLUG = "energenie:2:0x000373"


class Sent(NamedTuple):
    """What the gateway had on air: seconds of the simulated clock."""

    at: float
    end: float
    kind: str
    frame: bytes


class Ear:
    """Notes what the gateway sends."""

    def __init__(self, air: Air) -> None:
        self.sent: list[Sent] = []
        self.name = "ear"
        air.listen(self._heard, "ear")

    def _heard(self, hearing: Any) -> None:
        sent: Transmission = hearing.transmission
        frame = hearing.fsk_frame() if sent.modulation is Modulation.FSK else next(iter(hearing.ook_frames()), None)
        if sent.sender == "gateway" and frame is not None:
            self.sent.append(Sent(sent.start_ns / 1e9, (sent.end_ns or 0) / 1e9, sent.modulation.name, frame))


@contextmanager
def control(**options: Any) -> Iterator[tuple[Engine, SimBoard, Ear]]:
    """An engine on an empty air, and an ear there. options: of sim_board(), but spacing_s and audit."""
    ours = {name: options.pop(name) for name in ("spacing_s", "audit") if name in options}
    board = sim_board(**{"seed": 1, **options})
    with open_engine(board, **{"spacing_s": 0.0, **ours}) as engine:
        yield engine, board, Ear(board.air)


def plug(board: SimBoard, sensor: int = SENSOR, first_s: float | None = None) -> Plug:
    """A plug that reports every 10 s, from first_s on; None: it only answers."""
    made = Plug(board.air, f"plug {sensor:X}", sensor)
    if first_s is not None:
        made.start(first_s)
    return made


def switch_frame(on: bool, sensor: int = SENSOR, pip: int = 0x1234) -> bytes:
    """F3 01 xx to a plug."""
    return encode(Message(4, 2, pip, sensor, (Record(0x73, True, 0, bytes([on]), None),)))


def says(on: bool) -> Any:
    """The verdict on a switch."""

    def verdict(message: Message) -> bool | None:
        said = [record.value for record in message.records if record.parameter == 0x73]
        return None if not said else said[-1] == on

    return verdict


def switch(on: bool, sensor: int = SENSOR, **options: Any) -> Order:
    """An order for a plug, three tries a round. options: Order's."""
    device = f"energenie:2:0x{sensor:06X}"
    ticket = Ticket(device, "switch", on)
    options = {"tries": 3, "verdict": says(on)} | options
    return Order(device, f"{device}/switch", lambda: switch_frame(on, sensor), ticket, **options)


def light(device: str = "light", repeats: int = 8, value: object = True, **options: Any) -> Order:
    """An order for an OOK switch. options: Order's."""
    options = {"priority": Priority.OOK, "ook_repeats": repeats} | options
    return Order(device, device, lambda: CODE, Ticket(device, "switch", value), **options)
