"""How long the channel is taken. Source: SX1231 data sheet, packet format; 32 MHz / 0x1A0B chips a second."""

from __future__ import annotations


def fsk_airtime_us(frame_bytes: int) -> int:
    """Three bytes of preamble and two of sync plain, the frame Manchester: 40 + 16 n chips of 6667/32 us."""
    return (40 + 16 * frame_bytes) * 6667 // 32 + 1


def ook_airtime_us(repeats: int) -> int:
    """128 chips of 6667/32 us each: 26.67 ms."""
    return 128 * repeats * 6667 // 32 + 1
