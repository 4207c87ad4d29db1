"""What heats: MIHO013, the eTRV, and MIHO069, the thermostat. What they are told waits until they listen."""

from __future__ import annotations

from typing import Any, ClassVar

from energy_hw.compat.energenie._mihome import MiHomeDevice, reader
from energy_hw.energenie.values import VALVE_STATES


class MIHO013(MiHomeDevice):
    """eTRV. What it is told waits until it listens, after its next report, and survives a restart of the program.

    It never says what it was told: setpoint and valve position are what we told it.
    """

    product = 0x03
    fields: ClassVar[dict[str, str]] = {
        "TEMPERATURE": "ambient_temperature",
        "VOLTAGE": "battery_voltage",
        "DIAGNOSTICS": "diagnostic_flags",
    }
    never = ("pipe_temperature", "setpoint_temperature", "valve_position")
    get_battery_voltage = reader("battery_voltage")
    get_ambient_temperature = reader("ambient_temperature")
    get_pipe_temperature = reader("pipe_temperature")
    get_setpoint_temperature = reader("setpoint_temperature")
    get_valve_position = reader("valve_position")
    get_diagnostics = reader("diagnostic_flags", "get_diagnostics")

    def __init__(self, device_id: Any = None, air_interface: Any = None) -> None:
        super().__init__(device_id, air_interface)
        self.radio_config.inner_times = 10

    def set_setpoint_temperature(self, temperature: float) -> Any:
        """A target of 4 to 30 degC in steps of 0.5. Raises ValueError for another."""
        left = self._tell("TEMPERATURE", float(temperature))
        self.readings.setpoint_temperature = temperature
        return left

    def set_valve_position(self, position: int | str) -> Any:
        """0 open, 1 closed, 2 by its thermostat; or `open`, `closed`, `auto`. Raises ValueError for another."""
        number = {word: number for number, word in VALVE_STATES.items()}.get(str(position), position)
        if number not in VALVE_STATES:
            raise ValueError(f"expected 0 (open), 1 (closed) or 2 (auto), got {position!r}")
        left = self._tell("VALVE_STATE", number)
        self.readings.valve_position = number
        return left

    def turn_on(self) -> Any:
        """Open the valve."""
        return self.set_valve_position(0)

    def turn_off(self) -> Any:
        """Close the valve."""
        return self.set_valve_position(1)

    def set_switch(self, state: bool) -> Any:
        """Open or close the valve."""
        return self.set_valve_position(0 if state else 1)

    def enable_thermostat(self) -> Any:
        """Let the valve keep its target temperature."""
        return self.set_valve_position(2)

    def is_on(self) -> bool | None:
        """Whether it was told to open; None if nobody said, or it decides itself."""
        return {0: True, 1: False}.get(self.readings.valve_position)

    def is_off(self) -> bool | None:
        """Whether it was told to close; None if nobody said, or it decides itself."""
        return {0: False, 1: True}.get(self.readings.valve_position)

    def set_identify(self) -> Any:
        """Flash green for a minute."""
        return self._tell("IDENTIFY")

    def exercise_valve(self) -> Any:
        """Travel once, which calibrates it; get_diagnostics() then says how that went."""
        return self._tell("EXERCISE_VALVE")

    def request_battery_voltage(self) -> Any:
        """Ask for its battery voltage, which it never says by itself."""
        return self._tell("BATTERY_LEVEL")

    def request_diagnostics(self) -> Any:
        """Ask for its diagnostics."""
        return self._tell("DIAGNOSTICS")

    def set_low_power_mode(self, state: bool) -> Any:
        """Hunt less, and be off by more."""
        return self._tell("LOW_POWER_MODE", int(state))

    def set_report_period(self, seconds: int) -> Any:
        """Report every 300 to 3600 s. Raises ValueError for another."""
        return self._tell("REPORT_PERIOD", seconds)


class MIHO069(MiHomeDevice):
    """Thermostat. What it is told waits until it wakes; then it says its values."""

    product = 0x12
    fields: ClassVar[dict[str, str]] = {
        "TEMPERATURE": "ambient_temperature",
        "RELATIVE_HUMIDITY": "relative_humidity",
        "BATTERY_LEVEL": "battery_voltage",
        "TARGET_TEMP": "setpoint_temperature",
        "THERMOSTAT_MODE": "thermostat_mode",
        "SWITCH_STATE": "switch_state",
    }
    get_ambient_temperature = reader("ambient_temperature")
    get_relative_humidity = reader("relative_humidity")
    get_battery_voltage = reader("battery_voltage")
    get_setpoint_temperature = reader("setpoint_temperature")
    get_thermostat_mode = reader("thermostat_mode")
    get_switch_state = reader("switch_state")

    def set_setpoint_temperature(self, temperature: float) -> Any:
        """A target of 5 to 30 degC in steps of 0.5. Raises ValueError for another."""
        return self._tell("TARGET_TEMP", float(temperature))

    def set_thermostat_mode(self, mode: int) -> Any:
        """0 off, 1 auto, 2 on. Raises ValueError for another."""
        return self._tell("THERMOSTAT_MODE", mode)
