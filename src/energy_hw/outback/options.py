"""What a Mate3 is opened with, checked: each error says what was expected and what came."""

from __future__ import annotations

import importlib
import os
from typing import Protocol, TypedDict, cast

from energy_hw.errors import ConfigError
from energy_hw.outback.registers import Registers

SHORTEST_S, LONGEST_S = 1.0, 86400.0
SIMULATED = "sim:"
LIVELY = {"life": 1.0}
"""A simulated house in which time goes by."""


class Simulated(Protocol):
    """What energy_hw.sim.mate3.SimMate3 has: a controller on a port of this machine."""

    host: str
    port: int

    def start(self) -> object:
        """Listen."""

    def stop(self) -> None:
        """End. May be called twice."""


class LinkOptions(TypedDict, total=False):
    """What links.modbus.ModbusLink takes beside host and port, with its defaults."""

    unit: int | None
    timeout_s: float
    connect_s: float
    tries: int
    max_read: int
    pause_s: float
    close_after_poll: bool


class Connection:
    """The registers that were named: of a controller in the network, of a simulated one, or any that were given.

    is_real: they are no simulation, and no file.

    Raises ConfigError, and ExtraMissing without the library pymodbus. Nothing is opened before the first read.
    """

    def __init__(self, host: str | None, port: int, simulate: bool, given: Registers | None, link: LinkOptions) -> None:
        self._simulated: Simulated | None = None
        self._link: Closing | None = None
        if given is not None:
            if host or simulate or link:
                named = ", ".join(["a host"] * bool(host or simulate) + list(link))
                raise ConfigError(f"expected registers alone, got {named} as well: they are read without a connection")
            self.name, self.registers = "registers", given
            self.is_real = not getattr(given, "is_file", False)
            return
        from energy_hw.links.modbus import ModbusLink

        self.name = host = host_of(host, simulate)
        if host.startswith(SIMULATED):
            self._simulated = start_simulated(host)
            host, port = self._simulated.host, self._simulated.port
        self.is_real = self._simulated is None
        self._link = self.registers = ModbusLink(host, port, **link)

    def close(self) -> None:
        """End a read under way, too. Given registers stay open. May be called twice."""
        if self._link is not None:
            self._link.close()
        if self._simulated is not None:
            self._simulated.stop()


class Closing(Protocol):
    """What is closed."""

    def close(self) -> None:
        """May be called twice."""


def host_of(host: str | None, simulate: bool) -> str:
    """The controller that was named, or the environment's, or `sim:mate3`. Raises ConfigError."""
    if host is not None and not isinstance(host, str):
        raise ConfigError(f"expected a host like mate3.lan or 192.168.0.64, got {host!r}")
    if simulate and host and not host.startswith(SIMULATED):
        raise ConfigError(f"expected a host or simulate=True, got both: {host}")
    host = host or ("sim:mate3" if simulate else os.environ.get("ENERGY_HW_MATE3"))
    if not host:
        raise ConfigError("expected a host like mate3.lan or 192.168.0.64, got none: name one, or set ENERGY_HW_MATE3")
    return host


def start_simulated(url: str) -> Simulated:
    """Starts what `sim:NAME?delay_s=0.02` means, which is the business of energy_hw.sim.NAME. Raises ConfigError."""
    from urllib.parse import parse_qsl

    name, _, query = url.removeprefix(SIMULATED).partition("?")
    try:
        options = LIVELY | {key: float(value) for key, value in parse_qsl(query, strict_parsing=bool(query))}
        simulated = cast("Simulated", importlib.import_module(f"energy_hw.sim.{name}").SimMate3(**options))
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise ConfigError(f"expected sim:mate3 or sim:mate3?delay_s=0.02, got {url!r}: {error}") from None
    simulated.start()
    return simulated


def check_intervals(interval_s: float, settings_every_s: float) -> None:
    """Raises ConfigError for what would do harm.

    That a controller that is asked more than once a second may lose its Modbus service until it is restarted is what
    users report: README of github.com/adamcharnock/mate3 at 887d321.
    """
    if not isinstance(interval_s, int | float) or not SHORTEST_S <= interval_s <= LONGEST_S:
        raise ConfigError(
            f"expected an interval of {SHORTEST_S:g} s at least, and a day at most, got {interval_s}: a controller "
            "that is asked more often may stop to answer until it is restarted; its values change every second or two"
        )
    if not isinstance(settings_every_s, int | float) or not settings_every_s > 0:
        raise ConfigError(f"settings_every_s: expected seconds above 0, got {settings_every_s}")
