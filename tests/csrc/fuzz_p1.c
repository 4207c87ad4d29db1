/* Whatever comes from the line: no byte is read or written out of bounds, however the stream is
 * divided; what is handed over with a good CRC has one; lines stay within their room. The first
 * byte chooses: policy, options, CRCs as they are or made right, and where a pause or a reset
 * comes. */
#include "../../csrc/p1.c"
#include "../../csrc/p1_crc.c"
#include "../../csrc/p1_lines.c"
#include "../../csrc/p1_many.c"
#include "../../csrc/p1_shape.c"

#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum choice {
	POLICIES = 4,
	REPAIR = 4,
	TELNET = 8,
	MADE_RIGHT = 16,
	IDLE = 32,
	RESET = 64,
	LONG = 128
};

/* Events of one division of the stream: kinds, and a checksum of all that they hold. */
struct story {
	struct ehw_p1 p1;
	uint64_t sum, events, taken;
};

static void add_bytes(struct story *story, const void *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		story->sum = (story->sum ^ ((const uint8_t *)bytes)[i]) * 0x100000001B3u;
}

static void check_lines(const uint8_t *raw, size_t length)
{
	size_t room = 2 * length + 2;
	uint8_t *lines = malloc(room), *exact = malloc(length ? length : 1);
	int written;

	if (length)
		memcpy(exact, raw, length);
	written = ehw_p1_lines(exact, length, lines, room);
	if (written < 0 || (size_t)written > room || (written && lines[written - 1] != '\n'))
		abort();
	free(lines);
	free(exact);
}

static void check_telegram(const struct story *story, const struct ehw_p1_event *event)
{
	const uint8_t *mark = event->raw + event->length;
	size_t length;

	if (event->raw[0] != '/' || event->length > EHW_P1_WINDOW)
		abort();
	while (*--mark != '!')
		;
	length = (size_t)(mark - event->raw) + 1;
	if (event->crc == EHW_P1_CRC_OK && event->computed != event->printed)
		abort();
	if (!story->p1.repair && event->computed != ehw_p1_crc(event->raw, length))
		abort();
	check_lines(event->raw, event->length);
}

static void listen(struct story *story, int idle)
{
	struct ehw_p1_event event;

	while (ehw_p1_next(&story->p1, idle, &event)) {
		if (event.kind == EHW_P1_TELEGRAM)
			check_telegram(story, &event);
		else
			event.computed = 0;
		add_bytes(story, event.raw, event.length);
		add_bytes(story, &event.kind, 2);
		add_bytes(story, &event.printed, sizeof(event.printed));
		add_bytes(story, &event.computed, sizeof(event.computed));
		story->events++;
		story->taken += event.length;
	}
}

static void tell(struct story *story, const uint8_t *data, size_t size)
{
	while (size) {
		uint8_t *exact = malloc(size);
		size_t taken;

		memcpy(exact, data, size);
		taken = ehw_p1_feed(&story->p1, exact, size);
		free(exact);
		if (!taken)
			abort();
		listen(story, 0);
		data += taken;
		size -= taken;
	}
}

static void tell_in_steps(struct story *story, const uint8_t *data, size_t size, size_t step,
			  int choice)
{
	size_t break_at = size / 2;

	memset(story, 0, sizeof(*story));
	ehw_p1_init(&story->p1, choice % POLICIES, choice & REPAIR, choice & TELNET);
	for (size_t at = 0; at < size;) {
		size_t end = at < break_at ? break_at : size;

		if (end - at > step)
			end = at + step;
		tell(story, data + at, end - at);
		at = end;
		if (at == break_at && choice & RESET)
			ehw_p1_reset(&story->p1);
		if (at == break_at && choice & IDLE)
			listen(story, 1);
	}
	listen(story, 1);
}

/* Give whatever begins with `/` a CRC that holds, or next to nothing is accepted. */
static void make_right(uint8_t *data, size_t size)
{
	uint8_t *from = NULL;
	char digits[5];

	for (size_t i = 0; i + 5 < size; i++) {
		if (data[i] == '/' && (!from || data[i + 1] & 1))
			from = data + i;
		if (data[i] != '!' || !from)
			continue;
		sprintf(digits, "%04X", ehw_p1_crc(from, (size_t)(data + i + 1 - from)));
		memcpy(data + i + 1, digits, 4);
		from = NULL;
	}
}

/* In place, in a copy without a byte to spare. */
static void check_many(const uint8_t *data, size_t size)
{
	enum { LINES = 2 * EHW_P1_MOST_LINES, TELEGRAMS = 4 };
	static uint64_t wide[5][LINES];
	static uint8_t narrow[3][LINES];
	static int64_t mantissa[LINES];
	static struct ehw_p1 p1;
	uint8_t *exact = malloc(size ? size : 1);
	struct ehw_p1_columns columns = { .code = wide[0],
					  .mantissa = mantissa,
					  .offset = wide[1],
					  .scale = narrow[0],
					  .unit = narrow[1],
					  .telegram = wide[2],
					  .first = wide[3],
					  .crc = narrow[2],
					  .most_lines = LINES,
					  .most_telegrams = TELEGRAMS };

	memcpy(exact, data, size);
	ehw_p1_init(&p1, EHW_P1_REPORT, 0, 0);
	if (ehw_p1_parse_many(&p1, exact, size, &columns) > size || columns.lines > LINES ||
	    columns.telegrams > TELEGRAMS)
		abort();
	for (size_t i = 0; i < columns.lines; i++)
		if (columns.offset[i] >= size)
			abort();
	free(exact);
}

static int equal(const struct story *a, const struct story *b)
{
	return a->sum == b->sum && a->events == b->events &&
	       memcmp(&a->p1.counters, &b->p1.counters, sizeof(a->p1.counters)) == 0;
}

static void check_whole(const struct story *story)
{
	const struct ehw_p1_counters *counters = &story->p1.counters;
	uint64_t known = story->taken + counters->resync_bytes + counters->telnet;

	if (known + (story->p1.end - story->p1.at) > counters->bytes)
		abort();
}

/* Room for much that is the same, so that a stream gets longer than a telegram may be. */
static uint8_t *stretched(const uint8_t *data, size_t *size, int choice)
{
	size_t times = choice & LONG ? 40 : 1;
	uint8_t *stream = malloc(*size * times + 1);

	for (size_t i = 0; i < times; i++)
		memcpy(stream + i * *size, data, *size);
	*size *= times;
	return stream;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct story whole, bytes, steps;
	uint8_t *stream;
	int choice;

	if (size < 2)
		return 0;
	choice = data[0];
	size--;
	check_lines(data + 1, size);
	stream = stretched(data + 1, &size, choice);
	if (choice & MADE_RIGHT)
		make_right(stream, size);
	tell_in_steps(&whole, stream, size, SIZE_MAX, choice);
	tell_in_steps(&bytes, stream, size, 1, choice);
	tell_in_steps(&steps, stream, size, 7, choice);
	if (!equal(&whole, &bytes) || !equal(&whole, &steps))
		abort();
	check_whole(&whole);
	check_many(stream, size);
	free(stream);
	return 0;
}
