"""Properties that are what a device last reported, and what all devices with a battery have."""

from __future__ import annotations

from decimal import Decimal
from typing import overload

from energy_hw.energenie.device import Device
from energy_hw.energenie.values import battery_percent


class Reported:
    """A property: the last value of a numeric parameter, None before the first.

    >>> voltage = Reported("VOLTAGE", "Mains voltage in V.")
    """

    def __init__(self, code: str, doc: str) -> None:
        self.code, self.__doc__ = code, doc

    @overload
    def __get__(self, device: None, kind: type[Device]) -> Reported: ...
    @overload
    def __get__(self, device: Device, kind: type[Device]) -> Decimal | None: ...
    def __get__(self, device: Device | None, kind: type[Device]) -> Reported | Decimal | None:
        if device is None:
            return self
        return number(device, self.code)


def number(device: Device, code: str) -> Decimal | None:
    """The last value of a numeric parameter, exact, an int as a Decimal; None before the first, or if it is none."""
    return as_decimal(device.value(code))


def as_decimal(value: object) -> Decimal | None:
    """A number that a device sent; None for what is none."""
    return Decimal(value) if isinstance(value, int | Decimal) and not isinstance(value, bool) else None


class Battery(Device):
    """A device with a battery. Which of these it ever says differs by product: see docs/devices.md."""

    @property
    def battery_voltage(self) -> Decimal | None:
        """In V, of all cells in series; None where it has not said."""
        for code in ("VOLTAGE", "BATTERY_LEVEL"):
            volts = number(self, code)
            if volts is not None:
                return volts
        return None

    @property
    def battery_percent(self) -> Decimal | None:
        """Charge of alkaline cells, 0 to 100, by their voltage; None where that or the number of cells is unknown."""
        volts = self.battery_voltage
        if volts is None or self.profile is None or not self.profile.cells:
            return None
        return battery_percent(volts, self.profile.cells).quantize(Decimal(1))

    @property
    def battery_low(self) -> bool | None:
        """Whether its low-battery alarm is raised; None where it has never said either."""
        return self.memory.alarms.get("B")
