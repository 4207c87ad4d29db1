"""What a Modbus link asks over: connected when it is first needed, closed after anything but an answer.

Sources: Modbus Messaging on TCP/IP V1.0b; what users report of controllers, in links.modbus.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar
from weakref import WeakSet

from energy_hw.errors import ExtraMissing, FrameError, LinkClosed, LinkError, LinkTimeout, ModbusError
from energy_hw.links.modbus_frame import NO_SUCH_UNIT
from energy_hw.links.modbus_settings import ModbusCounters, ModbusSettings
from energy_hw.links.modbus_turns import Turns

if TYPE_CHECKING:
    from energy_hw.links.modbus_client import Client

T = TypeVar("T")

REST_S = 0.5
"""Between a try that failed at once and the next: an AXS Port refuses a connection so shortly after one that was
closed (github.com/sunspec/pysunspec, issue 13)."""


class ModbusConnection:
    """The connection of a link, and who has it. Thread safety: one thread at a time, by `_turns`; see ModbusLink."""

    def __init__(self, settings: ModbusSettings, unit: int | None) -> None:
        """unit: None to find out whether 1 or 0 answers. Raises ExtraMissing without the library pymodbus."""
        self._settings = settings
        self.unit, self._unit_known = 1 if unit is None else unit, unit is not None
        self.counters = ModbusCounters()
        self._client, self._turns = _new_client(settings), Turns(settings.turn_s)
        self._closed, self._rest_s = False, REST_S
        self._read_on: int | None = None  # the connection, counted, on which this session read last
        _LINKS.add(self)

    def _ask(self, ask: Callable[[], T]) -> T:
        """What ask() gives; after anything but an answer the connection is closed."""
        from energy_hw.links.modbus_client import Silence

        self.counters.requests += 1
        try:
            result = ask()
        except ModbusError as error:
            self.counters.exceptions += 1
            self._unit_known |= error.code not in NO_SUCH_UNIT
            raise
        except Silence as silence:
            self._client.close()
            self.counters.timeouts += 1
            raise self._no_answer(silence.args[0]) from None
        except BaseException as error:  # Ctrl-C too: its answer would be taken for the next one
            self._client.close()
            self.counters.strays += isinstance(error, FrameError)
            self.counters.closed += isinstance(error, LinkClosed)
            raise
        self._unit_known = True
        return result

    def _no_answer(self, so_far: int) -> LinkTimeout:
        came = f"{so_far} bytes of an answer and no more" if so_far else "no answer"
        return LinkTimeout(
            f"{self._settings}: {came} from unit {self.unit} within {self._settings.timeout_s:g} s: the controller"
            " answers no Modbus request: another program may hold its only connection, or its Modbus service hangs:"
            " end the other program, else restart the controller"
        )

    def _rest(self, began: float) -> None:
        """Before the next try, out of the time that the last one did not use."""
        self.counters.retries += 1
        time.sleep(max(min(self._rest_s, began + self._settings.try_s - time.monotonic()), 0))

    def _connect_at_last(self) -> None:
        for left in range(self._settings.tries - 1, -1, -1):
            began = time.monotonic()
            try:
                self._connect()
                return
            except LinkError:
                self._check_open()
                if not left:
                    raise
            self._rest(began)

    def _connect(self) -> None:
        """A connection with nothing in it. Raises LinkError."""
        time.sleep(self._settings.pause_s)
        if self._client.socket is not None and (leftover := self._client.leftover()) is not None:
            self.counters.strays += bool(leftover)
            self.counters.closed += not leftover
            self._client.close()
        if self._client.socket is None:
            self._client.open()
            self.counters.connects += 1
        self._check_open()

    def _check_read_on(self) -> None:
        if self._read_on not in (None, self.counters.connects):
            raise LinkClosed(
                f"{self._settings}: nothing was written: the connection was lost after the registers were looked at,"
                " and another one may not lead to the same ones: read again"
            )

    def _check_open(self) -> None:
        if self._closed:
            raise LinkClosed(f"{self._settings}: this link was closed: make a new one") from None

    def _forked(self) -> None:
        """In a child process: the connection is the parent's, and a lock may be held by a thread that is not here."""
        self._client.close()
        self._client, self._turns = _new_client(self._settings), Turns(self._settings.turn_s)


_LINKS: WeakSet[ModbusConnection] = WeakSet()


def _forget_the_parents() -> None:
    for link in tuple(_LINKS):
        link._forked()


os.register_at_fork(after_in_child=_forget_the_parents)


def _new_client(settings: ModbusSettings) -> Client:
    try:
        from energy_hw.links.modbus_client import Client
    except ImportError as error:
        raise ExtraMissing("Modbus", "outback", f"for {error}") from None
    return Client(settings)
