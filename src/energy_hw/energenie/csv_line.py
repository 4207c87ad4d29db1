"""A line of CSV for what a device said, in the columns of pyenergenie's Logger.

flags: a digit for each column behind it, 1 where the device said it. apparent and current are
derived for plugs, which do not report them, and have the flag 0. Source: pyenergenie, Logger.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from energy_hw.reading import Value

HEAD = "timestamp,mfrid,prodid,sensorid,flags,switch,voltage,freq,reactive,real,apparent,current,temperature"
COLUMNS = (
    "SWITCH_STATE", "VOLTAGE", "FREQUENCY", "REACTIVE_POWER", "REAL_POWER", "APPARENT_POWER", "CURRENT", "TEMPERATURE",
)  # fmt: skip


def csv_line(stamp: float, maker: int, product: int, sensor: int, said: Mapping[str, Value], missing: str = "") -> str:
    """One line without its end. stamp: seconds since 1970. said: values by code. missing: written for what is not."""
    values = [_number(said.get(code)) for code in COLUMNS]
    flags = "".join("0" if value is None else "1" for value in values)
    texts = (missing if value is None else str(value) for value in _derived(values))
    return ",".join((f"{stamp:.3f}", str(maker), str(product), str(sensor), flags, *texts))


def _number(value: Value) -> Value:
    return int(value) if isinstance(value, bool) else value


def _derived(values: list[Value]) -> list[Value]:
    """Apparent power and current where real and reactive power are known."""
    _, volts, _, reactive, real, apparent, current, _ = values
    if apparent is None and isinstance(real, int | Decimal) and isinstance(reactive, int | Decimal):
        values[5] = apparent = Decimal(real * real + reactive * reactive).sqrt().quantize(Decimal("0.1"))
    if current is None and isinstance(apparent, int | Decimal) and isinstance(volts, int | Decimal) and volts:
        values[6] = (Decimal(apparent) / volts).quantize(Decimal("0.001"))
    return values
