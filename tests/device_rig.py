"""An engine in virtual time on a silent board, and devices that say what a test wants them to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from energy_hw.core.interface import RadioConfig
from energy_hw.core.message import ENERGENIE, Message, Record, Value, encode_value
from energy_hw.core.python.openhems import encode
from energy_hw.energenie.engine import Engine, open_engine
from energy_hw.energenie.parameters import parameter_id
from energy_hw.sim.board import sim_board

SENSOR = 0x000373
BOUND_S = 20.0
TYPES = {
    "REAL_POWER": 0x82,
    "REACTIVE_POWER": 0x82,
    "APPARENT_POWER": 0x82,
    "VOLTAGE": 0x22,
    "CURRENT": 0x22,
    "FREQUENCY": 0x22,
    "TEMPERATURE": 0x92,
    "BATTERY_LEVEL": 0x32,
}
"""How values go on air, where not as one unsigned byte."""


class Desk:
    """An engine, and the air in front of it."""

    def __init__(self, engine: Engine) -> None:
        self.engine, self.air = engine, engine.board.chip.air  # type: ignore[attr-defined]

    def say(self, product: int, *, sensor: int = SENSOR, maker: int = ENERGENIE, **values: Value | float) -> None:
        """A device reports these parameters; None for a record without data."""
        self.send(product, *(record(code, value) for code, value in values.items()), sensor=sensor, maker=maker)

    def send(self, product: int, *records: Record, sensor: int = SENSOR, maker: int = ENERGENIE) -> None:
        """Somebody sends these records, and half a second passes."""
        self.air.send_fsk(encode(Message(maker, product, 0x1234, sensor, records)), sender="device")
        self.engine.run_s(0.5)


def record(code: str, value: Value | float, command: bool = False, type_length: int | None = None) -> Record:
    """A record as a device, or with the command bit a gateway, sends it."""
    sent = 0 if value is None else TYPES.get(code, 0x01) if type_length is None else type_length
    number = int(code[8:], 16) if code.startswith("UNKNOWN_") else parameter_id(code)
    value = value if value is None or isinstance(value, str) else Decimal(str(value))
    return Record(number, command, sent >> 4, encode_value(sent >> 4, sent & 0x0F, value), None)


@contextmanager
def open_desk(promiscuous: bool = False) -> Iterator[Desk]:
    """A desk; promiscuous to hear other manufacturers, too."""
    with open_engine(sim_board(seed=1), config=RadioConfig(promiscuous=promiscuous)) as engine:
        yield Desk(engine)
