"""What measures: MIHO004 Smart Monitor Plug and MIHO006 House Monitor.

Source: pyenergenie Devices.py. Neither plug reports apparent power or current: they follow from
real and reactive power and voltage of the same report.
"""

from __future__ import annotations

from decimal import Context, Decimal

from energy_hw.energenie.device import Device
from energy_hw.energenie.reported import Battery, Reported

_CONTEXT = Context(prec=28)
"""Square roots are rounded half even to this many digits before the last rounding."""
VA, MILLIAMPERE, HUNDREDTH = Decimal("0.1"), Decimal("0.001"), Decimal("0.01")


class Monitor(Device):
    """MIHO004 Smart Monitor Plug: what its load draws, every 10 s. It has no relay.

    Every property is None before the first report. Power in W and var, negative for a load that gives back.

    Thread safety: call from any thread.
    """

    product = 0x01

    real_power = Reported("REAL_POWER", "Real power in W.")
    reactive_power = Reported("REACTIVE_POWER", "Reactive power in var; negative is capacitive.")
    voltage = Reported("VOLTAGE", "Mains voltage in V.")
    frequency = Reported("FREQUENCY", "Mains frequency in Hz.")

    @property
    def apparent_power(self) -> Decimal | None:
        """sqrt(P^2 + Q^2) in VA, rounded half even to 0.1; None unless both are known."""
        exact = self._apparent()
        return None if exact is None else exact.quantize(VA)

    @property
    def current(self) -> Decimal | None:
        """Apparent power / voltage in A, rounded half even to 0.001; None unless all are known, or at 0 V."""
        apparent, volts = self._apparent(), self.voltage
        return None if apparent is None or not volts else _CONTEXT.divide(apparent, volts).quantize(MILLIAMPERE)

    @property
    def power_factor(self) -> Decimal | None:
        """P / apparent power, -1 to 1, rounded half even to 0.01; None without load, where there is none."""
        apparent, real = self._apparent(), self.real_power
        return None if not apparent or real is None else _CONTEXT.divide(real, apparent).quantize(HUNDREDTH)

    def _apparent(self) -> Decimal | None:
        real, reactive = self.real_power, self.reactive_power
        if real is None or reactive is None:
            return None
        return _CONTEXT.sqrt(_CONTEXT.fma(real, real, _CONTEXT.multiply(reactive, reactive)))


class HouseMonitor(Battery, Device):
    """MIHO006 House Monitor: a clamp around the supply, on three cells.

    It cannot see the mains: what it sends as VOLTAGE is its battery. No source states its interval, so it is
    overdue only where overdue_after_s is set.

    Thread safety: call from any thread.
    """

    product = 0x05

    apparent_power = Reported("APPARENT_POWER", "Apparent power in VA, as it says it.")
    current = Reported("CURRENT", "Current in A.")
