"""Registers over Modbus/TCP: one connection, one thread at a time, and no answer trusted that could be another's.

    with ModbusLink("mate3.lan") as link, link.session():
        link.read(40000, 2)      # (0x5375, 0x6E53)

A read is tried again on a new connection, a write never. An answer that comes late, short, long, or to another
question is no answer: its connection is closed, so that it can never be taken for the next one.

Sources: Modbus Application Protocol V1.1b3; Modbus Messaging on TCP/IP V1.0b; OutBack AXS Port application note
rev 5. That a controller serves one connection at a time and dislikes long reads is what its users report
(adamcharnock/mate3 at 887d321).
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial

from energy_hw.errors import FrameError, LinkBusy, LinkClosed, LinkError, LinkTimeout, ModbusError
from energy_hw.links.modbus_connection import ModbusConnection
from energy_hw.links.modbus_frame import (
    BUSY,
    ILLEGAL_VALUE,
    MOST_READ,
    NO_SUCH_UNIT,
    UNCLEAR_AFTER_WRITE,
    check_span,
    check_values,
)
from energy_hw.links.modbus_settings import ModbusCounters, ModbusSettings

__all__ = ["ModbusCounters", "ModbusLink"]

logger = logging.getLogger(__name__)

SMALL_READ = 50
"""Registers that every controller gives at once."""
READ_BACK = "the value may have been written all the same: read it back before anything else"


class ModbusLink(ModbusConnection):
    """A controller at host:port.

    unit: its Modbus unit id; None: 1, or 0 if that does not answer. timeout_s: for one whole answer. connect_s: for
    a connection, looking up the name included. tries: of each request, which so takes tries * (connect_s + timeout_s)
    at most, pause_s apart. max_read: registers in one request, 2..125; it falls to 50, once, when the controller
    refuses a longer read or does not answer it. pause_s: rest before each try. close_after_poll: give the connection
    up after each session, so that other programs get their turn.

    Nothing is opened before the first read. Raises ConfigError for settings that cannot be, ExtraMissing without
    the library pymodbus.

    Thread safety: call from any thread; sessions take turns, and close() ends a wait of another thread. A process
    that is forked off opens a connection of its own.
    """

    def __init__(
        self,
        host: str,
        port: int = 502,
        *,
        unit: int | None = None,
        timeout_s: float = 5.0,
        connect_s: float = 3.0,
        tries: int = 3,
        max_read: int = 100,
        pause_s: float = 0.0,
        close_after_poll: bool = False,
    ) -> None:
        settings = ModbusSettings(host, port, unit, timeout_s, connect_s, tries, max_read, pause_s, close_after_poll)
        super().__init__(settings, unit)
        self.host, self.port, self.max_read = host, port, max_read

    def __enter__(self) -> ModbusLink:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"ModbusLink({str(self._settings)!r}, unit={self.unit})"

    @contextmanager
    def session(self) -> Iterator[None]:
        """The connection for this thread alone: for one poll, or one write with what belongs to it. Re-entrant.

        Raises LinkBusy if another thread does not give it up in time, LinkClosed after close().
        """
        turns = self._turns
        if not turns.take():
            raise LinkBusy(
                f"{self._settings}: another thread has held the connection for {self._settings.turn_s:g} s: expected"
                " sessions of one poll each; end that one"
            )
        try:
            self._check_open()
            yield
        finally:
            if turns.is_last():
                self._read_on = None
                if self._settings.close_after_poll or self._closed:
                    self._client.close()
            turns.give()

    def read(self, address: int, count: int) -> tuple[int, ...]:
        """count holding registers from address (0-based, as on the wire) on, 0..65535 each.

        One request up to max_read, else several. Raises, each after the last try: LinkTimeout (connected, no
        answer), LinkClosed (the other end closed), LinkError (no connection), FrameError (no answer to this),
        ModbusError (refused); and ValueError for registers that there cannot be.
        """
        check_span(address, count)
        registers: list[int] = []
        with self.session():
            while len(registers) < count:
                registers += self._read_some(address + len(registers), count - len(registers))
        return tuple(registers)

    def write(self, address: int, values: Sequence[int]) -> None:
        """Write 1..123 holding registers of 0..65535, in one request that is never sent twice.

        Raises LinkTimeout or FrameError if it was sent and no answer fits: the value may have been written.
        ModbusError: refused (4, 5 and 11: it may have been written). Any other LinkError: nothing was sent.

        In a session that has read, it goes out on the connection of the last read, or LinkClosed is raised: behind a
        new one may stand a controller that was restarted, with its blocks elsewhere.
        """
        check_values(address, values)
        with self.session():
            self._connect_at_last()
            self._check_read_on()
            try:
                self._ask(partial(self._client.write, address, values, self.unit))
            except (LinkTimeout, LinkClosed) as error:
                raise LinkTimeout(f"{error}; {READ_BACK}") from None
            except FrameError as error:
                raise type(error)(f"{error}; {READ_BACK}", error.raw) from None
            except ModbusError as error:
                if error.code not in UNCLEAR_AFTER_WRITE:
                    raise
                raise ModbusError(f"{error}; {READ_BACK}", error.code) from None

    def close(self) -> None:
        """Close for good; a read under way ends with LinkClosed. May be called twice."""
        self._closed = True
        self._client.abort()
        if self._turns.take(wait=False):  # else whoever holds it closes at the end of its session
            self._client.close()
            self._turns.give()

    # A request and its tries

    def _read_some(self, address: int, count: int) -> list[int]:
        """The first registers of count, as many as one request may have."""
        for left in range(self._settings.tries - 1, -1, -1):
            began = time.monotonic()
            doubtful = not self._unit_known and left < self._settings.tries - 1  # the unit, or the size?
            size = min(count, self.max_read, SMALL_READ if doubtful else MOST_READ)
            try:
                self._connect()
                registers = self._ask(partial(self._client.read, address, size, self.unit))
                self._read_on = self.counters.connects
                return registers
            except (LinkError, FrameError, ModbusError) as error:
                if not self._may_try_again(error, size, left) or not left:
                    raise
            self._rest(began)
        raise AssertionError("tries is 1 at least")

    def _may_try_again(self, error: Exception, size: int, left: int) -> bool:
        """Whether another of the tries that are left can help, after a change of what may have been the reason.

        An AXS Port that was asked for too much closes the connection (github.com/sunspec/pysunspec, issue 82).
        """
        self._check_open()
        code = error.code if isinstance(error, ModbusError) else None
        if not self._unit_known and (code in NO_SUCH_UNIT or isinstance(error, LinkTimeout | FrameError)):
            self.unit = 1 - self.unit
            return True
        again_closed = isinstance(error, LinkClosed) and left == 1
        if size > SMALL_READ and (code == ILLEGAL_VALUE or isinstance(error, LinkTimeout) or again_closed):
            self._fall(error)
            return True
        return code in (None, BUSY)

    def _fall(self, error: Exception) -> None:
        self.max_read = SMALL_READ
        self.counters.falls += 1
        logger.warning("%s; from now on no more than %d registers are read at once", error, SMALL_READ)
