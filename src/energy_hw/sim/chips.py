"""Chips on the air: what a transmitter keys and a receiver slices, as text of "0" and "1".

A chip is the shortest thing on the air, 208.3 us at 4800 chips/s. Text because
cutting, searching and joining are then one operation each, and fast.

FSK, MiHome      AA AA AA | 2D D4 | length byte and what follows, in Manchester: 1 = 10, 0 = 01
OOK, MiHome      80 00 00 00 | 10 bytes house code | 2 bytes data, EV1527: 0 = 1000, 1 = 1110

Sources: Sentec OpenThings specification 1.02 (physical layer example); SX1231
data sheet, chapter 5.5 (packet handler) and 3.5.13 (bit synchroniser).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

CHIP_RATE = 4800
PREAMBLE = b"\xaa\xaa\xaa"
SYNC = b"\x2d\xd4"
OOK_SYNC = b"\x80\x00\x00\x00"
OOK_FRAME_BYTES = 16
PREAMBLE_CHIPS_NEEDED = 12
"""Alternating chips that the bit synchroniser needs before the sync word."""

_ALTERNATING = (0b101010101010, 0b010101010101)


def from_bytes(data: bytes) -> str:
    """Eight chips a byte, most significant bit first."""
    return f"{int.from_bytes(data):0{8 * len(data)}b}" if data else ""


def to_bytes(chips: str) -> bytes:
    """Inverse of from_bytes(); the count must be a multiple of eight."""
    return int(chips, 2).to_bytes(len(chips) // 8) if chips else b""


def manchester(data: bytes) -> str:
    """Sixteen chips a byte: 1 is sent as 10, 0 as 01."""
    return from_bytes(data).replace("1", "x").replace("0", "01").replace("x", "10")


def unmanchester(chips: str) -> bytes:
    """Bytes of Manchester chips, by the first chip of each pair: a violation gives a wrong bit, not an error."""
    return to_bytes(chips[::2])


@lru_cache(maxsize=256)
def fsk(frame: bytes, preamble_bytes: int = len(PREAMBLE), sync: bytes = SYNC) -> str:
    """A whole MiHome transmission; frame starts with its length byte."""
    return "10101010" * preamble_bytes + from_bytes(sync) + manchester(frame)


def ook(code: bytes, repeats: int) -> str:
    """A code of 16 bytes, repeats times without a gap."""
    return from_bytes(code) * repeats


def has_preamble(chips: str, sync_at: int) -> bool:
    """Whether enough alternating chips stand before the sync word for the bit synchroniser; one may be wrong."""
    before = chips[max(0, sync_at - PREAMBLE_CHIPS_NEEDED) : sync_at]
    return len(before) == PREAMBLE_CHIPS_NEEDED and any(
        (int(before, 2) ^ phase).bit_count() <= 1 for phase in _ALTERNATING
    )


def find(chips: str, pattern: str, start: int = 0, tolerance: int = 0) -> int:
    """Where the pattern first stands at or after start, with at most tolerance wrong chips; -1 if nowhere."""
    if not tolerance or not pattern:
        return chips.find(pattern, max(start, 0))
    wanted = int(pattern, 2)
    for at in range(max(start, 0), len(chips) - len(pattern) + 1):
        if (int(chips[at : at + len(pattern)], 2) ^ wanted).bit_count() <= tolerance:
            return at
    return -1


def positions(chips: str, pattern: str) -> Iterator[int]:
    """Every place where the pattern stands."""
    at = chips.find(pattern)
    while at >= 0:
        yield at
        at = chips.find(pattern, at + 1)


@lru_cache(maxsize=256)
def fsk_frame(chips: str) -> bytes | None:
    """The first MiHome frame in the chips, length byte first; None without preamble, sync word or a whole frame."""
    sync = from_bytes(SYNC)
    for at in positions(chips, sync):
        if has_preamble(chips, at):
            return _frame_at(chips, at + len(sync))
    return None


def _frame_at(chips: str, at: int) -> bytes | None:
    """The frame whose length byte starts at a chip, None if it is cut."""
    if len(chips) < at + 16:
        return None
    end = at + 16 * (unmanchester(chips[at : at + 16])[0] + 1)
    return unmanchester(chips[at:end]) if end <= len(chips) else None


@lru_cache(maxsize=256)
def ook_frames(chips: str) -> tuple[bytes, ...]:
    """Every whole OOK frame in the chips: 16 bytes each, sync and 24 sound EV1527 symbols."""
    frames = (chips[at : at + 8 * OOK_FRAME_BYTES] for at in positions(chips, from_bytes(OOK_SYNC)))
    return tuple(to_bytes(frame) for frame in frames if _sound(frame))


def _sound(frame: str) -> bool:
    symbols = {frame[at : at + 4] for at in range(8 * len(OOK_SYNC), len(frame), 4)}
    return len(frame) == 8 * OOK_FRAME_BYTES and symbols <= {"1000", "1110"}
