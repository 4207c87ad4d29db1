/* The lines of a telegram in one pass: code and groups; reads like p1/lines.py.
 *
 *     1-0:1.8.1(003432.827*kWh)
 *     1-0:1.6.0(090212160000W)(02.5*kW)
 *     (00001.001)                            more groups of the line before; DSMR 2.2 and 3.0
 *
 * Source: IEC 62056-21, 5.8; DSMR P1 companion standard 5.0.2, 5.2 and 6; eMUCS-P1.
 */
#include "p1.h"

#include <string.h>

#define PARTS 6 /* A to F */

struct line {
	const uint8_t *at, *end;
};

/* Where fields go; there is room for all of them. */
struct writer {
	uint8_t *at;
};

static void put_bytes(struct writer *out, const uint8_t *from, const uint8_t *to)
{
	memcpy(out->at, from, (size_t)(to - from));
	out->at += to - from;
}

/* A number of up to three digits, 0 to 255; NULL if it is none. */
static const uint8_t *number(const uint8_t *at, const uint8_t *end, uint8_t *value)
{
	const uint8_t *const from = at;
	unsigned int sum = 0;

	while (at < end && at < from + 3 && p1_is_digit(*at))
		sum = 10 * sum + (unsigned int)(*at++ - '0');
	*value = (uint8_t)sum;
	return at > from && sum <= 255 ? at : NULL;
}

/* Where the code of a line ends, at its first bracket; NULL if it has none. */
static const uint8_t *code_of(const struct line *line, uint8_t parts[PARTS])
{
	static const char *const before[PARTS] = { "", "-", ":", ".:", ".", ".*" };
	const uint8_t *at = line->at;

	parts[PARTS - 1] = 255;
	for (int i = 0; i < PARTS; i++) {
		if (i == PARTS - 1 && *at == '(')
			return at;
		if (i > 0 && !strchr(before[i], *at++))
			return NULL;
		at = number(at, line->end, &parts[i]);
		if (!at || at == line->end)
			return NULL;
	}
	return *at == '(' ? at : NULL;
}

static void put_number(struct writer *out, unsigned int value)
{
	if (value >= 100)
		*out->at++ = (uint8_t)('0' + value / 100);
	if (value >= 10)
		*out->at++ = (uint8_t)('0' + value / 10 % 10);
	*out->at++ = (uint8_t)('0' + value % 10);
}

static void put_code(struct writer *out, const uint8_t parts[PARTS])
{
	static const char behind[PARTS] = "-:..*";
	int count = parts[PARTS - 1] == 255 ? PARTS - 1 : PARTS;

	for (int i = 0; i < count; i++) {
		if (i > 0)
			*out->at++ = (uint8_t)behind[i - 1];
		put_number(out, parts[i]);
	}
}

/* One value; of ((ER11)) what is in the inner brackets. */
static void put_group(struct writer *out, const uint8_t *from, const uint8_t *to)
{
	*out->at++ = '\r';
	if (to - from >= 2 && *from == '(' && to[-1] == ')')
		put_bytes(out, from + 1, to - 1);
	else
		put_bytes(out, from, to);
}

/* Values of (a)(b), each behind CR; 0 if this is something else. */
static int put_groups(struct writer *out, const uint8_t *at, const uint8_t *end)
{
	const uint8_t *from = at;
	int depth = 0;

	for (; at < end; at++) {
		if (!depth && *at != '(')
			return 0;
		if (*at == '(' && !depth++)
			from = at + 1;
		if (*at == ')' && !--depth)
			put_group(out, from, at);
	}
	return !depth;
}

static void put_bad(struct writer *out, const struct line *line)
{
	*out->at++ = '\r';
	put_bytes(out, line->at, line->end);
}

static const uint8_t *without_blanks(const struct line *line)
{
	const uint8_t *end = line->end;

	while (end > line->at && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return end;
}

/* was_good: whether the line before can be continued. Returns whether this one can be. */
static int put_line(struct writer *out, const struct line *line, int was_good)
{
	const uint8_t *end = without_blanks(line), *bracket;
	uint8_t *const begin = out->at;
	uint8_t parts[PARTS];
	struct line text = { line->at, end };
	int is_more = was_good && text.at < end && *text.at == '(';

	bracket = is_more ? text.at : code_of(&text, parts);
	if (p1_has_control(line->at, 0, (size_t)(line->end - line->at)))
		bracket = NULL;
	if (is_more)
		out->at--; /* the LF behind the line before */
	else if (bracket)
		put_code(out, parts);
	if (bracket && put_groups(out, bracket, end)) {
		*out->at++ = '\n';
		return 1;
	}
	out->at = begin;
	if (is_more)
		begin[-1] = '\n';
	put_bad(out, line);
	*out->at++ = '\n';
	return 0;
}

static const uint8_t *line_end(const uint8_t *at, const uint8_t *end)
{
	while (at < end && !p1_is_line_end(*at))
		at++;
	return at;
}

/* The last `!` behind a line end; else the last behind a bracket; else the end. */
static const uint8_t *end_of(const uint8_t *raw, size_t length)
{
	const uint8_t *glued = raw + length;

	for (size_t at = length; at-- > 1;) {
		if (raw[at] == '!' && p1_is_line_end(raw[at - 1]))
			return raw + at - 1;
		if (raw[at] == '!' && raw[at - 1] == ')' && glued == raw + length)
			glued = raw + at;
	}
	return glued;
}

int ehw_p1_lines(const uint8_t *raw, size_t length, uint8_t *lines, size_t room)
{
	struct writer out = { lines };
	const uint8_t *end;
	struct line line;
	int is_good = 0;

	if (length > EHW_P1_LONGEST || room < 2 * length + 2)
		return EHW_ERR_RANGE;
	end = end_of(raw, length);
	for (line.end = line_end(raw, end); line.end < end;) {
		line.at = line.end + 1;
		line.end = line_end(line.at, end);
		if (line.at < line.end)
			is_good = put_line(&out, &line, is_good);
	}
	return (int)(out.at - lines);
}
