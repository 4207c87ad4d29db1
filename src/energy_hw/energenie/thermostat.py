"""The room thermostat, MIHO069.

It says that it is awake, often, and listens right then. Its values (telemetry) follow a command,
and are its answer. So a thermostat that is told nothing says nothing: keep_alive_s sends it
its own mode again, now and then.

Sources: Achronite's energenie-ener314rt and mqtt-energenie-ener314rt; a captured command
frame with the target as CB 12, in sixteenths of a degree.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, ClassVar

from energy_hw.core.message import Value
from energy_hw.energenie.asleep import Sleeper, flag
from energy_hw.energenie.orders import Ticket
from energy_hw.energenie.reported import Reported, number
from energy_hw.energenie.values import THERMOSTAT_MODES
from energy_hw.energenie.waiting import Carrier
from energy_hw.energenie.window_queue import EXPIRES_S
from energy_hw.errors import OutOfRange

if TYPE_CHECKING:
    from energy_hw.energenie.household import Household

KEEP_ALIVE_S = 300.0
"""What Achronite's program does."""
TARGETS = {"CB 12": None, "F4 92": Carrier("TEMPERATURE", 0x92)}
"""How the target goes on air; CB 12 is the profile's."""


class Thermostat(Sleeper):
    """A room thermostat. What it is told waits until it wakes; telemetry then says whether it obeyed.

    >>> thermostat = Thermostat(hub, 0xE01D84, keep_alive_s=300)     # doctest: +SKIP
    >>> thermostat.set_target(19.5, wait=60).outcome                 # doctest: +SKIP
    <Outcome.CONFIRMED: 'confirmed'>

    keep_alive_s: send its mode again when it said nothing else for so long, to hear its values; None: never.
    target_as: `CB 12`, as captured on air, or `F4 92`, for a firmware that does not take that.

    Thread safety: call from any thread; callbacks run in the hub's thread for events.
    """

    product = 0x12
    names: ClassVar[dict[str, str]] = {"THERMOSTAT_MODE": "mode", "HUMID_OFFSET": "humidity_offset"}
    temperature = Reported("TEMPERATURE", "What it measures, its offset included, in degC.")
    humidity = Reported("RELATIVE_HUMIDITY", "Relative humidity in %, its offset included.")

    def __init__(
        self,
        hub: Household,
        sensor: int,
        product: int | None = None,
        *,
        name: str = "",
        tries: int | None = None,
        expires_s: float = EXPIRES_S,
        keep_alive_s: float | None = None,
        target_as: str = "CB 12",
    ) -> None:
        """Options as Sleeper's, and those above. Raises OutOfRange."""
        if target_as not in TARGETS:
            raise OutOfRange(f"expected the target as one of {', '.join(TARGETS)}, got {target_as!r}")
        self.target_as, self.keep_alive_s = target_as, keep_alive_s
        super().__init__(hub, sensor, product, name=name, tries=tries, expires_s=expires_s)
        if keep_alive_s is not None:
            self.queue.options.idle = self._keep_alive

    def carrier(self, code: str) -> Carrier | None:
        """The target may go as another parameter."""
        return TARGETS[self.target_as] if code == "TARGET_TEMP" else None

    def _keep_alive(self, now: float) -> tuple[str, Value] | None:
        """Its mode, as it last said or was told: one that nobody knows is not sent."""
        mode = self._newest("THERMOSTAT_MODE")
        said = self.known("TEMPERATURE")
        fresh = said is not None and self.keep_alive_s is not None and now - said.at < self.keep_alive_s
        if self.keep_alive_s is None or mode is None or fresh:
            return None
        return "THERMOSTAT_MODE", int(mode)

    def _newest(self, code: str) -> Decimal | None:
        """What waits to be told, else what it reported, else what it was told."""
        queue = self.hub.windows.known(self.product, self.sensor)
        waits = queue is not None and any(waiting.code == code for waiting in tuple(queue.waiting))
        reported = None if waits else number(self, code)
        told = self.told(code)
        return Decimal(told) if reported is None and isinstance(told, int | Decimal) else reported

    # -- settings ----------------------------------------------------------

    @property
    def mode(self) -> str | None:
        """`off`, `auto` or `on`: as it will be told, else as it says; None before either."""
        mode = self._newest("THERMOSTAT_MODE")
        return None if mode is None else THERMOSTAT_MODES.get(int(mode))

    @mode.setter
    def mode(self, value: str | int) -> None:
        self.set_mode(value)

    def set_mode(self, value: str | int, wait: float | None = None) -> Ticket:
        """Queue `off`, `auto` or `on`. Raises OutOfRange, LinkClosed, and with wait NotConfirmed."""
        return self.ask("THERMOSTAT_MODE", value, wait)

    @property
    def target(self) -> Decimal | None:
        """Target temperature in degC: as it will be told, else as it says; None before either."""
        return self._newest("TARGET_TEMP")

    @target.setter
    def target(self, value: Decimal | float) -> None:
        self.set_target(value)

    def set_target(self, value: Decimal | float | str, wait: float | None = None) -> Ticket:
        """Queue a target of 5 to 30 degC in steps of 0.5. Raises as set_mode()."""
        return self.ask("TARGET_TEMP", value, wait)

    @property
    def hysteresis(self) -> Decimal | None:
        """How far below the target it calls for heat, in degC, as told or will be; None if nobody said."""
        return self._newest("HYSTERESIS")

    @hysteresis.setter
    def hysteresis(self, value: Decimal | float) -> None:
        self.set_hysteresis(value)

    def set_hysteresis(self, value: Decimal | float | str, wait: float | None = None) -> Ticket:
        """Queue 0.5 to 10 degC in steps of 0.5. Raises as set_mode()."""
        return self.ask("HYSTERESIS", value, wait)

    @property
    def relay_polarity(self) -> bool | None:
        """Whether its relay works the other way round, as told or will be; None if nobody said."""
        return flag(self.told("RELAY_POLARITY"))

    @relay_polarity.setter
    def relay_polarity(self, value: bool) -> None:
        self.set_relay_polarity(value)

    def set_relay_polarity(self, value: bool, wait: float | None = None) -> Ticket:
        """Queue the way its relay works. Raises as set_mode()."""
        return self.ask("RELAY_POLARITY", value, wait)

    @property
    def humidity_offset(self) -> Decimal | None:
        """What it adds to its humidity, in %, as told or will be; None if nobody said."""
        return self._newest("HUMID_OFFSET")

    @humidity_offset.setter
    def humidity_offset(self, value: int) -> None:
        self.set_humidity_offset(value)

    def set_humidity_offset(self, value: int, wait: float | None = None) -> Ticket:
        """Queue -20 to 20 %. Raises as set_mode()."""
        return self.ask("HUMID_OFFSET", value, wait)

    @property
    def temperature_offset(self) -> Decimal | None:
        """What it adds to its temperature, in degC, as told or will be; None if nobody said."""
        return self._newest("TEMP_OFFSET")

    @temperature_offset.setter
    def temperature_offset(self, value: Decimal | float) -> None:
        self.set_temperature_offset(value)

    def set_temperature_offset(self, value: Decimal | float | str, wait: float | None = None) -> Ticket:
        """Queue -20 to 20 degC in steps of 0.1. Raises as set_mode()."""
        return self.ask("TEMP_OFFSET", value, wait)

    # -- reported ----------------------------------------------------------

    @property
    def demand(self) -> bool | None:
        """Whether it calls for heat, by its relay; None before its first telemetry."""
        return flag(self.value("SWITCH_STATE"))
