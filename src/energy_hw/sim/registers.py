"""The 86 registers of the RFM69. Source: SX1231 data sheet, chapter 6, table 23.

`writable` has the bits that keep what is written to them. The others are
read-only, or start something, or are cleared by writing 1: rfm69.py knows which.
An address that is not in the table reads 0.
"""

from __future__ import annotations

from enum import IntEnum


class Reg(IntEnum):
    """A register: its address, with `reset`, `writable` and `access` ("rw", "r", "w")."""

    reset: int
    writable: int
    access: str

    def __new__(cls, address: int, reset: int, access: str, writable: int) -> Reg:
        register = int.__new__(cls, address)
        register._value_ = address
        register.reset, register.writable, register.access = reset, writable, access
        return register

    # fmt: off
    # name          address reset access writable
    FIFO          = 0x00, 0x00, "rw", 0xFF
    OPMODE        = 0x01, 0x04, "rw", 0xDC  # 7 sequencer off, 6 listen, 4-2 mode
    DATAMODUL     = 0x02, 0x00, "rw", 0x7B  # 6-5 data mode, 4-3 modulation, 1-0 shaping
    BITRATEMSB    = 0x03, 0x1A, "rw", 0xFF  # chip rate = 32 MHz / value
    BITRATELSB    = 0x04, 0x0B, "rw", 0xFF
    FDEVMSB       = 0x05, 0x00, "rw", 0x3F  # x 61.035 Hz
    FDEVLSB       = 0x06, 0x52, "rw", 0xFF
    FRFMSB        = 0x07, 0xE4, "rw", 0xFF  # x 61.035 Hz, used once the low byte is written
    FRFMID        = 0x08, 0xC0, "rw", 0xFF
    FRFLSB        = 0x09, 0x00, "rw", 0xFF
    OSC1          = 0x0A, 0x41, "rw", 0x00  # 7 start calibration, 6 done
    AFCCTRL       = 0x0B, 0x00, "rw", 0x20
    RES0C         = 0x0C, 0x02, "r",  0x00
    LISTEN1       = 0x0D, 0x92, "rw", 0xFF
    LISTEN2       = 0x0E, 0xF5, "rw", 0xFF
    LISTEN3       = 0x0F, 0x20, "rw", 0xFF
    VERSION       = 0x10, 0x24, "r",  0x00
    PALEVEL       = 0x11, 0x9F, "rw", 0xFF  # 7 PA0, 6 PA1, 5 PA2, 4-0 power
    PARAMP        = 0x12, 0x09, "rw", 0x0F  # 9 = 40 us
    OCP           = 0x13, 0x1A, "rw", 0x1F
    RES14         = 0x14, 0x40, "r",  0x00
    RES15         = 0x15, 0xB0, "r",  0x00
    RES16         = 0x16, 0x7B, "r",  0x00
    RES17         = 0x17, 0x9B, "r",  0x00
    LNA           = 0x18, 0x08, "rw", 0x87  # 7 impedance, 5-3 gain now (read-only), 2-0 gain
    RXBW          = 0x19, 0x86, "rw", 0xFF  # 4-3 mantissa, 2-0 exponent
    AFCBW         = 0x1A, 0x8A, "rw", 0xFF
    OOKPEAK       = 0x1B, 0x40, "rw", 0xFF
    OOKAVG        = 0x1C, 0x80, "rw", 0xC0
    OOKFIX        = 0x1D, 0x06, "rw", 0xFF
    AFCFEI        = 0x1E, 0x10, "rw", 0x0C  # 6 FEI done, 5 start, 4 AFC done, 3 auto clear, 2 auto, 1 clear, 0 start
    AFCMSB        = 0x1F, 0x00, "r",  0x00
    AFCLSB        = 0x20, 0x00, "r",  0x00
    FEIMSB        = 0x21, 0x00, "r",  0x00
    FEILSB        = 0x22, 0x00, "r",  0x00
    RSSICONFIG    = 0x23, 0x02, "rw", 0x00  # 1 done, 0 start
    RSSIVALUE     = 0x24, 0xFF, "r",  0x00  # dBm = -value / 2
    DIOMAPPING1   = 0x25, 0x00, "rw", 0xFF  # 7-6 DIO0, 5-4 DIO1, 3-2 DIO2, 1-0 DIO3
    DIOMAPPING2   = 0x26, 0x05, "rw", 0xF7  # 7-6 DIO4, 5-4 DIO5, 2-0 clock output
    IRQFLAGS1     = 0x27, 0x80, "r",  0x00  # bit 3 is cleared by writing 1
    IRQFLAGS2     = 0x28, 0x00, "r",  0x00  # bit 4 is cleared by writing 1
    RSSITHRESH    = 0x29, 0xFF, "rw", 0xFF  # dBm = -value / 2
    RXTIMEOUT1    = 0x2A, 0x00, "rw", 0xFF  # x 16 bits
    RXTIMEOUT2    = 0x2B, 0x00, "rw", 0xFF  # x 16 bits
    PREAMBLEMSB   = 0x2C, 0x00, "rw", 0xFF
    PREAMBLELSB   = 0x2D, 0x03, "rw", 0xFF
    SYNCCONFIG    = 0x2E, 0x98, "rw", 0xFF  # 7 on, 6 fill condition, 5-3 size - 1, 2-0 tolerance
    SYNCVALUE1    = 0x2F, 0x00, "rw", 0xFF
    SYNCVALUE2    = 0x30, 0x00, "rw", 0xFF
    SYNCVALUE3    = 0x31, 0x00, "rw", 0xFF
    SYNCVALUE4    = 0x32, 0x00, "rw", 0xFF
    SYNCVALUE5    = 0x33, 0x00, "rw", 0xFF
    SYNCVALUE6    = 0x34, 0x00, "rw", 0xFF
    SYNCVALUE7    = 0x35, 0x00, "rw", 0xFF
    SYNCVALUE8    = 0x36, 0x00, "rw", 0xFF
    PACKETCONFIG1 = 0x37, 0x10, "rw", 0xFE  # 7 variable, 6-5 coding, 4 CRC, 3 keep on bad CRC, 2-1 address filter
    PAYLOADLEN    = 0x38, 0x40, "rw", 0xFF  # variable: longest accepted; fixed: length, 0 = unlimited
    NODEADRS      = 0x39, 0x00, "rw", 0xFF
    BROADCASTADRS = 0x3A, 0x00, "rw", 0xFF
    AUTOMODES     = 0x3B, 0x00, "rw", 0xFF  # 7-5 enter, 4-2 exit, 1-0 intermediate
    FIFOTHRESH    = 0x3C, 0x0F, "rw", 0xFF  # 7 start on not empty, 6-0 level
    PACKETCONFIG2 = 0x3D, 0x02, "rw", 0xF3  # 7-4 delay, 2 restart, 1 auto restart, 0 AES
    AESKEY1       = 0x3E, 0x00, "w",  0xFF
    AESKEY2       = 0x3F, 0x00, "w",  0xFF
    AESKEY3       = 0x40, 0x00, "w",  0xFF
    AESKEY4       = 0x41, 0x00, "w",  0xFF
    AESKEY5       = 0x42, 0x00, "w",  0xFF
    AESKEY6       = 0x43, 0x00, "w",  0xFF
    AESKEY7       = 0x44, 0x00, "w",  0xFF
    AESKEY8       = 0x45, 0x00, "w",  0xFF
    AESKEY9       = 0x46, 0x00, "w",  0xFF
    AESKEY10      = 0x47, 0x00, "w",  0xFF
    AESKEY11      = 0x48, 0x00, "w",  0xFF
    AESKEY12      = 0x49, 0x00, "w",  0xFF
    AESKEY13      = 0x4A, 0x00, "w",  0xFF
    AESKEY14      = 0x4B, 0x00, "w",  0xFF
    AESKEY15      = 0x4C, 0x00, "w",  0xFF
    AESKEY16      = 0x4D, 0x00, "w",  0xFF
    TEMP1         = 0x4E, 0x01, "rw", 0x01  # 3 start, 2 running
    TEMP2         = 0x4F, 0x00, "r",  0x00  # falls by 1 per degC
    TESTLNA       = 0x58, 0x1B, "rw", 0xFF
    TESTTCXO      = 0x59, 0x09, "rw", 0xFF
    TESTPA1       = 0x5A, 0x55, "rw", 0xFF
    TESTPA2       = 0x5C, 0x70, "rw", 0xFF
    TESTDAGC      = 0x6F, 0x00, "rw", 0xFF
    TESTAFC       = 0x71, 0x00, "rw", 0xFF
    # fmt: on


SIZE = 0x80
"""Addresses have seven bits; the eighth says "write"."""


def reset_values() -> bytearray:
    """The register file after a reset, by address."""
    values = bytearray(SIZE)
    for register in Reg:
        values[register] = register.reset
    return values


WRITABLE = bytes(next((reg.writable for reg in Reg if reg == address), 0) for address in range(SIZE))
WRITE_ONLY = frozenset(int(reg) for reg in Reg if reg.access == "w")
