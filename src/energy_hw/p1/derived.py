"""Readings that no line of the telegram has, made of those that it has. Their codes begin with `derived/`.

    net_power             what is imported minus what is exported, of the house and of each phase
    signed_current_l1     the current of a phase, below zero while the phase exports: the meter sends a magnitude
    tariff_name           low or normal: which number means which differs between countries
    gas_volume, heat...   the freshest M-Bus device of its kind, under a name without a channel

A sink that adds up or stores everything leaves them out by that prefix.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from energy_hw.p1.mbus import freshest
from energy_hw.p1.profiles import Profile
from energy_hw.p1.quick import make_reading
from energy_hw.reading import Quantity as Q
from energy_hw.reading import Reading, Readings, Value

PREFIX = "derived/"
PHASES = (1, 2, 3)
POWERS = (
    ("net_power", "power_import", "power_export", None),
    *((f"net_power_l{n}", f"power_import_l{n}", f"power_export_l{n}", n) for n in PHASES),
)
CURRENTS = tuple(
    (f"signed_current_l{n}", f"current_l{n}", f"power_import_l{n}", f"power_export_l{n}", n) for n in PHASES
)


def derive(readings: Readings, profile: Profile) -> Readings:
    """What follows from the readings of one telegram."""
    by_name = {reading.name: reading for reading in reversed(readings)}  # the first one counts
    return (*_powers(by_name), *_currents(by_name), *_tariff(by_name, profile), *_media(readings, profile))


def _powers(by_name: dict[str, Reading]) -> Iterator[Reading]:
    for name, import_name, export_name, phase in POWERS:
        taken, given = by_name.get(import_name), by_name.get(export_name)
        if name in by_name or not taken or not given or taken.unit != given.unit:
            continue
        if isinstance(taken.value, Decimal) and isinstance(given.value, Decimal):
            yield _derived(name, Q.POWER, taken.value - given.value, taken.unit, phase)


def _currents(by_name: dict[str, Reading]) -> Iterator[Reading]:
    for name, current_name, import_name, export_name, phase in CURRENTS:
        current, taken, given = by_name.get(current_name), by_name.get(import_name), by_name.get(export_name)
        if not (current and taken and given) or taken.unit != given.unit:
            continue
        amperes, imported, exported = current.value, taken.value, given.value
        if isinstance(amperes, Decimal) and isinstance(imported, Decimal) and isinstance(exported, Decimal):
            yield _derived(name, Q.CURRENT, 0 - amperes if exported > imported else amperes, current.unit, phase)


def _tariff(by_name: dict[str, Reading], profile: Profile) -> Iterator[Reading]:
    tariff = by_name.get("tariff")
    if tariff and isinstance(tariff.value, int) and tariff.value in profile.tariffs:
        yield _derived("tariff_name", Q.TEXT, profile.tariffs[tariff.value])


def _media(readings: Readings, profile: Profile) -> Iterator[Reading]:
    for name, found in freshest((each for each in readings if each.channel is not None), profile.gas):
        yield make_reading(
            f"{PREFIX}{name}", name, found.quantity, found.value, found.unit, None, None, found.channel, found.time
        )


def _derived(name: str, quantity: Q, value: Value, unit: str | None = None, phase: int | None = None) -> Reading:
    return make_reading(f"{PREFIX}{name}", name, quantity, value, unit, phase)
