"""A TCP connection, in bounded time, or a sentence that says why there is none."""

from __future__ import annotations

import errno
import ipaddress
import socket
import threading
from time import monotonic
from typing import Any

from energy_hw.errors import LinkError

_NO_ROUTE = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN})

Address = tuple[socket.AddressFamily, Any]


def open_tcp(host: str, port: int, within_s: float) -> socket.socket:
    """A connection, after within_s seconds at most, looking the name up included.

    Of several addresses each gets its share of the time. Raises LinkError, never LinkTimeout: nothing was sent.
    """
    deadline = monotonic() + within_s
    addresses = _look_up(host, port, deadline)
    for last, (family, address) in enumerate(addresses, 1 - len(addresses)):
        try:
            return _connected(family, address, (deadline - monotonic()) / (1 - last))
        except OSError as error:
            if not last:
                raise _told(host, port, error, within_s) from None
    raise LinkError(f"{at(host, port)}: the name has no address: is it spelled as in the controller's network menu?")


def at(host: str, port: int) -> str:
    """host:port for messages, [host]:port for IPv6."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _connected(family: socket.AddressFamily, address: Any, within_s: float) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(max(within_s, 0.001))
        connection.connect(address)
    except BaseException:
        connection.close()
        raise
    return connection


def _look_up(host: str, port: int, deadline: float) -> list[Address]:
    """Addresses of a host. The C library waits for name servers as long as it likes: a name gets a thread."""
    if _is_number(host):
        return _addresses(host, port)
    found: list[list[Address] | Exception] = []
    thread = threading.Thread(target=_look_up_into, args=(found, host, port), name=f"look up {host}", daemon=True)
    thread.start()
    thread.join(max(deadline - monotonic(), 0))
    result = found[0] if found else TimeoutError("the name server does not answer")
    if isinstance(result, Exception):
        raise LinkError(
            f"{at(host, port)}: the name {host!r} was not found ({_reason(result)}): is it spelled right? The address"
            " in the controller's network menu works without a name server"
        )
    return result


def _look_up_into(found: list[list[Address] | Exception], host: str, port: int) -> None:
    try:
        found.append(_addresses(host, port))
    except (OSError, ValueError) as error:  # ValueError: no name at all
        found.append(error)


def _addresses(host: str, port: int) -> list[Address]:
    return [(entry[0], entry[4]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _told(host: str, port: int, error: OSError, within_s: float) -> LinkError:
    told = LinkError(f"{at(host, port)}: {_why(port, error, within_s)}")
    told.errno = error.errno
    return told


def _why(port: int, error: OSError, within_s: float) -> str:
    if isinstance(error, ConnectionRefusedError):
        return (
            f"nothing listens on port {port}: switch Modbus (SunSpec) on in the controller's network menu, or is the"
            " port another one?"
        )
    if isinstance(error, TimeoutError):
        return (
            f"no connection within {within_s:g} s: is the controller on, on this network, and is the address the one"
            " in its network menu?"
        )
    if error.errno in _NO_ROUTE:
        return f"no route ({_reason(error)}): is this machine on the same network as the controller, and the cable in?"
    return f"no connection ({_reason(error)}): is the address the one in the controller's network menu?"


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
