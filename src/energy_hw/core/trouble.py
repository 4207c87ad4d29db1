"""What is said when the radio does not do what it should: the same words from both cores."""

from __future__ import annotations

from collections.abc import Iterable

from energy_hw.errors import (
    LinkError,
    LinkTimeout,
    MisoStuck,
    OutOfRange,
    RadioLost,
    RadioNotFound,
    ReadBackFailed,
    WrongVersion,
)


def not_found(version: int) -> RadioNotFound:
    """No RFM69 behind a node that can be opened; version is what its register 0x10 reads."""
    if version in (0x00, 0xFF):
        return MisoStuck(
            f"expected an RFM69 (version 0x24), every read gives 0x{version:02X}: no board there, the wrong chip "
            "select (ENER314-RT is spidev0.1), or the board is not seated on its pins",
            version,
        )
    return WrongVersion(
        f"expected an RFM69 (version 0x24), got version 0x{version:02X}: another chip answers on this chip select, "
        "or the SPI clock is too fast for the wiring",
        version,
    )


def not_kept(registers: Iterable[int], version: int) -> ReadBackFailed:
    """Addresses of registers that did not keep what was written."""
    names = ", ".join(f"0x{register:02X}" for register in registers)
    return ReadBackFailed(
        f"expected registers to keep what is written, these did not: {names}; check MISO and the chip select", version
    )


def lost(flags_1: int, flags_2: int, version: int) -> RadioLost:
    """Registers 0x27, 0x28 and 0x10 of a chip that should be receiving."""
    return RadioLost(
        f"expected receive mode and version 0x24, got flags 0x{flags_1:02X} 0x{flags_2:02X} and version "
        f"0x{version:02X}: the radio was reset or unplugged; it is reset and loaded again until it answers"
    )


def cut_short(expected: int, got: int) -> LinkError:
    """Bytes moved by a transfer."""
    return LinkError(f"expected {expected} bytes from SPI, got {got}")


def no_mode(mode: int) -> LinkTimeout:
    """A mode that the chip did not reach."""
    return LinkTimeout(f"expected ModeReady within 10 ms of setting mode 0x{mode:02X}, got none")


def not_sent() -> LinkTimeout:
    """A transmission without an end."""
    return LinkTimeout("expected the radio to send and say PacketSent, it did not; it was reset: send again")


def no_temperature() -> LinkTimeout:
    """A measurement without an end."""
    return LinkTimeout("expected a temperature within 1 ms, got none")


def not_a_frame(frame: bytes) -> OutOfRange:
    """Something else than a length byte and as many bytes as it says."""
    return OutOfRange(f"expected a length byte and 1 to 65 bytes, got {len(frame)} bytes: {frame.hex()}", 2, 66)


def not_a_burst(code: bytes, repeats: int) -> OutOfRange:
    """Something else than an OOK frame 1 to 75 times."""
    return OutOfRange(f"expected 16 bytes 1 to 75 times, got {len(code)} bytes {repeats} times", 1, 75)
