"""Serial ports, and what stands in for one: a network port, a recording, a simulated meter.

    /dev/ttyUSB0, /dev/serial/by-id/...   a tty; locked, so that a second process is refused
    socket://host:port                    bytes over TCP
    rfc2217://host:port                   bytes and speed over TCP (ser2net, pyserial's own server)
    file://recording.bin, a path, -       what a port once received; ends at its end
    sim:teleinfo?...                      a simulated meter

Ports are opened by pyserial, which nothing else in the package imports. What goes wrong raises
the LinkError that fits, which is a serial.SerialException as well.
"""

from __future__ import annotations

import logging
import termios
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import serial

from energy_hw.errors import ConfigError, LinkBusy, LinkClosed, LinkError, LinkTimeout, NodeMissing, PermissionDenied
from energy_hw.links import tty
from energy_hw.links.diagnose import busy_by, opener_of
from energy_hw.links.ports import BY_ID, explain_port, is_console, is_recording, stable_name
from energy_hw.links.standins import open_recording, open_simulated
from energy_hw.links.stream import READ_BYTES, FdLink, SerialLink, SerialSettings

__all__ = ["PortBusy", "PortClosed", "PortError", "PortMissing", "PortRefused", "PortTimeout", "open_serial"]

logger = logging.getLogger(__name__)

SLICE_S = 0.25
"""A port without a file descriptor cannot be woken: it looks this often."""


class PortError(LinkError, serial.SerialException):
    """Bytes could not be moved."""


class PortMissing(NodeMissing, serial.SerialException):
    """No such port; the message says what there is."""


class PortRefused(PermissionDenied, serial.SerialException):
    """The port may not be opened; the message names the group that may."""


class PortBusy(LinkBusy, serial.SerialException):
    """Another process has the port; `holder` is its id."""


class PortTimeout(LinkTimeout, serial.SerialException):
    """A bounded wait ran out."""


class PortClosed(LinkClosed, serial.SerialException):
    """Closed here, unplugged, or hung up at the other end; a recording is at its end."""


def open_serial(url: str, settings: SerialSettings | None = None, *, by_id: Path = BY_ID) -> SerialLink:
    """Open what url names; see the top of this module.

    by_id: where the names that stay are. Raises PortMissing, PortRefused, PortBusy or PortError,
    each with the next step in its message; ConfigError for a url that means nothing, or settings that no port has.
    """
    settings = settings or SerialSettings()
    scheme = url.partition(":")[0] if "://" in url else ""
    if url.startswith("sim:"):
        return open_simulated(url, settings)
    if url == "-" or scheme == "file" or (not scheme and is_recording(url)):
        return open_recording(url)
    if scheme:
        return _over_network(url, settings)
    return _TtyLink(url, settings, by_id)


class _SocketLink(FdLink):
    """Bytes over TCP, read past pyserial: its read() forgets what came just before a hang-up."""

    closed_error = PortClosed


class _TtyLink(FdLink):
    """A UART: opened and set by pyserial, then told how to hand over what it receives."""

    closed_error = PortClosed
    has_speed = True

    def __init__(self, path: str, settings: SerialSettings, by_id: Path) -> None:
        self._settings = settings
        self._port = _unopened(path, settings)
        try:
            self._port.open()
            self._set_reading(self._port.fileno(), settings)
        except (OSError, termios.error) as error:
            self._port.close()
            raise _dual(explain_port(path, _as_os_error(error), by_id)) from None
        except ValueError as error:
            self._port.close()
            raise ConfigError(f"{path} cannot be set to {settings}: {error}") from None
        super().__init__(path, self._port.fileno(), self._port.close, finite=False)
        self._claim()

    def _claim(self) -> None:
        """Keep others out, as far as that goes, and ask the driver (FTDI: 16 ms otherwise) to hand bytes on at once."""
        with suppress(OSError, termios.error):
            tty.claim(self._fd)
        with suppress(OSError, ValueError, NotImplementedError, AttributeError):
            self._port.set_low_latency_mode(True)
        if is_console(self.name):
            logger.warning("%s is the kernel's console as well: take console=... out of its command line", self.name)
        other = None if tty.is_pseudo_terminal(self._fd) else opener_of(self.name)  # a simulator holds both ends
        if other is not None:
            self.close()
            raise _dual(busy_by(self.name, other))

    def configure(self, settings: SerialSettings) -> None:
        with _told(self.name):
            if _shape(settings) != _shape(self._settings):
                self._port.apply_settings(_shape(settings))
                self._port.reset_input_buffer()
            self._set_reading(self._fd, settings)
            self._settings = settings

    @staticmethod
    def _set_reading(fd: int, settings: SerialSettings) -> None:
        tty.set_reading(fd, settings.line_ends, settings.check_parity, settings.lf_ends)

    def _take(self) -> bytes:
        data = super()._take()
        return data if self._settings.lf_ends else data.replace(b"\r", b"\n")


class _RemoteLink:
    """A port whose bytes pyserial collects in a thread of its own: rfc2217."""

    finite = False
    has_speed = True

    def __init__(self, name: str, port: Any, settings: SerialSettings) -> None:
        self.name, self._port, self._settings = name, port, settings
        self._woken = False

    def read(self, timeout_s: float) -> bytes:
        with _told(self.name):
            while not self._woken:
                self._port.timeout = min(max(timeout_s, 0), SLICE_S)
                timeout_s -= SLICE_S
                first: bytes = self._port.read(1)
                if first:
                    return first + bytes(self._port.read(min(self._port.in_waiting, READ_BYTES - 1)))
                if timeout_s <= 0:
                    return b""
        self._woken = False
        return b""

    def configure(self, settings: SerialSettings) -> None:
        if _shape(settings) != _shape(self._settings):
            with _told(self.name):
                self._port.apply_settings(_shape(settings))
                self._port.reset_input_buffer()
        self._settings = settings

    def wake(self) -> None:
        self._woken = True

    def close(self) -> None:
        _hang_up(self._port)


def _hang_up(port: Any) -> None:
    """Close a network port; pyserial 3.5 leaves the socket open when the other end was quicker."""
    connection = getattr(port, "_socket", None)
    with suppress(OSError):
        port.close()
    if connection is not None:
        connection.close()


def _unopened(path: str, settings: SerialSettings) -> serial.Serial:
    try:
        port = serial.Serial(None, exclusive=True, timeout=0, **_shape(settings))
    except ValueError as error:
        raise ConfigError(f"{path} cannot be set to {settings}: {error}") from None
    port.port = path
    _set_outputs(port, settings)
    return port


def _set_outputs(port: Any, settings: SerialSettings) -> None:
    """DTR and RTS as they are to be from the moment of opening on."""
    for name in ("dtr", "rts"):
        if (level := getattr(settings, name)) is not None:
            setattr(port, name, level)


def _over_network(url: str, settings: SerialSettings) -> SerialLink:
    try:
        _check_place(url)
        port: Any = serial.serial_for_url(url, do_not_open=True, timeout=0, **_shape(settings))
        port.from_url(url)  # refuses what it cannot take apart before it is called a network problem
        _set_outputs(port, settings)
    except (ValueError, AttributeError, TypeError, serial.SerialException) as error:
        forms = "/dev/ttyUSB0, socket://host:port, rfc2217://host:port, file://recording, - or sim:teleinfo"
        raise ConfigError(f"expected {forms}, got {url!r}: {error}") from None
    if url.startswith("socket"):
        port.reset_input_buffer = _keep_all  # open() calls it, and a server may have sent something by then
    try:
        port.open()
    except (OSError, ValueError) as error:
        _hang_up(port)
        raise PortError(f"{url} does not answer: {error}: is its server up, are host and port right?") from None
    if hasattr(port, "fileno") and url.startswith("socket"):
        return _SocketLink(url, port.fileno(), lambda: _hang_up(port), finite=False)
    return _RemoteLink(url, port, settings)


def _check_place(url: str) -> None:
    """Raise ValueError without a host, which pyserial takes for this one, or a port, over which it stumbles."""
    parts = urlsplit(url)
    if parts.scheme in ("socket", "rfc2217") and (not parts.hostname or parts.port is None):
        raise ValueError("it names no host and port")


def _keep_all() -> None:
    """Nothing that a connection has brought is old."""


def _shape(settings: SerialSettings) -> dict[str, Any]:
    """The settings that pyserial knows, by its names."""
    return {name: getattr(settings, name) for name in ("baudrate", "bytesize", "parity", "stopbits")}


_DUALS: dict[type[LinkError], type[LinkError]] = {
    NodeMissing: PortMissing,
    PermissionDenied: PortRefused,
    LinkTimeout: PortTimeout,
    LinkClosed: PortClosed,
}


def _dual(error: LinkError) -> LinkError:
    """The same trouble as something that is a serial.SerialException as well."""
    if isinstance(error, LinkBusy):
        dual: LinkError = PortBusy(str(error), error.holder)
    else:
        dual = _DUALS.get(type(error), PortError)(str(error))
    dual.errno = error.errno
    return dual


def _as_os_error(error: Exception) -> OSError:
    """pyserial's errors with their errno; termios.error is no OSError, but has one's arguments."""
    if isinstance(error, OSError):
        return error
    return OSError(*error.args) if isinstance(error, termios.error) else OSError(str(error))


@contextmanager
def _told(name: str) -> Iterator[None]:
    """Whatever the port's driver raises becomes what SerialLink promises."""
    try:
        yield
    except LinkError:
        raise
    except ValueError as error:
        raise PortError(f"{name} cannot be set: {error}") from None
    except (OSError, termios.error) as error:
        gone = PortClosed(f"{name} is gone ({error}): unplugged, or closed at the other end")
        gone.errno = _as_os_error(error).errno
        raise gone from None


def reopenable_name(url: str, by_id: Path = BY_ID) -> str:
    """What to open instead of url when it comes back: the name that stays, where there is one."""
    is_path = "://" not in url and not url.startswith("sim:") and url != "-"
    return (is_path and stable_name(url, by_id)) or url
