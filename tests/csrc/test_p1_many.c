/* Columns of many telegrams. */
#include "check.h"
#include "ehw.h"

#define LINES (EHW_P1_MOST_LINES + 8)
#define CODE(a, b, c, d, e, f)                                                                   \
	((uint64_t)(a) << 40 | (uint64_t)(b) << 32 | (uint64_t)(c) << 24 | (uint64_t)(d) << 16 | \
	 (uint64_t)(e) << 8 | (f))

static uint64_t code[LINES], offset[LINES], telegram[8], first[8];
static int64_t mantissa[LINES];
static uint8_t scale[LINES], unit[LINES], crc[8];
static struct ehw_p1 p1;
static struct ehw_p1_columns columns;

static size_t parse(const char *text, size_t lines, size_t telegrams)
{
	columns = (struct ehw_p1_columns){ code, mantissa, offset,    scale, unit, telegram, first,
					   crc,  lines,    telegrams, 100,   0,    0 };
	CHECK(ehw_p1_init(&p1, EHW_P1_IF_PRESENT, 0, 0) == EHW_OK);
	return ehw_p1_parse_many(&p1, (const uint8_t *)text, strlen(text), &columns);
}

/* One line of a telegram without CRC: what its value is. */
static int is(const char *line, int64_t number, int digits, int name)
{
	char text[200];

	sprintf(text, "/ABC5\r\n1-0:1.8.0(1)\r\n%s\r\n!\r\n", line);
	CHECK(parse(text, LINES, 8) == strlen(text));
	CHECK(columns.lines == 2 && columns.telegrams == 1);
	return mantissa[1] == number && scale[1] == digits && unit[1] == name;
}

static void a_line_is_a_row(void)
{
	static const char text[] = "x/ABC5\r\n\r\n1-0:1.8.1(003808.351*kWh)\r\n"
				   "0-1:24.2.1(181106140010W)(01569.646*m3)\r\n9bad\r\n!\r\n"
				   "/ABC5\r\n1-0:1.8.0*101(-1)\r\n(2.5)\r\n!\r\n/AB";

	CHECK(parse(text, LINES, 8) == sizeof(text) - 1 - 3);
	CHECK(columns.telegrams == 2 && telegram[0] == 101 && first[1] == 3);
	CHECK(crc[0] == EHW_P1_CRC_ABSENT && p1.counters.absent == 2);
	CHECK(telegram[1] == 100 + (uint64_t)(strstr(text + 2, "/ABC5") - text));
	CHECK(code[0] == CODE(1, 0, 1, 8, 1, 255) && code[1] == CODE(0, 1, 24, 2, 1, 255));
	CHECK(code[2] == 0 && scale[2] == EHW_P1_TEXT && code[3] == CODE(1, 0, 1, 8, 0, 101));
	CHECK(mantissa[0] == 3808351 && scale[0] == 3 && unit[0] == EHW_P1_UNIT_KWH);
	CHECK(mantissa[1] == 1569646 && scale[1] == 3 && unit[1] == EHW_P1_UNIT_M3);
	CHECK(mantissa[3] == 25 && scale[3] == 1 && columns.lines == 4);
	CHECK(offset[0] == 110 && memcmp(text + offset[3] - 100, "1-0:1.8.0*101", 13) == 0);
}

static void values_are_numbers_or_text(void)
{
	CHECK(is("1-0:1.7.0(00.318*kW)", 318, 3, EHW_P1_UNIT_KW));
	CHECK(is("1-0:1.7.0(-5*KVAR)", -5, 0, EHW_P1_UNIT_KVAR));
	CHECK(is("1-0:1.7.0(+5.*kvArh)", 5, 0, EHW_P1_UNIT_KVARH));
	CHECK(is("1-0:1.7.0(1*s)", 1, 0, EHW_P1_UNIT_S));
	CHECK(is("1-0:1.7.0(1*furlong)", 1, 0, EHW_P1_UNIT_OTHER));
	CHECK(is("1-0:1.7.0(1*[W)", 1, 0, EHW_P1_UNIT_OTHER));
	CHECK(is("1-0:1.7.0(1*)", 1, 0, EHW_P1_UNIT_OTHER));
	CHECK(is("1-0:1.7.0((12))", 12, 0, EHW_P1_UNIT_NONE));
	CHECK(is("1-0:1.7.0((ER11))", 0, EHW_P1_TEXT, EHW_P1_UNIT_NONE));
	CHECK(is("1-0:1.7.0((1)2)", 0, EHW_P1_TEXT, EHW_P1_UNIT_NONE));
	CHECK(is("1-0:1.7.0(123456789012345678)", 123456789012345678, 0, 0));
	CHECK(is("1-0:1.7.0(1234567890123456789)", 0, EHW_P1_TEXT, 0));
	CHECK(is("1-0:1.7.0(99999999999999999999)", 0, EHW_P1_TEXT, 0));
	CHECK(is("1-0:1.7.0(1234567890.123456789)", 0, EHW_P1_TEXT, 0));
	CHECK(is("1-0:1.7.0()", 0, EHW_P1_TEXT, 0));
	CHECK(is("1-0:1.7.0(-)", 0, EHW_P1_TEXT, 0));
	CHECK(is("1-0:1.7.0(.5)", 0, EHW_P1_TEXT, 0));
	CHECK(is("1-0:1.7.0(1x)", 0, EHW_P1_TEXT, 0));
	CHECK(is("1-0:1.7.0(1)x", 0, EHW_P1_TEXT, 0) && code[1] == 0);
	CHECK(is("(5)x", 0, EHW_P1_TEXT, 0) && code[1] == 0);
	CHECK(is("1-0:1.7.0(((5)", 0, EHW_P1_TEXT, 0) && code[1] == 0);
}

static void lines_with_control_characters_are_bad(void)
{
	static const char body[] = "/ABC5\r\n1-0:1.8.0(1)\r\n \r\n1-0:1.8.0(1)\r\n(2\x01)\r\n "
				   "\r\n(3)\r\n1-0:1.8.0(1\x01)\r\n!";
	char text[100];

	sprintf(text, "%s%04X\r\n", body, ehw_p1_crc((const uint8_t *)body, sizeof(body) - 1));
	parse(text, LINES, 8);
	CHECK(columns.lines == 7 && crc[0] == EHW_P1_CRC_OK);
	CHECK(code[0] && !code[1] && code[2] && !code[3] && !code[4] && !code[5] && !code[6]);
}

static void without_room_nothing_is_taken(void)
{
	static const char text[] = "/ABC5\r\n1-0:1.8.0(1)\r\n!\r\n/ABC5\r\n1-0:1.8.0(1)\r\n!\r\n";
	static const char ciphered[] = "\xdb\x08SAGxxxx\x01\x11 1234567890123456";

	CHECK(parse(text, EHW_P1_MOST_LINES - 1, 8) == 0);
	CHECK(parse(text, EHW_P1_MOST_LINES, 8) == sizeof(text) / 2 && columns.lines == 1);
	CHECK(parse(text, LINES, 1) == sizeof(text) / 2 && columns.telegrams == 1);
	CHECK(parse(ciphered, LINES, 1) == sizeof(ciphered) - 1 && p1.counters.ciphered == 1);
}

int main(void)
{
	RUN(a_line_is_a_row);
	RUN(values_are_numbers_or_text);
	RUN(lines_with_control_characters_are_bad);
	RUN(without_room_nothing_is_taken);
	return report();
}
