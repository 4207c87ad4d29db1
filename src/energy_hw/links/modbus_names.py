"""Errors of a Modbus link under the names of pymodbus as well, for programs that catch those."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

from energy_hw.errors import FrameError, LayoutChanged, LinkError, LinkTimeout, ModbusError


@contextmanager
def also_pymodbus() -> Iterator[None]:
    """What the connection raises inside is also a pymodbus ConnectionException, or ModbusIOException for an answer
    that did not come or does not fit: the two that reconnect loops catch. Without pymodbus nothing changes.
    """
    try:
        yield
    except (LinkError, FrameError, ModbusError, LayoutChanged) as error:
        changed: Any = error
        with suppress(ImportError):
            changed.__class__ = _both(changed.__class__)
        raise


@cache
def _both(ours: Any) -> Any:
    from pymodbus.exceptions import ConnectionException, ModbusException, ModbusIOException

    if issubclass(ours, ModbusException):
        return ours
    answered = issubclass(ours, LinkTimeout) or not issubclass(ours, LinkError)
    theirs = ModbusIOException if answered else ConnectionException
    own = {"__module__": ours.__module__, "__doc__": ours.__doc__, "__str__": ours.__str__}
    return type(ours.__name__, (ours, theirs), own)
