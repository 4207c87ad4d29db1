/* P1 telegrams. What real meters sent is in captures/p1, for tests/p1; here is each way of p1.c. */
#include "check.h"
#include "ehw.h"

#include <stdlib.h>

#define HEAD "/KFM5KAIFA-METER\r\n\r\n"
#define LINE "1-0:1.8.1(000671.578*kWh)\r\n"
#define GOOD HEAD LINE "1-0:1.7.0(00.318*kW)\r\n!1E1D\r\n"
#define BROKEN HEAD LINE "1-0:1.7.0(00.319*kW)\r\n!1E1D\r\n"
#define PLAIN "/ISk5\\2MT382\r\n\r\n" LINE "!\r\n"
#define TITLE "\xdb\x08SAGxxxx\x01"
#define TOLD(text, expected) CHECK(tells((text), sizeof(text) - 1, (expected)))

static struct ehw_p1 p1;
static struct ehw_p1_event last; /* the last one that was no mark */
static uint8_t raw[EHW_P1_BUFFER];
static char story[4096];

static void begin(enum ehw_p1_policy policy, int repair, int telnet)
{
	CHECK(ehw_p1_init(&p1, (int)policy, repair, telnet) == EHW_OK);
}

static const char *take(int idle)
{
	static const char telegrams[] = "TBA", others[] = "??CHD";
	struct ehw_p1_event event;
	char *at = story;
	int kind;

	while ((kind = ehw_p1_next(&p1, idle, &event)) != EHW_P1_NOTHING) {
		*at++ = kind == EHW_P1_TELEGRAM ? telegrams[event.crc] : others[kind];
		if (!event.raw)
			continue;
		last = event;
		memcpy(raw, event.raw, event.length);
	}
	*at = 0;
	return story;
}

/* What is told of bytes, all at once and then one by one, by framers that know nothing. */
static int tells(const char *text, size_t length, const char *expected)
{
	char told[4096] = "";
	int policy = p1.policy, repair = p1.repair, telnet = p1.telnet, equal;

	begin((enum ehw_p1_policy)policy, repair, telnet);
	for (size_t at = 0; at < length; at++) {
		CHECK(ehw_p1_feed(&p1, (const uint8_t *)text + at, 1) == 1);
		strcat(told, take(0));
	}
	begin((enum ehw_p1_policy)policy, repair, telnet);
	CHECK(ehw_p1_feed(&p1, (const uint8_t *)text, length) == length);
	equal = strcmp(take(0), expected) == 0 && strcmp(told, expected) == 0;
	if (!equal)
		printf("expected \"%s\", got \"%s\" and \"%s\"\n", expected, story, told);
	return equal;
}

static const char *feed(const char *text, size_t length)
{
	CHECK(ehw_p1_feed(&p1, (const uint8_t *)text, length) == length);
	return take(0);
}

/* A telegram with the CRC of what is before it, and of more behind. */
static const char *closed(const char *body, const char *form)
{
	static char text[EHW_P1_BUFFER];

	sprintf(text, "%s", body);
	sprintf(text + strlen(text), form, ehw_p1_crc((const uint8_t *)body, strlen(body)));
	return text;
}

static int tells_closed(const char *body, const char *form, const char *expected)
{
	const char *text = closed(body, form);

	return tells(text, strlen(text), expected);
}

/* Even parity in bit 7, in place. */
static char *even(char *text)
{
	for (char *at = text; *at; at++) {
		unsigned int bits = (uint8_t)*at;

		bits ^= bits >> 4;
		bits ^= bits >> 2;
		bits ^= bits >> 1;
		*at = (char)((uint8_t)*at | (bits & 1) << 7);
	}
	return text;
}

static void telegrams_have_a_crc_or_none(void)
{
	begin(EHW_P1_IF_PRESENT, 0, 0);
	TOLD(GOOD GOOD PLAIN, "TTA");
	CHECK(last.length == sizeof(PLAIN) - 1 && memcmp(raw, PLAIN, last.length) == 0);
	CHECK(last.printed == -1 && p1.counters.ok == 2 && p1.counters.resync_bytes == 0);
	TOLD(GOOD BROKEN GOOD, "TDT");
	CHECK(last.printed == 0x1E1D && last.computed == 0x1E1D && p1.counters.bad == 1);
	CHECK(ehw_p1_crc((const uint8_t *)"123456789", 9) == 0xBB3D);
}

static void policies_let_through(void)
{
	static const char *const expected[] = { "TDA", "TDD", "TBA", "TBA" };

	for (int policy = EHW_P1_IF_PRESENT; policy <= EHW_P1_IGNORE; policy++) {
		begin((enum ehw_p1_policy)policy, 0, 0);
		TOLD(GOOD BROKEN PLAIN, expected[policy]);
	}
	CHECK(ehw_p1_init(&p1, -1, 0, 0) == EHW_ERR_RANGE);
	CHECK(ehw_p1_init(&p1, 4, 0, 0) == EHW_ERR_RANGE);
}

static void a_crc_is_printed_in_many_ways(void)
{
	begin(EHW_P1_IF_PRESENT, 0, 0);
	CHECK(tells_closed(HEAD LINE "!", "%04x\n", "T"));
	CHECK(tells_closed(HEAD LINE "!", "%04X\r/", "T"));
	CHECK(tells_closed(HEAD LINE "!", "%04X/", "T"));
	CHECK(tells_closed(HEAD LINE "!", "%04X", ""));
	CHECK(strcmp(take(1), "T") == 0);
	CHECK(tells_closed(HEAD LINE "!", "%04X\r", ""));
	CHECK(strcmp(take(1), "T") == 0);
	TOLD(HEAD LINE "!12g4\r\n" GOOD, "DT");
	TOLD(HEAD LINE "!123/", "D");
	TOLD(HEAD LINE "!/", "D");
	TOLD(HEAD LINE "!`", "D");
	TOLD(HEAD LINE "!12", "");
	CHECK(strcmp(take(1), "") == 0);
	TOLD(GOOD HEAD LINE "!", "T");
	CHECK(strcmp(take(1), "") == 0);
	TOLD(HEAD LINE "!", "");
	CHECK(strcmp(take(1), "A") == 0);
}

static void a_short_crc_may_end_with_a_pause(void)
{
	char body[64];

	begin(EHW_P1_IF_PRESENT, 0, 0);
	for (int number = 0;; number++) {
		sprintf(body, "/ABC5\r\n1-0:1.8.1(%d)\r\n!", number);
		if (ehw_p1_crc((const uint8_t *)body, strlen(body)) < 0x1000)
			break;
	}
	CHECK(tells_closed(body, "%X", ""));
	CHECK(strcmp(take(1), "T") == 0);
	CHECK(tells_closed(body, "%X/", "T"));
}

static void a_mark_behind_a_bracket_may_be_the_end(void)
{
	begin(EHW_P1_IF_PRESENT, 0, 0);
	TOLD(HEAD "1-0:1.8.1(1)!\r\n", "A");
	CHECK(tells_closed(HEAD "1-0:1.8.1(1)!", "%04X\r\n", "T"));
	TOLD(HEAD "1-0:1.8.1(1)!", "");
	TOLD(HEAD "1-0:1.8.1(1)!\r", "");
	CHECK(strcmp(take(1), "") == 0);
	CHECK(tells_closed(HEAD "1-0:1.8.1((1)!2)(1)!x(1)!1234\r\n(1)!)\r\n!", "%04X\r\n", "T"));
	CHECK(tells_closed(HEAD "1-0:1.8.1(1)!12\r\n!", "%04X\r\n", "T"));
	CHECK(tells_closed(HEAD "a!b!\x01(1)!\r\n!", "%04X\r\n", "T"));
	begin(EHW_P1_REQUIRE, 0, 0);
	CHECK(tells_closed(HEAD "1-0:1.8.1(1)!\r\n2)\r\n!", "%04X\r\n", "T"));
}

static void damage_before_a_telegram_does_not_cost_it(void)
{
	begin(EHW_P1_IF_PRESENT, 0, 0);
	TOLD("/abc/AB5/A\r\r/" GOOD, "DT");
	TOLD(HEAD "(/ABC)" LINE "!1234\r\n" GOOD, "DT");
	TOLD(HEAD LINE GOOD GOOD, "DTT");
	CHECK(p1.counters.truncated == 1);
	TOLD(HEAD LINE "1-0:1.7" HEAD LINE "!\r\n", "DA");
	TOLD(HEAD LINE HEAD LINE "!\r\n", "DA");
	TOLD("/KFM5K" HEAD LINE "!\r\n", "DA");
	TOLD("/KFM5K/KFM5L\n\n" LINE "!\n", "A");
	TOLD("/KFM5K/KFM5\r\r" LINE "!\n", "A");
	TOLD(HEAD LINE "(x)\r\n\r\n(/ABC)\r1-0\r\r!\r\n", "A");
	begin(EHW_P1_REPORT, 0, 0);
	TOLD(HEAD LINE BROKEN, "DB");
	TOLD(BROKEN GOOD, "BT");
}

static void without_crc_it_must_be_text(void)
{
	begin(EHW_P1_IF_PRESENT, 0, 0);
	TOLD(HEAD LINE "\x01\r\n!\r\n", "D");
	TOLD(HEAD LINE "x\r\n!\r\n", "D");
	TOLD(HEAD "(1)\r\n!\r\n", "D");
	TOLD(HEAD "!\r\n", "D");
	TOLD(HEAD LINE "\t\r\n!\r\n", "D");
	TOLD(HEAD "1-0\t\r\n!\r\n", "A");
	CHECK(p1.counters.refused == 0);
}

static void a_telegram_has_8_kib_at_most(void)
{
	static char text[3 * EHW_P1_MOST];

	memset(text, '1', sizeof(text));
	memcpy(text, HEAD, sizeof(HEAD) - 1);
	strcpy(text + EHW_P1_MOST - 2, "\n!");
	begin(EHW_P1_IF_PRESENT, 0, 0);
	CHECK(tells_closed(text, "%04X\r\n", "T"));
	memcpy(text + EHW_P1_MOST - 2, "1\n!", 4);
	CHECK(tells_closed(text, "%04X\r\n" GOOD, "DT"));
	CHECK(p1.counters.oversize == 1);
	memset(text + 4, '1', 200);
	strcpy(text + 127, "\n" LINE "!\n");
	CHECK(tells(text, strlen(text), "A"));
	strcpy(text + 127, "1\n" LINE "!\n");
	CHECK(tells(text, strlen(text), ""));
}

static void what_does_not_fit_is_not_taken(void)
{
	static uint8_t data[EHW_P1_BUFFER + 5];

	memset(data, '/', sizeof(data));
	for (int telnet = 0; telnet < 2; telnet++) {
		begin(EHW_P1_IF_PRESENT, 0, telnet);
		CHECK(ehw_p1_feed(&p1, data, sizeof(data)) == (size_t)(EHW_P1_BUFFER - telnet));
		CHECK(ehw_p1_feed(&p1, data, 5) == 0);
		CHECK(strcmp(take(0), "") == 0);
		CHECK(ehw_p1_feed(&p1, data, 0) == 0);
		CHECK(strcmp(feed("\r\n" GOOD, sizeof(GOOD) + 1), "T") == 0);
	}
}

static void a_pause_ends_noise(void)
{
	begin(EHW_P1_IF_PRESENT, 0, 0);
	TOLD("/abc", "");
	CHECK(strcmp(take(1), "") == 0);
	TOLD("/abc\x01", "");
	CHECK(strcmp(take(1), "") == 0 && p1.at == p1.end);
	TOLD(HEAD "1", "");
	CHECK(strcmp(take(1), "") == 0);
	TOLD(HEAD "1\x01", "");
	CHECK(strcmp(take(1), "D") == 0 && p1.counters.truncated == 1);
	TOLD(HEAD "1\x01" HEAD "1\x01", "");
	CHECK(strcmp(take(1), "D") == 0 && p1.counters.truncated == 1);
}

static void reset_ends_what_is_open(void)
{
	begin(EHW_P1_IF_PRESENT, 0, 0);
	TOLD(GOOD HEAD LINE, "T");
	ehw_p1_reset(&p1);
	CHECK(strcmp(feed(GOOD, sizeof(GOOD) - 1), "DT") == 0);
	ehw_p1_reset(&p1);
	CHECK(strcmp(feed("/AB", 3), "") == 0);
	ehw_p1_reset(&p1);
	CHECK(strcmp(take(1), "") == 0 && p1.counters.resync_bytes == 3 + sizeof(HEAD LINE) - 1);
}

static void line_ends_are_repaired_where_it_is_asked_for(void)
{
	char text[] = GOOD GOOD;
	size_t length = 0;

	for (const char *at = text; *at; at++)
		if (*at != '\r')
			text[length++] = *at;
	begin(EHW_P1_IF_PRESENT, 0, 0);
	CHECK(tells(text, length, "DD"));
	begin(EHW_P1_IF_PRESENT, 1, 0);
	CHECK(tells(text, length, "TT"));
	CHECK(p1.counters.repaired == 2 && last.computed == 0x1E1D);
	TOLD(BROKEN GOOD, "DT");
}

static void bit_7_may_be_the_parity(void)
{
	char text[] = PLAIN GOOD, broken[] = PLAIN PLAIN, inner[] = HEAD LINE GOOD;
	char window[EHW_P1_WINDOW + 10];

	begin(EHW_P1_IF_PRESENT, 0, 0);
	CHECK(tells(even(text), sizeof(text) - 1, "AT"));
	CHECK(p1.counters.seven_bit == 2 && memcmp(raw, GOOD, last.length) == 0);
	even(broken);
	broken[30] ^= 1;
	CHECK(tells(broken, sizeof(broken) - 1, "DA") && p1.counters.parity == 1);
	for (size_t at = 0; at < 13; at++) {
		broken[30] ^= at == 0;
		broken[at] ^= 1;
		CHECK(tells(broken, sizeof(broken) - 1, "A"));
		CHECK(tells(broken, at + 1, ""));
		broken[at] ^= 1;
	}
	CHECK(tells("\xaf"
		    "k\xd2x",
		    4, ""));
	CHECK(tells("\xaf"
		    "11",
		    3, ""));
	CHECK(tells(even(inner), sizeof(inner) - 1, "DT"));
	memset(window, '1', sizeof(window));
	memcpy(window, HEAD, sizeof(HEAD) - 1);
	window[sizeof(window) - 1] = 0;
	CHECK(tells(even(window), sizeof(window) - 1, "D") && p1.counters.oversize == 1);
}

/* A frame whose length, counted from the control byte, is 17 + more. */
static size_t ciphered(char *frame, const char *title, const char *length, uint8_t control,
		       size_t more)
{
	size_t octets = strlen(length);

	memcpy(frame, title, 10);
	memcpy(frame + 10, length, octets);
	frame[10 + octets] = (char)control;
	memset(frame + 11 + octets, 0x55, 16 + more);
	return 27 + octets + more;
}

static void ciphered_frames_come_whole(void)
{
	char frame[600];
	size_t length;

	begin(EHW_P1_IF_PRESENT, 0, 0);
	for (int control = 0; control < 0x40; control += 0x10) {
		length = ciphered(frame, TITLE, "\x11", (uint8_t)control, 0);
		CHECK(tells(frame, length, control == 0x10 ? "" : "C"));
	}
	length = ciphered(frame, TITLE, "\x81\xff", 0x30, 0xff - 17);
	CHECK(tells(frame, length, "C") && last.length == length);
	CHECK(tells(frame, length - 1, ""));
	length = ciphered(frame, TITLE, "\x82\x01\x11", 0x20, 0x100);
	CHECK(tells(frame, length, "C") && last.length == length);
	CHECK(tells(frame, ciphered(frame, TITLE, "\x82\x30\x11", 0x20, 0), ""));
	CHECK(tells(frame, ciphered(frame, TITLE, "\x83\x11\x11", 0x20, 0), ""));
	CHECK(tells(frame, ciphered(frame, TITLE, "\x10", 0x20, 0), ""));
	CHECK(tells(frame, ciphered(frame, "\xdb\x08SA1xxxxx", "\x11", 0x20, 0), ""));
	CHECK(tells(frame, ciphered(frame, "\xdb\x09SAGxxxxx", "\x11", 0x20, 0), ""));
}

static void a_ciphered_frame_that_broke_off_does_not_cost_the_next(void)
{
	char frame[600];
	size_t length = ciphered(frame, TITLE, "\x40", 0x30, 0x40 - 17);

	begin(EHW_P1_IF_PRESENT, 0, 0);
	for (size_t at = 12; at < length; at++) {
		char two[1200];

		memcpy(two, frame, at);
		memcpy(two + at, frame, length);
		if (at < 14) /* what is behind the length is none any more */
			continue;
		CHECK(tells(two, at + length, "DC"));
	}
	memcpy(frame + length - 3, TITLE, 3);
	CHECK(tells(frame, length, ""));
	CHECK(strcmp(take(1), "C") == 0);
	memcpy(frame + length - 3, "\xdb\x01\x01", 3);
	CHECK(tells(frame, length, "C"));
}

static void binary_meters_are_named(void)
{
	char frame[] = "~\xa0\x0a\x41\x03\x13\x12\x34\x56\x78\x00\x00~";
	unsigned int fcs = 0xFFFF;

	for (int at = 1; at < 9; at++) {
		fcs ^= (uint8_t)frame[at];
		for (int bit = 0; bit < 8; bit++)
			fcs = fcs >> 1 ^ (fcs & 1 ? 0x8408 : 0);
	}
	frame[9] = (char)(~fcs & 0xFF);
	frame[10] = (char)(~fcs >> 8 & 0xFF);
	frame[11] = '~';
	begin(EHW_P1_IF_PRESENT, 0, 0);
	CHECK(tells(frame, 12, "H"));
	CHECK(p1.counters.hdlc == 1 && p1.counters.resync_bytes == 11);
	CHECK(tells(frame, 11, "") && strcmp(take(1), "") == 0);
	CHECK(tells(frame, 2, "") && strcmp(take(1), "") == 0);
	frame[9] ^= 1;
	CHECK(tells(frame, 12, ""));
	frame[11] = 'x';
	CHECK(tells(frame, 12, ""));
	TOLD("~\xa0\x06~", "");
	TOLD("~\xb0~\x00\xdb", "");
}

static void telnet_commands_are_taken_out(void)
{
	char sub[300] = "\xff\xfb\x01\xff\xfa";

	begin(EHW_P1_IF_PRESENT, 0, 1);
	TOLD("\xff\xfb\x01" HEAD "\xff\xfe\x01\xff\xf1" LINE "\xff\xfa\x2c\xff\xff\xff\xf0!\r\n",
	     "A");
	CHECK(p1.counters.telnet == 3 + 3 + 2 + 7 && last.length == sizeof(HEAD LINE "!\r\n") - 1);
	CHECK(tells_closed("\xff\xfd\x01" HEAD "\xff\xff\r\n\xff" LINE "!", "", ""));
	CHECK(p1.counters.telnet == 4 && p1.end == sizeof(HEAD LINE "!") - 1 + 4);
	memset(sub + 5, 1, sizeof(sub) - 5);
	strcpy(sub + 5 + 255, "/AB");
	CHECK(tells(sub, 5 + 255 + 3, "") && p1.end - p1.at == 3);
	TOLD("\xff\xff" GOOD, "T");
	TOLD("\xff\xef" GOOD "\xff\xfb\x01", "T");
	CHECK(p1.counters.telnet == 0 && p1.counters.resync_bytes == 5);
	TOLD(GOOD "\xff\xff", "T");
}

/* Lines of a body, CR as `|` and LF as `;`. */
static int scans(const char *body, const char *expected)
{
	uint8_t lines[1024];
	char text[400];
	int length;

	sprintf(text, "/K\r\n\r\n%s", body);
	length = ehw_p1_lines((const uint8_t *)text, strlen(text), lines, sizeof(lines));
	CHECK(length >= 0);
	for (int i = 0; i < length; i++)
		lines[i] = lines[i] == '\r' ? '|' : lines[i] == '\n' ? ';' : lines[i];
	lines[length < 0 ? 0 : length] = 0;
	if (strcmp((char *)lines, expected) != 0)
		printf("expected \"%s\", got \"%s\"\n", expected, (char *)lines);
	return strcmp((char *)lines, expected) == 0;
}

static void lines_are_codes_and_groups(void)
{
	CHECK(scans("1-0:1.8.1(1*kWh)\r\n0-1:24.2.1(a)(b)\r\n!1234\r\n",
		    "1-0:1.8.1|1*kWh;0-1:24.2.1|a|b;"));
	CHECK(scans("1-0:72:32.0()\r\n01-00:21.007.0.255(1)\r\n1-0:1.8.0*101(1)\n!",
		    "1-0:72.32.0|;1-0:21.7.0|1;1-0:1.8.0*101|1;"));
	CHECK(scans("0-0:97.97.0((ER11))(a(b))((c)d)(()\r\n",
		    "|0-0:97.97.0((ER11))(a(b))((c)d)(();"));
	CHECK(scans("0-0:97.97.0((ER11))(a(b))((c)d)\r\n", "0-0:97.97.0|ER11|a(b)|(c)d;"));
	CHECK(scans("1-0:1.8.1(1)\r\n(2)(3) \t\r\n(4)x\r\n(5)\r\n!",
		    "1-0:1.8.1|1|2|3;|(4)x;|(5);"));
	CHECK(scans("1-0:1.8.1(1)\r\n \r\n", "1-0:1.8.1|1;| ;"));
	CHECK(scans("1-0:1.8.1(1!)!\r\n", "1-0:1.8.1|1!;"));
	CHECK(scans("1-0:1.8.1(1)!(2)!x\r\n", "|1-0:1.8.1(1)!(2);"));
	CHECK(scans("1-0:1.8.1(1)", "1-0:1.8.1|1;"));
}

static void bad_lines_are_kept(void)
{
	static const char *const bad[] = {
		"1-0:1.8.1",
		"1-0:1.8.1)",
		"1-0:1.8.1(1)2",
		"1-0:1.8.1(\x01)",
		"1-0:256.8.1(1)",
		"1-0:1.8.1*(1)",
		"1-0:1.8(1)",
		"1-0:1.8.1*256(1)",
		"1-0:1.8.1234(1)",
		"1-0:1.8.1.2.3(1)",
		"1_0:1.8.1(1)",
		" ",
		"(1)",
		"1-0:1.8.1*2",
		"1-0:1.8.",
		"1-0:1.8.1(1",
	};
	char expected[64];

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		sprintf(expected, "|%s;", bad[i]);
		CHECK(scans(bad[i], expected));
	}
	CHECK(ehw_p1_lines((const uint8_t *)"", 1, (uint8_t *)expected, 3) == EHW_ERR_RANGE);
	CHECK(ehw_p1_lines(NULL, EHW_P1_LONGEST + 1, NULL, SIZE_MAX) == EHW_ERR_RANGE);
	CHECK(ehw_p1_lines((const uint8_t *)"", 0, (uint8_t *)expected, 2) == 0);
}

int main(void)
{
	RUN(telegrams_have_a_crc_or_none);
	RUN(policies_let_through);
	RUN(a_crc_is_printed_in_many_ways);
	RUN(a_short_crc_may_end_with_a_pause);
	RUN(a_mark_behind_a_bracket_may_be_the_end);
	RUN(damage_before_a_telegram_does_not_cost_it);
	RUN(without_crc_it_must_be_text);
	RUN(a_telegram_has_8_kib_at_most);
	RUN(what_does_not_fit_is_not_taken);
	RUN(a_pause_ends_noise);
	RUN(reset_ends_what_is_open);
	RUN(line_ends_are_repaired_where_it_is_asked_for);
	RUN(bit_7_may_be_the_parity);
	RUN(ciphered_frames_come_whole);
	RUN(a_ciphered_frame_that_broke_off_does_not_cost_the_next);
	RUN(binary_meters_are_named);
	RUN(telnet_commands_are_taken_out);
	RUN(lines_are_codes_and_groups);
	RUN(bad_lines_are_kept);
	return report();
}
