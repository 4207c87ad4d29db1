/* What a telegram looks like, beside its CRC: header, lines, and where in damaged bytes one may
 * begin; reads like p1/shape.py. */
#include "p1.h"

#include <string.h>

#define HEADER 128 /* bytes of the first line, its end included */

/* `/` and three letters. */
int p1_is_head(const uint8_t *text, size_t at, size_t end)
{
	return end - at >= 4 && text[at] == '/' && p1_is_letter(text[at + 1]) &&
	       p1_is_letter(text[at + 2]) && p1_is_letter(text[at + 3]);
}

/* Where the line behind the header begins. */
size_t p1_header_end(const uint8_t *text, size_t from, size_t end)
{
	size_t most = end - from < HEADER ? end : from + HEADER;

	for (size_t at = from; at < most; at++)
		if (p1_is_line_end(text[at]))
			return at + 1;
	return end - from < HEADER ? P1_HEADER_UNKNOWN : P1_HEADER_NONE;
}

static int is_blank_behind(const uint8_t *text, size_t at, size_t end)
{
	if (end - at >= 4 && memcmp(text + at, "\r\n\r\n", 4) == 0)
		return 1;
	return end - at >= 2 && text[at] == text[at + 1];
}

static size_t first_head(const uint8_t *text, size_t from, size_t end)
{
	while (from < end && !p1_is_head(text, from, end))
		from++;
	return from;
}

/* Where a header begins of which some first bytes stand before it: /ISk/ISk5. */
static size_t repeated(const uint8_t *text, size_t start, size_t end)
{
	for (size_t at = start + 1; at < end; at++) {
		size_t length = at - start;

		if (p1_is_head(text, at, end) && length <= end - at &&
		    memcmp(text + start, text + at, length) == 0)
			start = at;
	}
	return start;
}

/* Where the last header begins: a line that begins as one, or has one in it with an empty line
 * behind. A meter without CRC that broke off leaves the beginning of a telegram, maybe in the
 * middle of a line, or of the header. */
size_t p1_innermost(const uint8_t *text, size_t from, size_t end)
{
	size_t start = from;

	for (size_t at = from, stop; at < end; at = stop + 1) {
		size_t head = at;

		for (stop = at; stop < end && !p1_is_line_end(text[stop]);)
			stop++;
		if (!p1_is_head(text, at, stop))
			head = is_blank_behind(text, stop, end) ? first_head(text, at, stop) : stop;
		if (head < stop)
			start = repeated(text, head, stop);
	}
	return start;
}

int p1_has_control(const uint8_t *text, size_t from, size_t end)
{
	for (size_t at = from; at < end; at++)
		if (p1_is_control(text[at]))
			return 1;
	return 0;
}

/* Whether a telegram without CRC is to be believed: each line an object, or empty. */
int p1_is_text(const uint8_t *text, size_t from, size_t end)
{
	int objects = 0;

	if (p1_has_control(text, from, end))
		return 0;
	for (size_t at = from + 1; at < end; at++) {
		if (!p1_is_line_end(text[at - 1]) || p1_is_line_end(text[at]))
			continue;
		if (!p1_is_digit(text[at]) && text[at] != '(')
			return 0;
		objects += p1_is_digit(text[at]);
	}
	return objects > 0;
}
