/* What the files of the P1 port share, below ehw.h. */
#ifndef P1_H
#define P1_H

#include "ehw.h"

static inline int p1_is_digit(unsigned int c)
{
	return c - '0' < 10;
}

static inline int p1_is_letter(unsigned int c)
{
	return (c | 0x20) - 'a' < 26;
}

static inline int p1_is_control(unsigned int c)
{
	return c < 0x20 && c != '\t' && c != '\r' && c != '\n';
}

static inline int p1_is_line_end(unsigned int c)
{
	return c == '\r' || c == '\n';
}

/* Shape of a telegram, beside its CRC: p1_shape.c. text[from] is `/`; end is exclusive. */

enum { P1_HEADER_NONE = 0, P1_HEADER_UNKNOWN = 1 }; /* no place behind a header is one of these */

int p1_is_head(const uint8_t *text, size_t at, size_t end);
size_t p1_header_end(const uint8_t *text, size_t from, size_t end);
size_t p1_innermost(const uint8_t *text, size_t from, size_t end);
int p1_is_text(const uint8_t *text, size_t from, size_t end);
int p1_has_control(const uint8_t *text, size_t from, size_t end);

/* Checksums: p1_crc.c. */

uint16_t p1_crc_repaired(const uint8_t *data, size_t length); /* as if each LF were CR LF */
int p1_is_hdlc(const uint8_t *frame, size_t length);          /* with its FCS, without flags */

/* Lines: p1_lines.c. */

#define P1_PARTS 6 /* of a code, A to F */

struct p1_line {
	const uint8_t *at, *end;
};

/* Where the code of a line ends, at its first bracket; NULL if it has none. */
const uint8_t *p1_code_of(const struct p1_line *line, uint8_t parts[P1_PARTS]);
const uint8_t *p1_without_blanks(const struct p1_line *line);
/* Its end; has_control becomes 1 if there is a control character before. */
const uint8_t *p1_line_end(const uint8_t *at, const uint8_t *end, int *has_control);
/* Where the lines end: before the last `!` that can be their end. */
const uint8_t *p1_end_of(const uint8_t *raw, size_t length);

#endif
