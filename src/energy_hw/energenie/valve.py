"""The radiator valve, MIHO013 (eTRV).

It never says what it was told: target, valve state and low-power mode are what we told it. Low
power alone shows, in the diagnostics.

Sources: pyenergenie Devices.py; Achronite's energenie-ener314rt and mqtt-energenie-ener314rt;
gpbenton's and barnybug's eTRV code.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from energy_hw.energenie.asleep import Sleeper, flag
from energy_hw.energenie.orders import Ticket
from energy_hw.energenie.reported import Reported
from energy_hw.energenie.values import (
    DIAGNOSTIC_FLAGS,
    ERROR_FLAGS,
    LOW_BATTERY_FLAG,
    REFRESH_FLAGS,
    VALVE_STATES,
    diagnostic_flags,
)
from energy_hw.energenie.window_queue import EXPIRES_S

if TYPE_CHECKING:
    from energy_hw.energenie.household import Household

LOW_POWER_FLAG = 1 << DIAGNOSTIC_FLAGS.index("low-power mode on")


class Etrv(Sleeper):
    """A radiator valve. What it is told waits until it listens: for 200 ms after each of its reports.

    >>> valve = Etrv(hub, 0x00097F)                    # doctest: +SKIP
    >>> valve.target = 20.5                            # queued, and sent when it wakes  # doctest: +SKIP
    >>> valve.set_target(20.5, wait=700).outcome       # doctest: +SKIP
    <Outcome.ASSUMED: 'assumed'>
    >>> valve.temperature                              # None before its first report  # doctest: +SKIP
    Decimal('18.5')

    nil: answer each report with an empty message when nothing waits, so that the valve may sleep at once: it saves
    its battery and costs 45 ms of the channel. None leaves that as it is.

    Thread safety: call from any thread; callbacks run in the hub's thread for events.
    """

    product = 0x03
    names: ClassVar[dict[str, str]] = {
        "TEMPERATURE": "target_temperature",
        "DIAGNOSTICS": "request_diagnostics",
        "BATTERY_LEVEL": "request_voltage",
        "REPORT_PERIOD": "report_interval",
    }
    told_as: ClassVar[dict[str, str]] = {"TEMPERATURE": "TARGET_TEMP"}
    temperature = Reported("TEMPERATURE", "What the valve measures, in degC; None before its first report.")

    def __init__(
        self,
        hub: Household,
        sensor: int,
        product: int | None = None,
        *,
        name: str = "",
        repeats: int | None = None,
        tries: int | None = None,
        expires_s: float = EXPIRES_S,
        nil: bool | None = None,
    ) -> None:
        """Options as Sleeper's, and nil. Raises OutOfRange."""
        super().__init__(hub, sensor, product, name=name, repeats=repeats, tries=tries, expires_s=expires_s)
        if nil is not None:
            self.queue.options.nil = nil

    # -- told --------------------------------------------------------------

    @property
    def target(self) -> Decimal | None:
        """The target temperature in degC that it was told, or will be; None if nobody said."""
        value = self.told("TEMPERATURE")
        return value if isinstance(value, Decimal) else None

    @target.setter
    def target(self, value: Decimal | float) -> None:
        self.set_target(value)

    def set_target(self, value: Decimal | float | str, wait: float | None = None) -> Ticket:
        """Queue a target of 4 to 30 degC in steps of 0.5; wait: seconds until `assumed`, after two reports.

        Raises OutOfRange, LinkClosed, and with wait NotConfirmed.
        """
        return self.ask("TEMPERATURE", value, wait)

    @property
    def valve_state(self) -> str | None:
        """`open`, `closed` or `auto`, as it was told or will be; None if nobody said. Its target counts in `auto`."""
        value = self.told("VALVE_STATE")
        return VALVE_STATES.get(value) if isinstance(value, int) else None

    @valve_state.setter
    def valve_state(self, value: str | int) -> None:
        self.set_valve_state(value)

    def set_valve_state(self, value: str | int, wait: float | None = None) -> Ticket:
        """Queue `open`, `closed` or `auto`. Raises as set_target()."""
        return self.ask("VALVE_STATE", value, wait)

    @property
    def low_power(self) -> bool | None:
        """Low-power mode, which hunts less and is off by more: as told or will be, else by the last diagnostics."""
        told, flags = flag(self.told("LOW_POWER_MODE")), self._flags
        return bool(flags & LOW_POWER_FLAG) if told is None and flags is not None else told

    @low_power.setter
    def low_power(self, value: bool) -> None:
        self.set_low_power(value)

    def set_low_power(self, value: bool, wait: float | None = None) -> Ticket:
        """Queue low-power mode on or off. Raises as set_target()."""
        return self.ask("LOW_POWER_MODE", value, wait)

    @property
    def report_interval(self) -> Decimal | None:
        """Seconds between reports: as told or will be, else as seen, else 300, which it starts with."""
        told = self.told("REPORT_PERIOD")
        if isinstance(told, int | Decimal):
            return Decimal(told)
        return None if self.interval_s is None else Decimal(round(self.interval_s))

    @report_interval.setter
    def report_interval(self, value: int) -> None:
        self.set_report_interval(value)

    def set_report_interval(self, seconds: int, wait: float | None = None) -> Ticket:
        """Queue 300 to 3600 s; confirmed when its reports come as far apart. Raises as set_target()."""
        return self.ask("REPORT_PERIOD", seconds, wait)

    # -- asked to do -------------------------------------------------------

    def exercise(self, wait: float | None = None) -> Ticket:
        """Queue a full travel, which calibrates it; once a week is advised. Confirmed by its diagnostics: see errors.

        Raises LinkClosed, and with wait NotConfirmed.
        """
        return self.ask("EXERCISE_VALVE", None, wait)

    def identify(self, wait: float | None = None) -> Ticket:
        """Queue 60 s of green flashing. Raises as exercise()."""
        return self.ask("IDENTIFY", None, wait)

    def request_voltage(self, wait: float | None = None) -> Ticket:
        """Queue a question for battery_voltage, which it never says by itself. Raises as exercise()."""
        return self.ask("BATTERY_LEVEL", None, wait)

    def request_diagnostics(self, wait: float | None = None) -> Ticket:
        """Queue a question for diagnostics. Raises as exercise()."""
        return self.ask("DIAGNOSTICS", None, wait)

    # -- reported ----------------------------------------------------------

    @property
    def _flags(self) -> int | None:
        value = self.value("DIAGNOSTICS")
        return value if isinstance(value, int) else None

    @property
    def diagnostics(self) -> tuple[str, ...] | None:
        """Its flags in words; None before it was asked: request_diagnostics() or exercise()."""
        return None if self._flags is None else diagnostic_flags(self._flags)

    @property
    def errors(self) -> tuple[str, ...] | None:
        """Those of its flags that mean that something is broken; None before it was asked."""
        return None if self._flags is None else diagnostic_flags(self._flags & ERROR_FLAGS)

    @property
    def needs_refresh(self) -> bool | None:
        """Whether it said that it was reset; the hub then tells it again. None before it was asked."""
        return None if self._flags is None else bool(self._flags & REFRESH_FLAGS)

    @property
    def battery_low(self) -> bool | None:
        """Whether it said that its battery is below 2.2 V, and stands open; None before it was asked."""
        return None if self._flags is None else bool(self._flags & LOW_BATTERY_FLAG)
