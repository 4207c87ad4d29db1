"""pyenergenie's MiHome devices: a table of readings and a few verbs for each product.

What was not reported yet: accessors that raised a RuntimeError raise NoReading, which is one; those that gave None
still do.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from decimal import Decimal
from types import SimpleNamespace
from typing import Any, ClassVar

from energy_hw.compat.energenie import OnAir, _session
from energy_hw.compat.energenie._device import EnergenieDevice, NoReading, seconds_until_report
from energy_hw.compat.energenie._ids import sensor_id
from energy_hw.compat.energenie._message import Message
from energy_hw.compat.energenie._parameters import paramid_to_paramname
from energy_hw.compat.energenie._templates import JOIN_ACK, JOIN_REQ, MFRID_ENERGENIE, command
from energy_hw.energenie.device import Device
from energy_hw.energenie.events import Certainty
from energy_hw.energenie.monitors import apparent_va, current_a
from energy_hw.energenie.profiles import NEVER, by_product
from energy_hw.energenie.registry_toml import Entry
from energy_hw.energenie.report import device_id as hub_id
from energy_hw.energenie.switchable import Switchable
from energy_hw.energenie.values import VALVE_STATES, alarm_letters

logger = logging.getLogger(__name__)

Reader = Callable[[Any], Any]


def reader(field: str, name: str = "", *, strict: bool = False) -> Reader:
    """get_<field>(): the reading, or before the first one None, or NoReading if strict."""

    def get(self: MiHomeDevice) -> Any:
        value = getattr(self.readings, field)
        if value is None and strict:
            raise NoReading(f"{self!r} has not reported its {field.replace('_', ' ')} yet: call energenie.loop()")
        return value

    get.__name__ = name or f"get_{field}"
    get.__doc__ = f"The last {field.replace('_', ' ')}{'. Raises NoReading before it' if strict else ', or None'}."
    return get


class MiHomeDevice(EnergenieDevice):
    """A MiHome device. A subclass has product, its number, and fields: which reading each parameter is.

    Thread safety: one thread calls loop() and everything else.
    """

    product: ClassVar[int | None] = None
    fields: ClassVar[dict[str, str]] = {}
    yes_or_no: ClassVar[tuple[str, ...]] = ("switch", "switch_state")
    never: ClassVar[tuple[str, ...]] = ()
    """Readings that the device does not send, or that we told it."""

    def __init__(self, device_id: Any = None, air_interface: Any = None) -> None:
        """Raises ValueError for what is no sensor id."""
        super().__init__(device_id, _default_interface() if air_interface is None else air_interface)
        self.manufacturer_id = MFRID_ENERGENIE
        self.product_id = self.product
        self.readings = SimpleNamespace(**dict.fromkeys((*self.fields.values(), *self.never)))
        self.capabilities.send = True
        profile = by_product(self.product or 0)
        if profile is not None and profile.obeys and profile.listens != NEVER:
            self.capabilities.receive = True

    @staticmethod
    def parse_device_id(device_id: Any) -> int:
        """A sensor id in any form. Raises ValueError."""
        return sensor_id(device_id)

    def get_manufacturer_id(self) -> int:
        """4."""
        return self.manufacturer_id

    def get_product_id(self) -> int | None:
        """What its frames carry."""
        return self.product_id

    @property
    def address(self) -> tuple[int, int | None, int]:
        """Manufacturer, product and sensor id: what a router knows it by."""
        return self.manufacturer_id, self.product_id, self.device_id

    @property
    def thing(self) -> Device:
        """The same device as energy_hw has it. Raises LinkClosed before init()."""
        return OnAir.device_of(_session.current().hub, self.product_id or 0, self.device_id)

    def entry(self, name: str) -> Entry | None:
        """As the hub's own registry has it."""
        return Entry(name, self._hub_id, type(self).__name__) if by_product(self.product_id or 0) else None

    @property
    def _hub_id(self) -> str:
        return hub_id(self.manufacturer_id, self.product_id or 0, self.device_id)

    def get_next_receive_time(self) -> float | None:
        """When its next report is due, in seconds since 1970; None until it was heard, or if it speaks on events."""
        left_s = seconds_until_report(self._hub_id)
        return None if left_s is None else time.time() + left_s

    # -- joining -----------------------------------------------------------

    @classmethod
    def get_join_req(cls, *ids: int) -> Message:
        """The JOIN of a device: of a product's class by its sensor id, else manufacturer, product and sensor id."""
        mfrid, productid, sensorid = ids if len(ids) == 3 else (MFRID_ENERGENIE, cls.product, *ids)
        return Message(JOIN_REQ, header_mfrid=mfrid, header_productid=productid, header_sensorid=sensorid)

    def join_ack(self) -> Any:
        """Answer its JOIN, so that its light goes out."""
        mfrid, productid, sensorid = self.address
        return self.send_message(
            Message(JOIN_ACK, header_mfrid=mfrid, header_productid=productid, header_sensorid=sensorid)
        )

    # -- readings ----------------------------------------------------------

    def get_readings(self) -> Any:
        """All of them, as attributes of one object."""
        return self.readings

    def handle_message(self, payload: Any) -> None:
        """Take note of what it says: not of requests, nor of what somebody tells it."""
        said = {}
        for rec in payload["recs"]:
            if not rec.get("wr") and rec.get("value") is not None:
                said[paramid_to_paramname(rec.get("paramid", 0))] = rec["value"]
        for name, value in said.items():
            self._note(name, value)
        self._derive(said)

    def _note(self, name: str, value: Any) -> None:
        field = self.fields.get(name)
        if field is None:
            logger.debug("%r: %s = %r is no reading of its class", self, name, value)
        else:
            setattr(self.readings, field, bool(value) if field in self.yes_or_no else value)

    def _derive(self, said: dict[str, Any]) -> None:
        """What follows from the readings of one message."""

    # -- commands ----------------------------------------------------------

    def _tell(self, code: str, value: object = 0) -> Any:
        """Send a command of its profile."""
        message = Message(command(self.product_id or 0, code, value), header_sensorid=self.device_id)
        return self.send_message(message)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.device_id:#x})"


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


class MIHO089(MiHomeDevice):
    """Click. get_button(): 1 was pressed once, 2 twice, 255 long."""

    product = 0x13
    fields: ClassVar[dict[str, str]] = {"BUTTON": "button", "VOLTAGE": "battery_voltage"}
    get_button = reader("button")
    get_battery_voltage = reader("battery_voltage")


class GenericDevice(MiHomeDevice):
    """A device of a product that no table knows: its readings have the names of the parameters."""

    def __init__(self, device_id: Any = None, air_interface: Any = None, product_id: int | None = None) -> None:
        super().__init__(device_id, air_interface)
        self.product_id = product_id

    def _note(self, name: str, value: Any) -> None:
        setattr(self.readings, name.lower(), value)

    def get_config(self) -> dict[str, Any]:
        """Raises NotPersistableError: a registry has no room for the product id."""
        return super(EnergenieDevice, self).get_config()


def _default_interface() -> Any:
    """Devices.fsk_interface, which a program may have replaced."""
    from energy_hw.compat.energenie import Devices

    return Devices.fsk_interface
