"""What one client may take of a server."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """Bytes, counts, and seconds. The defaults suit a Pi Zero on a home network."""

    head_bytes: int = 8192
    """Request line and headers together."""
    body_bytes: int = 65536
    head_s: float = 8.0
    """From the first byte of a request, or the start of the connection, to the end of its headers."""
    body_s: float = 15.0
    stall_s: float = 15.0
    """How long a client may leave what is sent to it unread."""
    idle_s: int = 20
    """Between two requests on one connection."""
    linger_s: float = 5.0
    """For the last bytes of a connection that is being closed."""
    shutdown_s: int = 3
    """For requests that are being answered when the server is told to stop."""
    connections: int = 64
    of_one_address: int = 16
