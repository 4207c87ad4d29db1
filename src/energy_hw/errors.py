"""Every exception that energy_hw raises.

EnergyHwError
├── LinkError (OSError)                    something below the protocol: a node, a port, a chip
│   ├── NodeMissing (FileNotFoundError)    the device node is not there
│   │   └── SpiDisabled                    no SPI node at all: the operating system has SPI switched off
│   ├── PermissionDenied (PermissionError)
│   ├── LinkBusy .holder                   another process has it
│   ├── LinkTimeout (TimeoutError)
│   ├── LinkClosed
│   ├── RadioNotFound .version             the node is there, an RFM69 is not
│   │   ├── MisoStuck                      every register reads 0x00, or every one 0xFF
│   │   ├── WrongVersion                   something answers, but not with 0x24
│   │   └── ReadBackFailed                 what was written is not what is read
│   └── RadioLost                          the chip answered before and does not now
├── ProtocolError (ValueError)
│   ├── FrameError .raw
│   │   ├── FrameTruncated
│   │   ├── FrameTooLong
│   │   ├── ChecksumError .expected .computed
│   │   └── RecordError                    the checksum holds, the content does not
│   ├── ModbusError .code                  the controller refused a request
│   ├── NotSunSpec                         a Modbus server without the SunSpec marker, or with a broken chain of models
│   ├── LayoutChanged                      the models are no longer where they were, again and again
│   └── DecryptionError
├── CommandError
│   ├── UnknownDevice (KeyError)
│   ├── UnknownPoint (KeyError)
│   ├── NotWritable
│   ├── OutOfRange (ValueError) .low .high
│   │   └── FarOff                         far from what is set now: is a decimal point lost?
│   ├── AirtimeExceeded .wait_s
│   ├── QueueFull .waiting
│   ├── IdentityChanged
│   └── NotConfirmed .ticket
├── ConfigError (ValueError) .path .line
│   └── ExtraMissing .extra                a library that this package only needs for some things is not installed
└── SinkError .retry

Each one is also the built-in that it resembles, so that code written for the
built-in keeps working. A message says what was expected, what came, and what
to do next.
"""

from __future__ import annotations

from typing import Any


class EnergyHwError(Exception):
    """Base of everything that energy_hw raises."""


class LinkError(EnergyHwError, OSError):
    """Bytes could not be moved."""


class NodeMissing(LinkError, FileNotFoundError):
    """The device node does not exist."""


class SpiDisabled(NodeMissing):
    """There is no SPI node at all: SPI is off in the operating system."""


class PermissionDenied(LinkError, PermissionError):
    """The node is there and may not be opened; the message names the group that may."""


class LinkBusy(LinkError):
    """Another process holds the node. `holder` is its process id, or None if it cannot be seen."""

    def __init__(self, message: str, holder: int | None = None) -> None:
        super().__init__(message)
        self.holder = holder


class LinkTimeout(LinkError, TimeoutError):
    """A bounded wait ran out."""


class LinkClosed(LinkError):
    """The link was closed, here or at the other end."""


class RadioNotFound(LinkError):
    """No RFM69 answers. `version` is what register 0x10 read, or None if nothing was read."""

    def __init__(self, message: str, version: int | None = None) -> None:
        super().__init__(message)
        self.version = version


class MisoStuck(RadioNotFound):
    """Every bit read is 0, or every bit is 1: no chip drives the line."""


class WrongVersion(RadioNotFound):
    """A chip answers, but its version register is not 0x24."""


class ReadBackFailed(RadioNotFound):
    """A register did not keep what was written to it."""


class RadioLost(LinkError):
    """The chip worked and stopped: unplugged, browned out, or reset by a disturbance."""


class ProtocolError(EnergyHwError, ValueError):
    """Bytes arrived and do not mean what they should."""


class FrameError(ProtocolError):
    """A frame was refused. `raw` is the frame as it came."""

    def __init__(self, message: str, raw: bytes = b"") -> None:
        super().__init__(message)
        self.raw = raw


class FrameTruncated(FrameError):
    """Fewer bytes than the frame announces, or than any frame has."""


class FrameTooLong(FrameError):
    """More bytes than the frame announces, or than any frame may have."""


class ChecksumError(FrameError):
    """`expected` is the checksum that the frame carries, `computed` the one of its bytes."""

    def __init__(self, message: str, raw: bytes = b"", expected: int = 0, computed: int = 0) -> None:
        super().__init__(message, raw)
        self.expected = expected
        self.computed = computed


class RecordError(FrameError):
    """The checksum holds and the records do not: no terminator, or nothing usable in them."""


class ModbusError(ProtocolError):
    """A Modbus exception response. `code` is the exception code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


class NotSunSpec(ProtocolError):
    """Something answers Modbus requests, but its registers are no chain of SunSpec models."""


class LayoutChanged(ProtocolError):
    """The chain of models does not hold still: headers are not where the walk before found them."""


class DecryptionError(ProtocolError):
    """Wrong key, or a frame that was tampered with."""


class CommandError(EnergyHwError):
    """A command was not carried out."""


class UnknownDevice(CommandError, KeyError):
    """No device of this name or id; the message says which there are."""

    def __str__(self) -> str:
        return Exception.__str__(self)  # a KeyError would put it in quotes


class UnknownPoint(CommandError, KeyError):
    """No point of this name in the model; the message names similar ones."""

    def __str__(self) -> str:
        return Exception.__str__(self)  # a KeyError would put it in quotes


class NotWritable(CommandError):
    """The device does not obey this command."""


class OutOfRange(CommandError, ValueError):
    """A value outside `low`..`high`, in the unit of the parameter."""

    def __init__(self, message: str, low: object = None, high: object = None) -> None:
        super().__init__(message)
        self.low = low
        self.high = high


class FarOff(OutOfRange):
    """A value that the device would take, so far from what is set that it is hardly meant; it can be forced."""


class AirtimeExceeded(CommandError):
    """The legal airtime of the rolling hour is used up. `wait_s` seconds until it fits."""

    def __init__(self, message: str, wait_s: float) -> None:
        super().__init__(message)
        self.wait_s = wait_s


class QueueFull(CommandError):
    """So many commands wait already that this one was not taken. `waiting`: how many."""

    def __init__(self, message: str, waiting: int) -> None:
        super().__init__(message)
        self.waiting = waiting


class IdentityChanged(CommandError):
    """The device at this address is not the one that was read."""


class NotConfirmed(CommandError):
    """The command was sent and the device did not say that it obeyed.

    `ticket`: of the order, where there is one: what became of it since, and cancel().
    """

    def __init__(self, message: str, ticket: Any = None) -> None:
        super().__init__(message)
        self.ticket = ticket

    def __reduce__(self) -> tuple[Any, ...]:
        """A ticket stays in its process."""
        return type(self), self.args


class ConfigError(EnergyHwError, ValueError):
    """A configuration file is wrong at `path`, `line`."""

    def __init__(self, message: str, path: str = "", line: int | None = None) -> None:
        super().__init__(message)
        self.path = path
        self.line = line


class ExtraMissing(ConfigError):
    """A part of this package needs the libraries of `extra`. Commands end with 2."""

    def __init__(self, what: str, extra: str, hint: str = "") -> None:
        """what: who needs it, as `the command line`. hint: where else to get it."""
        install = f"pip install 'energy-hw[{extra}]', in a checkout pip install '.[{extra}]'"
        super().__init__(f"{what} needs the [{extra}] extra: {install}{hint and f', {hint}'}")
        self.extra = extra
        self._arguments = what, extra, hint

    def __reduce__(self) -> tuple[type, tuple[str, str, str]]:
        return type(self), self._arguments


class SinkError(EnergyHwError):
    """A sink did not take a report. `retry` says whether trying again can help."""

    def __init__(self, message: str, retry: bool = True) -> None:
        super().__init__(message)
        self.retry = retry
