/* Status codes in English, from errno, and the version. */
#include "ehw.h"

#include <errno.h>

#ifndef EHW_VERSION
#define EHW_VERSION "unknown"
#endif

/* Indexed by -status. */
static const char *const texts[] = {
	"ok",
	"an argument is not valid",
	"out of memory",
	"the transfer failed",
	"timed out",
	"no such device node",
	"not permitted",
	"held by another process",
	"every register reads 0x00: is the board plugged in, and on this chip select?",
	"every register reads 0xFF: is the board plugged in, and on this chip select?",
	"the version register is not 0x24: this is no RFM69",
	"a register did not keep its value",
	"the radio left receive mode or answers no more",
	"the frame is too short",
	"the frame is too long",
	"the checksum is wrong",
	"the records are broken",
	"the transmit FIFO ran dry",
	"a value is out of range",
};

const char *ehw_strerror(int status)
{
	if (status > 0)
		return texts[0];
	if (status < EHW_ERR_RANGE)
		return "unknown status";
	return texts[-status];
}

const char *ehw_version(void)
{
	return EHW_VERSION;
}

int ehw_from_errno(int error)
{
	switch (error) {
	case ENOENT:
	case ENXIO:
	case ENODEV:
		return EHW_ERR_NO_NODE;
	case EACCES:
	case EPERM:
		return EHW_ERR_PERMISSION;
	case EBUSY:
	case EWOULDBLOCK:
		return EHW_ERR_BUSY;
	case ENOMEM:
		return EHW_ERR_MEMORY;
	default:
		return EHW_ERR_BUS;
	}
}
