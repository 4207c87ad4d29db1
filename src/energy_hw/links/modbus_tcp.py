"""A TCP connection, in bounded time, or a sentence that says why there is none."""

from __future__ import annotations

import errno
import socket
import threading
from time import monotonic
from typing import Any

from energy_hw.errors import LinkError
from energy_hw.links.modbus_settings import ModbusSettings, is_address

_NO_ROUTE = frozenset({errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EHOSTDOWN, errno.ENETDOWN})

Address = tuple[socket.AddressFamily, Any]


def open_tcp(to: ModbusSettings) -> socket.socket:
    """A connection, after to.connect_s at most, looking the name up included.

    Of several addresses each gets its share of the time. Raises LinkError, never LinkTimeout: nothing was sent.
    """
    deadline = monotonic() + to.connect_s
    addresses = _look_up(to, deadline)
    failed = OSError("its name has no address")
    for place, (family, address) in enumerate(addresses):
        try:
            return _connected(family, address, (deadline - monotonic()) / (len(addresses) - place))
        except OSError as error:
            failed = error
    raise _told(to, failed)


def _connected(family: socket.AddressFamily, address: Any, within_s: float) -> socket.socket:
    connection = socket.socket(family, socket.SOCK_STREAM)
    try:
        connection.settimeout(max(within_s, 0.001))
        connection.connect(address)
    except BaseException:
        connection.close()
        raise
    return connection


def _look_up(to: ModbusSettings, deadline: float) -> list[Address]:
    """Addresses of the host. The C library waits for name servers as long as it likes: a name gets a thread."""
    if is_address(to.host):
        return _addresses(to.host, to.port)
    found: list[list[Address] | Exception] = []
    thread = threading.Thread(target=_look_up_into, args=(found, to), name=f"look up {to.host}", daemon=True)
    thread.start()
    thread.join(max(deadline - monotonic(), 0))
    result = found[0] if found else TimeoutError("the name server does not answer")
    if isinstance(result, Exception):
        raise LinkError(
            f"{to}: the name {to.host!r} was not found ({_reason(result)}): is it spelled right? The address in the"
            " controller's network menu works without a name server"
        )
    return result


def _look_up_into(found: list[list[Address] | Exception], to: ModbusSettings) -> None:
    try:
        found.append(_addresses(to.host, to.port))
    except (OSError, ValueError) as error:  # ValueError: no name at all
        found.append(error)


def _addresses(host: str, port: int) -> list[Address]:
    return [(entry[0], entry[4]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _told(to: ModbusSettings, error: OSError) -> LinkError:
    told = LinkError(f"{to}: {_why(to, error)}")
    told.errno = error.errno
    return told


def _why(to: ModbusSettings, error: OSError) -> str:
    if isinstance(error, ConnectionRefusedError):
        return (
            f"nothing listens on port {to.port}: switch Modbus (SunSpec) on in the controller's network menu, or is"
            " the port another one?"
        )
    if isinstance(error, TimeoutError):
        return (
            f"no connection within {to.connect_s:g} s: is the controller on, on this network, and is the address the"
            " one in its network menu?"
        )
    if error.errno in _NO_ROUTE:
        return f"no route ({_reason(error)}): is this machine on the controller's network, and is the cable in?"
    return f"no connection ({_reason(error)}): is the address the one in the controller's network menu?"


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error)
