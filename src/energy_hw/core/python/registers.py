"""Registers, modes and flags of the RFM69, and the two bands as complete tables.

Source: SX1231 data sheet, chapter 6. Values beside a register do the arithmetic:
FXOSC = 32 MHz, FSTEP = FXOSC / 2^19 = 61.03515625 Hz, chip rate = FXOSC / BITRATE.
"""

from __future__ import annotations

from energy_hw.errors import OutOfRange

Settings = tuple[tuple[int, int], ...]

FIFO, OP_MODE, DATA_MODUL, BITRATE_MSB, BITRATE_LSB = 0x00, 0x01, 0x02, 0x03, 0x04
FDEV_MSB, FDEV_LSB, FRF_MSB, FRF_MID, FRF_LSB, AFC_CTRL = 0x05, 0x06, 0x07, 0x08, 0x09, 0x0B
VERSION, PA_LEVEL, PA_RAMP, OCP, LNA, RX_BW, AFC_BW, OOK_PEAK = 0x10, 0x11, 0x12, 0x13, 0x18, 0x19, 0x1A, 0x1B
AFC_FEI, FEI_MSB, RSSI_VALUE, DIO_MAPPING_1, DIO_MAPPING_2 = 0x1E, 0x21, 0x24, 0x25, 0x26
IRQ_FLAGS_1, IRQ_FLAGS_2, RSSI_THRESH, RX_TIMEOUT_1, RX_TIMEOUT_2 = 0x27, 0x28, 0x29, 0x2A, 0x2B
PREAMBLE_MSB, PREAMBLE_LSB, SYNC_CONFIG, SYNC_VALUE_1, SYNC_VALUE_2 = 0x2C, 0x2D, 0x2E, 0x2F, 0x30
PACKET_CONFIG_1, PAYLOAD_LENGTH, NODE_ADRS, AUTO_MODES, FIFO_THRESH = 0x37, 0x38, 0x39, 0x3B, 0x3C
PACKET_CONFIG_2, TEMP_1, TEMP_2 = 0x3D, 0x4E, 0x4F
TEST_LNA, TEST_PA_1, TEST_PA_2, TEST_DAGC = 0x58, 0x5A, 0x5C, 0x6F

WRITE = 0x80
RFM69_VERSION = 0x24
FIFO_SIZE = 66
SHORTEST, LONGEST = 10, 65
"""Length byte of an OpenHEMS frame: no records; as much as the FIFO holds beside the length byte."""

SLEEP, STANDBY, FS, TRANSMIT, RECEIVE = 0x00, 0x04, 0x08, 0x0C, 0x10

# IRQ_FLAGS_1
MODE_READY, RX_READY, TX_READY, PLL_LOCK = 0x80, 0x40, 0x20, 0x10
RSSI, TIMEOUT, AUTO_MODE, SYNC_ADDRESS_MATCH = 0x08, 0x04, 0x02, 0x01
# IRQ_FLAGS_2
FIFO_FULL, FIFO_NOT_EMPTY, FIFO_LEVEL, FIFO_OVERRUN = 0x80, 0x40, 0x20, 0x10
PACKET_SENT, PAYLOAD_READY, CRC_OK = 0x08, 0x04, 0x02

FSK_PACKETS, OOK_PACKETS = 0x00, 0x08
FIFO_FILLS_ALWAYS = 0x40  # SYNC_CONFIG: no sync word, and none is waited for
FEI_START = 0x20
TEMP_START, TEMP_RUNNING = 0x08, 0x04
PROMISCUOUS_FILTER, NODE_FILTER = 0xA0, 0xA2
DIO0_PAYLOAD_READY, DIO0_PACKET_SENT = 0x40, 0x00
# +18..+20 dBm on an HCW module, in transmit mode only; the reset values otherwise.
BOOST_ON = ((OCP, 0x0F), (TEST_PA_1, 0x5D), (TEST_PA_2, 0x7C))
BOOST_OFF = ((OCP, 0x1A), (TEST_PA_1, 0x55), (TEST_PA_2, 0x70))

# fmt: off
OPENHEMS_BAND = (
    (DATA_MODUL,       FSK_PACKETS),  # no shaping
    (BITRATE_MSB,      0x1A),  # 32 MHz / 0x1A0B = 4799.76 chips/s: 2400 baud Manchester
    (BITRATE_LSB,      0x0B),
    (FDEV_MSB,         0x01),  # 0x01EC * FSTEP = 30029 Hz
    (FDEV_LSB,         0xEC),
    (FRF_MSB,          0x6C),  # 0x6C9333 * FSTEP = 434.300 MHz; taken over with the LSB
    (FRF_MID,          0x93),
    (FRF_LSB,          0x33),
    (AFC_CTRL,         0x00),
    (PA_LEVEL,         0x9C),  # 10 dBm from PA0; power_settings() replaces it
    (PA_RAMP,          0x09),  # 40 us
    (OCP,              0x1A),  # 45 + 5 * 10 = 95 mA
    (LNA,              0x08),  # 50 ohm, gain by AGC
    (RX_BW,            0x43),  # 32 MHz / (16 * 2^(3+2)) = 62.5 kHz either side
    (AFC_BW,           0x8B),
    (OOK_PEAK,         0x40),  # as after a reset: threshold falls by 0.5 dB a bit
    (AFC_FEI,          0x00),
    (DIO_MAPPING_1,    DIO0_PAYLOAD_READY),
    (DIO_MAPPING_2,    0x07),  # clock output off
    (RSSI_THRESH,      0xE4),  # -114 dBm
    (RX_TIMEOUT_1,     0x00),
    (RX_TIMEOUT_2,     0x00),
    (PREAMBLE_MSB,     0x00),
    (PREAMBLE_LSB,     0x03),  # without these three bytes no device hears a frame
    (SYNC_CONFIG,      0x88),  # two bytes, no error tolerated
    (SYNC_VALUE_1,     0x2D),
    (SYNC_VALUE_2,     0xD4),
    (PACKET_CONFIG_1,  NODE_FILTER),  # variable length, Manchester, manufacturer id = NODE_ADRS
    (PAYLOAD_LENGTH,   LONGEST),  # 65 + the length byte = the FIFO
    (NODE_ADRS,        0x04),
    (AUTO_MODES,       0x00),
    (FIFO_THRESH,      0x8F),  # transmit as soon as the FIFO is not empty
    (PACKET_CONFIG_2,  0x02),  # AutoRxRestart
    (TEST_LNA,         0x1B),
    (TEST_PA_1,        0x55),
    (TEST_PA_2,        0x70),
    (TEST_DAGC,        0x30),
)

OOK_BAND = (
    (DATA_MODUL,       OOK_PACKETS),
    (BITRATE_MSB,      0x1A),  # 4799.76 chips/s: 208.3 us
    (BITRATE_LSB,      0x0B),
    (FDEV_MSB,         0x00),
    (FDEV_LSB,         0x00),
    (FRF_MSB,          0x6C),  # 0x6C7AE1 * FSTEP = 433.920 MHz
    (FRF_MID,          0x7A),
    (FRF_LSB,          0xE1),
    (AFC_CTRL,         0x00),
    (PA_LEVEL,         0x9C),
    (PA_RAMP,          0x09),
    (OCP,              0x1A),
    (LNA,              0x08),
    (RX_BW,            0x41),  # 32 MHz / (16 * 2^(1+3)) = 125 kHz
    (AFC_BW,           0x8B),
    (OOK_PEAK,         0x40),  # as after a reset: threshold falls by 0.5 dB a bit
    (AFC_FEI,          0x00),
    (DIO_MAPPING_1,    DIO0_PACKET_SENT),
    (DIO_MAPPING_2,    0x07),
    (RSSI_THRESH,      0xE4),
    (RX_TIMEOUT_1,     0x00),
    (RX_TIMEOUT_2,     0x00),
    (PREAMBLE_MSB,     0x00),
    (PREAMBLE_LSB,     0x00),  # the frame brings its own sync
    (SYNC_CONFIG,      0x00),
    (SYNC_VALUE_1,     0x2D),
    (SYNC_VALUE_2,     0xD4),
    (PACKET_CONFIG_1,  0x00),  # fixed length; with PAYLOAD_LENGTH 0 unlimited
    (PAYLOAD_LENGTH,   0x00),  # send_ook() replaces it
    (NODE_ADRS,        0x04),
    (AUTO_MODES,       0x00),
    (FIFO_THRESH,      0x1F),  # start above 31 bytes, refill at 31 or fewer
    (PACKET_CONFIG_2,  0x02),
    (TEST_LNA,         0x1B),
    (TEST_PA_1,        0x55),
    (TEST_PA_2,        0x70),
    (TEST_DAGC,        0x30),
)

# Bits that read back as written; the others are status or triggers.
READ_BACK_MASK = {
    LNA:             0xC7,  # 5-3: gain in use
    AFC_FEI:         0x0C,  # done flags and triggers
    PACKET_CONFIG_2: 0xFB,  # 2: RestartRx
}
# fmt: on


def bursts(settings: Settings) -> list[tuple[int, bytes]]:
    """Runs of consecutive addresses, so that a table of 37 registers is 13 NSS frames of one message."""
    runs: list[tuple[int, bytes]] = []
    for register, value in settings:
        if runs and runs[-1][0] + len(runs[-1][1]) == register:
            runs[-1] = (runs[-1][0], runs[-1][1] + bytes([value]))
        else:
            runs.append((register, bytes([value])))
    return runs


def replaced(table: Settings, changes: dict[int, int]) -> Settings:
    """The table with other values for some of its registers."""
    return tuple((register, changes.get(register, value)) for register, value in table)


def power_settings(dbm: int, high_power: bool) -> tuple[int, bool]:
    """PA_LEVEL for a power, and whether it needs the boost registers while sending.

    RFM69W   (PA0)      -18 + P    -18..13 dBm
    RFM69HCW (PA1)      -18 + P     -2..13     P >= 16
             (PA1+PA2)  -14 + P     14..17
             (boost)    -11 + P     18..20     at most 1 % of the time
    """
    low, high = (-2, 20) if high_power else (-18, 13)
    if not low <= dbm <= high:
        module = "RFM69HCW" if high_power else "RFM69W"
        raise OutOfRange(f"expected {low} to {high} dBm for an {module}, got {dbm}", low, high)
    if not high_power:
        return 0x80 | dbm + 18, False
    if dbm <= 13:
        return 0x40 | dbm + 18, False
    return (0x60 | dbm + 14, False) if dbm <= 17 else (0x60 | dbm + 11, True)
