/* Many telegrams at once, into columns: what a collector of many meters has; reads like
 * p1/many.py.
 *
 * A line's value is the last of its groups: 0-1:24.2.1(time)(01569.646*m3). Of a line that goes
 * on, DSMR 2.2 and 3.0, it is the last of the next line.
 */
#include "p1.h"

#define NAME(a, b, c, d, e) \
	((uint64_t)(a) << 32 | (uint64_t)(b) << 24 | (uint64_t)(c) << 16 | (uint64_t)(d) << 8 | (e))
#define MOST_DIGITS 18 /* that surely fit 63 bits */

struct group {
	const uint8_t *at, *end;
};

/* The last of (a)(b); 0 if this is something else. */
static int last_group(const uint8_t *at, const uint8_t *end, struct group *group)
{
	int depth = 0;

	for (; at < end; at++) {
		if (!depth && *at != '(')
			return 0;
		if (*at == '(' && !depth++)
			group->at = at + 1;
		if (*at == ')' && !--depth)
			group->end = at;
	}
	return !depth;
}

/* Without regard to case, as meters write kVAr, kvar and KVAR. */
static uint8_t unit_of(const uint8_t *at, const uint8_t *end)
{
	static const uint64_t names[] = {
		[EHW_P1_UNIT_WH] = NAME(0, 0, 0, 'w', 'h'),
		[EHW_P1_UNIT_KWH] = NAME(0, 0, 'k', 'w', 'h'),
		[EHW_P1_UNIT_VARH] = NAME(0, 'v', 'a', 'r', 'h'),
		[EHW_P1_UNIT_KVARH] = NAME('k', 'v', 'a', 'r', 'h'),
		[EHW_P1_UNIT_W] = NAME(0, 0, 0, 0, 'w'),
		[EHW_P1_UNIT_KW] = NAME(0, 0, 0, 'k', 'w'),
		[EHW_P1_UNIT_VAR] = NAME(0, 0, 'v', 'a', 'r'),
		[EHW_P1_UNIT_KVAR] = NAME(0, 'k', 'v', 'a', 'r'),
		[EHW_P1_UNIT_VA] = NAME(0, 0, 0, 'v', 'a'),
		[EHW_P1_UNIT_KVA] = NAME(0, 0, 'k', 'v', 'a'),
		[EHW_P1_UNIT_V] = NAME(0, 0, 0, 0, 'v'),
		[EHW_P1_UNIT_A] = NAME(0, 0, 0, 0, 'a'),
		[EHW_P1_UNIT_HZ] = NAME(0, 0, 0, 'h', 'z'),
		[EHW_P1_UNIT_M3] = NAME(0, 0, 0, 'm', '3'),
		[EHW_P1_UNIT_GJ] = NAME(0, 0, 0, 'g', 'j'),
		[EHW_P1_UNIT_MJ] = NAME(0, 0, 0, 'm', 'j'),
		[EHW_P1_UNIT_S] = NAME(0, 0, 0, 0, 's'),
	};
	uint64_t name = 0;

	if (end - at > 5)
		return EHW_P1_UNIT_OTHER;
	for (; at < end; at++)
		name = name << 8 | (*at >= 'A' && *at <= 'Z' ? *at + 32u : *at);
	for (uint8_t unit = EHW_P1_UNIT_WH; unit <= EHW_P1_UNIT_S; unit++)
		if (name == names[unit])
			return unit;
	return EHW_P1_UNIT_OTHER;
}

static const uint8_t *digits(const uint8_t *at, const uint8_t *end, uint64_t *sum, int *count)
{
	for (; at < end && p1_is_digit(*at) && *count <= MOST_DIGITS; at++) {
		*sum = 10 * *sum + (uint64_t)(*at - '0');
		++*count;
	}
	return at;
}

/* Sign, digits, a point and digits, `*` and a unit; the scale, or EHW_P1_TEXT. */
static uint8_t number_of(const struct group *group, int64_t *mantissa, uint8_t *unit)
{
	const uint8_t *at = group->at, *const end = group->end;
	int negative = at < end && *at == '-', count = 0, before;
	uint64_t sum = 0;

	*mantissa = 0;
	*unit = EHW_P1_UNIT_NONE;
	if (negative || (at < end && *at == '+'))
		at++;
	at = digits(at, end, &sum, &count);
	before = count;
	if (count && at < end && *at == '.')
		at = digits(at + 1, end, &sum, &count);
	if (!count || count > MOST_DIGITS || (at < end && *at != '*'))
		return EHW_P1_TEXT;
	if (at < end)
		*unit = unit_of(at + 1, end);
	*mantissa = negative ? -(int64_t)sum : (int64_t)sum;
	return (uint8_t)(count - before);
}

/* ((ER11)) is ER11. */
static void strip(struct group *group)
{
	if (group->end - group->at >= 2 && *group->at == '(' && group->end[-1] == ')') {
		group->at++;
		group->end--;
	}
}

static void set_value(struct ehw_p1_columns *columns, size_t line, struct group group)
{
	strip(&group);
	columns->scale[line] = number_of(&group, &columns->mantissa[line], &columns->unit[line]);
}

static uint64_t packed(const uint8_t parts[P1_PARTS])
{
	uint64_t code = 0;

	for (int i = 0; i < P1_PARTS; i++)
		code = code << 8 | parts[i];
	return code;
}

/* was_good: whether the line before can be continued. Returns whether this one can be. */
static int take_line(struct ehw_p1_columns *columns, const struct p1_line *line, uint64_t offset,
		     int is_clean, int was_good)
{
	struct p1_line text = { line->at, p1_without_blanks(line) };
	struct group group = { text.at, text.at };
	uint8_t parts[P1_PARTS];
	const uint8_t *bracket;
	size_t at = columns->lines;

	if (was_good && is_clean && text.at < text.end && *text.at == '(' &&
	    last_group(text.at, text.end, &group)) {
		set_value(columns, at - 1, group);
		return 1;
	}
	columns->lines++;
	columns->offset[at] = offset;
	bracket = is_clean ? p1_code_of(&text, parts) : NULL;
	if (bracket && last_group(bracket, text.end, &group)) {
		columns->code[at] = packed(parts);
		set_value(columns, at, group);
		return 1;
	}
	columns->code[at] = 0;
	columns->mantissa[at] = 0;
	columns->scale[at] = EHW_P1_TEXT;
	columns->unit[at] = EHW_P1_UNIT_NONE;
	return 0;
}

/* offset: of the telegram in the data; with seven bits it is a copy that is looked at. */
static void take_telegram(struct ehw_p1_columns *columns, const struct ehw_p1_event *event,
			  uint64_t offset)
{
	const uint8_t *const end = p1_end_of(event->raw, event->length);
	int is_good = 0, has_control;
	struct p1_line line = { event->raw, p1_line_end(event->raw, end, &has_control) };

	columns->telegram[columns->telegrams] = offset;
	columns->first[columns->telegrams] = columns->lines;
	columns->crc[columns->telegrams++] = event->crc;
	while (line.end < end) {
		line.at = line.end + 1;
		line.end = p1_line_end(line.at, end, &has_control);
		if (line.at < line.end)
			is_good =
				take_line(columns, &line, offset + (uint64_t)(line.at - event->raw),
					  !has_control, is_good);
	}
}

static int has_room(const struct ehw_p1_columns *columns)
{
	return columns->most_lines - columns->lines >= EHW_P1_MOST_LINES &&
	       columns->telegrams < columns->most_telegrams;
}

size_t ehw_p1_parse_many(struct ehw_p1 *p1, const uint8_t *data, size_t length,
			 struct ehw_p1_columns *columns)
{
	struct ehw_p1_event event;
	size_t taken;

	p1->data = data;
	p1->end = length;
	while (has_room(columns) && ehw_p1_next(p1, 1, &event))
		if (event.kind == EHW_P1_TELEGRAM)
			take_telegram(columns, &event, columns->base + p1->at - event.length);
	taken = p1->at;
	p1->counters.bytes += taken;
	p1->data = p1->buffer;
	p1->at = p1->end = 0;
	p1->clean = p1->blamed = 0;
	p1->dead[0] = p1->dead[1] = 0;
	return taken;
}
