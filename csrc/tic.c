/* Teleinfo frames, as the serial port delivers them; reads like teleinfo/walk.py.
 *
 *     STX  (LF label SP data SP checksum CR)*  ETX                   historique
 *     STX  (LF label HT [horodate HT] data HT checksum CR)*  ETX     standard
 *
 *     HUNT     outside a frame: skip until LF or STX
 *     BETWEEN  inside, after STX or CR: LF, ETX, EOT or STX must follow; anything else begins
 *              a group whose LF was damaged, for a group must not get lost unnoticed
 *     GROUP    after LF, until CR
 *
 * Bit 7, with EHW_PARITY_SOFT: the CR of a meter is 8D where the parity arrives, 0D where
 * something has stripped it. The first group that is sound in one of the two ways decides,
 * and from then on a byte of the other way is a bad one. 256 bytes without a sound group undo
 * that at the next LF: a wrong decision can neither refuse everything nor let damage pass.
 *
 * Source: Enedis-NOI-CPT_54E v3; historique also Enedis-NOI-CPT_02E.
 */
#include "ehw.h"

#include <string.h>

#define DROUGHT 256 /* bytes without a sound group until the way of bit 7 is open again */
#define STRAIGHT 8  /* groups in a row whose checksum holds in the other way: it is the stream's */
#define BAD 0x80    /* what a byte of wrong parity becomes */
#define HORODATE 13 /* season, then year to second in two digits each */

enum character { STX = 0x02, ETX = 0x03, EOT = 0x04, HT = 0x09, LF = 0x0A, CR = 0x0D, SP = 0x20 };
enum state { HUNT, BETWEEN, GROUP };
enum fault { NONE, CHECKSUM, FORMAT, PARITY, CHARSET, OVERFLOW, TRUNCATED };
enum way { OPEN, CARRIED, STRIPPED, IGNORED };
enum { HIGH = 1, LOW = 2 }; /* bit 7 is in use, is not */

/* Where the events of one call go; there is room for all of them. */
struct writer {
	uint8_t *at;
};

static void put(struct writer *out, enum ehw_tic_mark mark)
{
	*out->at++ = (uint8_t)mark;
	*out->at++ = LF;
}

/* ---- characters ---- */

static int is_odd(unsigned int byte)
{
	return 0x6996 >> ((byte ^ byte >> 4) & 15) & 1;
}

/* What a byte of the line is: seven bits, or BAD. */
static uint8_t character_of(enum way way, unsigned int byte)
{
	int high = byte >= 0x80, odd = is_odd(byte);
	int bad = (way == OPEN && high && odd) || (way == CARRIED && odd) ||
		  (way == STRIPPED && high);

	return bad ? BAD : (uint8_t)(byte & 0x7F);
}

static void set_way(struct ehw_tic *tic, enum way way)
{
	tic->way = (uint8_t)way;
	for (unsigned int byte = 0; byte < 256; byte++)
		tic->table[byte] = character_of(way, byte);
}

static int is_text(unsigned int c)
{
	return c - 0x20 < 0x5F || c == HT;
}

static int is_digit(unsigned int c)
{
	return c - '0' < 10;
}

static int is_label(unsigned int c)
{
	return (c | 0x20) - 'a' < 26 || is_digit(c) || c == '+' || c == '-' || c == '_';
}

/* ---- the start ---- */

static void begin_group(struct ehw_tic *tic)
{
	tic->length = 0;
	tic->sum = 0;
	tic->fault = NONE;
	tic->ways = 0;
}

static void end_frame(struct ehw_tic *tic)
{
	tic->started = tic->has_groups = tic->has_rejected = 0;
}

static void forget(struct ehw_tic *tic)
{
	static const uint8_t ways[] = { OPEN, STRIPPED, IGNORED };

	set_way(tic, ways[tic->parity]);
	tic->space = 0x20;
	tic->marked = 0;
	tic->since = 0;
	tic->straight = 0;
	tic->state = HUNT;
	tic->skipped = 0;
	end_frame(tic);
	begin_group(tic);
}

int ehw_tic_init(struct ehw_tic *tic, int parity)
{
	if (parity < EHW_PARITY_SOFT || parity > EHW_PARITY_OFF)
		return EHW_ERR_RANGE;
	memset(tic, 0, sizeof(*tic));
	tic->parity = (uint8_t)parity;
	forget(tic);
	return EHW_OK;
}

void ehw_tic_reset(struct ehw_tic *tic)
{
	if (tic->has_groups) {
		tic->counters.cut++;
		tic->owed = 1;
	}
	forget(tic);
}

int ehw_tic_bit_7(const struct ehw_tic *tic)
{
	if (tic->way == OPEN)
		return EHW_BIT_7_UNKNOWN;
	return tic->way == CARRIED ? EHW_BIT_7_PARITY : EHW_BIT_7_UNUSED;
}

/* ---- what a group comes to ---- */

static int is_horodate(const uint8_t *text)
{
	if (!memchr(" EHeh", text[0], 5))
		return 0;
	for (int i = 1; i < HORODATE; i++)
		if (!is_digit(text[i]))
			return 0;
	return text[HORODATE] == HT;
}

/* The data between the separators; in standard mode, a horodate may come first. */
static int is_data(const uint8_t *data, const uint8_t *end, uint8_t separator)
{
	if (separator == SP)
		return data < end && !memchr(data, HT, (size_t)(end - data));
	if (end - data > HORODATE && is_horodate(data))
		data += HORODATE + 1;
	return !memchr(data, HT, (size_t)(end - data));
}

/* Whether it has a label, separators, and what must be between them. */
static enum fault form_of(const uint8_t *text, size_t length)
{
	const uint8_t *end = text + length - 2; /* separator and checksum */
	size_t label = 0;

	while (label < length && is_label(text[label]))
		label++;
	if (label < length && text[label] != SP && text[label] != HT)
		return CHARSET;
	if (label < 2 || label > 9 || length < label + 3)
		return FORMAT;
	if (end[0] != text[label] || end[1] < 0x20 || end[1] > 0x5F)
		return FORMAT;
	return is_data(text + label + 1, end, text[label]) ? NONE : FORMAT;
}

/* Some meters of after 2013 count the separator before the checksum in historique, too. */
static void learn(struct ehw_tic *tic, uint8_t separator, unsigned int difference)
{
	if (separator != SP || difference != 0x20u - tic->space) {
		tic->straight = 0;
		return;
	}
	if (++tic->straight == STRAIGHT) {
		tic->space = (uint8_t)difference;
		tic->straight = 0;
	}
}

/* The sum is over all characters; the checksum's zone ends before it, in historique a
 * separator earlier. Modulo 64 that is what `difference` says. */
static enum fault refusal(struct ehw_tic *tic)
{
	enum fault fault;
	unsigned int checksum, separator, difference;

	if (tic->way == OPEN && tic->ways == (HIGH | LOW))
		return PARITY;
	fault = form_of(tic->text, tic->length);
	if (fault)
		return fault;
	separator = tic->text[tic->length - 2];
	checksum = tic->text[tic->length - 1];
	difference = (tic->sum - 2 * checksum + 0x20) & 0x3F;
	if (difference == (separator == SP ? tic->space : 0u))
		return NONE;
	learn(tic, (uint8_t)separator, difference);
	return CHECKSUM;
}

static void accept_group(struct ehw_tic *tic, struct writer *out)
{
	if (tic->way == OPEN)
		set_way(tic, tic->ways & HIGH ? CARRIED : STRIPPED);
	tic->counters.groups++;
	tic->since = 0;
	tic->straight = 0;
	tic->has_groups = 1;
	memcpy(out->at, tic->text, tic->length);
	out->at += tic->length;
	*out->at++ = LF;
}

static void reject_group(struct ehw_tic *tic, enum fault fault, struct writer *out)
{
	uint64_t *const counters[] = {
		[NONE] = NULL,
		[CHECKSUM] = &tic->counters.checksum,
		[FORMAT] = &tic->counters.format,
		[PARITY] = &tic->counters.parity,
		[CHARSET] = &tic->counters.charset,
		[OVERFLOW] = &tic->counters.overflow,
		[TRUNCATED] = &tic->counters.truncated,
	};

	++*counters[fault];
	tic->has_rejected = 1;
	put(out, EHW_TIC_REJECTED);
}

/* End what was under way, by something else than CR. */
static void break_off(struct ehw_tic *tic, struct writer *out)
{
	if (tic->state == GROUP)
		reject_group(tic, TRUNCATED, out);
	tic->counters.resyncs += tic->skipped;
	tic->skipped = 0;
}

/* End the frame, if there is one. */
static void close_frame(struct ehw_tic *tic, uint64_t *outcome, enum ehw_tic_mark mark,
			struct writer *out)
{
	if (tic->started || tic->has_groups || tic->has_rejected) {
		++*outcome;
		put(out, mark);
	}
	end_frame(tic);
	tic->state = HUNT;
}

/* ---- byte by byte ---- */

static void on_stx(struct ehw_tic *tic, struct writer *out)
{
	break_off(tic, out);
	if (tic->has_groups) {
		tic->counters.cut++;
		put(out, EHW_TIC_TRUNCATED);
	}
	end_frame(tic);
	tic->started = 1;
	tic->state = BETWEEN;
	put(out, EHW_TIC_START);
}

static void on_etx(struct ehw_tic *tic, struct writer *out)
{
	int complete;

	break_off(tic, out);
	complete = tic->started && tic->has_groups && !tic->has_rejected;
	close_frame(tic, complete ? &tic->counters.complete : &tic->counters.incomplete,
		    EHW_TIC_END, out);
}

static void on_eot(struct ehw_tic *tic, struct writer *out)
{
	break_off(tic, out);
	close_frame(tic, &tic->counters.interrupted, EHW_TIC_INTERRUPTED, out);
}

static void on_lf(struct ehw_tic *tic, struct writer *out)
{
	if (tic->since >= DROUGHT && tic->parity == EHW_PARITY_SOFT)
		set_way(tic, OPEN);
	break_off(tic, out);
	tic->state = GROUP;
	begin_group(tic);
}

static void on_cr(struct ehw_tic *tic, struct writer *out)
{
	enum fault fault;

	if (tic->state == HUNT) {
		tic->skipped = 1;
		return;
	}
	if (tic->state == BETWEEN) {
		begin_group(tic);
		tic->fault = FORMAT;
	}
	fault = tic->fault ? (enum fault)tic->fault : refusal(tic);
	if (fault)
		reject_group(tic, fault, out);
	else
		accept_group(tic, out);
	tic->state = BETWEEN;
}

static void append(struct ehw_tic *tic, uint8_t c)
{
	tic->text[tic->length++] = c;
	tic->sum += c;
}

/* A character, a control character that means nothing here, or BAD. */
static void on_other(struct ehw_tic *tic, uint8_t c)
{
	enum fault fault = c == BAD ? PARITY : is_text(c) ? NONE : CHARSET;

	if (tic->state == HUNT) {
		tic->skipped = 1;
	} else if (tic->state == BETWEEN) {
		begin_group(tic);
		tic->state = GROUP;
		tic->fault = (uint8_t)(fault ? fault : FORMAT);
	} else if (!tic->fault) {
		tic->fault = (uint8_t)(fault || tic->length < EHW_TIC_LONGEST ? fault : OVERFLOW);
		if (!tic->fault)
			append(tic, c);
	}
}

static void take(struct ehw_tic *tic, uint8_t byte, struct writer *out)
{
	uint8_t c = tic->table[byte];

	tic->ways |= (uint8_t)(byte >= 0x80 ? HIGH : is_odd(byte) ? LOW : 0);
	tic->since++;
	switch (c) {
	case STX:
		on_stx(tic, out);
		break;
	case ETX:
		on_etx(tic, out);
		break;
	case EOT:
		on_eot(tic, out);
		break;
	case LF:
		on_lf(tic, out);
		break;
	case CR:
		on_cr(tic, out);
		break;
	default:
		on_other(tic, c);
	}
}

/* The characters that a group goes on with, which is most of what comes. */
static const uint8_t *take_text(struct ehw_tic *tic, const uint8_t *data, const uint8_t *end)
{
	const uint8_t *const from = data;
	const uint8_t *const full = data + (EHW_TIC_LONGEST - tic->length);
	uint8_t c;

	if (full < end)
		end = full;
	while (data < end && is_text(c = tic->table[*data])) {
		append(tic, c);
		data++;
	}
	tic->since += (uint32_t)(data - from);
	return data;
}

static void take_all(struct ehw_tic *tic, const uint8_t *data, const uint8_t *end,
		     struct writer *out)
{
	while (data < end) {
		if (tic->state == GROUP && !tic->fault && tic->way != OPEN)
			data = take_text(tic, data, end);
		if (data < end)
			take(tic, *data++, out);
	}
}

/* FF 00 xx, a bad character, and FF FF, which is FF and as bad, become FF.
 * Source: termios(3), PARMRK. */
static void unmark(struct ehw_tic *tic, uint8_t byte, struct writer *out)
{
	int marked = tic->marked; /* bytes of a mark so far */

	tic->marked = 0;
	if (!marked && byte != 0xFF) {
		take(tic, byte, out);
	} else if (!marked || (marked == 1 && byte == 0x00)) {
		tic->marked = (uint8_t)(marked + 1);
	} else {
		take(tic, 0xFF, out);
		if (marked == 1 && byte != 0xFF)
			take(tic, byte, out);
	}
}

int ehw_tic_feed(struct ehw_tic *tic, const uint8_t *data, size_t length, uint8_t *events,
		 size_t room)
{
	struct writer out = { events };

	if (length > EHW_TIC_MOST || room < 2 * length + EHW_TIC_ROOM)
		return EHW_ERR_RANGE;
	if (tic->owed)
		put(&out, EHW_TIC_TRUNCATED);
	tic->owed = 0;
	tic->counters.bytes += length;
	if (tic->parity == EHW_PARITY_HARD)
		for (size_t i = 0; i < length; i++)
			unmark(tic, data[i], &out);
	else
		take_all(tic, data, data + length, &out);
	return (int)(out.at - events);
}
