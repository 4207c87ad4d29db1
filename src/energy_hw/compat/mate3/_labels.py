"""Names that mate3 0.6 gives enum codes, bits and units; programs write them, so they are kept letter by letter.

What is not listed here has our own label with a capital letter. Names are OutBack's own words, typing errors
included (OutBack.Power.SunSpec.Map.xlsx, 2019-07), as github.com/adamcharnock/mate3 0.6 has them in sunspec/models.py.
"""

from __future__ import annotations

from collections.abc import Mapping

AC_INPUT = "0=Generator|1=Support|2=Grid Tied|3=UPS|4=Backup|5=Mini Grid|6=Grid Zero"
OPERATING = "6=EQ|7=Charger Off|10=Pass through|14=Offsetting"
RADIAN_AUX = (
    "1=Load Shed|2=Gen Alert|3=Fault|4=Vent Fan|5=Cool Fan|6=DC Divert|7=Grid Limit/IEEE|8=AC Source Status|9=AC Divert"
)
AC_STATE, AC_SOURCE = "0=AC_Drop|1=AC Use", "0=Grid|1=Gen"

# fmt: off
ENUMS: Mapping[tuple[int, str], str] = {
    (64110, "enable_dhcp"):               "0=DHCP Disabled, use configured network parameter|1=DHCP Enabled",
    (64110, "smtp_ssl_enable"):           "0=SSL Disabled|1=SSL Enabled (not implemented)",
    (64110, "sd_card_data_logging_mode"): "1=Excel Format|2=Compact Format",
    (64110, "enable_time_server"):
        "0=Time Server Disabled, use configured time parameters|1=Time  Server Enabled",
    (64110, "ags_port_type"):             "0=Radian AUX Relay|1=Radian AUX Output",
    (64110, "ags_generator_type"):        "0=AC Gen|1=DC Gen|2=No Gen",
    (64110, "ags_exercise_day"):          "0=Sun|1=Mon|2=Tue|3=Wed|4=Thr|5=Fri|6=Sat",
    (64110, "ags_sell_mode"):             "0=Selling Enabled|1=Selling Disabled",
    (64110, "hbx_mode"):                  "1=Voltage Only|2=SOC Only",
    (64110, "web_user_logged_in_status"): "0=WEB User NOT logged in|1=WEB user logged in",
    (64110, "hub_type"):                  "0=Legecy HUB",
    (64110, "sched_1_ac_mode"):           "-1=Disable|" + AC_INPUT,
    (64110, "sched_2_ac_mode"):           "-1=Disable|" + AC_INPUT,
    (64110, "sched_3_ac_mode"):           "-1=Disable|" + AC_INPUT,
    (64110, "auto_reboot"):               "0=Disable|1=Enable",
    (64111, "charger_state"):             "4=EQ",
    (64112, "mppt_mode"):                 "1=U-Pick",
    (64112, "sweep_max_percentage"):      "0=80|1=85|2=90|3=99",
    (64112, "grid_tie_mode"):             "0=Grid Tie Mode disabled|1=Grid Tie Mode enabled",
    (64112, "temp_comp_mode"):            "1=User Limited",
    (64112, "auto_restart_mode"):
        "1=Restart every 90 minutes|2=Restart every 90 minutes if absorb charging or float charging",
    (64112, "aux_mode"):
        "1=Diversion: Relay|2=Diversion: Solid St|3=Low Batt Disconnect|5=Vent Fan|6=PV Trigger|7=Error Output"
        "|8=Night Light",
    (64113, "inverter_operating_mode"):   OPERATING,
    (64113, "ac_input_state"):            AC_STATE,
    (64114, "ac_input_type"):             "1=Gen|2=Grid Zero",
    (64114, "input_support"):             "0=No (only valid if AC Input Type is Gen)",
    (64114, "charger_operating_mode"):    "0=Charger Off|1=Charger Auto|2=Charger On",
    (64114, "aux_mode"):
        "1=Load Shed|2=Gen Alert|4=Vent Fan|5=Cool Fan|6=Divert DC|7=Divert AC|8=AC Drop",
    (64114, "stacking_mode"):
        "0=1-2phase Master|1=Classic Slave|2=OB Slave L1|3=OB Slave L2|4=3phase Master|5=3phase Slave"
        "|11=CLASSIC_SLAVE_11|12=OB_SLAVE_L1_12|13=OB_SLAVE_L2_13|14=3phase OB Slave A|15=3phase OB Slave B"
        "|16=3phase OB Slave C|17=3phase Classic B|18=3phase Classic C",
    (64115, "inverter_operating_mode"):   OPERATING,
    (64115, "ac_input_selection"):        AC_SOURCE,
    (64115, "ac_input_state"):            AC_STATE,
    (64116, "ac_input_select_priority"):  AC_SOURCE,
    (64116, "charger_operating_mode"):    "0=All Inverter Charging Disabled|1=Bulk and Float Charging Enabled",
    (64116, "grid_input_mode"):           AC_INPUT,
    (64116, "gen_input_mode"):            AC_INPUT,
    (64116, "aux_mode"):                  RADIAN_AUX,
    (64116, "aux_relay_mode"):            RADIAN_AUX,
    (64116, "stacking_mode"):             "17=B Phase Master|18=C Phase Master",
    (64116, "grid_tie_window"):           "1=User (GS8048 Only)",
    (64116, "ee_write_enable"):           "0=Disable|1=Enable",
    (64117, "inverter_operating_mode"):   OPERATING,
    (64117, "ac_input_selection"):        AC_SOURCE,
    (64117, "ac_input_state"):            AC_STATE,
    (64119, "relay_invert_logic"):        "0=Invert Logic",
    (64120, "bulk_charge_enable_disable"): "1=Start Bulk|2=Stop Bulk|3=Start EQ Charge|4=Stop EQ Charge",
    (64120, "ags_operational_state"):
        "0=GEN_STOP|1= GEN_STARTING|2= GEN_RUNNING|3= GEN_WARMUP|4= GEN_COOLDOWN|5= GEN_AWAITING_AC",
}

ERRORS = "low_vac stacking_error over_temperature low_vdc phase_loss high_vdc ac_shorted ac_backfeed"
SELLING = (
    "ac_input_frequency_too_high ac_input_frequency_too_low ac_input_voltage_too_low ac_input_voltage_too_high "
    "awaiting_sell_delay disabled battery_voltage_less_than_target"
)
WARNINGS = (
    "ac_input_frequency_too_high ac_input_frequency_too_low ac_input_voltage_too_low ac_input_voltage_too_high "
    "ac_input_current_exceeds_max temperature_sensor_bad communications_error cooling_fan_fault"
)
EVENTS = (
    "- battery_voltage ac_input - - - inverter inverter_temperature inverter_ac_input_freq_high "
    "inverter_ac_input_freq_low inverter_ac_input_voltage_high inverter_ac_input_voltage_low - - - "
    "inverter_hardware_failure"
)

FLAGS: Mapping[tuple[int, str], tuple[str, str]] = {
    # model and field              class                      names from the lowest bit; - has none
    (101, "event_1"):             ("IEvent1Flags",            EVENTS),
    (102, "event_1"):             ("IEvent1Flags",            EVENTS),
    (103, "event_1"):             ("IEvent1Flags",            EVENTS),
    (64110, "error"):             ("OutBackErrorFlags",
        "write_high_limit write_low_limit write_invalid dhcp_failed dns_resolve_failed smtp_authorization_failed "
        "smtp_send_failed ftp_error sd_card_error sntp_failure write_while_locked firmware_update_not_supported "
        "firmware_update_file_not_found firmware_update_file_invalid firmware_update_failure"),
    (64110, "status"):            ("OutBackStatusFlags",      "out_back_status_firmware_update_complete"),
    (64112, "faults"):            ("CCconfigFaultsFlags",
        "- - - - fault_input_active shorted_battery_temperature_sensor over_temperature voc_too_high"),
    (64113, "error_flags"):       ("FXErrorFlags",            ERRORS),
    (64113, "warning_flags"):     ("FXWarningFlags",          WARNINGS),
    (64113, "sell_status"):       ("FXSellStatusFlags",       SELLING + " ac2_selected"),
    (64115, "error_flags"):       ("GSSplitErrorFlags",       ERRORS),
    (64115, "warning_flags"):     ("GSSplitWarningFlags",     WARNINGS),
    (64115, "sell_status"):       ("GSSplitSellStatusFlags",  SELLING),
    (64117, "error_flags"):       ("GSSingleErrorFlags",      ERRORS),
    (64117, "warning_flags"):     ("GSSingleWarningFlags",    WARNINGS),
    (64117, "sell_status"):       ("GSSingleSellStatusFlags", SELLING),
    (64118, "status_flags"):      ("FNStatusFlags",           "relay_status charged_parms"),
    (64120, "control_status"):    ("OBControlStatusFlags",
        "charging_absorb float_charging inverter_ac_input inverter_off inverter_search_mode inverter_on "
        "inverter_gridtie inverter_charger_disabled inverter_charger_auto_mode inverter_charger_bulk_and_float_mode "
        "eq_charging charging_bulk sd_card_present replay_file_present sd_card_error"),
}

UNITS: Mapping[str, str] = {
    "V": "Volts",  "A": "Amps",  "W": "Watts",  "VA": "VA",  "var": "VAR",  "Hz": "Hz",  "Wh": "WattHours",
    "kW": "kW",  "kWh": "kWh",  "Ah": "AH",  "kAh": "kAH",  "%": "Percent",  "degC": "Degrees C",
    "mV/degC": "Milli Volts",  "ms": "msecs",  "s": "Seconds",  "min": "Minutes",  "h": "Hours",  "d": "Days",
    "wk": "Weeks",  "cycles": "Cycles",  "registers": "Registers",
}
# fmt: on


def enum_label(did: int, name: str, code: int, ours: str) -> str:
    """mate3's name of a code; ours: our label of it."""
    return _listed(ENUMS.get((did, name), "")).get(code) or ours[:1].upper() + ours[1:]


def _listed(text: str) -> dict[int, str]:
    pairs = (item.partition("=") for item in text.split("|") if item)
    return {int(code): label for code, _, label in pairs}
