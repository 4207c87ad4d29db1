/* What the tests of openhems.c share: a captured frame, and frames around given records. */
#ifndef OPENHEMS_FRAMES_H
#define OPENHEMS_FRAMES_H

#include "check.h"
#include "ehw.h"

#define ENERGENIE 0xF2

/* pico-energenie (MIT), test_energenie.out.cap. */
static const char miho005[] = "1c0402580b552423bcd2ac508d265ba2cf74b773474aa9f197f1f03f23";

static struct ehw_message message;

static int decode(const char *hex, int encryption)
{
	uint8_t frame[128];
	size_t length = unhex(hex, frame);

	memset(&message, 0xEE, sizeof(message));
	return ehw_decode(frame, length, encryption, &message);
}

/* The CRC bit by bit, as the specification draws it. */
static unsigned int crc_of(const uint8_t *data, size_t length)
{
	unsigned int crc = 0;

	for (size_t bit = 0; bit < 8 * length; bit++) {
		unsigned int byte = data[bit / 8];
		unsigned int in = byte >> (7 - bit % 8) & 1, out = crc >> 15;

		crc = (crc << 1 & 0xFFFF) ^ (in ^ out ? 0x1021 : 0);
	}
	return crc;
}

/* Decode a plain frame of manufacturer 4, product 2, pip 1, sensor 000373 around these records,
 * which bring their own end. */
static int decode_records(const char *records)
{
	uint8_t frame[128] = { 0, 4, 2, 0, 1, 0, 3, 0x73 };
	size_t length = 8 + unhex(records, frame + 8);
	unsigned int crc = crc_of(frame + 5, length - 5);

	frame[length++] = (uint8_t)(crc >> 8);
	frame[length++] = (uint8_t)crc;
	frame[0] = (uint8_t)(length - 1);
	return ehw_decode(frame, length, EHW_PLAIN, &message);
}

static inline int is_record(int i, int parameter, int command, int type, int index, const char *hex)
{
	const struct ehw_record *record = &message.records[i];
	uint8_t data[16];
	size_t length = unhex(hex, data);

	return record->parameter == parameter && record->command == command &&
	       record->type == type && record->index == index &&
	       (size_t)(record->end - record->start) == length &&
	       memcmp(message.plain + record->start, data, length) == 0;
}

#endif
