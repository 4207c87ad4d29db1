"""What speaks when something happens: MIHO032, MIHO033 and MIHO089."""

from __future__ import annotations

from typing import Any, ClassVar

from energy_hw.compat.energenie._mihome import MiHomeDevice, reader
from energy_hw.energenie.values import alarm_letters


class MIHO032(MiHomeDevice):
    """Motion Sensor. get_switch_state(): whether something moves."""

    product = 0x0C
    fields: ClassVar[dict[str, str]] = {"MOTION_DETECTOR": "switch_state"}
    never = ("battery_alarm",)
    get_switch_state = reader("switch_state")
    get_battery_alarm = reader("battery_alarm")

    def _derive(self, said: dict[str, Any]) -> None:
        """The alarm comes as a number or as characters; B raises it, b clears it."""
        for letter in alarm_letters(said.get("ALARM")):
            if letter in "Bb":
                self.readings.battery_alarm = letter == "B"


class MIHO033(MiHomeDevice):
    """Open Sensor. get_switch_state(): whether it is open."""

    product = 0x0D
    fields: ClassVar[dict[str, str]] = {"DOOR_SENSOR": "switch_state"}
    get_switch_state = reader("switch_state")


class MIHO089(MiHomeDevice):
    """Click. get_button(): 1 was pressed once, 2 twice, 255 long."""

    product = 0x13
    fields: ClassVar[dict[str, str]] = {"BUTTON": "button", "VOLTAGE": "battery_voltage"}
    get_button = reader("button")
    get_battery_voltage = reader("battery_voltage")
