"""serial_teleinfo.Client: strict lines and values from a port."""

from __future__ import annotations

import time
from collections import deque
from types import TracebackType
from typing import Self

from energy_hw.errors import ConfigError, LinkClosed
from energy_hw.links.serial import open_serial
from energy_hw.links.stream import SerialLink, SerialSettings
from energy_hw.teleinfo.detect import SPEEDS, Detector
from energy_hw.teleinfo.line_cutter import LineCutter
from energy_hw.teleinfo.parser import ParserException, parse_line
from energy_hw.teleinfo.types import Value, to_value

TIMEOUT_S = 1.0
"""For one line; an empty one comes back after that, and no parser takes it."""
DETECTION_S = 5.0
"""How long auto looks for the speed: each one twice, and then some."""
LINE_ENDS = b"\x03\x84"
"""ETX, and EOT with its parity bit; LF ends a read in any case."""


class Client:
    """Values from a serial port, one at a time.

    >>> with Client("/dev/ttyUSB0") as client:  # doctest: +SKIP
    ...     print(client.read_value())

    port: whatever links.serial opens. mode: `historique`, `standard`, or `auto`, which listens at both speeds.
    baudrate: where an adapter has a speed of its own. Parity is checked in software, on any adapter.
    Entering raises a serial.SerialException that says what to do; so does reading from a port that is gone.
    Thread safety: one thread at a time.
    """

    def __init__(self, port: str = "/dev/ttyUSB0", *, mode: str = "historique", baudrate: int | None = None) -> None:
        if mode not in SPEEDS:
            raise ConfigError(f"expected mode {', '.join(SPEEDS)}, got {mode!r}")
        self._port = port
        self._speeds = (baudrate,) if baudrate else SPEEDS[mode]
        self._link: SerialLink | None = None
        self._cutter = LineCutter()
        self._lines: deque[bytes] = deque()

    def __enter__(self) -> Self:
        self._begin()
        self._link = open_serial(self._port, _settings(self._speeds[0]))
        try:
            if len(self._speeds) > 1:
                self._find_speed()
            else:
                self._raw_line()  # the end of a line that began before
        except BaseException:
            self._link.close()
            raise
        return self

    def __exit__(
        self, type: type[BaseException] | None, value: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._link is not None:
            self._link.close()

    def _begin(self) -> None:
        self._cutter = LineCutter()
        self._lines.clear()

    def _find_speed(self) -> None:
        """Listen until lines prove a speed; they are read again later. A silent port stays at the speed tried last."""
        detector = Detector(self._speeds, time.monotonic())
        end, good = time.monotonic() + DETECTION_S, deque[bytes]()
        while not detector.locked and time.monotonic() < end:
            line = self._line(detector.due_at)
            if not line:
                self._opened().configure(_settings(detector.next(time.monotonic())))
                self._begin()
            elif _sound(line):
                good.append(line)
                detector.group(True, time.monotonic())
                continue
            detector.damage()
            good.clear()
        self._lines.extendleft(reversed(good))

    def _raw_line(self) -> bytes:
        """The next line, ended by `\\r\\n` or `\\r\\x03\\x02\\n`; an empty one if none comes within a second."""
        return self._line(time.monotonic() + TIMEOUT_S)

    def _line(self, end: float) -> bytes:
        while not self._lines:
            left = end - time.monotonic()
            if left <= 0:
                return b""
            self._lines.extend(self._cutter.feed(self._opened().read(left)))
        return self._lines.popleft()

    def _opened(self) -> SerialLink:
        if self._link is None:
            raise LinkClosed(f"{self._port} is not open: use `with Client(...) as client`")
        return self._link

    def read_line(self) -> tuple[str, str, bool]:
        """Key, text, and whether the frame ends. Raises ParserException, also after a second of silence."""
        return parse_line(self._raw_line())

    def read_value(self) -> Value:
        """The next value. Raises ParserException as read_line, and UnknownKeyException."""
        return to_value(*self.read_line())


def _settings(baudrate: int) -> SerialSettings:
    return SerialSettings(baudrate=baudrate, line_ends=LINE_ENDS)


def _sound(line: bytes) -> bool:
    try:
        to_value(*parse_line(line))
    except ParserException:
        return False
    return True
