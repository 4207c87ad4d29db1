"""What measures: MIHO004 and MIHO005 at a socket, MIHO006 around the supply."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from energy_hw.compat.energenie import OnAir
from energy_hw.compat.energenie._mihome import MiHomeDevice, reader
from energy_hw.energenie.events import Certainty
from energy_hw.energenie.monitors import apparent_va, current_a
from energy_hw.energenie.switchable import Switchable


class MIHO004(MiHomeDevice):
    """Smart Monitor Plug: it measures. It has no relay, so has_switch() is False (pyenergenie's is True).

    get_current() and get_apparent_power() are derived: the plug does not send them.
    """

    product = 0x01
    fields: ClassVar[dict[str, str]] = {
        "VOLTAGE": "voltage",
        "FREQUENCY": "frequency",
        "CURRENT": "current",
        "APPARENT_POWER": "apparent_power",
        "REACTIVE_POWER": "reactive_power",
        "REAL_POWER": "real_power",
    }
    get_voltage = reader("voltage", strict=True)
    get_frequency = reader("frequency", strict=True)
    get_current = reader("current", strict=True)
    get_apparent_power = reader("apparent_power", strict=True)
    get_reactive_power = reader("reactive_power", strict=True)
    get_real_power = reader("real_power", strict=True)
    get_power = reader("real_power", "get_power", strict=True)

    def _derive(self, said: dict[str, Any]) -> None:
        powers = [said.get(name) for name in ("REAL_POWER", "REACTIVE_POWER")]
        real, reactive = (None if one is None else Decimal(str(one)) for one in powers)
        if real is None or reactive is None or "APPARENT_POWER" in said:
            return
        self.readings.apparent_power = float(apparent_va(real, reactive))
        if said.get("VOLTAGE") and "CURRENT" not in said:
            amperes = current_a(real, reactive, Decimal(str(said["VOLTAGE"])))
            self.readings.current = None if amperes is None else float(amperes)


class MIHO005(MIHO004):
    """Smart Plug+ (Adaptor Plus): it measures and switches, and says that it did."""

    product = 0x02
    fields: ClassVar[dict[str, str]] = {**MIHO004.fields, "SWITCH_STATE": "switch"}
    get_switch = reader("switch")

    def __init__(self, device_id: Any = None, air_interface: Any = None) -> None:
        super().__init__(device_id, air_interface)
        self.radio_config.inner_times = 4
        self.capabilities.switch = True

    def turn_on(self) -> Any:
        """Switch on, and wait until it answers, 2 s at most; without an answer the order goes on. Gives 0."""
        return self.set_switch(True)

    def turn_off(self) -> Any:
        """Switch off; see turn_on()."""
        return self.set_switch(False)

    def set_switch(self, state: bool) -> Any:
        """Switch on or off; see turn_on()."""
        left = self._tell("SWITCH_STATE", bool(state))
        if isinstance(self.air_interface, OnAir.OpenThingsAirInterface) and isinstance(self.thing, Switchable):
            on, certainty = self.thing.switched()
            self.readings.switch = on if certainty is Certainty.CONFIRMED else self.readings.switch
        return left

    def is_on(self) -> bool | None:
        """As it last said; None before."""
        on: bool | None = self.readings.switch
        return on

    def is_off(self) -> bool | None:
        """As it last said; None before."""
        return None if self.is_on() is None else not self.is_on()


class MIHO006(MiHomeDevice):
    """House Monitor: a clamp around the supply, on batteries."""

    product = 0x05
    fields: ClassVar[dict[str, str]] = {
        "VOLTAGE": "battery_voltage",
        "CURRENT": "current",
        "APPARENT_POWER": "apparent_power",
    }
    get_battery_voltage = reader("battery_voltage")
    get_current = reader("current")
    get_apparent_power = reader("apparent_power")
    get_power = reader("apparent_power", "get_power")
