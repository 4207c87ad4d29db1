"""Errors of this face: ours, and of the kind that mate3 raised where programs may catch it.

mate3 0.4 raised bare Exceptions, 0.6 RuntimeError for what must not be done and ValueError for values. What comes from
the connection is also pymodbus's ConnectionException or ModbusIOException, which their reconnect loops catch.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, TypeVar

from energy_hw.errors import CommandError, EnergyHwError, IdentityChanged, NotConfirmed, NotWritable, UnknownDevice

T = TypeVar("T", bound=Exception)


class NoParserFoundForDevice(EnergyHwError):
    """A device without fields in mate3 0.4."""


class NotReadable(CommandError, RuntimeError):
    """A field that can only be written: what the controller answers for it is no value."""


class SeveralDevices(UnknownDevice, RuntimeError):
    """Not exactly one device where one was meant; the message lists their ports."""


class NotReadYet(EnergyHwError, RuntimeError):
    """Nothing was read yet."""


class NoCache(EnergyHwError, RuntimeError, FileNotFoundError):
    """There is no cache file, and only the cache may be used."""


@contextmanager
def as_before() -> Iterator[None]:
    """What is refused or not confirmed inside is a RuntimeError too, what the connection raises also pymodbus's."""
    from energy_hw.links.modbus_names import also_pymodbus

    try:
        with also_pymodbus():
            yield
    except (NotWritable, IdentityChanged, NotConfirmed) as error:
        also(error, RuntimeError)
        raise


def also(error: T, kind: type[Exception]) -> T:
    """The same error, that is of another kind, too."""
    if not isinstance(error, kind):
        changed: Any = error
        wanted: Any = kind
        changed.__class__ = _both(changed.__class__, wanted)
    return error


@cache
def _both(ours: Any, kind: Any) -> Any:
    return type(ours.__name__, (ours, kind), {"__module__": ours.__module__, "__doc__": ours.__doc__})
