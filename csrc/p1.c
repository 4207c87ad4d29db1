/* The framer of the P1 port; reads like p1/framer.py and p1/cut.py.
 *
 *     /ISK5\2M550T-1012 CR LF  CR LF  1-0:1.8.1(...) CR LF ... ! 3B12 CR LF     telegram
 *     DB 08 title[8] length control counter[4] ciphertext [tag]                 ciphered frame
 *     7E A0 length ... FCS 7E                                                   HDLC
 *
 * Between frames, `/` and three letters begin a telegram wherever they stand: behind noise, too.
 * In it, only `!` as the first byte of a line ends it. What does not verify is dropped from its
 * first byte alone, and everything behind that is looked at again: a truncated telegram, or noise
 * that looks like a header, never costs the telegram that begins inside.
 *
 * Source: DSMR P1 companion standard 5.0.2, 5.2; IEC 62056-21, 5.8; Luxmetering E-Meter P1
 * specification 1.1.3, 3.2.5; ISO/IEC 13239, frame format type 3; telnet: RFC 854, RFC 855.
 */
#include "p1.h"

#include <string.h>

#define ODD 0x80           /* what a character of wrong parity becomes */
#define CIPHER_HEAD 14     /* bytes that tell whether it is one */
#define TITLE_END 10       /* tag, length of the title, title: what all frames of a meter have */
#define LEAST_CIPHERED 17u /* control, counter, tag */
#define MOST_CIPHERED (EHW_P1_MOST + LEAST_CIPHERED)
#define LEAST_HDLC 7    /* format, addresses, control, FCS */
#define LONGEST_SUB 255 /* bytes of a telnet subnegotiation; a lost end must not silence */

enum { WAIT = -1, NO_END = -2 };
enum { SE = 0xF0, SB = 0xFA, WILL = 0xFB, DONT = 0xFE, IAC = 0xFF };
enum opener { NONE, PARTIAL, WHOLE };
enum telnet { START, FIRST, DATA, COMMAND, OPTION, SUB, SUB_COMMAND, OFF };

/* Where a telegram is looked for. at: of its `/` in text. base: of text in the data. odd: the
 * first character of wrong parity, or length. */
struct view {
	const uint8_t *text;
	size_t length, at, base, odd;
	int is_seven;
};

/* What is behind the digits of a CRC. */
enum close {
	OPEN,    /* nothing yet */
	OPEN_CR, /* CR, and nothing yet */
	LINE_END,
	BARE,  /* something else, behind four digits; or the next telegram, behind fewer */
	WRONG, /* something else: this is no CRC */
};

/* What is behind `!`. mark: where that is. end: behind digits and line end. */
struct tail {
	size_t mark, end;
	int32_t printed;
	int digits;
	enum close close;
};

/* ---- what comes of it ---- */

static void skip(struct ehw_p1 *p1, size_t to)
{
	p1->counters.resync_bytes += to - p1->at;
	p1->at = to;
}

static void count(struct ehw_p1 *p1, uint64_t *reason)
{
	++*reason;
	p1->marks++;
}

/* Drop the first byte of what was looked at up to end, and look at the rest again. */
static ptrdiff_t reject(struct ehw_p1 *p1, uint64_t *reason, const struct view *view, size_t end)
{
	if (view->base + end > p1->blamed) {
		count(p1, reason);
		p1->blamed = view->base + end;
	}
	p1->is_open = 0;
	return (ptrdiff_t)(view->base + view->at + 1);
}

/* The same, and no other telegram that ends there needs to be looked at. */
static ptrdiff_t reject_all(struct ehw_p1 *p1, uint64_t *reason, const struct view *view,
			    const struct tail *tail)
{
	p1->dead[view->is_seven] = view->base + tail->mark;
	return reject(p1, reason, view, tail->end);
}

static ptrdiff_t deliver(struct ehw_p1 *p1, const struct view *view, size_t start,
			 const struct tail *tail, enum ehw_p1_crc crc)
{
	uint64_t *const counters[] = { &p1->counters.ok, &p1->counters.bad, &p1->counters.absent };

	++*counters[crc];
	p1->counters.seven_bit += (uint64_t)view->is_seven;
	skip(p1, view->base + start);
	p1->is_open = 0;
	p1->ready.kind = EHW_P1_TELEGRAM;
	p1->ready.crc = (uint8_t)crc;
	p1->ready.raw = view->text + start;
	p1->ready.length = tail->end - start;
	p1->ready.printed = tail->printed;
	return (ptrdiff_t)(view->base + tail->end);
}

static ptrdiff_t deliver_inner(struct ehw_p1 *p1, const struct view *view, size_t start,
			       const struct tail *tail, enum ehw_p1_crc crc)
{
	if (start > view->at)
		reject(p1, &p1->counters.truncated, view, tail->end);
	p1->ready.computed = ehw_p1_crc(view->text + start, tail->mark + 1 - start);
	return deliver(p1, view, start, tail, crc);
}

/* ---- the end of a telegram ---- */

static int hex_of(unsigned int c)
{
	if (p1_is_digit(c))
		return (int)(c - '0');
	c |= 0x20;
	return c - 'a' < 6 ? (int)(c - 'a') + 10 : -1;
}

static enum close close_of(const struct view *view, size_t at, int digits)
{
	if (at == view->length)
		return OPEN;
	if (view->text[at] == '\r')
		return at + 1 == view->length ? OPEN_CR : LINE_END;
	if (view->text[at] == '\n')
		return LINE_END;
	return digits == 4 || (digits && view->text[at] == '/') ? BARE : WRONG;
}

static void tail_of(const struct view *view, size_t mark, struct tail *tail)
{
	size_t at = mark + 1;
	int32_t value = 0;
	int digit;

	for (; at < view->length && at <= mark + 4; at++) {
		digit = hex_of(view->text[at]);
		if (digit < 0)
			break;
		value = value << 4 | digit;
	}
	tail->mark = mark;
	tail->digits = (int)(at - mark - 1);
	tail->close = close_of(view, at, tail->digits);
	tail->printed = tail->digits && tail->close != WRONG ? value : -1;
	if (tail->close == LINE_END && view->text[at] == '\r' && view->text[at + 1] == '\n')
		at++;
	tail->end = at + (tail->close == LINE_END || tail->close == OPEN_CR);
}

/* 1 if the CRC is the printed one, 2 if it is with line ends repaired, 0. */
static int verify(struct ehw_p1 *p1, const struct view *view, size_t from, const struct tail *tail)
{
	const uint8_t *text = view->text + from;
	size_t length = tail->mark + 1 - from;

	if (tail->printed < 0)
		return 0;
	p1->ready.computed = ehw_p1_crc(text, length);
	if (p1->ready.computed == tail->printed)
		return 1;
	if (!p1->repair || p1_crc_repaired(text, length) != tail->printed)
		return 0;
	p1->ready.computed = (uint16_t)tail->printed;
	return 2;
}

static ptrdiff_t on_absent(struct ehw_p1 *p1, const struct view *view, const struct tail *tail,
			   int is_glued)
{
	size_t start = p1_innermost(view->text, view->at, tail->mark);
	uint64_t *reason = NULL;

	if (p1->policy == EHW_P1_REQUIRE)
		reason = &p1->counters.absent;
	else if (!p1_is_text(view->text, start, tail->mark))
		reason = &p1->counters.refused;
	if (reason)
		return is_glued ? NO_END : reject_all(p1, reason, view, tail);
	return deliver_inner(p1, view, start, tail, EHW_P1_CRC_ABSENT);
}

static ptrdiff_t on_bad(struct ehw_p1 *p1, const struct view *view, const struct tail *tail)
{
	for (size_t at = view->at + 1; at < tail->mark; at++)
		if (p1_is_head(view->text, at, tail->mark) && verify(p1, view, at, tail)) {
			p1->dead[view->is_seven] = view->base + at;
			return reject(p1, &p1->counters.truncated, view, tail->end);
		}
	if (p1->policy == EHW_P1_IF_PRESENT || p1->policy == EHW_P1_REQUIRE)
		return reject_all(p1, &p1->counters.bad, view, tail);
	return deliver_inner(p1, view, p1_innermost(view->text, view->at, tail->mark), tail,
			     EHW_P1_CRC_BAD);
}

static ptrdiff_t on_end(struct ehw_p1 *p1, const struct view *view, const struct tail *tail,
			int is_glued)
{
	int verified = verify(p1, view, view->at, tail);

	if (verified) {
		p1->has_crc = 1;
		p1->counters.repaired += verified == 2;
		return deliver(p1, view, view->at, tail, EHW_P1_CRC_OK);
	}
	if (!tail->digits && tail->close != WRONG)
		return on_absent(p1, view, tail, is_glued);
	return is_glued ? NO_END : on_bad(p1, view, tail);
}

/* Whether a pause behind the digits is the end: it may as well be in the middle of them. */
static int is_over(struct ehw_p1 *p1, const struct view *view, const struct tail *tail)
{
	if (!tail->digits)
		return !p1->has_crc;
	return tail->digits == 4 || verify(p1, view, view->at, tail);
}

/* `!` where an end may be. */
static ptrdiff_t on_mark(struct ehw_p1 *p1, const struct view *view, size_t mark, int idle)
{
	struct tail tail;

	tail_of(view, mark, &tail);
	if (view->text[mark - 1] == ')') {
		if (tail.close == OPEN || tail.close == OPEN_CR)
			return WAIT;
		if (tail.close != LINE_END || (tail.digits != 0 && tail.digits != 4))
			return NO_END;
		return on_end(p1, view, &tail, 1);
	}
	if (tail.close == OPEN && !(idle && is_over(p1, view, &tail)))
		return WAIT;
	if (tail.close == OPEN_CR && !idle)
		return WAIT;
	return on_end(p1, view, &tail, 0);
}

/* ---- telegrams ---- */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

static size_t largest(size_t a, size_t b)
{
	return a > b ? a : b;
}

/* Find the end. Behind `)`, as some Aidon print it, `!` is one only if what it ends can be handed
 * over. */
static ptrdiff_t on_body(struct ehw_p1 *p1, const struct view *view, size_t begin, int idle)
{
	const uint8_t *const text = view->text;
	size_t at = view->is_seven ? begin : largest(begin, p1->clean);
	size_t stop = least(view->at + EHW_P1_MOST, view->odd), clean = stop;
	const uint8_t *found;

	for (; at < stop && (found = memchr(text + at, '!', stop - at)); at++) {
		ptrdiff_t end;

		at = (size_t)(found - text);
		if (!p1_is_line_end(text[at - 1]) && text[at - 1] != ')')
			continue;
		end = on_mark(p1, view, at, idle);
		if (end != NO_END)
			return end;
		clean = least(clean, at);
	}
	if (!view->is_seven)
		p1->clean = clean;
	return NO_END;
}

static ptrdiff_t no_end(struct ehw_p1 *p1, const struct view *view, int idle)
{
	if (view->odd < least(view->length, view->at + EHW_P1_MOST))
		return reject(p1, &p1->counters.parity, view, view->odd);
	if (view->length - view->at >= EHW_P1_MOST)
		return reject(p1, &p1->counters.oversize, view, view->at + EHW_P1_MOST);
	if (idle && p1_has_control(view->text, view->at, view->length))
		return reject(p1, &p1->counters.truncated, view, view->length);
	return WAIT;
}

static ptrdiff_t on_header(struct ehw_p1 *p1, const struct view *view, int idle)
{
	size_t begin = p1_header_end(view->text, view->at, view->length);
	ptrdiff_t none = (ptrdiff_t)(view->base + view->at + 1), end;

	if (begin == P1_HEADER_NONE)
		return none;
	if (begin == P1_HEADER_UNKNOWN) {
		if (view->odd < view->length)
			return none;
		return idle && p1_has_control(view->text, view->at, view->length) ? none : WAIT;
	}
	if (view->odd < begin)
		return none;
	p1->is_open = 1;
	end = on_body(p1, view, begin, idle);
	return end == NO_END ? no_end(p1, view, idle) : end;
}

static int is_odd(unsigned int byte)
{
	return 0x6996 >> ((byte ^ byte >> 4) & 15) & 1;
}

static ptrdiff_t on_seven(struct ehw_p1 *p1, size_t at, int idle)
{
	struct view view = { p1->seven, least(p1->end - at, EHW_P1_WINDOW), 0, at, 0, 1 };
	const uint8_t *odd;

	for (size_t i = 0; i < view.length; i++)
		p1->seven[i] = is_odd(p1->data[at + i]) ? ODD : p1->data[at + i] & 0x7F;
	odd = memchr(p1->seven, ODD, view.length);
	view.odd = odd ? (size_t)(odd - p1->seven) : view.length;
	return on_header(p1, &view, idle);
}

static ptrdiff_t on_slash(struct ehw_p1 *p1, size_t at, int idle)
{
	struct view view = { p1->data, p1->end, at, 0, p1->end, 0 };

	return on_header(p1, &view, idle);
}

/* ---- binary frames ---- */

/* Where the control byte is, and the length that counts from it; 0 if this is none. */
static size_t cipher_length(const uint8_t *head, size_t *control)
{
	size_t length = head[TITLE_END];
	size_t octets = length == 0x81 ? 1 : length == 0x82 ? 2 : 0;

	for (int i = 2; i < 5; i++)
		if (!p1_is_letter(head[i]))
			return 0;
	if (octets == 1)
		length = head[11];
	if (octets == 2)
		length = (size_t)head[11] << 8 | head[12];
	*control = TITLE_END + 1 + octets;
	if (octets == 0 && length > 0x7F)
		return 0;
	if (head[*control] != 0x00 && head[*control] != 0x20 && head[*control] != 0x30)
		return 0;
	return length >= LEAST_CIPHERED && length <= MOST_CIPHERED ? length : 0;
}

/* Where, behind `at` and before `end`, a frame of the same meter begins; or may begin, if there
 * are too few bytes to tell. */
static size_t next_title(const struct ehw_p1 *p1, size_t at, size_t end)
{
	for (size_t place = at + 1; place < end; place++)
		if (p1->data[place] == 0xDB &&
		    memcmp(p1->data + place, p1->data + at, least(TITLE_END, p1->end - place)) == 0)
			return place;
	return end;
}

/* All of it is there; unless it broke off and is the next one by now. */
static ptrdiff_t on_ciphered(struct ehw_p1 *p1, size_t at, size_t end, int idle)
{
	struct view view = { p1->data, p1->end, at, 0, p1->end, 0 };
	size_t next = next_title(p1, at, end);

	if (next < end && p1->end - next >= TITLE_END)
		return reject(p1, &p1->counters.truncated, &view, next);
	if (next < end && !idle)
		return WAIT;
	p1->counters.ciphered++;
	p1->is_open = 0;
	p1->ready.kind = EHW_P1_CIPHERED;
	p1->ready.raw = p1->data + at;
	p1->ready.length = end - at;
	return (ptrdiff_t)end;
}

static ptrdiff_t on_cipher(struct ehw_p1 *p1, size_t at, int idle)
{
	size_t control, length, end;

	if (p1->end - at < CIPHER_HEAD)
		return WAIT;
	length = cipher_length(p1->data + at, &control);
	if (!length)
		return (ptrdiff_t)at + 1;
	p1->is_open = 1;
	end = at + control + length;
	return p1->end < end ? WAIT : on_ciphered(p1, at, end, idle);
}

/* The flag at its end may be the one at the next one's beginning, so it is left there. */
static ptrdiff_t on_hdlc(struct ehw_p1 *p1, size_t at, int idle)
{
	const uint8_t *frame = p1->data + at + 1;
	ptrdiff_t none = (ptrdiff_t)at + 1;
	size_t length;

	if (p1->end - at < 3)
		return idle ? none : WAIT;
	length = (size_t)(frame[0] & 7) << 8 | frame[1];
	if (length < LEAST_HDLC)
		return none;
	if (p1->end - at < length + 2)
		return idle ? none : WAIT;
	if (frame[length] != '~' || !p1_is_hdlc(frame, length))
		return none;
	p1->counters.hdlc++;
	skip(p1, at + 1 + length);
	p1->ready.kind = EHW_P1_HDLC;
	return (ptrdiff_t)p1->at;
}

/* ---- the stream ---- */

static enum opener letters_at(const struct ehw_p1 *p1, size_t at, int is_seven)
{
	for (int i = 0; i < 3; i++, at++) {
		if (at == p1->end)
			return PARTIAL;
		if (is_seven && is_odd(p1->data[at]))
			return NONE;
		if (!p1_is_letter(is_seven ? p1->data[at] & 0x7Fu : p1->data[at]))
			return NONE;
	}
	return WHOLE;
}

static enum opener opener_at(const struct ehw_p1 *p1, size_t at)
{
	uint8_t first = p1->data[at];

	if (first == '/' || first == 0xAF)
		return letters_at(p1, at + 1, first == 0xAF);
	if (first != 0xDB && first != '~')
		return NONE;
	if (at + 1 == p1->end)
		return PARTIAL;
	if (first == 0xDB)
		return p1->data[at + 1] == 0x08 ? WHOLE : NONE;
	return (p1->data[at + 1] & 0xF8) == 0xA0 ? WHOLE : NONE;
}

static ptrdiff_t on_opener(struct ehw_p1 *p1, size_t at, int idle)
{
	uint8_t first = p1->data[at];

	if ((first == '/' || first == 0xAF) && at < p1->dead[first == 0xAF])
		return (ptrdiff_t)at + 1;
	switch (first) {
	case '/':
		return on_slash(p1, at, idle);
	case 0xAF:
		return on_seven(p1, at, idle);
	case 0xDB:
		return on_cipher(p1, at, idle);
	default:
		return on_hdlc(p1, at, idle);
	}
}

/* Look at the next thing that may be one; 0 if more bytes are needed. */
static int step(struct ehw_p1 *p1, int idle)
{
	enum opener opener = NONE;
	size_t at = p1->at;
	ptrdiff_t next;

	while (at < p1->end && (opener = opener_at(p1, at)) == NONE)
		at++;
	skip(p1, at);
	p1->is_open = 0;
	if (opener != WHOLE)
		return 0;
	next = on_opener(p1, at, idle);
	if (next == WAIT)
		return 0;
	if ((size_t)next == at + 1)
		skip(p1, at + 1);
	p1->at = (size_t)next;
	return 1;
}

int ehw_p1_next(struct ehw_p1 *p1, int idle, struct ehw_p1_event *event)
{
	while (!p1->marks && !p1->ready.kind && step(p1, idle))
		;
	memset(event, 0, sizeof(*event));
	if (p1->marks) {
		p1->marks--;
		event->kind = EHW_P1_DAMAGED;
		return EHW_P1_DAMAGED;
	}
	*event = p1->ready;
	memset(&p1->ready, 0, sizeof(p1->ready));
	return event->kind;
}

/* ---- telnet: telnet.py ---- */

static void put_byte(struct ehw_p1 *p1, uint8_t byte)
{
	p1->buffer[p1->end++] = byte;
}

static void on_command(struct ehw_p1 *p1, uint8_t byte)
{
	p1->telnet_state = byte >= WILL && byte <= DONT ? OPTION : byte == SB ? SUB : DATA;
	p1->telnet_length = 0;
	p1->counters.telnet += byte == IAC ? 1 : byte < SE ? 0 : 2;
	if (byte == IAC || byte < SE) /* below SE it is no command: FF was no IAC */
		put_byte(p1, IAC);
	if (byte < SE)
		put_byte(p1, byte);
}

static void on_sub(struct ehw_p1 *p1, uint8_t byte)
{
	int is_command = p1->telnet_state == SUB_COMMAND;

	p1->counters.telnet++;
	p1->telnet_length++;
	p1->telnet_state = !is_command && byte == IAC ? SUB_COMMAND : SUB;
	if (p1->telnet_length == LONGEST_SUB || (is_command && byte == SE))
		p1->telnet_state = DATA;
}

static void take_telnet(struct ehw_p1 *p1, uint8_t byte)
{
	switch ((enum telnet)p1->telnet_state) {
	case START:
		p1->telnet_state = byte == IAC ? FIRST : OFF;
		if (byte != IAC)
			put_byte(p1, byte);
		break;
	case FIRST:
		p1->telnet_state = byte >= WILL && byte <= DONT ? OPTION : OFF;
		p1->counters.telnet += p1->telnet_state == OPTION ? 2 : 0;
		if (p1->telnet_state == OFF) {
			put_byte(p1, IAC);
			put_byte(p1, byte);
		}
		break;
	case DATA:
		if (byte == IAC)
			p1->telnet_state = COMMAND;
		else
			put_byte(p1, byte);
		break;
	case COMMAND:
		on_command(p1, byte);
		break;
	case OPTION:
		p1->counters.telnet++;
		p1->telnet_state = DATA;
		break;
	case SUB:
	case SUB_COMMAND:
		on_sub(p1, byte);
		break;
	case OFF:
	default:
		put_byte(p1, byte);
	}
}

/* ---- from outside ---- */

static size_t less(size_t place, size_t gone)
{
	return place > gone ? place - gone : 0;
}

/* Make room: what is not consumed to the beginning of the buffer. */
static void compact(struct ehw_p1 *p1)
{
	size_t gone = p1->at;

	memmove(p1->buffer, p1->buffer + gone, p1->end - gone);
	p1->at = 0;
	p1->end -= gone;
	p1->clean = less(p1->clean, gone);
	p1->dead[0] = less(p1->dead[0], gone);
	p1->dead[1] = less(p1->dead[1], gone);
	p1->blamed = less(p1->blamed, gone);
}

size_t ehw_p1_feed(struct ehw_p1 *p1, const uint8_t *data, size_t length)
{
	size_t taken;

	compact(p1);
	taken = least(length, EHW_P1_BUFFER - p1->end);
	if (p1->telnet && taken && p1->end + taken == EHW_P1_BUFFER)
		taken--; /* an FF that waited may come along */
	p1->counters.bytes += taken;
	if (!p1->telnet && taken) {
		memcpy(p1->buffer + p1->end, data, taken);
		p1->end += taken;
	} else {
		for (size_t i = 0; i < taken; i++)
			take_telnet(p1, data[i]);
	}
	return taken;
}

static void forget(struct ehw_p1 *p1)
{
	p1->at = p1->end = 0;
	p1->clean = p1->blamed = 0;
	p1->dead[0] = p1->dead[1] = 0;
	p1->is_open = p1->has_crc = 0;
	p1->telnet_state = START;
	p1->telnet_length = 0;
}

int ehw_p1_init(struct ehw_p1 *p1, int policy, int repair, int telnet)
{
	if (policy < EHW_P1_IF_PRESENT || policy > EHW_P1_IGNORE)
		return EHW_ERR_RANGE;
	memset(p1, 0, sizeof(*p1));
	p1->policy = (uint8_t)policy;
	p1->repair = !!repair;
	p1->telnet = !!telnet;
	p1->data = p1->buffer;
	return EHW_OK;
}

void ehw_p1_reset(struct ehw_p1 *p1)
{
	if (p1->is_open)
		count(p1, &p1->counters.truncated);
	p1->counters.resync_bytes += p1->end - p1->at;
	forget(p1);
}
