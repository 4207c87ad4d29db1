/* OOK frames. Vectors: pyenergenie's TwoBit.py, Achronite's ook_send.c for gangs 5 and 6. */
#include "check.h"
#include "ehw.h"

static const struct {
	uint32_t house;
	uint8_t gang, on;
	const char *hex;
} vectors[] = {
	{ 0x6C6C6, 0, 1, "800000008ee8ee888ee8ee888ee8ee8e" },
	{ 0x6C6C6, 0, 0, "800000008ee8ee888ee8ee888ee8ee88" },
	{ 0x6C6C6, 1, 1, "800000008ee8ee888ee8ee888ee8eeee" },
	{ 0x6C6C6, 1, 0, "800000008ee8ee888ee8ee888ee8eee8" },
	{ 0x6C6C6, 2, 1, "800000008ee8ee888ee8ee888ee88eee" },
	{ 0x6C6C6, 2, 0, "800000008ee8ee888ee8ee888ee88ee8" },
	{ 0x6C6C6, 3, 1, "800000008ee8ee888ee8ee888ee8e8ee" },
	{ 0x6C6C6, 3, 0, "800000008ee8ee888ee8ee888ee8e8e8" },
	{ 0x6C6C6, 4, 1, "800000008ee8ee888ee8ee888ee888ee" },
	{ 0x6C6C6, 4, 0, "800000008ee8ee888ee8ee888ee888e8" },
	{ 0x6C6C6, 5, 1, "800000008ee8ee888ee8ee888ee88e8e" },
	{ 0x6C6C6, 5, 0, "800000008ee8ee888ee8ee888ee88e88" },
	{ 0x6C6C6, 6, 1, "800000008ee8ee888ee8ee888ee8e88e" },
	{ 0x6C6C6, 6, 0, "800000008ee8ee888ee8ee888ee8e888" },
	{ 0x00000, 1, 1, "8000000088888888888888888888eeee" },
	{ 0xFFFFF, 1, 1, "80000000eeeeeeeeeeeeeeeeeeeeeeee" },
};

enum { VECTORS = sizeof(vectors) / sizeof(*vectors) };

static void encode_gives_the_frames_of_the_hand_controllers(void)
{
	uint8_t expected[EHW_OOK_SIZE], frame[EHW_OOK_SIZE];

	for (int i = 0; i < VECTORS; i++) {
		struct ehw_ook code = { vectors[i].house, vectors[i].gang, vectors[i].on };

		CHECK(unhex(vectors[i].hex, expected) == EHW_OOK_SIZE);
		CHECK(ehw_ook_encode(&code, frame) == EHW_OK);
		CHECK(memcmp(frame, expected, EHW_OOK_SIZE) == 0);
	}
}

static void decode_is_the_way_back(void)
{
	uint8_t frame[EHW_OOK_SIZE];
	struct ehw_ook code;

	for (int i = 0; i < VECTORS; i++) {
		unhex(vectors[i].hex, frame);
		CHECK(ehw_ook_decode(frame, EHW_OOK_SIZE, &code) == EHW_OK);
		CHECK(code.house == vectors[i].house);
		CHECK(code.gang == vectors[i].gang);
		CHECK(code.on == vectors[i].on);
	}
}

static void house_of_21_bits_and_gang_7_are_out_of_range(void)
{
	uint8_t frame[EHW_OOK_SIZE];
	struct ehw_ook house = { 0x100000, 1, 1 }, gang = { 1, 7, 1 };

	CHECK(ehw_ook_encode(&house, frame) == EHW_ERR_RANGE);
	CHECK(ehw_ook_encode(&gang, frame) == EHW_ERR_RANGE);
}

static int decode_of(const char *hex)
{
	uint8_t frame[32];
	struct ehw_ook code;

	return ehw_ook_decode(frame, unhex(hex, frame), &code);
}

static void another_length_is_refused(void)
{
	CHECK(decode_of("") == EHW_ERR_TRUNCATED);
	CHECK(decode_of("800000008ee8ee888ee8ee888ee8ee") == EHW_ERR_TRUNCATED);
	CHECK(decode_of("800000008ee8ee888ee8ee888ee8ee8e00") == EHW_ERR_TOO_LONG);
}

static void what_no_button_sends_is_refused(void)
{
	CHECK(decode_of("810000008ee8ee888ee8ee888ee8ee8e") == EHW_ERR_RECORD); /* sync */
	CHECK(decode_of("800000008fe8ee888ee8ee888ee8ee8e") == EHW_ERR_RECORD); /* symbol */
	CHECK(decode_of("800000008ee8ee888ee8ee888ee8ee08") == EHW_ERR_RECORD); /* last symbol */
	CHECK(decode_of("800000008ee8ee888ee8ee888ee88888") == EHW_ERR_RECORD); /* data 0 */
	CHECK(decode_of("800000008ee8ee888ee8ee888ee8888e") == EHW_ERR_RECORD); /* data 1 */
}

int main(void)
{
	RUN(encode_gives_the_frames_of_the_hand_controllers);
	RUN(decode_is_the_way_back);
	RUN(house_of_21_bits_and_gang_7_are_out_of_range);
	RUN(another_length_is_refused);
	RUN(what_no_button_sends_is_refused);
	return report();
}
