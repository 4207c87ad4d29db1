"""serial_teleinfo.updater: the latest values of a meter, kept by a thread."""

from __future__ import annotations

import logging
import threading
import time

from energy_hw.links.backoff import Backoff
from energy_hw.links.clock import SystemClock
from energy_hw.links.teller import Teller
from energy_hw.teleinfo.client import Client
from energy_hw.teleinfo.latest import LatestValues
from energy_hw.teleinfo.parser import ParserException, UnknownKeyException
from energy_hw.teleinfo.types import Value

logger = logging.getLogger(__name__)

MAX_CONSECUTIVE_ERRORS = 16
RETRY_S = (0.5, 10.0)
"""The first and the longest wait before a port is opened again."""
JOIN_S = 10.0


class ValueUpdater:
    """Reads a port for ever in a thread: errors are counted and passed over, a lost port is opened again.

    >>> updater = ValueUpdater("/dev/ttyUSB0")
    >>> updater.start()  # doctest: +SKIP

    mode, baudrate: as for Client. Thread safety: values, connected and ready from any thread; update_value is
    called in the updater's own.
    """

    def __init__(self, port: str, *, mode: str = "historique", baudrate: int | None = None) -> None:
        self._port = port
        self._mode = mode
        self._baudrate = baudrate
        self._values: dict[str, Value] = {}
        self._latest = LatestValues(self._values)
        self._end_of_frames = 0
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self._unknown: set[str] = set()

    def start(self) -> None:
        """Begin. Raises RuntimeError when it was begun before."""
        if self._thread is not None:
            raise RuntimeError("Method start() can only be called once.")
        self._thread = threading.Thread(target=self._run, name=f"{self._port} teleinfo updater", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End, within a second or two. Raises AttributeError before start()."""
        if self._thread is None:
            raise AttributeError("stop() before start(): there is no thread to end")
        self._stopping.set()
        if self._thread is not threading.current_thread():
            self._thread.join(JOIN_S)

    def update_value(self, value: Value) -> None:
        """Take a value; to be overridden, with a call of this one."""
        self._values[value.key] = value
        if value.end_of_frame:
            self._end_of_frames += 1

    @property
    def values(self) -> dict[str, Value]:
        """The latest value of each key that the meter still sends."""
        self.expire()
        return dict(self._values)

    def expire(self) -> None:
        """Forget what has not been heard for a minute; values does so by itself."""
        self._latest.expire(time.monotonic())

    @property
    def port(self) -> str:
        """As it was given."""
        return self._port

    @property
    def connected(self) -> bool:
        """Whether the port is open and a sound value came within the last seconds."""
        return self._latest.fresh(time.monotonic())

    @property
    def ready(self) -> bool:
        """Whether two frames ended since the connection: every key was there."""
        return self.connected and self._end_of_frames >= 2

    @property
    def revision(self) -> int:
        """Counts up with each change of values."""
        return self._latest.revision

    def _run(self) -> None:
        backoff, teller = Backoff(*RETRY_S), Teller(logger, SystemClock())
        while not self._stopping.is_set():
            try:
                self._connection(backoff)
            except (OSError, ParserException) as error:
                teller.tell("%s: %s", self._port, error)
            except Exception:
                logger.exception("%s: a fault of this program; the port is opened again", self._port)
            finally:
                self._end_of_frames = 0
                self._latest.disconnect()
            self._stopping.wait(backoff.next_s())

    def _connection(self, backoff: Backoff) -> None:
        with Client(self._port, mode=self._mode, baudrate=self._baudrate) as client:
            errors = 0
            while not self._stopping.is_set():
                try:
                    self._take(client.read_value())
                    backoff.reset()
                    errors = 0
                except UnknownKeyException as error:
                    self._note(error)
                except ParserException as error:
                    errors += 1
                    self._latest.damaged()
                    if errors > MAX_CONSECUTIVE_ERRORS:
                        raise ParserException(
                            f"{errors} bad or missing lines in a row, opening the port again; the last: {error}"
                        ) from None

    def _take(self, value: Value) -> None:
        self.update_value(value)
        self._latest.heard(value, time.monotonic())  # after it, for this is what says that values changed
        if value.end_of_frame:
            self._latest.end_frame()

    def _note(self, error: UnknownKeyException) -> None:
        self._latest.damaged()
        if error.key not in self._unknown and len(self._unknown) < 256:
            self._unknown.add(error.key)
            logger.warning("%s: %s", self._port, error)
