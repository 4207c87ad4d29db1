"""What measures: MIHO004 Smart Monitor Plug and MIHO006 House Monitor.

Source: pyenergenie Devices.py. Neither plug reports apparent power or current: they follow from
real and reactive power and voltage of the same report.
"""

from __future__ import annotations

from decimal import Context, Decimal

from energy_hw.energenie.device import Device
from energy_hw.energenie.reported import Battery, Reported, as_decimal

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
        """sqrt(P^2 + Q^2) in VA, rounded half even to 0.1; None unless one report had both."""
        known = self._of_one_report("REAL_POWER", "REACTIVE_POWER")
        return None if known is None else apparent_va(*known)

    @property
    def current(self) -> Decimal | None:
        """Apparent power / voltage in A, rounded half even to 0.001; None unless one report had all, and at 0 V."""
        known = self._of_one_report("REAL_POWER", "REACTIVE_POWER", "VOLTAGE")
        return None if known is None else current_a(*known)

    @property
    def power_factor(self) -> Decimal | None:
        """P / apparent power, -1 to 1, rounded half even to 0.01; None unless one report had both, and without load."""
        known = self._of_one_report("REAL_POWER", "REACTIVE_POWER")
        return None if known is None else power_factor(*known)

    def _of_one_report(self, *codes: str) -> list[Decimal] | None:
        """Two reports are two moments: a power factor of both would be of neither."""
        known = self.memory.all_known()
        together = len({known[code].at if code in known else None for code in codes}) == 1
        values = [as_decimal(known[code].reading.value) for code in codes] if together and codes[0] in known else []
        return [value for value in values if value is not None] if values and None not in values else None


def apparent_va(real: Decimal, reactive: Decimal) -> Decimal:
    """sqrt(P^2 + Q^2), rounded half even to 0.1 VA."""
    return _apparent(real, reactive).quantize(VA)


def current_a(real: Decimal, reactive: Decimal, volts: Decimal) -> Decimal | None:
    """Apparent power / voltage, rounded half even to 0.001 A; None at 0 V."""
    return _CONTEXT.divide(_apparent(real, reactive), volts).quantize(MILLIAMPERE) if volts else None


def power_factor(real: Decimal, reactive: Decimal) -> Decimal | None:
    """P / apparent power, rounded half even to 0.01; None without load."""
    apparent = _apparent(real, reactive)
    return _CONTEXT.divide(real, apparent).quantize(HUNDREDTH) + 0 if apparent else None  # + 0: never -0.00


def _apparent(real: Decimal, reactive: Decimal) -> Decimal:
    return _CONTEXT.sqrt(_CONTEXT.fma(real, real, _CONTEXT.multiply(reactive, reactive)))


class HouseMonitor(Battery, Device):
    """MIHO006 House Monitor: a clamp around the supply, on three cells.

    It cannot see the mains: what it sends as VOLTAGE is its battery. No source states its interval: it is
    overdue only once its reports have shown one.

    Thread safety: call from any thread.
    """

    product = 0x05

    apparent_power = Reported("APPARENT_POWER", "Apparent power in VA, as it says it.")
    current = Reported("CURRENT", "Current in A.")
