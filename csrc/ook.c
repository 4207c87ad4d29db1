/* OOK frames of the older sockets, which know one hand controller's code each.
 *
 *     80 00 00 00 | 10 bytes of house code | 2 bytes of data       two symbols a byte
 *
 * EV1527 symbols of four chips: bit 0 = 1000, bit 1 = 1110, MSB first; the sync is a
 * chip and 31 chips of silence. Sources: pyenergenie, TwoBit.py and OnAir.py; Achronite's
 * C, ook_send.c, for gangs 5 and 6.
 */
#include "ehw.h"

#include <string.h>

#define SYNC_SIZE 4
#define CODE_BITS 24 /* house 20, data 4 */

static const uint8_t sync_word[SYNC_SIZE] = { 0x80, 0x00, 0x00, 0x00 };

/* Two bits to eight chips. */
static const uint8_t symbols[4] = { 0x88, 0x8E, 0xE8, 0xEE };

/* Data nibble of a gang without its lowest bit, which is `on`. */
static const uint8_t nibble_of_gang[7] = { 0xC, 0xE, 0x6, 0xA, 0x2, 0x4, 0x8 };

#define NO_GANG 7

/* The gang of nibble >> 1. */
static const uint8_t gang_of_nibble[8] = { NO_GANG, 4, 5, 2, 6, 3, 0, 1 };

int ehw_ook_encode(const struct ehw_ook *code, uint8_t frame[EHW_OOK_SIZE])
{
	uint32_t bits;

	if (code->house > 0xFFFFF || code->gang > 6)
		return EHW_ERR_RANGE;
	bits = code->house << 4 | nibble_of_gang[code->gang] | (code->on ? 1 : 0);
	memcpy(frame, sync_word, SYNC_SIZE);
	for (int i = SYNC_SIZE, shift = CODE_BITS - 2; i < EHW_OOK_SIZE; i++, shift -= 2)
		frame[i] = symbols[bits >> shift & 3];
	return EHW_OK;
}

/* The two bits of eight chips, or -1 where no symbol is. */
static int two_bits(uint8_t chips)
{
	for (int bits = 0; bits < 4; bits++)
		if (symbols[bits] == chips)
			return bits;
	return -1;
}

/* House code and data nibble, or -1. */
static int32_t code_bits(const uint8_t *frame)
{
	int32_t code = 0;

	for (int i = SYNC_SIZE; i < EHW_OOK_SIZE; i++) {
		int bits = two_bits(frame[i]);

		if (bits < 0)
			return -1;
		code = code << 2 | bits;
	}
	return code;
}

int ehw_ook_decode(const uint8_t *frame, size_t length, struct ehw_ook *code)
{
	int32_t bits;

	if (length != EHW_OOK_SIZE)
		return length < EHW_OOK_SIZE ? EHW_ERR_TRUNCATED : EHW_ERR_TOO_LONG;
	bits = code_bits(frame);
	if (memcmp(frame, sync_word, SYNC_SIZE) != 0 || bits < 0)
		return EHW_ERR_RECORD;
	code->house = (uint32_t)bits >> 4;
	code->gang = gang_of_nibble[bits >> 1 & 7];
	code->on = bits & 1;
	return code->gang == NO_GANG ? EHW_ERR_RECORD : EHW_OK;
}
