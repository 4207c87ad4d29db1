/* Registers, modes and flags of the RFM69. Source: SX1231 data sheet, chapter 6. */
#ifndef RFM69_REGS_H
#define RFM69_REGS_H

enum rfm69_register {
	REG_FIFO = 0x00,
	REG_OP_MODE = 0x01,
	REG_DATA_MODUL = 0x02,
	REG_BITRATE_MSB = 0x03,
	REG_BITRATE_LSB = 0x04,
	REG_FDEV_MSB = 0x05,
	REG_FDEV_LSB = 0x06,
	REG_FRF_MSB = 0x07,
	REG_FRF_MID = 0x08,
	REG_FRF_LSB = 0x09,
	REG_AFC_CTRL = 0x0B,
	REG_VERSION = 0x10,
	REG_PA_LEVEL = 0x11,
	REG_PA_RAMP = 0x12,
	REG_OCP = 0x13,
	REG_LNA = 0x18,
	REG_RX_BW = 0x19,
	REG_AFC_BW = 0x1A,
	REG_OOK_PEAK = 0x1B,
	REG_AFC_FEI = 0x1E,
	REG_FEI_MSB = 0x21,
	REG_RSSI_VALUE = 0x24,
	REG_DIO_MAPPING_1 = 0x25,
	REG_DIO_MAPPING_2 = 0x26,
	REG_IRQ_FLAGS_1 = 0x27,
	REG_IRQ_FLAGS_2 = 0x28,
	REG_RSSI_THRESH = 0x29,
	REG_RX_TIMEOUT_1 = 0x2A,
	REG_RX_TIMEOUT_2 = 0x2B,
	REG_PREAMBLE_MSB = 0x2C,
	REG_PREAMBLE_LSB = 0x2D,
	REG_SYNC_CONFIG = 0x2E,
	REG_SYNC_VALUE_1 = 0x2F,
	REG_SYNC_VALUE_2 = 0x30,
	REG_PACKET_CONFIG_1 = 0x37,
	REG_PAYLOAD_LENGTH = 0x38,
	REG_NODE_ADRS = 0x39,
	REG_AUTO_MODES = 0x3B,
	REG_FIFO_THRESH = 0x3C,
	REG_PACKET_CONFIG_2 = 0x3D,
	REG_TEMP_1 = 0x4E,
	REG_TEMP_2 = 0x4F,
	REG_TEST_LNA = 0x58,
	REG_TEST_PA_1 = 0x5A,
	REG_TEST_PA_2 = 0x5C,
	REG_TEST_DAGC = 0x6F,
};

#define REG_WRITE 0x80 /* bit 7 of the address byte */
#define RFM69_VERSION 0x24

/* OP_MODE */
enum rfm69_mode {
	MODE_SLEEP = 0x00,
	MODE_STANDBY = 0x04,
	MODE_FS = 0x08,
	MODE_TRANSMIT = 0x0C,
	MODE_RECEIVE = 0x10,
	MODE_UNKNOWN = 0xFF, /* ours: the last change was not confirmed */
};

/* IRQ_FLAGS_1 */
#define IRQ1_MODE_READY 0x80
#define IRQ1_PLL_LOCK 0x10
#define IRQ1_TIMEOUT 0x04
#define IRQ1_SYNC_ADDRESS_MATCH 0x01

/* IRQ_FLAGS_2 */
#define IRQ2_FIFO_NOT_EMPTY 0x40
#define IRQ2_FIFO_LEVEL 0x20
#define IRQ2_FIFO_OVERRUN 0x10 /* writing it empties the FIFO */
#define IRQ2_PACKET_SENT 0x08
#define IRQ2_PAYLOAD_READY 0x04

#define FSK_PACKETS 0x00 /* DATA_MODUL: packet mode, FSK or OOK */
#define OOK_PACKETS 0x08
#define FIFO_FILLS_ALWAYS 0x40 /* SYNC_CONFIG: no sync word, and none is waited for */
#define FEI_START 0x20
#define TEMP_START 0x08
#define TEMP_RUNNING 0x04
#define FILTER_NONE 0xA0 /* PACKET_CONFIG_1: variable length, Manchester */
#define FILTER_NODE 0xA2 /* the same, and only frames to NODE_ADRS */
#define DIO0_PAYLOAD_READY 0x40
#define DIO0_PACKET_SENT 0x00

#endif
