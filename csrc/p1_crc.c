/* CRC-16/ARC, the checksum of a telegram: 0x8005 reflected, from 0; reads like p1/crc.py only in
 * what it gives.
 *
 * Eight bytes a step: a CRC is linear, so each byte has a table of what it comes to with the
 * bytes behind it as zeros, and a table is the sum of eight rows, one for each bit of the byte.
 *
 * Source: DSMR P1 companion standard 5.0.2, 5.2; HDLC: ISO/IEC 13239, 16-bit FCS.
 */
#include "p1.h"

#define BIT(i, bit, value) ((i) >> (bit) & 1 ? (value) : 0)
#define E1(i, a, b, c, d, e, f, g, h)                                                              \
	(BIT(i, 0, a) ^ BIT(i, 1, b) ^ BIT(i, 2, c) ^ BIT(i, 3, d) ^ BIT(i, 4, e) ^ BIT(i, 5, f) ^ \
	 BIT(i, 6, g) ^ BIT(i, 7, h))
#define E4(i, ...)                                                              \
	E1(i, __VA_ARGS__), E1((i) + 1, __VA_ARGS__), E1((i) + 2, __VA_ARGS__), \
		E1((i) + 3, __VA_ARGS__)
#define E16(i, ...)                                                             \
	E4(i, __VA_ARGS__), E4((i) + 4, __VA_ARGS__), E4((i) + 8, __VA_ARGS__), \
		E4((i) + 12, __VA_ARGS__)
#define E64(i, ...)                                                                  \
	E16(i, __VA_ARGS__), E16((i) + 16, __VA_ARGS__), E16((i) + 32, __VA_ARGS__), \
		E16((i) + 48, __VA_ARGS__)
#define TABLE(...) \
	{ E64(0, __VA_ARGS__), E64(64, __VA_ARGS__), E64(128, __VA_ARGS__), E64(192, __VA_ARGS__) }

/* Row k: CRC of the byte 1 << bit and of k bytes 00 behind it; the first is 0xA001 divided. */
static const uint16_t tables[8][256] = {
	TABLE(0xC0C1, 0xC181, 0xC301, 0xC601, 0xCC01, 0xD801, 0xF001, 0xA001),
	TABLE(0x9001, 0x6001, 0xC002, 0xC007, 0xC00D, 0xC019, 0xC031, 0xC061),
	TABLE(0xC051, 0xC0A1, 0xC141, 0xC281, 0xC501, 0xCA01, 0xD401, 0xE801),
	TABLE(0xFC01, 0xB801, 0x3001, 0x6002, 0xC004, 0xC00B, 0xC015, 0xC029),
	TABLE(0xC03D, 0xC079, 0xC0F1, 0xC1E1, 0xC3C1, 0xC781, 0xCF01, 0xDE01),
	TABLE(0xD101, 0xE201, 0x8401, 0x4801, 0x9002, 0x6007, 0xC00E, 0xC01F),
	TABLE(0xC010, 0xC023, 0xC045, 0xC089, 0xC111, 0xC221, 0xC441, 0xC881),
	TABLE(0xCCC1, 0xD981, 0xF301, 0xA601, 0x0C01, 0x1802, 0x3004, 0x6008),
};

static uint16_t add(uint16_t crc, uint8_t byte)
{
	return (uint16_t)(crc >> 8 ^ tables[0][(crc ^ byte) & 0xFF]);
}

uint16_t ehw_p1_crc(const uint8_t *data, size_t length)
{
	const uint8_t *const end = data + length;
	uint16_t crc = 0;

	for (; end - data >= 8; data += 8)
		crc = (uint16_t)(tables[7][data[0] ^ (crc & 0xFF)] ^ tables[6][data[1] ^ crc >> 8] ^
				 tables[5][data[2]] ^ tables[4][data[3]] ^ tables[3][data[4]] ^
				 tables[2][data[5]] ^ tables[1][data[6]] ^ tables[0][data[7]]);
	while (data < end)
		crc = add(crc, *data++);
	return crc;
}

uint16_t p1_crc_repaired(const uint8_t *data, size_t length)
{
	uint16_t crc = 0;
	uint8_t before = 0;

	for (size_t i = 0; i < length; i++) {
		if (data[i] == '\n' && before != '\r')
			crc = add(crc, '\r');
		before = data[i];
		crc = add(crc, before);
	}
	return crc;
}

int p1_is_hdlc(const uint8_t *frame, size_t length)
{
	unsigned int fcs = 0xFFFF;

	for (size_t i = 0; i < length; i++) {
		fcs ^= frame[i];
		for (int bit = 0; bit < 8; bit++)
			fcs = fcs >> 1 ^ (fcs & 1 ? 0x8408 : 0);
	}
	return fcs == 0xF0B8;
}
