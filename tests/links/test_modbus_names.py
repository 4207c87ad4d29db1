"""Errors of a Modbus link under pymodbus's names."""

from __future__ import annotations

import sys

import pytest
from pymodbus.exceptions import ConnectionException, ModbusIOException

from energy_hw.errors import (
    EnergyHwError,
    FrameError,
    LayoutChanged,
    LinkBusy,
    LinkClosed,
    LinkError,
    LinkTimeout,
    ModbusError,
    UnknownDevice,
)
from energy_hw.links.modbus_names import _both, also_pymodbus

ERRORS = [
    (LinkError("no route"), ConnectionException),
    (LinkClosed("closed"), ConnectionException),
    (LinkBusy("held", 7), ConnectionException),
    (LinkTimeout("silent"), ModbusIOException),
    (FrameError("stray", b"\x01"), ModbusIOException),
    (ModbusError("refused", 3), ModbusIOException),
    (LayoutChanged("moving"), ModbusIOException),
]


@pytest.mark.parametrize(("error", "theirs"), ERRORS, ids=[type(error).__name__ for error, _ in ERRORS])
def test_an_error_is_pymodbuss_too_and_keeps_all_it_has(error: EnergyHwError, theirs: type[Exception]) -> None:
    ours, said, has = type(error), str(error), dict(vars(error))
    for _ in range(2):  # a second time changes nothing
        with pytest.raises(theirs) as caught, also_pymodbus():
            raise error
    assert caught.value is error
    assert isinstance(error, ours)
    assert (type(error).__name__, str(error), vars(error)) == (ours.__name__, said, has)


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(UnknownDevice) as caught, also_pymodbus():
        raise UnknownDevice("none")
    assert type(caught.value) is UnknownDevice


def test_without_pymodbus_nothing_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    _both.cache_clear()
    monkeypatch.setitem(sys.modules, "pymodbus.exceptions", None)
    with pytest.raises(LinkTimeout) as caught, also_pymodbus():
        raise LinkTimeout("silent")
    assert type(caught.value) is LinkTimeout
