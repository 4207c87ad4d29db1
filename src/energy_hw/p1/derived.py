"""Readings that no line of the telegram has, made of those that it has. Their codes begin with `derived/`.

    net_power             what is imported minus what is exported, of the house and of each phase
    signed_current_l1     the current of a phase, below zero while the phase exports: the meter sends a magnitude
    tariff_name           low or normal: which number means which differs between countries
    gas_volume, heat...   the freshest M-Bus device of its kind, under a name without a channel

A sink that adds up or stores everything leaves them out by that prefix.
"""

from __future__ import annotations

from collections.abc import Iterator

from energy_hw.p1.mbus import MEDIA, freshest
from energy_hw.p1.profiles import Profile
from energy_hw.reading import Quantity as Q
from energy_hw.reading import Reading, Readings

PREFIX = "derived/"
PHASES = (1, 2, 3)
NAMES = tuple(dict.fromkeys(medium.name for medium in MEDIA.values()))


def derive(readings: Readings, profile: Profile) -> Readings:
    """What follows from the readings of one telegram."""
    by_name = {reading.name: reading for reading in reversed(readings)}  # the first one counts
    return (*_powers(by_name), *_currents(by_name), *_tariff(by_name, profile), *_media(readings, profile))


def _powers(by_name: dict[str, Reading]) -> Iterator[Reading]:
    for name, suffix, phase in (("net_power", "", None), *((f"net_power_l{n}", f"_l{n}", n) for n in PHASES)):
        taken, given = by_name.get(f"power_import{suffix}"), by_name.get(f"power_export{suffix}")
        if name in by_name or not taken or not given or taken.unit != given.unit:
            continue
        if taken.value is not None and given.value is not None:
            yield _derived(name, Q.POWER, taken.value - given.value, taken.unit, phase)  # type: ignore[operator]


def _currents(by_name: dict[str, Reading]) -> Iterator[Reading]:
    for phase in PHASES:
        current = by_name.get(f"current_l{phase}")
        taken, given = by_name.get(f"power_import_l{phase}"), by_name.get(f"power_export_l{phase}")
        if current and taken and given and None not in (current.value, taken.value, given.value):
            exports = given.value > taken.value  # type: ignore[operator]
            value = -current.value if exports else current.value  # type: ignore[operator]
            yield _derived(f"signed_current_l{phase}", Q.CURRENT, value, current.unit, phase)


def _tariff(by_name: dict[str, Reading], profile: Profile) -> Iterator[Reading]:
    tariff = by_name.get("tariff")
    if tariff and (name := profile.tariffs.get(tariff.value)):  # type: ignore[arg-type]
        yield _derived("tariff_name", Q.TEXT, name)


def _media(readings: Readings, profile: Profile) -> Iterator[Reading]:
    devices = tuple(reading for reading in readings if reading.channel)
    if not devices:
        return
    for name in NAMES:
        if found := freshest(devices, name, profile.gas):
            yield Reading(
                f"{PREFIX}{name}", name, found.quantity, found.value, found.unit, channel=found.channel, time=found.time
            )


def _derived(name: str, quantity: Q, value: object, unit: str | None = None, phase: int | None = None) -> Reading:
    return Reading(f"{PREFIX}{name}", name, quantity, value, unit, phase)  # type: ignore[arg-type]
