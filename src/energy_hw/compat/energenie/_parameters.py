"""Parameters under the names and units that pyenergenie gives them; the table itself is energenie/parameters.py.

There is no PARAM_TEST (0xAA): that is the command form of THERMOSTAT_MODE.
Sources: pyenergenie and its fork by klattimer, OpenThings.py (names, units).
"""

from __future__ import annotations

from energy_hw.energenie.parameters import PARAMETERS

UNITS = {"lx": "Lux", "m3/h": "m3/hr", "var": "VAR", "rpm": "RPM", "degC": "C", "l/h": "l/hr"}
"""Ours -> theirs, where they differ."""
ALIASES = {"EXERCISE": 0x23, "VALVE_POSITION": 0x25}
"""Names of the fork for EXERCISE_VALVE and VALVE_STATE."""

param_info = {row.id: {"n": row.code, "u": UNITS.get(row.unit or "", row.unit or "")} for row in PARAMETERS.values()}
"""Parameter id -> n, its name, and u, its unit."""
IDS = {row.code: row.id for row in PARAMETERS.values()} | ALIASES
PARAMS = {f"PARAM_{name}": number for name, number in IDS.items()}
"""The constants of OpenThings."""


def paramname_to_paramid(paramname: str) -> int:
    """The id of `SWITCH_STATE`. Raises ValueError."""
    if paramname not in IDS:
        raise ValueError(f"expected the name of a parameter such as SWITCH_STATE, got {paramname!r}")
    return IDS[paramname]


def paramid_to_paramname(paramid: int) -> str:
    """The name of 0x73; of one that no table knows `UNKNOWN_0x1f`."""
    info = param_info.get(paramid)
    return info["n"] if info else f"UNKNOWN_{paramid:#x}"
