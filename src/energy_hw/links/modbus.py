"""Registers over Modbus/TCP: one connection, held under a lock, never trusted further than it answers.

    with ModbusLink("mate3.lan") as link, link.session():
        link.read(40000, 2)      # (0x5375, 0x6E53)

A read is tried again on a new connection, a write never. An answer that comes late, short, long, or to another
question is no answer: its connection is closed, so that it can never be taken for the next one.

Sources: Modbus Application Protocol V1.1b3; Modbus Messaging on TCP/IP V1.0b; OutBack AXS Port application note
rev 5 for unit and port. That a controller serves one connection at a time, and is unhappy about long reads, is
what its users report (adamcharnock/mate3 at 887d321, mate3/sunspec).
"""

from __future__ import annotations

import logging
import math
import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from energy_hw.errors import (
    ConfigError,
    ExtraMissing,
    FrameError,
    LinkBusy,
    LinkClosed,
    LinkError,
    LinkTimeout,
    ModbusError,
)
from energy_hw.links.modbus_frame import (
    BUSY,
    ILLEGAL_VALUE,
    MOST_READ,
    MOST_WRITTEN,
    NO_SUCH_UNIT,
    UNCLEAR_AFTER_WRITE,
)
from energy_hw.links.modbus_tcp import at

if TYPE_CHECKING:
    from energy_hw.links.modbus_client import Client

__all__ = ["ModbusCounters", "ModbusLink"]

logger = logging.getLogger(__name__)
T = TypeVar("T")

SMALL_READ = 50
"""Registers that every controller gives at once."""
REST_S = 0.3
"""Between a try that failed at once and the next."""
READ_BACK = "the value may have been written all the same: read it back before anything else"


@dataclass(slots=True)
class ModbusCounters:
    """What happened since the link was made."""

    requests: int = 0
    retries: int = 0
    connects: int = 0
    timeouts: int = 0
    strays: int = 0
    """Bytes that were not the answer."""
    exceptions: int = 0
    closed: int = 0
    """Connections that the other end gave up."""
    falls: int = 0
    """Times that max_read fell."""


class ModbusLink:
    """A controller at host:port.

    unit: its Modbus unit id; None: 1, or 0 if that does not answer. timeout_s: for one whole answer. connect_s: for
    a connection, looking up the name included. tries: of each request; a request takes tries * (connect_s + timeout_s)
    at most, pause_s apart from that. max_read: registers in one request, 2..125. pause_s: rest before each request.
    close_after_poll: give the connection up after each session, so that other programs get a turn.

    Nothing is opened before the first read. Raises ConfigError for settings that cannot be, ExtraMissing without
    the library pymodbus.

    Thread safety: call from any thread; sessions take turns, and close() ends a wait of another thread. A process
    that was forked off opens a connection of its own.
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
        _check_settings(host, port, unit, timeout_s, connect_s, tries, max_read, pause_s)
        self.host, self.port, self.max_read = host, port, max_read
        self.unit = 1 if unit is None else unit
        self.counters = ModbusCounters()
        self._unit_known = unit is not None
        self._try_s, self._tries, self._pause_s = timeout_s + connect_s, tries, pause_s
        self._timeout_s, self._close_after_poll = timeout_s, close_after_poll
        self._client = _new_client(host, port, timeout_s, connect_s)
        self._lock, self._depth, self._pid = threading.RLock(), 0, os.getpid()
        self._closed = False

    def __enter__(self) -> ModbusLink:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"ModbusLink({at(self.host, self.port)!r}, unit={self.unit})"

    @contextmanager
    def session(self) -> Iterator[None]:
        """The connection for this thread alone: for one poll, or one write with what belongs to it. Re-entrant.

        Raises LinkBusy if another thread does not give it up, LinkClosed after close().
        """
        self._acquire()
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if not self._depth and (self._close_after_poll or self._closed):
                self._client.close()
            self._lock.release()

    def read(self, address: int, count: int) -> tuple[int, ...]:
        """count holding registers from address (0-based, as on the wire) on, 0..65535 each.

        In one request up to max_read, else in several. Raises LinkTimeout (connected, no answer), LinkClosed (the
        other end closed), LinkError (no connection), FrameError (an answer to something else), ModbusError
        (refused), each after the last try; ValueError for registers that there cannot be.
        """
        _check_span(address, count)
        registers: list[int] = []
        with self.session():
            while len(registers) < count:
                registers += self._read_some(address + len(registers), count - len(registers))
        return tuple(registers)

    def write(self, address: int, values: Sequence[int]) -> None:
        """Write 1..123 holding registers of 0..65535, in one request that is never sent twice.

        Raises LinkTimeout and FrameError if it was sent and no answer fits: the value may have been written.
        ModbusError: refused (4, 5 and 11: read back as well). LinkError, LinkClosed, LinkBusy: it was not sent.
        """
        _check_values(address, values)
        with self.session():
            self._connect_at_last()
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
        if self._lock.acquire(timeout=self._lock_s):
            self._client.close()
            self._lock.release()

    # A request, and its tries

    def _read_some(self, address: int, count: int) -> list[int]:
        for left in range(self._tries - 1, -1, -1):
            began = time.monotonic()
            careful = not self._unit_known and left < self._tries - 1
            size = min(count, self.max_read, SMALL_READ if careful else MOST_READ)
            try:
                self._connect()
                return self._ask(partial(self._client.read, address, size, self.unit))
            except (LinkError, FrameError, ModbusError) as error:
                if not self._may_try_again(error, size) or not left:
                    raise
            self._rest(began)
        raise AssertionError  # tries is 1 at least

    def _may_try_again(self, error: Exception, size: int) -> bool:
        """Whether another try can help, after changing what may have been the reason."""
        code = error.code if isinstance(error, ModbusError) else None
        if not self._unit_known and (isinstance(error, LinkTimeout) or code in NO_SUCH_UNIT):
            self.unit = 1 - self.unit
            return True
        if size > SMALL_READ and (isinstance(error, LinkTimeout) or code == ILLEGAL_VALUE):
            self._fall(error)
            return True
        return not self._closed and code in (None, BUSY)

    def _fall(self, error: Exception) -> None:
        self.max_read = SMALL_READ
        self.counters.falls += 1
        logger.warning("%s; from now on no more than %d registers are read at once", error, SMALL_READ)

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
            f"{at(self.host, self.port)}: {came} within {self._timeout_s:g} s: the controller answers no Modbus"
            " request: another program may hold its only connection, or its Modbus service hangs: close the other"
            " one, else restart the controller"
        )

    def _rest(self, began: float) -> None:
        """Before the next try, out of the time that the last one did not use."""
        self.counters.retries += 1
        time.sleep(max(min(REST_S, began + self._try_s - time.monotonic()), 0))

    # The connection

    def _connect_at_last(self) -> None:
        for left in range(self._tries - 1, -1, -1):
            began = time.monotonic()
            try:
                self._connect()
                return
            except LinkError:
                if self._closed or not left:
                    raise
            self._rest(began)

    def _connect(self) -> None:
        """A connection with nothing in it. Raises LinkError."""
        time.sleep(self._pause_s)
        if self._client.socket is not None and not self._client.is_quiet():
            self._client.close()
        if self._client.socket is None:
            self._check_open()
            self._client.open()
            self.counters.connects += 1
        self._check_open()

    def _check_open(self) -> None:
        if self._closed:
            raise LinkClosed(f"{at(self.host, self.port)}: this link was closed: make a new one")

    @property
    def _lock_s(self) -> float:
        return 2 * self._tries * self._try_s

    def _acquire(self) -> None:
        if self._pid != os.getpid():  # forked: the parent's connection and lock are not ours
            self._client.close()
            self._lock, self._depth, self._pid = threading.RLock(), 0, os.getpid()
        if not self._lock.acquire(timeout=self._lock_s):
            raise LinkBusy(
                f"{at(self.host, self.port)}: another thread has held the connection for {self._lock_s:g} s: expected"
                " sessions of one poll each"
            )
        if self._closed:
            self._lock.release()
            self._check_open()


def _new_client(host: str, port: int, timeout_s: float, connect_s: float) -> Client:
    try:
        from energy_hw.links.modbus_client import Client
    except ImportError as error:
        raise ExtraMissing("Modbus", "outback", f"({error})") from None
    return Client(host, port, timeout_s, connect_s)


def _check_settings(
    host: str,
    port: int,
    unit: int | None,
    timeout_s: float,
    connect_s: float,
    tries: int,
    max_read: int,
    pause_s: float,
) -> None:
    for name, value, good, expected in (
        ("host", host, isinstance(host, str) and host.strip() == host != "", "a name or an address"),
        ("port", port, 1 <= port <= 65535, "1..65535"),
        ("unit", unit, unit is None or 0 <= unit <= 255, "0..255, or none"),
        ("timeout_s", timeout_s, 0 < timeout_s < math.inf, "seconds above 0"),
        ("connect_s", connect_s, 0 < connect_s < math.inf, "seconds above 0"),
        ("tries", tries, 1 <= tries <= 100, "1..100"),
        ("max_read", max_read, 2 <= max_read <= MOST_READ, f"2..{MOST_READ} registers"),
        ("pause_s", pause_s, 0 <= pause_s <= 60, "0..60 seconds"),
    ):
        if not good:
            raise ConfigError(f"{name}: expected {expected}, got {value!r}")


def _check_span(address: int, count: int) -> None:
    if count < 1 or address < 0 or address + count > 0x10000:
        raise ValueError(f"expected registers within 0..65535, got {count} from {address} on")


def _check_values(address: int, values: Sequence[int]) -> None:
    _check_span(address, len(values))
    if len(values) > MOST_WRITTEN or not all(0 <= value <= 0xFFFF for value in values):
        raise ValueError(f"expected 1..{MOST_WRITTEN} registers of 0..65535, got {list(values)}")
