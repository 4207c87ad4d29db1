"""Devices and fields by every name that they have: mate3 0.4's, 0.6's, and ours.

device                                             field
0.4   single_phase_radian_inverter                 temperature_output_fets
0.6   single_phase_radian_inverters, fndcs         what its fields are called there
ours  radian_single_phase; or by what it is:       temp_output_fets, 64111/temp_output_fets
      inverter, battery_monitor_settings
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from functools import cache

from energy_hw.outback.tables import models, points
from energy_hw.outback.types import Point

MOST_NAMED = 8
KINDS = {
    "gateway": (64110,),
    "system": (64120,),
    "inverter": (64113, 64115, 64117),
    "inverter_settings": (64114, 64116),
    "charge_controller": (64111,),
    "charge_controller_settings": (64112,),
    "battery_monitor": (64118,),
    "battery_monitor_settings": (64119,),
}
PLURALS_06 = {
    "charge_controllers": (64111,),
    "fndc": (64118,),
    "fndcs": (64118,),
    "fx_inverters": (64113,),
    "single_phase_radian_inverters": (64117,),
    "split_phase_radian_inverters": (64115,),
}


@cache
def devices() -> Mapping[str, tuple[int, ...]]:
    """Every name of a device, with the models that may be meant: which one it is, is on the port."""
    found = dict(PLURALS_06)
    for did, model in models().items():
        if points(did):
            found |= {model.name: (did,), model.mate3_04.partition(" ")[0]: (did,)}
    return found | KINDS


@cache
def fields(did: int) -> Mapping[str, Point]:
    """Every name of a point of a model, in any layout that it has. Our names come first, then 0.4's, then 0.6's."""
    rows = [*points(did, None, False), *points(did, None, True)]
    older = {name: point for point in rows for name in (point.mate3_06, point.mate3_04) if name}
    first = {point.mate3_04: point for point in rows if point.mate3_04}
    return older | first | {name: point for point in rows for name in (point.code, point.name)}


def matching(device: str, field: str) -> dict[int, Point]:
    """The points that a field may be, by model. Raises LookupError, which says what is near."""
    dids = devices().get(device)
    if dids is None:
        raise LookupError(f"there is no device {device!r}{_near(device, devices())}")
    found = {did: point for did in dids if (point := fields(did).get(field)) is not None}
    if not found:
        raise LookupError(f"{device} has no field {field!r}{_near(field, _plain(dids))}{_elsewhere(field)}")
    return found


def nearest(name: str, known: Iterable[str]) -> str:
    """`: did you mean a, b?`, or which ones there are."""
    return _near(name, known)


def _near(name: str, known: Iterable[str]) -> str:
    names = sorted(set(known))
    close = get_close_matches(name, names, n=3)
    return (
        f": did you mean {' or '.join(close)}?"
        if close
        else f": expected one of {', '.join(names[:8])}{', ...' * (len(names) > 8)}"
    )


def _plain(dids: Iterable[int]) -> Iterator[str]:
    """Codes are left out: nobody who mistyped a name meant one."""
    return (name for did in dids for name in fields(did) if "/" not in name)


def _elsewhere(field: str) -> str:
    """Who has it, where it is a setting or a point of another device."""
    owners = [name for name, dids in KINDS.items() if any(field in fields(did) for did in dids)]
    return f" ({' and '.join(owners[:3])} {'have' if len(owners) > 1 else 'has'} one of that name)" if owners else ""
