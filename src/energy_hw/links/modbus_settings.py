"""How to reach a controller, and what was counted on the way."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from energy_hw.errors import ConfigError
from energy_hw.links.modbus_frame import MOST_READ

LONGEST_S = 600.0


@dataclass(frozen=True, slots=True)
class ModbusSettings:
    """See links.modbus.ModbusLink. Raises ConfigError for what cannot be."""

    host: str
    port: int = 502
    unit: int | None = None
    timeout_s: float = 5.0
    connect_s: float = 3.0
    tries: int = 3
    max_read: int = 100
    pause_s: float = 0.0
    close_after_poll: bool = False

    def __post_init__(self) -> None:
        for name, good, expected in (
            ("host", _is_host(self.host), "a name or an address, as mate3.lan or 192.168.0.64, the port apart from it"),
            ("port", _is_whole(self.port, 1, 65535), "1..65535"),
            ("unit", self.unit is None or _is_whole(self.unit, 0, 255), "0..255, or none"),
            ("timeout_s", _is_time(self.timeout_s) and self.timeout_s, f"seconds above 0, at most {LONGEST_S:g}"),
            ("connect_s", _is_time(self.connect_s) and self.connect_s, f"seconds above 0, at most {LONGEST_S:g}"),
            ("tries", _is_whole(self.tries, 1, 100), "1..100"),
            ("max_read", _is_whole(self.max_read, 2, MOST_READ), f"2..{MOST_READ} registers"),
            ("pause_s", _is_time(self.pause_s), f"0..{LONGEST_S:g} seconds"),
        ):
            if not good:
                raise ConfigError(f"{name}: expected {expected}, got {getattr(self, name)!r}")

    def __str__(self) -> str:
        """host:port for messages, [host]:port for IPv6."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def try_s(self) -> float:
        """The longest that one try of a request takes."""
        return self.connect_s + self.timeout_s

    @property
    def turn_s(self) -> float:
        """The longest that a thread waits for its turn: no try that fails, and no good poll, takes half as long."""
        return 2 * self.tries * self.try_s


def _is_host(host: object) -> bool:
    """Neither a URL nor host:port: a colon stands in an IPv6 address only."""
    if not isinstance(host, str) or not host or not host.isprintable() or set(host) & set(" /[]@"):
        return False
    return ":" not in host or is_address(host)


def is_address(host: str) -> bool:
    """IPv4 or IPv6, not a name."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _is_whole(number: object, low: int, high: int) -> bool:
    return isinstance(number, int) and not isinstance(number, bool) and low <= number <= high


def _is_time(seconds: object) -> bool:
    return isinstance(seconds, int | float) and not isinstance(seconds, bool) and 0 <= seconds <= LONGEST_S


@dataclass(slots=True)
class ModbusCounters:
    """What happened since the link was made."""

    requests: int = 0
    """Sent, or tried to."""
    retries: int = 0
    connects: int = 0
    timeouts: int = 0
    """Requests without a whole answer in time."""
    strays: int = 0
    """Frames, or bytes, that were not the answer."""
    exceptions: int = 0
    closed: int = 0
    """Connections that the other end gave up."""
    falls: int = 0
    """Times that max_read fell: 0 or 1."""
