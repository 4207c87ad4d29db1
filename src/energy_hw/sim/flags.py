"""Interrupt flags as one number: RegIrqFlags1 in the high byte, RegIrqFlags2 in the low one.

Source: SX1231 data sheet, tables 23 and 30.
"""

from __future__ import annotations

MODE_READY = 0x8000
RX_READY = 0x4000
TX_READY = 0x2000
PLL_LOCK = 0x1000
RSSI = 0x0800
TIMEOUT = 0x0400
AUTO_MODE = 0x0200
SYNC_ADDRESS = 0x0100
FIFO_FULL = 0x0080
FIFO_NOT_EMPTY = 0x0040
FIFO_LEVEL = 0x0020
FIFO_OVERRUN = 0x0010
PACKET_SENT = 0x0008
PAYLOAD_READY = 0x0004
CRC_OK = 0x0002

FIFO_FLAGS = FIFO_FULL | FIFO_NOT_EMPTY | FIFO_LEVEL
"""Flags that change with every byte."""
