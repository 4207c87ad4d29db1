/* The C core of energy_hw: RFM69 driver, OpenHEMS and OOK codecs, Linux SPI and GPIO.
 *
 * Knows nothing of Python; cffi reads this page without its # lines.
 * Every function returns 0 or a count, or a negative ehw_status.
 * No function is thread-safe on the same handle; different handles are independent.
 */
#ifndef EHW_H
#define EHW_H

#include <stddef.h>
#include <stdint.h>

#define EHW_FIFO_SIZE 66

enum ehw_status {
	EHW_OK = 0,
	EHW_ERR_ARGUMENT = -1,
	EHW_ERR_MEMORY = -2,
	EHW_ERR_BUS = -3,        /* the transfer itself failed */
	EHW_ERR_TIMEOUT = -4,    /* a bounded wait ran out */
	EHW_ERR_NO_NODE = -5,
	EHW_ERR_PERMISSION = -6,
	EHW_ERR_BUSY = -7,       /* another process holds the node or the line */
	EHW_ERR_MISO_LOW = -8,   /* every register reads 0x00 */
	EHW_ERR_MISO_HIGH = -9,  /* every register reads 0xFF */
	EHW_ERR_VERSION = -10,   /* the version register is not 0x24 */
	EHW_ERR_READBACK = -11,  /* a register did not keep its value */
	EHW_ERR_LOST = -12,      /* the chip left receive mode, or answers no more */
	EHW_ERR_TRUNCATED = -13, /* frame shorter than its length byte says, or than any frame */
	EHW_ERR_TOO_LONG = -14,
	EHW_ERR_CHECKSUM = -15,
	EHW_ERR_RECORD = -16,    /* the checksum holds, the records do not */
	EHW_ERR_UNDERRUN = -17,
	EHW_ERR_RANGE = -18,
};
