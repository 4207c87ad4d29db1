"""Tables of what a simulated Mate3's commands, resets and daily logs do.

Source: OutBack AXS Port application note rev 5: codes of 64120/6..10, bits of 64120/11, registers to be complemented.
What a command does to the inverters is ours: the nearest that their points can show.
"""

from __future__ import annotations

from typing import NamedTuple


class Command(NamedTuple):
    """Bits of 64120/11 that it clears and sets, and points of every inverter with their new raw values."""

    clears: int
    sets: int
    inverters: tuple[tuple[str, int], ...] = ()


INVERTER, CHARGER = 0x0038, 0x0380
# fmt: off
COMMANDS = {
    ("bulk_charge_enable_disable", 1): Command(0x0403, 0x0800),
    ("bulk_charge_enable_disable", 2): Command(0x0800, 0x0000),
    ("bulk_charge_enable_disable", 3): Command(0x0803, 0x0400),
    ("bulk_charge_enable_disable", 4): Command(0x0400, 0x0000),
    ("inverter_ac_drop_use", 1):       Command(0x0000, 0x0004, (("ac_input_state", 1),)),
    ("inverter_ac_drop_use", 2):       Command(0x0004, 0x0000, (("ac_input_state", 0),)),
    ("set_inverter_mode", 1):          Command(INVERTER, 0x0008, (("inverter_operating_mode", 0),)),
    ("set_inverter_mode", 2):          Command(INVERTER, 0x0010, (("inverter_operating_mode", 1),)),
    ("set_inverter_mode", 3):          Command(INVERTER, 0x0020, (("inverter_operating_mode", 2),)),
    ("grid_tie_mode", 1):              Command(0x0000, 0x0040, (("grid_tie_enable", 1),)),
    ("grid_tie_mode", 2):              Command(0x0040, 0x0000, (("grid_tie_enable", 0),)),
    ("set_inverter_charger_mode", 1):  Command(CHARGER, 0x0080, (("charger_operating_mode", 0),)),
    ("set_inverter_charger_mode", 2):  Command(CHARGER, 0x0100, (("charger_operating_mode", 1),)),
    ("set_inverter_charger_mode", 3):  Command(CHARGER, 0x0200, (("charger_operating_mode", 2),)),
}
# fmt: on

LOGS = {64112: "data_log_daily_", 64119: "datalog_"}
"""What the names of a daily log's points begin with."""

DAILY_64112 = tuple(
    f"data_log_daily_{name}"
    for name in (
        "ah",
        "kwh",
        "max_output_amps",
        "max_output_watts",
        "absorb_time",
        "float_time",
        "min_battery_volts",
        "max_battery_volts",
        "max_input_volts",
    )
)
DAILY_64119 = tuple(
    f"datalog_{name}"
    for name in ("minimum_soc", "input_ah", "input_kwh", "output_ah", "output_kwh", "net_ah", "net_kwh")
)


def _shunt(letter: str) -> tuple[str, ...]:
    kinds = ("charge_rate", "charge_rate_kw", "discharge_rate", "discharge_rate_kw")
    return tuple(f"shunt_{letter}_maximum_{kind}" for kind in kinds)


RESETS = {
    (64112, "clear_data_log_write_complement"): (64112, DAILY_64112),
    (64112, "stats_maximum_write_complement"): (
        64111,
        ("lifetime_max_watts", "lifetime_max_battery_volts", "lifetime_max_voc"),
    ),
    (64112, "stats_totals_write_complement"): (64111, ("lifetime_kwh_hours", "lifetime_k_amp_hours")),
    (64118, "shunt_a_reset_maximum_data_write_complement"): (64118, _shunt("a")),
    (64118, "shunt_b_reset_maximum_data_write_complement"): (64118, _shunt("b")),
    (64118, "shunt_c_reset_maximum_data_write_complement"): (64118, _shunt("c")),
    (64119, "clear_data_log_write_complement"): (64119, DAILY_64119),
}
"""(did, point that takes the complement) -> (did, points that it clears)."""


def on_day(raw: int, day: int) -> int:
    """A daily value of `day` days ago, made from that of today: another for each day up to 400, never below 0."""
    return raw if day == 0 or raw < 0 else raw * (100 - 5 * (day % 11)) // 100 + day
