/* Teleinfo frames. Groups: captures/teleinfo, and the examples of Enedis-NOI-CPT_54E. */
#include "check.h"
#include "ehw.h"

#define ADCO "\nADCO 012345678912 G\r"
#define PAPP "\nPAPP 00540 *\r"
#define EAST "\nEAST\t021849106\t.\r"
#define DATE "\nDATE\tH200214230804\t\t;\r"

static struct ehw_tic tic;
static char story[8192]; /* what was told since begin(), a mark as its letter */

static void begin(enum ehw_parity parity)
{
	CHECK(ehw_tic_init(&tic, (int)parity) == EHW_OK);
	story[0] = 0;
}

static void note(const uint8_t *events, size_t length)
{
	static const char letters[] = "??[]!TR";
	char *at = story + strlen(story);

	for (size_t i = 0; i < length; i++)
		*at++ = events[i] < sizeof(letters) - 1 ? letters[events[i]] : (char)events[i];
	*at = 0;
}

/* Feed bytes; the new part of the story, its lines ended by '\n'. */
static const char *feed_bytes(const uint8_t *data, size_t length)
{
	static uint8_t events[4096 + EHW_TIC_ROOM];
	size_t before = strlen(story);
	int written = ehw_tic_feed(&tic, data, length, events, 2 * length + EHW_TIC_ROOM);

	CHECK(written >= 0 && length <= 2048);
	note(events, written < 0 ? 0 : (size_t)written);
	return story + before;
}

static const char *feed(const char *text)
{
	return feed_bytes((const uint8_t *)text, strlen(text));
}

/* The same with even parity in bit 7, and bits of the byte at `at` flipped. */
static const char *feed_even(const char *text, size_t at, uint8_t flip)
{
	uint8_t data[1024];
	size_t length = strlen(text);

	for (size_t i = 0; i < length; i++) {
		unsigned int bits = (uint8_t)text[i];

		bits ^= bits >> 4;
		bits ^= bits >> 2;
		bits ^= bits >> 1;
		data[i] = (uint8_t)((uint8_t)text[i] | (bits & 1) << 7);
		data[i] ^= i == at ? flip : 0;
	}
	return feed_bytes(data, length);
}

static int tells(const char *text, const char *expected)
{
	const char *got = feed(text);

	if (strcmp(got, expected) == 0)
		return 1;
	printf("expected \"%s\", got \"%s\"\n", expected, got);
	return 0;
}

static void a_frame_is_told_group_by_group(void)
{
	begin(EHW_PARITY_SOFT);
	CHECK(tells("\x02" ADCO PAPP "\x03", "[\nADCO 012345678912 G\nPAPP 00540 *\n]\n"));
	CHECK(tells("\x02" DATE EAST "\x03",
		    "[\nDATE\tH200214230804\t\t;\nEAST\t021849106\t.\n]\n"));
	CHECK(tic.counters.complete == 2 && tic.counters.groups == 4);
	CHECK(tic.counters.bytes == strlen(ADCO PAPP DATE EAST) + 4);
	CHECK(ehw_tic_bit_7(&tic) == EHW_BIT_7_UNUSED);
}

static void byte_by_byte_is_the_same(void)
{
	begin(EHW_PARITY_SOFT);
	for (const char *at = "\x02" ADCO PAPP "\x03"; *at; at++)
		feed_bytes((const uint8_t *)at, 1);
	CHECK(strcmp(story, "[\nADCO 012345678912 G\nPAPP 00540 *\n]\n") == 0);
}

static void what_cannot_be_is_refused_at_once(void)
{
	uint8_t events[EHW_TIC_ROOM + 2];

	CHECK(ehw_tic_init(&tic, -1) == EHW_ERR_RANGE && ehw_tic_init(&tic, 3) == EHW_ERR_RANGE);
	begin(EHW_PARITY_SOFT);
	CHECK(ehw_tic_feed(&tic, (const uint8_t *)"\x02", 1, events, EHW_TIC_ROOM + 1) ==
	      EHW_ERR_RANGE);
	CHECK(ehw_tic_feed(&tic, events, EHW_TIC_MOST + 1u, events, SIZE_MAX) == EHW_ERR_RANGE);
	CHECK(tic.counters.bytes == 0);
}

static void groups_before_the_first_start_count_but_make_no_complete_frame(void)
{
	begin(EHW_PARITY_SOFT);
	CHECK(tells("00540 *\r" PAPP "\x03", "PAPP 00540 *\n]\n"));
	CHECK(tic.counters.resyncs == 1 && tic.counters.incomplete == 1);
	CHECK(tic.counters.complete == 0);
}

static void an_end_without_a_frame_is_noise(void)
{
	begin(EHW_PARITY_SOFT);
	CHECK(tells("x\x03\x04\r\x03", ""));
	CHECK(tic.counters.resyncs == 2);
	CHECK(tells("\x02\x03", "[\n]\n"));
	CHECK(tic.counters.incomplete == 1);
	CHECK(tells("\nPAPP 00540 x\r\x03", "R\n]\n"));
}

static void a_frame_without_an_end_is_cut(void)
{
	begin(EHW_PARITY_SOFT);
	CHECK(tells("\x02" PAPP "\x02" PAPP "\x03", "[\nPAPP 00540 *\nT\n[\nPAPP 00540 *\n]\n"));
	CHECK(tic.counters.cut == 1 && tic.counters.complete == 1);
	CHECK(tells("\x02\x02", "[\n[\n"));
	CHECK(tic.counters.cut == 1);
}

static void eot_interrupts_a_frame(void)
{
	begin(EHW_PARITY_SOFT);
	CHECK(tells("\x02" PAPP "\x04\x02", "[\nPAPP 00540 *\n!\n[\n"));
	CHECK(tells("\nPAP\x04", "R\n!\n"));
	CHECK(tic.counters.interrupted == 2 && tic.counters.truncated == 1);
}

static void reset_ends_the_frame_with_the_next_bytes(void)
{
	begin(EHW_PARITY_SOFT);
	CHECK(tells("x", ""));
	ehw_tic_reset(&tic); /* forgets that a byte was skipped */
	CHECK(tells("\x02" PAPP "\nPA", "[\nPAPP 00540 *\n"));
	ehw_tic_reset(&tic);
	CHECK(ehw_tic_bit_7(&tic) == EHW_BIT_7_UNKNOWN);
	CHECK(tells("", "T\n") && tells("PP 00540 *\r", ""));
	CHECK(tic.counters.cut == 1 && tic.counters.groups == 1 && tic.counters.resyncs == 0);
}

/* Which counter a group moved, as its distance from `checksum`; -1 if it was accepted. */
static int refused_as(const char *text)
{
	struct ehw_tic_counters before = tic.counters;
	const uint64_t *now = &tic.counters.checksum, *then = &before.checksum;
	int refused = !strcmp(feed(text), "R\n");

	for (int i = 0; i < 6; i++)
		if (now[i] != then[i])
			return refused && now[i] == then[i] + 1 ? i : -2;
	return -1;
}

enum reason { ACCEPTED = -1, CHECKSUM, FORMAT, PARITY, CHARSET, OVERFLOW, TRUNCATED };

static void damaged_groups_are_counted_by_their_reason(void)
{
	char longer[200];

	begin(EHW_PARITY_SOFT);
	CHECK(refused_as(PAPP) == ACCEPTED);
	CHECK(refused_as("\nPAPP 00541 *\r") == CHECKSUM);
	CHECK(refused_as("\nPAPP\t00541\t-\r") == CHECKSUM);
	CHECK(refused_as("\nP\r") == FORMAT && refused_as("\n\r") == FORMAT);
	CHECK(refused_as("\nPAPP\t\\\r") == FORMAT);
	CHECK(refused_as("\nPAPP00540-\r") == FORMAT); /* no separator */
	CHECK(refused_as("\nP 00540 *\r") == FORMAT && refused_as("\nABCDEFGHIJ 1 -\r") == FORMAT);
	CHECK(refused_as("\nPAPP  -\r") == FORMAT && refused_as("\nPAPP -\r") == FORMAT);
	CHECK(refused_as("\nPAPP 00540\t-\r") == FORMAT); /* ends otherwise than begun */
	CHECK(refused_as("\nPAPP 00540 \t\r") == FORMAT && refused_as("\nPAPP 1 `\r") == FORMAT);
	CHECK(refused_as("\nPAPP 1\t1 -\r") == FORMAT && refused_as("\nPAPP\t1\t1\t-\r") == FORMAT);
	CHECK(refused_as("\nP@PP 00540 *\r") == CHARSET &&
	      refused_as("\nPAP\x01 1 -\r") == CHARSET);
	CHECK(refused_as("\nPA\x80P 00540 \x01\r") == PARITY); /* the first that is wrong */
	snprintf(longer, sizeof(longer), "\nMSG1\t%0130d\t-\r", 0);
	CHECK(refused_as(longer) == OVERFLOW);
	CHECK(refused_as("\nPAPP 00540 *") == ACCEPTED && refused_as(PAPP) == -2);
	CHECK(tic.counters.truncated == 1 && tic.counters.groups == 2);
	CHECK(refused_as("\r") == FORMAT);
}

static void labels_of_every_meter_are_labels(void)
{
	begin(EHW_PARITY_SOFT);
	CHECK(refused_as("\nER+_s 72varh .\r") == ACCEPTED);
	CHECK(refused_as("\nDebP-1 15/07/15 17:59:40 X\r") == ACCEPTED);
	CHECK(refused_as("\nSMAXSN1-1\tH200213085118\t03129\tJ\r") == ACCEPTED);
	CHECK(refused_as("\nEA 1 7\r") == ACCEPTED && refused_as("\nE 1 7\r") == FORMAT);
	CHECK(refused_as("\n@PA 00540 J\r") == CHARSET);
	CHECK(refused_as("\nEA: 1 1\r") == CHARSET && refused_as("\nEA{ 1 2\r") == CHARSET);
	CHECK(refused_as("\nEA \x7f E\r") == CHARSET && refused_as("\nEA ~ D\r") == ACCEPTED);
}

static void a_checksum_may_be_the_first_and_the_last_of_its_characters(void)
{
	begin(EHW_PARITY_SOFT);
	CHECK(refused_as("\nPTEC HP..  \r") == ACCEPTED);
	CHECK(refused_as("\nFPM1\t 200215060000\t00\t_\r") == ACCEPTED);
}

static void a_horodate_has_a_season_and_twelve_digits(void)
{
	begin(EHW_PARITY_SOFT);
	CHECK(refused_as(DATE) == ACCEPTED);
	CHECK(refused_as("\nDATE\te200214230804\t\tX\r") == ACCEPTED);
	CHECK(refused_as("\nDPM1\t 200214060000\t00\t\\\r") == ACCEPTED);
	CHECK(refused_as("\nDATE\tH200214230804\t2\r") == ACCEPTED); /* as data */
	CHECK(refused_as("\nDATE\tX200214230804\t\t;\r") == FORMAT);
	CHECK(refused_as("\nDATE\tH20021423080A\t\t;\r") == FORMAT);
	CHECK(refused_as("\nDATE\tH2002142308041\t\t;\r") == FORMAT);
}

static void a_group_has_at_most_127_characters(void)
{
	char group[140] = "\nMSG1\t";

	begin(EHW_PARITY_SOFT);
	memset(group + 6, '@', 120); /* 120 * 0x40: nothing modulo 64 */
	strcpy(group + 126, "\tJ\r");
	CHECK(refused_as(group) == ACCEPTED);
	memset(group + 6, '@', 121);
	strcpy(group + 127, "\tJ\r");
	CHECK(refused_as(group) == OVERFLOW);
}

static void a_group_whose_line_feed_is_damaged_is_not_lost_unnoticed(void)
{
	begin(EHW_PARITY_SOFT);
	CHECK(tells("\x02" PAPP "\x0e"
		    "PAPP 00540 *\r\x03",
		    "[\nPAPP 00540 *\nR\n]\n"));
	CHECK(tells("\x02" PAPP "PAPP 00540 *\r" PAPP "\x03",
		    "[\nPAPP 00540 *\nR\nPAPP 00540 *\n]\n"));
	CHECK(tells("\x02PAPP 00540 *\r\x03", "[\nR\n]\n"));
	CHECK(tic.counters.charset == 1 && tic.counters.format == 2);
	CHECK(tic.counters.complete == 0);
}

static void the_separator_counts_after_eight_groups_in_a_row(void)
{
	begin(EHW_PARITY_SOFT);
	for (int i = 0; i < 7; i++)
		CHECK(refused_as("\nPAPP 00540 J\r") == CHECKSUM);
	CHECK(refused_as(PAPP) == ACCEPTED); /* starts the row anew */
	for (int i = 0; i < 7; i++)
		CHECK(refused_as("\nPAPP 00540 J\r") == CHECKSUM);
	CHECK(refused_as("\nPAPP 00540 B\r") == CHECKSUM); /* so does one that holds neither way */
	for (int i = 0; i < 8; i++)
		CHECK(refused_as("\nPAPP 00540 J\r") == CHECKSUM);
	for (int i = 0; i < 7; i++)
		CHECK(refused_as(PAPP) == CHECKSUM);
	CHECK(refused_as("\nPAPP 00540 J\r") == ACCEPTED);
	for (int i = 0; i < 8; i++)
		CHECK(refused_as(PAPP) == CHECKSUM);
	CHECK(refused_as(PAPP) == ACCEPTED); /* and back */
	for (int i = 0; i < 16; i++)
		CHECK(refused_as("\nPAPP 00540 B\r") == CHECKSUM);
}

static void parity_is_noticed_and_checked(void)
{
	begin(EHW_PARITY_SOFT);
	CHECK(strcmp(feed_even("\x02" PAPP EAST, 0, 0), "[\nPAPP 00540 *\nEAST\t021849106\t.\n") ==
	      0);
	CHECK(ehw_tic_bit_7(&tic) == EHW_BIT_7_PARITY);
	for (size_t at = 0; at < strlen(PAPP); at++)
		for (int bit = 0; bit < 8; bit++)
			CHECK(!strchr(feed_even(PAPP "\x02", at, (uint8_t)(1 << bit)), 'P'));
	CHECK(tic.counters.parity > 0 && tic.counters.groups == 2);
}

static void before_anything_is_known_of_bit_7_a_group_must_hold_one_way(void)
{
	begin(EHW_PARITY_SOFT);
	CHECK(strcmp(feed_even(PAPP, 3, 0x80), "R\n") == 0); /* bit 7 lost once */
	CHECK(strcmp(feed_even(EAST, 2, 0x80), "R\n") == 0); /* gained once: odd and high */
	CHECK(tic.counters.parity == 2 && ehw_tic_bit_7(&tic) == EHW_BIT_7_UNKNOWN);
}

static void bit_7_is_learned_anew_when_nothing_is_sound(void)
{
	begin(EHW_PARITY_SOFT);
	CHECK(refused_as(PAPP) == ACCEPTED);
	for (int i = 0; i < 19; i++)
		feed_even(PAPP, 0, 0);
	CHECK(tic.counters.groups == 1 && ehw_tic_bit_7(&tic) == EHW_BIT_7_UNUSED);
	feed_even(PAPP, 0, 0); /* 256 bytes are over */
	CHECK(tic.counters.groups == 2 && ehw_tic_bit_7(&tic) == EHW_BIT_7_PARITY);
}

static void the_256th_byte_opens_the_question(void)
{
	uint8_t stream[255 + sizeof(PAPP)] = { 0 };

	memcpy(stream + 255, PAPP, sizeof(PAPP));
	for (int less = 1; less >= 0; less--) {
		begin(EHW_PARITY_SOFT);
		feed_even("\x02" PAPP, 0, 0);
		feed_bytes(stream + less, sizeof(stream) - 1 - (size_t)less);
		CHECK(tic.counters.groups == (less ? 1 : 2));
	}
}

static void a_port_may_mark_what_is_bad(void)
{
	static const uint8_t bad[] = "\nPAPP\xff\0\x30"
				     "0540 *\r\nPAPP\xff"
				     "0540 *\r\nPAPP\xff\xff 0540 *\r";

	static const uint8_t control[] = "\nPA\xff\0\x03PP\xff\0\n 00540 *\r";

	begin(EHW_PARITY_HARD);
	CHECK(strcmp(feed_bytes(bad, sizeof(bad) - 1), "R\nR\nR\n") == 0);
	CHECK(tic.counters.parity == 3 && ehw_tic_bit_7(&tic) == EHW_BIT_7_UNUSED);
	CHECK(tells(PAPP, "PAPP 00540 *\n"));
	CHECK(strcmp(feed_bytes(control, sizeof(control) - 1), "R\n") == 0);
	CHECK(strcmp(feed_bytes((const uint8_t *)"\xff", 1), "") == 0);
	ehw_tic_reset(&tic); /* forgets half a mark */
	CHECK(strcmp(feed_bytes((const uint8_t *)"\0\nPAPP 00540 *\r", 15), "T\nPAPP 00540 *\n") ==
	      0);
	CHECK(strcmp(feed_bytes((const uint8_t *)"\xff\xff\x02", 3), "R\nT\n[\n") == 0);
	CHECK(strcmp(feed_bytes((const uint8_t *)"\nPA\xff\x02", 5), "R\n[\n") == 0);
	for (int i = 0; i < 40; i++)
		feed("\nPAPP 00541 *\r");
	CHECK(ehw_tic_bit_7(&tic) == EHW_BIT_7_UNUSED); /* nothing to learn */
}

static void bit_7_may_be_ignored(void)
{
	begin(EHW_PARITY_OFF);
	CHECK(strcmp(feed_even(PAPP, 3, 0x80), "PAPP 00540 *\n") == 0);
	CHECK(ehw_tic_bit_7(&tic) == EHW_BIT_7_UNUSED);
}

int main(void)
{
	RUN(a_frame_is_told_group_by_group);
	RUN(byte_by_byte_is_the_same);
	RUN(what_cannot_be_is_refused_at_once);
	RUN(groups_before_the_first_start_count_but_make_no_complete_frame);
	RUN(an_end_without_a_frame_is_noise);
	RUN(a_frame_without_an_end_is_cut);
	RUN(eot_interrupts_a_frame);
	RUN(reset_ends_the_frame_with_the_next_bytes);
	RUN(damaged_groups_are_counted_by_their_reason);
	RUN(labels_of_every_meter_are_labels);
	RUN(a_checksum_may_be_the_first_and_the_last_of_its_characters);
	RUN(a_horodate_has_a_season_and_twelve_digits);
	RUN(a_group_has_at_most_127_characters);
	RUN(a_group_whose_line_feed_is_damaged_is_not_lost_unnoticed);
	RUN(the_separator_counts_after_eight_groups_in_a_row);
	RUN(parity_is_noticed_and_checked);
	RUN(before_anything_is_known_of_bit_7_a_group_must_hold_one_way);
	RUN(bit_7_is_learned_anew_when_nothing_is_sound);
	RUN(the_256th_byte_opens_the_question);
	RUN(a_port_may_mark_what_is_bad);
	RUN(bit_7_may_be_ignored);
	return report();
}
