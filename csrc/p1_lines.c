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
const uint8_t *p1_code_of(const struct p1_line *line, uint8_t parts[P1_PARTS])
{
	static const char before[P1_PARTS][3] = { "", "--", "::", ".:", "..", ".*" };
	const uint8_t *at = line->at;

	parts[P1_PARTS - 1] = 255;
	for (int i = 0; i < P1_PARTS; i++) {
		if (i == P1_PARTS - 1 && *at == '(')
			return at;
		if (i > 0 && *at != before[i][0] && *at != before[i][1])
			return NULL;
		at += i > 0;
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

static void put_code(struct writer *out, const uint8_t parts[P1_PARTS])
{
	static const char behind[P1_PARTS] = "-:..*";
	int count = parts[P1_PARTS - 1] == 255 ? P1_PARTS - 1 : P1_PARTS;

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

static void put_bad(struct writer *out, const struct p1_line *line)
{
	*out->at++ = '\r';
	put_bytes(out, line->at, line->end);
}

const uint8_t *p1_without_blanks(const struct p1_line *line)
{
	const uint8_t *end = line->end;

	while (end > line->at && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	return end;
}

/* was_good: whether the line before can be continued. Returns whether this one can be. */
static int put_line(struct writer *out, const struct p1_line *line, int is_clean, int was_good)
{
	const uint8_t *end = p1_without_blanks(line), *bracket;
	uint8_t *const begin = out->at;
	uint8_t parts[P1_PARTS];
	struct p1_line text = { line->at, end };
	int is_more = was_good && text.at < end && *text.at == '(';

	bracket = is_more ? text.at : p1_code_of(&text, parts);
	if (!is_clean)
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

/* Whether one of eight bytes is below 0x20: it borrows from its own bit 7. */
static int may_end(const uint8_t *at)
{
	uint64_t bytes;

	memcpy(&bytes, at, sizeof(bytes));
	return ((bytes - 0x2020202020202020u) & ~bytes & 0x8080808080808080u) != 0;
}

const uint8_t *p1_line_end(const uint8_t *at, const uint8_t *end, int *has_control)
{
	*has_control = 0;
	for (;;) {
		while (end - at >= 8 && !may_end(at))
			at += 8;
		for (const uint8_t *stop = end - at < 8 ? end : at + 8; at < stop; at++) {
			if (p1_is_line_end(*at))
				return at;
			*has_control |= p1_is_control(*at);
		}
		if (at == end)
			return at;
	}
}

/* The last `!` behind a line end; else the last behind a bracket; else the end. */
const uint8_t *p1_end_of(const uint8_t *raw, size_t length)
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
	struct p1_line line;
	int is_good = 0, has_control;

	if (length > EHW_P1_LONGEST || room < 2 * length + 2)
		return EHW_ERR_RANGE;
	end = p1_end_of(raw, length);
	for (line.end = p1_line_end(raw, end, &has_control); line.end < end;) {
		line.at = line.end + 1;
		line.end = p1_line_end(line.at, end, &has_control);
		if (line.at < line.end)
			is_good = put_line(&out, &line, !has_control, is_good);
	}
	return (int)(out.at - lines);
}
