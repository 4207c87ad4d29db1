"""A Mate3 that misbehaves: how many wrong values come out of it, and how many writes reach another device untold.

reads   of random blocks, four answers of five spoilt: wrong transaction, unit, protocol, function or byte count, short,
        long or half frames, garbage behind them, exceptions, hang-ups, silence, placeholders in the headers
writes  to a charge controller whose cable changes its place with its twin's (two FLEXmax 80 without serial numbers)
        before one of the requests that the write takes, each in turn, then before none
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

from benchmarks import Row
from energy_hw.errors import CommandError, EnergyHwError
from energy_hw.links.modbus import ModbusLink
from energy_hw.outback import Mate3
from energy_hw.sim import mate3_faults as faults
from energy_hw.sim.mate3 import SimMate3

READS, WRITES = 3000, 60
ABSORB = 57.6
QUICK: Mapping[str, Any] = {"timeout_s": 0.05, "connect_s": 2.0, "tries": 2}
MANGLES = (
    faults.wrong_transaction,
    faults.wrong_unit,
    faults.wrong_protocol,
    faults.wrong_function,
    faults.wrong_byte_count,
    faults.short_frame,
    faults.long_frame,
    faults.extra_bytes,
    faults.half,
)
OTHERS: tuple[dict[str, Any], ...] = (
    {"code": 4},
    {"code": 6},
    {"hangs_up": True},
    {"mangle": faults.half, "hangs_up": True},
    {"silent": True},
    {"late_s": 0.08},
)


def run() -> list[Row]:
    """Reads, then writes."""
    read, written = _reads(), _writes()
    return [
        Row(f"{READS} reads with four answers of five spoilt: wrong values", read["wrong"], "", 0),
        Row("   right, all the same", read["right"], ""),
        Row("   refused", read["refused"], ""),
        Row(f"{WRITES} writes while cables change places: to another device, untold", written["untold"], "", 0),
        Row("   to another device, and told so", written["told"], ""),
        Row("   refused before", written["refused"], ""),
        Row("   confirmed", written["confirmed"], ""),
    ]


def _reads() -> Counter[str]:
    dice, tally = Random(18), Counter[str]()
    with SimMate3() as house, ModbusLink(house.host, house.port, unit=1, **QUICK) as link:
        link._rest_s = 0.0  # what waits between tries, has nothing to do with it
        for _ in range(READS):
            address, count = dice.randrange(40000, 41270), dice.randrange(1, 8)
            house.faults.clear()
            house.faults.arm(count=faults.FOREVER, **_fault(dice))
            with house.lock:
                truth = tuple(house.registers[at] for at in range(address, address + count))
            try:
                tally["right" if link.read(address, count) == truth else "wrong"] += 1
            except EnergyHwError:
                tally["refused"] += 1
    return tally


def _fault(dice: Random) -> dict[str, Any]:
    if dice.random() < 0.2:
        return {"at": 10**9}
    mangles: list[dict[str, Any]] = [{"mangle": mangle} for mangle in MANGLES]
    return {**dice.choice([*mangles, *OTHERS]), "at": dice.choice((1, 1, 2))}


def _writes() -> Counter[str]:
    tally = Counter[str]()
    for number in range(WRITES):
        with SimMate3(_twins()) as house, tempfile.TemporaryDirectory() as folder:
            tally[_write(house, number % 20, Path(folder) / "journal")] += 1
    return tally


def _twins() -> dict[int, int]:
    """The captured house with an FM80 on ports 3 and 4, whose counters alone tell them apart."""
    with SimMate3() as house:
        house.set(64112, "model_number", "FM80-150VDC", 3)
        return dict(house.registers)


def _write(house: SimMate3, at: int, journal: Path) -> str:
    """at: the request before which the cables are changed, counted from the write on; beyond the last: never."""
    with Mate3(house.host, house.port, journal=journal) as mate3:
        charger = mate3.read().charge_controllers[3]
        house.faults.arm(at=at + 1, then=lambda: house.swap_cables(3, 4))
        said = "confirmed"
        try:
            mate3.write(charger, "absorb_volts", ABSORB)
        except CommandError as error:
            said = "refused" if "nothing was written" in str(error) else "told"
    house.faults.clear()
    return _verdict(house, said)


def _verdict(house: SimMate3, said: str) -> str:
    """The charger that was meant has the smaller counter, wherever it stands now."""
    meant, other = sorted((3, 4), key=lambda port: int(house.get(64111, "lifetime_kwh_hours", port)))
    if house.get(64112, "absorb_volts", other) == round(ABSORB * 10):
        return "told" if said == "told" else "untold"
    reached = house.get(64112, "absorb_volts", meant) == round(ABSORB * 10)
    return said if reached or said != "confirmed" else "untold"
