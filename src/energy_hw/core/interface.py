"""The seam between energy_hw and its radio core: what both cores look like.

Two cores implement this page and read alike, function by function:

    csrc/*.c             through core/c.py
    core/python/*.py

Only bytes and integers cross into C. `core/message.py` turns raw value bytes
into values for both. `core.get()` chooses one by ENERGY_HW_CORE=c|python|auto.

Below the seam lies a Board (links/board.py): an SpiBus that moves bytes, Pins
that reset, light and interrupt, and a Clock. The real ones, the C core's own
and the simulator's have the same shape, so no driver knows which it drives.

What a driver promises, whatever the chip does:

- every wait is bounded, by a count of polls of at least a stated length each,
  so that a stalled process sees no time-out that did not happen on the chip;
- one SPI message a step: flags and RSSI; the length byte; the rest of the frame;
- 36 bytes moved for a frame of 29 bytes;
- PacketSent ends a transmission, never "FIFO empty", which comes 16 chips early;
- a change between FSK and OOK loads every register that either table names;
- after any anomaly: Standby, FIFO cleared, and back to where it was.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from energy_hw.core.message import Message, Record
from energy_hw.errors import OutOfRange
from energy_hw.links.board import Board, Pins, Wiring
from energy_hw.links.lines import Lines
from energy_hw.links.spi import SpiBus

__all__ = [
    "Board",
    "Core",
    "Lines",
    "Message",
    "OokCode",
    "OokEar",
    "OokHeard",
    "OokSamples",
    "Pins",
    "Radio",
    "RadioConfig",
    "RadioCounters",
    "ReceivedFrame",
    "Record",
    "SpiBus",
    "Wiring",
]


@dataclass(frozen=True, slots=True)
class RadioConfig:
    """What cannot be read from the chip.

    power_dbm: RFM69W -18..13; RFM69HCW -2..20 (above 17 for at most 1 % of the time).
    high_power: True for an HCW module (antenna on PA_BOOST). The chip cannot tell.
    promiscuous: also receive frames of other manufacturers (PacketConfig1 0xA0).
    node_address: manufacturer id that the chip lets through; 4 is Energenie.
    frequency_error: also measure how far off frequency each sender is (5 bytes more a frame,
    and only where the driver looks while the frame is still arriving, that is, by polling).
    """

    power_dbm: int = 10
    high_power: bool = False
    promiscuous: bool = False
    node_address: int = 4
    frequency_error: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.node_address <= 0xFF:
            raise OutOfRange(f"expected a node address of 0 to 255, got {self.node_address}", 0, 0xFF)


class ReceivedFrame(NamedTuple):
    """One frame from the FIFO: the length byte, and as many bytes as it says (11..66 in all)."""

    data: bytes
    rssi_dbm: float
    """Signal strength when the frame was complete, in steps of 0.5 dBm."""
    frequency_error_hz: int | None = None
    """How far the sender is off frequency, in Hz; None if it was not measured."""


class OokCode(NamedTuple):
    """What a hand controller's button says."""

    house: int
    """House code, 20 bits."""
    gang: int
    """0 = all, 1..6."""
    on: bool


class OokSamples(NamedTuple):
    """What the OOK demodulator said since the last look."""

    data: bytes
    """9600 bits a second, MSB first; at most 64 bytes."""
    rssi_dbm: float
    """Signal strength at this look."""
    gap: bool
    """Whether samples before these are lost: the look came too late."""


class OokHeard(NamedTuple):
    """24 bits as an EV1527 encoder sends them."""

    bits: int
    """Of a hand controller of Energenie's: house code, and the data nibble below it."""
    chip_us: int
    """How long a chip lasts: 208 from one of Energenie's, 130 to 780 from any."""


class OokEar(Protocol):
    """Finds codes in samples. Not thread-safe; start a new one after a gap."""

    def hear(self, samples: bytes) -> list[OokHeard]:
        """The codes that end in these samples."""


@dataclass(slots=True)
class RadioCounters:
    """What happened since start; only ever counts up."""

    frames: int = 0
    refused_length: int = 0
    """Frames whose length byte was under 10 or over 65, thrown away whole."""
    overruns: int = 0
    restarts: int = 0
    """Receiver put back to work without a reset: Standby, FIFO cleared, receive."""
    resets: int = 0
    sent: int = 0
    send_timeouts: int = 0
    underruns: int = 0
    airtime_us: int = 0
    """Time on air of everything sent, in microseconds."""


class Radio(Protocol):
    """An RFM69. Not thread-safe: one thread owns it."""

    @property
    def counters(self) -> RadioCounters:
        """A copy of the counters."""

    def start(self) -> None:
        """Reset, prove that an RFM69 answers, load the FSK table, read it back, stay in Standby.

        Raises MisoStuck, WrongVersion, ReadBackFailed, LinkTimeout or LinkError. Takes 1.2 s at most.
        """

    def receive(self) -> None:
        """Enter receive mode. Raises LinkTimeout if the chip does not get there in 10 ms, twice."""

    def poll(self) -> ReceivedFrame | None:
        """Look once: a frame if one is complete, else None. Call in receive mode only.

        Raises RadioLost when the chip is no longer in receive mode, or does not answer.
        Clears overruns and restarts a stuck receiver by itself, and counts them.
        """

    def receive_ook(self) -> None:
        """Leave FSK and listen to OOK at 433.92 MHz; receive() is the way back. Raises as receive() does."""

    def poll_ook(self) -> OokSamples:
        """Look once, after receive_ook() only. Nothing is lost by looking every 40 ms. Raises RadioLost."""

    @property
    def receiving(self) -> bool:
        """Whether the last poll() saw a frame under way (sync word matched, payload not complete)."""

    def rssi_dbm(self) -> float:
        """Signal strength on the channel now, in receive mode."""

    def send_fsk(self, frame: bytes) -> None:
        """Send one frame (length byte and what follows, 2..66 bytes); ends in Standby.

        Raises LinkTimeout if the chip cannot be brought to send it; the radio was reset then.
        Raises RadioLost if it answers no more.
        """

    def send_ook(self, code: bytes, repeats: int) -> None:
        """Send a 16-byte OOK frame 1..75 times without a gap; ends in Standby with the FSK table loaded."""

    def standby(self) -> None:
        """Receive and send nothing."""

    def restart(self) -> None:
        """Standby, FIFO cleared, receive: the remedy for every stuck receiver."""

    def set_power(self, dbm: int) -> None:
        """Transmit power. Raises OutOfRange with the limits of the module."""

    def temperature_c(self) -> int:
        """Chip temperature, uncalibrated (+-10 degC). Leaves receive mode for under 1 ms and returns to it."""

    def verify(self) -> list[int]:
        """Addresses of registers that differ from what was last written; reloads them all if any does."""

    def close(self) -> None:
        """Standby (best effort) and release. May be called twice."""


class Core(Protocol):
    """Codecs and driver of one implementation."""

    name: str
    """"c" or "python"."""

    def decode(self, frame: bytes, keys: Mapping[int, int] = ...) -> Message:
        """Decode one OpenHEMS frame as the FIFO delivers it.

        keys: manufacturer id -> encryption id (Energenie: {4: 0xF2}). A manufacturer that is
        not in it, and a frame with pip 0 whose checksum holds as it is, are taken as plain.
        Raises FrameTruncated, FrameTooLong, ChecksumError, RecordError.
        """

    def encode(self, message: Message, keys: Mapping[int, int] = ...) -> bytes:
        """The frame of a message, encrypted if its manufacturer is in keys and `encrypted` is set.

        Raises OutOfRange if a field does not fit, or the frame would pass 66 bytes.
        """

    def ook_encode(self, code: OokCode) -> bytes:
        """16 bytes: sync, house code, data. Raises OutOfRange."""

    def ook_decode(self, frame: bytes) -> OokCode:
        """Inverse of ook_encode. Raises FrameTruncated, FrameTooLong, RecordError."""

    def ook_ear(self) -> OokEar:
        """A listener that has heard nothing yet."""

    def open_board(self, device: str, wiring: Wiring = ..., speed_hz: int = ...) -> Board:
        """A real board, through this core's own way to the kernel.

        Raises NodeMissing, SpiDisabled, PermissionDenied, LinkBusy or another LinkError.
        """

    def open_lines(self, numbers: Sequence[int]) -> Lines:
        """GPIO lines of the header by BCM number, as outputs, all low, for a board without SPI.

        Raises NodeMissing, PermissionDenied, LinkBusy or another LinkError.
        """

    def radio(self, board: Board, config: RadioConfig = ...) -> Radio:
        """A driver on that board; nothing is touched before start()."""
