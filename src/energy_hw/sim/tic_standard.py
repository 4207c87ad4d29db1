"""The groups of a simulated Linky in standard mode. Order: the table's, which is the wire's."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from energy_hw.sim.tic_contract import NAMES, NIGHT, colour
from energy_hw.teleinfo.encode import dataset, horodate
from energy_hw.teleinfo.labels import ALIASES
from energy_hw.teleinfo.labels_standard import STANDARD

if TYPE_CHECKING:
    from energy_hw.sim.tic_meter import Peak, TicMeter

PILOT = {standard: pilot for pilot, standard in ALIASES.items()}
CURVE_S = 1800
UNUSED = "NONUTILE"
Values = dict[str, tuple[int | str, str | None]]
"""Label -> value, horodate."""


def groups(meter: TicMeter) -> list[bytes]:
    """Those of one frame."""
    values = _values(meter)
    names = PILOT if meter.contract.pilot else {}
    return [dataset(names.get(label, label), *values[label]) for label in STANDARD if label in values]


def _values(meter: TicMeter) -> Values:
    values: Values = {label: (value, None) for label, value in _plain(meter).items()}
    for phase in range(1, meter.contract.phases + 1):
        values[f"UMOY{phase}"] = (236, _stamp(meter, _curve_point(meter.now)))
    for day, suffix in ((0, ""), (1, "-1")):
        for phase in (0, 1, 2, 3) if meter.contract.phases == 3 else (0,):
            values[f"SMAXSN{phase or ''}{suffix}"] = _peak(meter, meter.peaks[day][phase])
    if meter.contract.power_curve:
        values |= _curve(meter, "CCASN", sum(meter.phase_va()))
    return values | _producer(meter) | _notice(meter)


def _plain(meter: TicMeter) -> dict[str, int | str]:
    contract, powers = meter.contract, meter.phase_va()
    values: dict[str, int | str] = {
        "ADSC": contract.address,
        "VTIC": "02",
        "DATE": "",
        "NGTF": contract.tariff.upper().center(16),
        "LTARF": NAMES[contract.tariff][meter.tariff - 1].center(16),
        "EAST": int(sum(map(int, meter.energy_wh))) % 10**9,
        "PREF": contract.kva,
        "PCOUP": contract.kva,
        "SINSTS": sum(powers),
        "STGE": f"{_status(meter):08X}",
        "MSG1": "PAS DE          MESSAGE" if not contract.message else contract.message,
        "PRM": "01234567890123",
        "RELAIS": 1,
        "NTARF": meter.tariff,
        "NJOURF": 0,
        "NJOURF+1": 0,
        "PJOURF+1": _schedule("00008001", "06008002", "22008001"),
    }
    values |= {f"EASF{number:02}": int(energy) for number, energy in enumerate(meter.energy_wh, 1)}
    values |= {f"EASD{number:02}": values["EAST"] if number == 1 else 0 for number in range(1, 5)}
    for phase, (power, amperes) in enumerate(zip(powers, meter.amperes(), strict=True), 1):
        values |= {f"IRMS{phase}": amperes, f"URMS{phase}": 236}
        if contract.phases == 3:
            values[f"SINSTS{phase}"] = power
    if message := meter.take_message():
        values["MSG2"] = message[:16]
    return values


def _stamp(meter: TicMeter, moment: datetime) -> str:
    return horodate(moment, degraded=meter.contract.degraded)


def _peak(meter: TicMeter, peak: Peak) -> tuple[int, str]:
    return peak[0], _stamp(meter, peak[1])


def _curve_point(moment: datetime) -> datetime:
    """The half hour that ended last, in the offset of then (both hours in which it may change are full ones)."""
    return moment - timedelta(seconds=(moment.minute * 60 + moment.second) % CURVE_S, microseconds=moment.microsecond)


def _curve(meter: TicMeter, label: str, power: int) -> Values:
    last = _curve_point(meter.now)
    before = last - timedelta(seconds=CURVE_S)
    return {label: (power, _stamp(meter, last)), f"{label}-1": (power, _stamp(meter, before))}


def _producer(meter: TicMeter) -> Values:
    dated: Values = {"DATE": ("", _stamp(meter, meter.now))}
    if not meter.contract.producer:
        return dated
    injected = round(meter.injection_va)
    plain = {"EAIT": int(meter.injected_wh), "ERQ1": 1200, "ERQ2": 0, "ERQ3": 34, "ERQ4": 5600, "SINSTI": injected}
    peaks: Values = {label: (injected, _stamp(meter, meter.now)) for label in ("SMAXIN", "SMAXIN-1")}
    return dated | {label: (value, None) for label, value in plain.items()} | peaks | _curve(meter, "CCAIN", injected)


def _notice(meter: TicMeter) -> Values:
    """Mobile peaks from tomorrow on, from 07:00 to 01:00 the day after; their horodates say no season."""
    values: Values = {}
    for number in range(1, meter.contract.notice + 1):
        start = meter.now.replace(hour=7, minute=0, second=0, microsecond=0) + timedelta(days=number)
        values[f"DPM{number}"] = 0, horodate(start, season=False)
        values[f"FPM{number}"] = 0, horodate(start + timedelta(hours=18), season=False)
        values["PPOINTE"] = _schedule("00008001", "07008002"), None
    return values


def _schedule(*blocks: str) -> str:
    return " ".join((*blocks, *(UNUSED,) * (11 - len(blocks))))


def _status(meter: TicMeter) -> int:
    """STGE: bits by Enedis-NOI-CPT_54E v3, 6.2; registered and synchronised PLC, Euridis secured."""
    contract, number = meter.contract, meter.tariff - 1
    tempo = contract.tariff == "tempo"
    is_over = sum(meter.phase_va()) > contract.kva * 1000
    return (
        is_over << 7
        | contract.producer << 8
        | (meter.injection_va > 0) << 9
        | number << 10
        | contract.degraded << 16
        | 1 << 17
        | 3 << 19
        | 2 << 21
        | 1 << 23
        | (colour(meter.now) + 1 if tempo else 0) << 24
        | (colour(meter.now, 1) + 1 if tempo and meter.now.hour >= NIGHT[0] else 0) << 26
        | bool(contract.notice) << 28
        | meter.is_peak << 30
    )
