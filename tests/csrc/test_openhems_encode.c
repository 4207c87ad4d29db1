/* The way back: messages to OpenHEMS frames. */
#include "openhems_frames.h"

static uint8_t encoded[EHW_FIFO_SIZE];

static int round_trips(const char *hex, int encryption)
{
	uint8_t frame[EHW_FIFO_SIZE];
	int length = (int)unhex(hex, frame);

	return decode(hex, encryption) == EHW_OK &&
	       ehw_encode(&message, encryption, encoded) == length &&
	       memcmp(encoded, frame, (size_t)length) == 0;
}

static void encode_is_the_way_back(void)
{
	CHECK(round_trips(miho005, ENERGENIE));
	CHECK(round_trips("0d04020100c29fb40cf542f13def", ENERGENIE));
	CHECK(round_trips("1c0402010000068b708200077182fffd7601f0662231da730101009764", EHW_PLAIN));
	CHECK(round_trips("0a04030100c295b8ff72b5", ENERGENIE)); /* no records */
}

static int encode_records(const char *records)
{
	return decode_records(records) == EHW_OK ? ehw_encode(&message, EHW_PLAIN, encoded) : -99;
}

static void encode_writes_an_enumeration_as_one(void)
{
	uint8_t expected[16];
	size_t length = unhex("70c10105c2820102c30107730101", expected);

	CHECK(encode_records("70c10105c2820102c301077301010000") == 8 + (int)length + 3);
	CHECK(memcmp(encoded + 8, expected, length) == 0);
	/* the same parameter as report and as command are two enumerations */
	CHECK(encode_records("70c10105f0c1010500") == 8 + 8 + 3);
	CHECK(encoded[12] == 0xF0);
}

static void encode_refuses_what_would_continue_an_enumeration(void)
{
	CHECK(decode_records("70c10105730101c0010100") == EHW_OK);
	CHECK(ehw_encode(&message, EHW_PLAIN, encoded) > 0);
	message.records[1] = message.records[2];
	message.count = 2;
	CHECK(ehw_encode(&message, EHW_PLAIN, encoded) == EHW_ERR_RANGE);
}

static int refuses(void)
{
	int status = ehw_encode(&message, ENERGENIE, encoded);

	decode(miho005, ENERGENIE); /* start afresh */
	return status == EHW_ERR_RANGE;
}

static void encode_refuses_fields_that_do_not_fit(void)
{
	struct ehw_record *record = &message.records[1];

	decode(miho005, ENERGENIE);
	message.manufacturer = 0x80;
	CHECK(refuses());
	message.sensor = 0x1000000;
	CHECK(refuses());
	message.count = EHW_MOST_RECORDS + 1;
	CHECK(refuses());
	record->parameter = 0;
	CHECK(refuses());
	record->parameter = 0x80;
	CHECK(refuses());
	record->type = 0x10;
	CHECK(refuses());
	record->type = 0xC;
	CHECK(refuses());
	record->index = 16;
	CHECK(refuses());
}

static void encode_refuses_data_that_is_not_there(void)
{
	struct ehw_record *record = &message.records[1];

	decode(miho005, ENERGENIE);
	record->start = (uint8_t)(record->end + 1);
	CHECK(refuses());
	record->start = 60;
	record->end = EHW_FIFO_SIZE + 1;
	CHECK(refuses());
	record->start = 5;
	record->end = 5 + EHW_MOST_DATA + 1;
	CHECK(refuses());
}

static void encode_refuses_a_pip_that_stops_the_cipher(void)
{
	decode(miho005, ENERGENIE);
	message.pip = ENERGENIE << 8;
	CHECK(ehw_encode(&message, EHW_PLAIN, encoded) == 29);
	CHECK(refuses());
}

/* Three records of 15 bytes and one of `last`: 11 + 3 * 17 + 2 + last bytes. */
static int encode_long(uint8_t last)
{
	decode(miho005, ENERGENIE);
	message.count = 4;
	for (int i = 0; i < 4; i++)
		message.records[i] =
			(struct ehw_record){ .parameter = 0x70, .start = 0, .end = 15 };
	message.records[3].end = last;
	return ehw_encode(&message, ENERGENIE, encoded);
}

static void encode_fills_the_fifo_and_no_more(void)
{
	CHECK(encode_long(2) == EHW_FIFO_SIZE);
	CHECK(encode_long(3) == EHW_ERR_RANGE);
	CHECK(encode_long(15) == EHW_ERR_RANGE);
}

/* The cipher bit by bit, as the specification draws it. */
static void crypt_by_bits(uint8_t *body, size_t length, unsigned int state)
{
	for (size_t i = 0; i < length; i++) {
		for (int step = 0; step < 5; step++)
			state = state & 1 ? state >> 1 ^ 0xF5F5 : state >> 1;
		body[i] ^= (uint8_t)((state & 0xFF) ^ 0x5A);
	}
}

static void the_keystream_table_equals_the_shift_register_in_every_state(void)
{
	uint8_t plain[EHW_FIFO_SIZE];
	int different = 0;

	CHECK(encode_long(2) == EHW_FIFO_SIZE);
	for (unsigned int pip = 0; pip <= 0xFFFF; pip++) {
		if (pip == ENERGENIE << 8)
			continue; /* state 0, which is never sent */
		message.pip = (uint16_t)pip;
		ehw_encode(&message, EHW_PLAIN, plain);
		ehw_encode(&message, ENERGENIE, encoded);
		crypt_by_bits(plain + 5, EHW_FIFO_SIZE - 5, ENERGENIE << 8 ^ pip);
		different += memcmp(plain, encoded, EHW_FIFO_SIZE) != 0;
	}
	CHECK(different == 0);
}

int main(void)
{
	RUN(encode_is_the_way_back);
	RUN(encode_writes_an_enumeration_as_one);
	RUN(encode_refuses_what_would_continue_an_enumeration);
	RUN(encode_refuses_fields_that_do_not_fit);
	RUN(encode_refuses_data_that_is_not_there);
	RUN(encode_refuses_a_pip_that_stops_the_cipher);
	RUN(encode_fills_the_fifo_and_no_more);
	RUN(the_keystream_table_equals_the_shift_register_in_every_state);
	return report();
}
