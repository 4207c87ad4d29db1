/* Whatever comes from the line: no byte is read or written out of bounds, however the stream is
 * divided; what is accepted, a fresh parser accepts. The first byte chooses: parity, checksums as
 * they are or made right, bit 7 as it is or made the parity, and a reset on the way. */
#include "../../csrc/tic.c"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum choice { PARITIES = 3, MADE_RIGHT = 4, WITH_PARITY = 8, WITH_RESET = 16 };

/* Events of one division of the stream; the lines, and where they end. */
struct story {
	struct ehw_tic tic;
	uint8_t *lines;
	size_t length;
};

static unsigned int checksum_of(const uint8_t *from, const uint8_t *end)
{
	unsigned int sum = 0;

	while (from < end)
		sum += *from++;
	return (sum & 0x3F) + 0x20;
}

/* Give whatever stands between LF and CR a checksum that holds, or next to nothing is accepted. */
static void make_right(uint8_t *data, size_t size)
{
	uint8_t *group = NULL;

	for (size_t i = 0; i < size; i++) {
		data[i] &= 0x7F;
		if (data[i] == LF)
			group = data + i + 1;
		if (data[i] != CR || !group || data + i - group < 3)
			continue;
		data[i - 1] = (uint8_t)checksum_of(group, data + i - (data[i - 2] == SP ? 2 : 1));
	}
}

static void make_even(uint8_t *data, size_t size)
{
	for (size_t i = 0; i < size; i++)
		data[i] = (uint8_t)((data[i] & 0x7F) | is_odd(data[i] & 0x7F) << 7);
}

/* One call; its events go where there is exactly the room that is asked for. */
static void tell(struct story *story, const uint8_t *data, size_t size)
{
	size_t room = 2 * size + EHW_TIC_ROOM;
	uint8_t *exact = malloc(room), *copy = malloc(size ? size : 1);
	int written;

	if (size)
		memcpy(copy, data, size);
	written = ehw_tic_feed(&story->tic, copy, size, exact, room);
	if (written < 0 || (size_t)written > room)
		abort();
	memcpy(story->lines + story->length, exact, (size_t)written);
	story->length += (size_t)written;
	free(copy);
	free(exact);
}

static void tell_in_steps(struct story *story, const uint8_t *data, size_t size, size_t step,
			  int choice)
{
	size_t reset_at = choice & WITH_RESET ? size / 2 : size;

	ehw_tic_init(&story->tic, choice % PARITIES);
	story->lines = malloc(8 * size + 1024);
	story->length = 0;
	for (size_t at = 0; at < size;) {
		size_t end = at < reset_at ? reset_at : size;

		if (at == reset_at)
			ehw_tic_reset(&story->tic);
		if (end - at > step)
			end = at + step;
		tell(story, data + at, end - at);
		at = end;
	}
}

/* A group is good by itself: at the start of a stream, with no STX before it. */
static void check_group(const uint8_t *line, size_t length)
{
	uint8_t group[EHW_TIC_LONGEST + 2] = { LF }, events[2 * sizeof(group) + EHW_TIC_ROOM];
	struct ehw_tic tic;

	memcpy(group + 1, line, length);
	group[length + 1] = CR;
	ehw_tic_init(&tic, EHW_PARITY_OFF);
	if (ehw_tic_feed(&tic, group, length + 2, events, sizeof(events)) != (int)length + 1 ||
	    memcmp(events, line, length + 1) != 0)
		abort();
}

static void check_story(const struct story *story)
{
	const struct ehw_tic_counters *counters = &story->tic.counters;
	const uint8_t *line = story->lines, *end = line + story->length;
	uint64_t groups = 0, rejected = 0;

	while (line < end) {
		const uint8_t *next = memchr(line, LF, (size_t)(end - line));

		if (!next || next == line || next - line > EHW_TIC_LONGEST)
			abort();
		groups += next - line > 1;
		rejected += next - line == 1 && *line == EHW_TIC_REJECTED;
		if (next - line > 1 && story->tic.space)
			check_group(line, (size_t)(next - line));
		line = next + 1;
	}
	if (groups != counters->groups ||
	    rejected != counters->checksum + counters->format + counters->parity +
				counters->charset + counters->overflow + counters->truncated)
		abort();
}

static int equal(const struct story *a, const struct story *b)
{
	return a->length == b->length && memcmp(a->lines, b->lines, a->length) == 0 &&
	       memcmp(&a->tic.counters, &b->tic.counters, sizeof(a->tic.counters)) == 0 &&
	       a->tic.way == b->tic.way;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct story whole, bytes, steps;
	uint8_t *stream;
	int choice;

	if (size == 0)
		return 0;
	choice = data[0];
	stream = malloc(size);
	memcpy(stream, data + 1, --size);
	if (choice & MADE_RIGHT)
		make_right(stream, size);
	if (choice & WITH_PARITY)
		make_even(stream, size);
	tell_in_steps(&whole, stream, size, SIZE_MAX, choice);
	tell_in_steps(&bytes, stream, size, 1, choice);
	tell_in_steps(&steps, stream, size, 7, choice);
	if (!equal(&whole, &bytes) || !equal(&whole, &steps))
		abort();
	if (!(choice & WITH_RESET))
		check_story(&whole);
	free(whole.lines);
	free(bytes.lines);
	free(steps.lines);
	free(stream);
	return 0;
}
