/* The C core of energy_hw: RFM69 driver, OpenHEMS and OOK codecs, Teleinfo frames, P1 telegrams,
 * Linux SPI and GPIO.
 *
 * Knows nothing of Python; cffi reads this page without its # lines.
 * Every function returns 0 or a count, or a negative ehw_status; where a call to the
 * kernel failed, errno says more. Handles are opaque, and all that is ever allocated.
 * No function is thread-safe on the same handle; different handles are independent.
 */
#ifndef EHW_H
#define EHW_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

enum ehw_status {
	EHW_OK = 0,
	EHW_ERR_ARGUMENT = -1,
	EHW_ERR_MEMORY = -2,
	EHW_ERR_BUS = -3,     /* the transfer itself failed */
	EHW_ERR_TIMEOUT = -4, /* a bounded wait ran out */
	EHW_ERR_NO_NODE = -5,
	EHW_ERR_PERMISSION = -6,
	EHW_ERR_BUSY = -7,       /* another process holds the node or the line */
	EHW_ERR_MISO_LOW = -8,   /* every register reads 0x00 */
	EHW_ERR_MISO_HIGH = -9,  /* every register reads 0xFF */
	EHW_ERR_VERSION = -10,   /* the version register is not 0x24 */
	EHW_ERR_READBACK = -11,  /* a register did not keep its value */
	EHW_ERR_LOST = -12,      /* the chip left receive mode, or answers no more */
	EHW_ERR_TRUNCATED = -13, /* frame shorter than its length byte says, or than any frame */
	EHW_ERR_TOO_LONG = -14,
	EHW_ERR_CHECKSUM = -15,
	EHW_ERR_RECORD = -16, /* the checksum holds, the records do not */
	EHW_ERR_UNDERRUN = -17,
	EHW_ERR_RANGE = -18,
};

enum ehw_size {
	EHW_FIFO_SIZE = 66,
	EHW_OOK_SIZE = 16,
	EHW_MOST_RECORDS = 28, /* 56 bytes between header and CRC, 2 bytes each at least */
	EHW_MOST_DATA = 15,
	EHW_LABEL_SIZE = 32,   /* GPIO_MAX_NAME_SIZE */
	EHW_MOST_SAMPLES = 64, /* bytes that one look takes from the FIFO */
	EHW_MOST_HEARD = 4,    /* codes that end within so many samples */
	EHW_MOST_LINES = 16,
	EHW_MOST_REGISTERS = 38, /* of a band table, and the mode */
};

/* What a status means, in English, never NULL. */
const char *ehw_strerror(int status);

/* The version of the package that this was compiled from, "0.1.0". */
const char *ehw_version(void);

/* The status that says what an errno of open() or ioctl() says. */
int ehw_from_errno(int error);

/* ---- OpenHEMS: openhems.c ---- */

enum ehw_problem {
	EHW_PROBLEM_NONE,
	EHW_PROBLEM_TYPE_D,
	EHW_PROBLEM_TYPE_E,
	EHW_PROBLEM_FLOAT_SIZE,  /* a float has 2, 4 or 8 bytes */
	EHW_PROBLEM_ENUMERATION, /* an enumeration starts at index 1 */
};

/* Why EHW_ERR_RECORD. */
enum ehw_fault {
	EHW_FAULT_NONE,
	EHW_FAULT_NO_END,   /* no byte 00 before the CRC */
	EHW_FAULT_OVERRUN,  /* a record reaches into the CRC */
	EHW_FAULT_NESTED,   /* an enumeration inside an enumeration */
	EHW_FAULT_UNUSABLE, /* there are records, and each has a problem */
};

enum { EHW_PLAIN = -1 }; /* instead of an encryption id */

/* One record; its data is plain[start] up to, not including, plain[end]. */
struct ehw_record {
	uint8_t parameter; /* 0..127, without bit 7 */
	uint8_t command;   /* bit 7 */
	uint8_t type;      /* nibble of the value, never C */
	uint8_t index;     /* 1..15 of an enumerated value, else 0 */
	uint8_t problem;   /* enum ehw_problem; not 0: these bytes have no value */
	uint8_t start, end;
};

/* A frame and what it says. Without padding inside, to be read as one flat buffer. */
struct ehw_message {
	uint32_t sensor; /* 24 bits */
	uint16_t pip;
	uint16_t received, computed; /* CRC that the frame carries, and of its bytes */
	uint8_t manufacturer, product;
	uint8_t encrypted;
	uint8_t length;               /* bytes of the frame: 11..66 */
	uint8_t fault;                /* enum ehw_fault */
	uint8_t count;                /* records that were read */
	uint8_t plain[EHW_FIFO_SIZE]; /* the frame, decrypted */
	struct ehw_record records[EHW_MOST_RECORDS];
};

/* Decode a frame, which starts with its length byte.
 *
 * encryption: the manufacturer's encryption id, or EHW_PLAIN. A frame with pip 0 whose CRC
 * holds only as it is, is taken as plain.
 * EHW_ERR_TRUNCATED, EHW_ERR_TOO_LONG; EHW_ERR_CHECKSUM, and `received` and `computed` are
 * set; EHW_ERR_RECORD, and `fault` is.
 */
int ehw_decode(const uint8_t *frame, size_t length, int encryption, struct ehw_message *message);

/* Encode a message, the reverse of ehw_decode(); returns the length of the frame, 11..66.
 *
 * Reads sensor, pip, manufacturer, product, count, the records, and their data in plain;
 * encryption as above. Neighbours with an index and equal parameter and command make one
 * enumeration. EHW_ERR_RANGE if a field, a record or the whole does not fit, or if the pip
 * would leave an encrypted frame readable.
 */
int ehw_encode(const struct ehw_message *message, int encryption, uint8_t frame[EHW_FIFO_SIZE]);

/* ---- OOK: ook.c ---- */

struct ehw_ook {
	uint32_t house; /* 20 bits */
	uint8_t gang;   /* 0 = all, 1..6 */
	uint8_t on;
};

/* EHW_ERR_RANGE if house or gang is out of range. */
int ehw_ook_encode(const struct ehw_ook *code, uint8_t frame[EHW_OOK_SIZE]);

/* EHW_ERR_TRUNCATED, EHW_ERR_TOO_LONG; EHW_ERR_RECORD for anything that no button sends. */
int ehw_ook_decode(const uint8_t *frame, size_t length, struct ehw_ook *code);

/* ---- OOK as it is received: ook_receive.c ---- */

/* What a listener keeps from one call to the next; all zero at first, and after a gap. */
struct ehw_ook_ear {
	uint32_t bits;
	uint16_t high, low; /* samples of the pulse, and of the silence after it, so far */
	uint16_t sync;      /* samples of the sync, which are 32 chips; 0: none yet */
	uint8_t count;      /* bits since then */
};

struct ehw_ook_heard {
	uint32_t bits;    /* 24; of a hand controller: house code, data nibble */
	uint16_t chip_us; /* 208 from a hand controller of Energenie's */
};

/* Listen to at most EHW_MOST_SAMPLES bytes of samples, 9600 bits a second, MSB first.
 * Returns how many codes of 24 bits ended in them. EHW_ERR_TOO_LONG. */
int ehw_ook_hear(struct ehw_ook_ear *ear, const uint8_t *samples, size_t length,
		 struct ehw_ook_heard heard[EHW_MOST_HEARD]);

/* ---- Teleinfo: tic.c ---- */

enum ehw_parity {
	EHW_PARITY_SOFT, /* the port is 8N1: bit 7 is the meter's even parity, if nothing strips it
			  */
	EHW_PARITY_HARD, /* the port is 7E1 and marks a bad character as FF 00 xx: INPCK, PARMRK */
	EHW_PARITY_OFF,  /* bit 7 is ignored */
};

/* What is not a group. */
enum ehw_tic_mark {
	EHW_TIC_START = 0x02,       /* STX */
	EHW_TIC_END = 0x03,         /* ETX: the frame is over */
	EHW_TIC_INTERRUPTED = 0x04, /* EOT: the meter broke the frame off */
	EHW_TIC_TRUNCATED = 0x05,   /* STX or reset while a frame with groups was open */
	EHW_TIC_REJECTED = 0x06,    /* a group was damaged: the frame is not complete */
};

enum ehw_tic_bit_7 { EHW_BIT_7_UNKNOWN, EHW_BIT_7_PARITY, EHW_BIT_7_UNUSED };

enum ehw_tic_size {
	EHW_TIC_LONGEST = 127,  /* characters of a group */
	EHW_TIC_ROOM = 256,     /* for events, beside twice the bytes fed */
	EHW_TIC_MOST = 1048576, /* bytes in one call */
};

/* What came since ehw_tic_init(); only ever counts up. checksum to truncated: groups refused,
 * each once, for the first thing wrong with it. */
struct ehw_tic_counters {
	uint64_t bytes;
	uint64_t groups;
	uint64_t checksum;
	uint64_t format; /* no label, no separators, or no LF before it */
	uint64_t parity;
	uint64_t charset; /* a control character, or what no label has */
	uint64_t overflow;
	uint64_t truncated; /* no CR */
	uint64_t complete;  /* frames, also the next three */
	uint64_t incomplete;
	uint64_t interrupted;
	uint64_t cut;
	uint64_t resyncs; /* stretches of bytes outside a frame */
};

/* A parser. Only counters are for others to read; no pointer leads out of it. */
struct ehw_tic {
	struct ehw_tic_counters counters;
	uint32_t since; /* bytes after the last sound group */
	uint32_t sum;   /* of text */
	uint8_t parity, way, ways;
	uint8_t state, fault, length;
	uint8_t started, has_groups, has_rejected;
	uint8_t space; /* what the last separator adds to the sum in historique: 0x20, or 0 */
	uint8_t straight, skipped, owed, marked;
	uint8_t text[EHW_TIC_LONGEST]; /* the group under way */
	uint8_t table[256];
};

/* parity: enum ehw_parity. EHW_ERR_RANGE. */
int ehw_tic_init(struct ehw_tic *tic, int parity);

/* Take `length` bytes, EHW_TIC_MOST at most; returns the bytes written to events, a line each:
 * a checked group, from its label to its checksum, or one byte of enum ehw_tic_mark; then LF.
 * Groups have five characters at least. It makes no difference how a stream is divided among
 * calls. EHW_ERR_RANGE, and nothing was taken, if room is less than 2 * length + EHW_TIC_ROOM. */
int ehw_tic_feed(struct ehw_tic *tic, const uint8_t *data, size_t length, uint8_t *events,
		 size_t room);

/* Begin anew, after a reopen or a change of speed; the counters go on. */
void ehw_tic_reset(struct ehw_tic *tic);

/* What was learned of bit 7: enum ehw_tic_bit_7. */
int ehw_tic_bit_7(const struct ehw_tic *tic);

/* ---- P1 telegrams: p1.c, p1_crc.c, p1_shape.c ---- */

enum ehw_p1_policy {
	EHW_P1_IF_PRESENT, /* a good CRC; or none, and text in the form of a telegram */
	EHW_P1_REQUIRE,    /* a good CRC */
	EHW_P1_REPORT,     /* also those with a bad one */
	EHW_P1_IGNORE,     /* as EHW_P1_REPORT */
};

enum ehw_p1_kind {
	EHW_P1_NOTHING,
	EHW_P1_TELEGRAM,
	EHW_P1_CIPHERED, /* general-glo-ciphering, DB 08 */
	EHW_P1_HDLC,     /* a binary DLMS meter */
	EHW_P1_DAMAGED,  /* something was dropped; the counters say why */
};

enum ehw_p1_crc { EHW_P1_CRC_OK, EHW_P1_CRC_BAD, EHW_P1_CRC_ABSENT };

enum ehw_p1_size {
	EHW_P1_MOST = 8192,   /* bytes from `/` to `!` */
	EHW_P1_WINDOW = 8200, /* with CRC and line end */
	EHW_P1_BUFFER = 16384,
	EHW_P1_LONGEST = 1048576, /* bytes whose lines are scanned in one call */
};

/* bad to parity: each stretch of damage once. Every byte is in a telegram, in a ciphered frame,
 * in resync_bytes, in telnet, or still waits for the next. */
struct ehw_p1_counters {
	uint64_t bytes;
	uint64_t ok; /* telegrams, also the next two */
	uint64_t absent;
	uint64_t bad;
	uint64_t refused; /* no CRC, and no text in the form of a telegram */
	uint64_t oversize;
	uint64_t truncated; /* another one begins inside, or reset, or noise and then a pause */
	uint64_t parity;    /* seven data bits with even parity, and one of them wrong */
	uint64_t ciphered;
	uint64_t hdlc;
	uint64_t repaired;  /* the CRC holds with CR LF for each LF */
	uint64_t seven_bit; /* telegrams whose bit 7 was the parity */
	uint64_t telnet;    /* bytes of telnet commands */
	uint64_t resync_bytes;
};

/* raw: valid until the next call; NULL for a mark. printed: -1 for no CRC. */
struct ehw_p1_event {
	const uint8_t *raw;
	size_t length;
	int32_t printed;
	uint16_t computed;
	uint8_t kind, crc;
};

/* A framer. Only counters are for others to read. */
struct ehw_p1 {
	struct ehw_p1_counters counters;
	struct ehw_p1_event ready; /* behind the marks */
	const uint8_t *data;
	size_t at, end; /* of what is not consumed, in data; the next three are places as well */
	size_t clean;   /* up to here no `!` ends a line */
	size_t dead[2]; /* up to here no telegram begins that verifies; with seven bits */
	size_t blamed;  /* up to here damage was told */
	uint32_t marks; /* DAMAGED, to be told */
	uint8_t policy, repair, telnet;
	uint8_t is_open; /* a frame is under way */
	uint8_t has_crc; /* a telegram with a good one came */
	uint8_t telnet_state, telnet_length;
	uint8_t buffer[EHW_P1_BUFFER];
	uint8_t seven[EHW_P1_WINDOW]; /* a telegram without the parity in its bit 7 */
};

/* policy: enum ehw_p1_policy. repair: a CRC may also hold with CR LF for each LF. telnet: take
 * telnet commands out, if the stream begins with one. EHW_ERR_RANGE. */
int ehw_p1_init(struct ehw_p1 *p1, int policy, int repair, int telnet);

/* Take of `length` bytes as many as there is room for; returns how many. Afterwards call
 * ehw_p1_next() until it says EHW_P1_NOTHING, or there is no room the next time. */
size_t ehw_p1_feed(struct ehw_p1 *p1, const uint8_t *data, size_t length);

/* The next event of the bytes that came: its enum ehw_p1_kind. It makes no difference how a
 * stream is divided among calls. idle: there was no byte for 100 ms. */
int ehw_p1_next(struct ehw_p1 *p1, int idle, struct ehw_p1_event *event);

/* Begin anew, after a reopen or a change of speed; the counters go on. */
void ehw_p1_reset(struct ehw_p1 *p1);

/* CRC-16/ARC; 0xBB3D for "123456789". */
uint16_t ehw_p1_crc(const uint8_t *data, size_t length);

/* ---- Lines of a telegram: p1_lines.c ---- */

/* All lines between header and `!`, each as fields with CR between them and LF behind: the code,
 * then the groups; a bad line as an empty code and the line. Returns the bytes written.
 * EHW_ERR_RANGE if room is less than 2 * length + 2, or for more than EHW_P1_LONGEST. */
int ehw_p1_lines(const uint8_t *raw, size_t length, uint8_t *lines, size_t room);

/* ---- Many telegrams at once: p1_many.c ---- */

enum ehw_p1_unit {
	EHW_P1_UNIT_NONE,
	EHW_P1_UNIT_WH,
	EHW_P1_UNIT_KWH,
	EHW_P1_UNIT_VARH,
	EHW_P1_UNIT_KVARH,
	EHW_P1_UNIT_W,
	EHW_P1_UNIT_KW,
	EHW_P1_UNIT_VAR,
	EHW_P1_UNIT_KVAR,
	EHW_P1_UNIT_VA,
	EHW_P1_UNIT_KVA,
	EHW_P1_UNIT_V,
	EHW_P1_UNIT_A,
	EHW_P1_UNIT_HZ,
	EHW_P1_UNIT_M3,
	EHW_P1_UNIT_GJ,
	EHW_P1_UNIT_MJ,
	EHW_P1_UNIT_S,
	EHW_P1_UNIT_OTHER = 255,
};

enum ehw_p1_many {
	EHW_P1_TEXT = 255,        /* a scale: the value is no number of 18 digits or fewer */
	EHW_P1_MOST_LINES = 4100, /* that one telegram can have */
};

/* The caller's arrays: one item for each line, and for each telegram. */
struct ehw_p1_columns {
	uint64_t *code;    /* A << 40 | B << 32 | C << 24 | D << 16 | E << 8 | F; 0: a bad line */
	int64_t *mantissa; /* the last group is mantissa / 10^scale */
	uint64_t *offset;  /* where the line begins in the data */
	uint8_t *scale, *unit;
	uint64_t *telegram; /* where it begins in the data */
	uint64_t *first;    /* its first line, in the arrays of lines */
	uint8_t *crc;       /* enum ehw_p1_crc */
	size_t most_lines, most_telegrams;
	uint64_t base;           /* added to all offsets */
	size_t lines, telegrams; /* filled; to begin with 0 */
};

/* Take the telegrams of a buffer, in place, with a framer that is used for nothing else. Stops
 * when less than EHW_P1_MOST_LINES lines or one telegram are free, or at the end, as if a pause
 * were there; returns the bytes taken: what is left is the beginning of a telegram, or to be taken
 * with arrays that have room. DAMAGED and frames that are no telegram are in the counters. */
size_t ehw_p1_parse_many(struct ehw_p1 *p1, const uint8_t *data, size_t length,
			 struct ehw_p1_columns *columns);

/* ---- What the driver stands on ---- */

/* Either filled by ehw_native_bus() below, or by whoever simulates a chip.
 *
 * transfer: `count` exchanges one after the other in tx, each under an NSS of its own and
 * lengths[i] bytes long; the answers go to rx. 0 or a negative status.
 * sleep_us: at least that long. set_reset: NULL where RESET is not wired.
 */
struct ehw_bus {
	void *ctx;
	int (*transfer)(void *ctx, const uint8_t *tx, uint8_t *rx, const uint16_t *lengths,
			size_t count);
	void (*sleep_us)(void *ctx, uint32_t us);
	int (*set_reset)(void *ctx, int high);
};

/* ---- Linux SPI: spidev.c ---- */

struct ehw_spi;

/* Open a node for us alone: mode 0, 8 bits, speed_hz up to 10 MHz.
 * EHW_ERR_NO_NODE, EHW_ERR_PERMISSION, EHW_ERR_BUSY, EHW_ERR_RANGE (speed), EHW_ERR_BUS. */
int ehw_spi_open(const char *path, uint32_t speed_hz, struct ehw_spi **spi);

/* As transfer in struct ehw_bus. At most 4096 bytes in 32 exchanges. EHW_ERR_BUS. */
int ehw_spi_transfer(struct ehw_spi *spi, const uint8_t *tx, uint8_t *rx, const uint16_t *lengths,
		     size_t count);

/* Sleep at least us microseconds, whatever signals come. */
void ehw_sleep_us(void *unused, uint32_t us);

/* NULL is allowed. */
void ehw_spi_close(struct ehw_spi *spi);

/* ---- Linux GPIO: gpiochip.c ---- */

struct ehw_pins;

enum { EHW_NOT_WIRED = -1 };

/* Offsets on the chip, which on a Raspberry Pi are BCM numbers; EHW_NOT_WIRED. */
struct ehw_wiring {
	const char *label; /* of the chip; NULL: the one of a Raspberry Pi, up to the 5 */
	int reset, dio0, led_receive, led_transmit;
};

/* What stands in the way of opening: a node, or one of its lines and who has it. */
struct ehw_culprit {
	int line;                      /* EHW_NOT_WIRED: the node as a whole */
	char node[EHW_LABEL_SIZE];     /* "/dev/gpiochip0", or empty */
	char consumer[EHW_LABEL_SIZE]; /* name that the holder gave the line; may be empty */
};

/* Request the lines that are wired; outputs low, DIO0 with rising edges.
 *
 * culprit may be NULL. EHW_ERR_NO_NODE: no GPIO chip has that label. EHW_ERR_BUSY,
 * EHW_ERR_PERMISSION, EHW_ERR_BUS. With nothing wired it needs no chip.
 */
int ehw_pins_open(const struct ehw_wiring *wiring, struct ehw_pins **pins,
		  struct ehw_culprit *culprit);

/* Drive RESET. EHW_OK where it is not wired. */
int ehw_pins_reset(struct ehw_pins *pins, int high);

/* Light the LEDs that are wired. */
int ehw_pins_leds(struct ehw_pins *pins, int receive, int transmit);

/* Sleep until DIO0 rises: 1. Until ehw_pins_wake(), a signal, or timeout_us is over: 0.
 * Also 1 when edges were lost. EHW_ERR_BUS. */
int ehw_pins_wait(struct ehw_pins *pins, int64_t timeout_us);

/* End the wait under way, or the next one. Thread-safe, and safe in a signal handler. */
void ehw_pins_wake(struct ehw_pins *pins);

/* Edges that the kernel counted and dropped since opening. */
uint32_t ehw_pins_lost(const struct ehw_pins *pins);

/* Outputs low, lines released. NULL is allowed. */
void ehw_pins_close(struct ehw_pins *pins);

/* ---- Linux GPIO, lines that are only driven: lines.c ---- */

struct ehw_lines;

/* Request 1..16 lines as outputs, all low. label as in struct ehw_wiring, culprit may be NULL.
 * EHW_ERR_RANGE; EHW_ERR_NO_NODE, EHW_ERR_BUSY, EHW_ERR_PERMISSION, EHW_ERR_BUS. */
int ehw_lines_open(const char *label, const uint8_t *offsets, size_t count,
		   struct ehw_lines **lines, struct ehw_culprit *culprit);

/* Bit i high: the line of offsets[i]; all others low, at once. EHW_ERR_BUS. */
int ehw_lines_set(struct ehw_lines *lines, uint32_t high);

/* All low, released. NULL is allowed. */
void ehw_lines_close(struct ehw_lines *lines);

/* A bus of spidev and gpiochip; both must outlive it. pins may be NULL. */
struct ehw_native {
	struct ehw_spi *spi;
	struct ehw_pins *pins;
};

void ehw_native_bus(struct ehw_native *native, struct ehw_bus *bus);

/* ---- The radio: rfm69.c (registers, modes), radio.c (packets in), transmit.c (out),
 *      ook_receive.c (OOK in) ---- */

struct ehw_radio;

/* What cannot be read from the chip. */
struct ehw_radio_config {
	int16_t power_dbm;       /* RFM69W -18..13, RFM69HCW -2..20 */
	uint8_t high_power;      /* an HCW module: antenna on PA_BOOST */
	uint8_t promiscuous;     /* also frames of other manufacturers */
	uint8_t node_address;    /* manufacturer id to let through; Energenie is 4 */
	uint8_t frequency_error; /* also measure how far off each sender is */
};

/* One frame from the FIFO: the length byte, and as many bytes as it says. */
struct ehw_frame {
	uint8_t data[EHW_FIFO_SIZE];
	uint8_t length;   /* bytes in data: 11..66 */
	uint8_t rssi;     /* when the frame was complete: -rssi / 2 dBm */
	uint8_t measured; /* whether the next one was */
	int32_t frequency_error_hz;
};

/* What happened since ehw_radio_open(); only ever counts up. */
struct ehw_counters {
	uint64_t airtime_us; /* of everything sent */
	uint32_t frames;
	uint32_t refused_length; /* length byte under 10 or over 65, thrown away whole */
	uint32_t overruns;
	uint32_t restarts; /* receiver put back to work without a reset */
	uint32_t resets;
	uint32_t sent;
	uint32_t send_timeouts;
	uint32_t underruns;
};

/* What the chip looked like when the last call failed. */
struct ehw_evidence {
	uint8_t mode;             /* EHW_ERR_TIMEOUT: OP_MODE that it did not reach, or 0xFF */
	uint8_t version;          /* EHW_ERR_MISO_..., _VERSION, _READBACK, _LOST: register 0x10 */
	uint8_t flags_1, flags_2; /* EHW_ERR_LOST: registers 0x27, 0x28 */
	uint8_t count;            /* EHW_ERR_READBACK: registers that did not keep their value */
	uint8_t registers[EHW_MOST_REGISTERS];
};

/* A driver on a bus, which is copied; nothing is touched before ehw_radio_start().
 * EHW_ERR_RANGE for a power that the module cannot send. */
int ehw_radio_open(const struct ehw_bus *bus, const struct ehw_radio_config *config,
		   struct ehw_radio **radio);

/* Standby, best effort, and free. NULL is allowed. */
void ehw_radio_close(struct ehw_radio *radio);

/* Free only, where the bus is gone already. NULL is allowed. */
void ehw_radio_free(struct ehw_radio *radio);

/* Reset, prove that an RFM69 answers, load the FSK table, read it back, stay in Standby.
 * EHW_ERR_MISO_LOW, EHW_ERR_MISO_HIGH, EHW_ERR_VERSION, EHW_ERR_READBACK. 1.2 s at most. */
int ehw_radio_start(struct ehw_radio *radio);

/* Enter receive mode; resets the chip and tries once more. EHW_ERR_TIMEOUT. */
int ehw_radio_receive(struct ehw_radio *radio);

/* Look once, in receive mode only: 1 and a frame, or 0.
 * Restarts a stuck receiver by itself. EHW_ERR_LOST: no longer in receive mode. */
int ehw_radio_poll(struct ehw_radio *radio, struct ehw_frame *frame);

/* What the demodulator said since the last look. */
struct ehw_samples {
	uint8_t data[EHW_MOST_SAMPLES]; /* 9600 bits a second, MSB first */
	uint8_t length;                 /* bytes in data */
	uint8_t rssi;                   /* at this look: -rssi / 2 dBm */
	uint8_t gap;                    /* samples before these are lost */
};

/* Leave FSK and listen to OOK at 433.92 MHz; ehw_radio_receive() is the way back. As
 * ehw_radio_receive() otherwise. */
int ehw_radio_receive_ook(struct ehw_radio *radio);

/* Look once, after ehw_radio_receive_ook() only: how many bytes of samples there are. Nothing is
 * lost by looking every 40 ms. EHW_ERR_LOST. */
int ehw_radio_poll_ook(struct ehw_radio *radio, struct ehw_samples *samples);

/* Whether the last poll saw a frame under way. */
int ehw_radio_receiving(const struct ehw_radio *radio);

/* Signal strength now, in receive mode: 0..255 for -value / 2 dBm. */
int ehw_radio_rssi(struct ehw_radio *radio);

/* Send one frame, 2..66 bytes with its length byte; ends in Standby.
 * EHW_ERR_RANGE; EHW_ERR_TIMEOUT: it was not sent, or nobody knows, and the chip was reset. */
int ehw_radio_send_fsk(struct ehw_radio *radio, const uint8_t *frame, size_t length);

/* Send an OOK frame 1..75 times without a gap; ends in Standby with the FSK table loaded. */
int ehw_radio_send_ook(struct ehw_radio *radio, const uint8_t *code, size_t length, int repeats);

/* Receive and send nothing. */
int ehw_radio_standby(struct ehw_radio *radio);

/* Standby, FIFO cleared, receive: the remedy for every stuck receiver. */
int ehw_radio_restart(struct ehw_radio *radio);

/* EHW_ERR_RANGE. */
int ehw_radio_set_power(struct ehw_radio *radio, int dbm);

/* Chip temperature, uncalibrated, +-10 degC. Leaves receive mode for under 1 ms. */
int ehw_radio_temperature(struct ehw_radio *radio, int *celsius);

/* Compare the registers with what was last written; reload them all if any differs.
 * Returns how many do; their addresses are the evidence. */
int ehw_radio_verify(struct ehw_radio *radio);

void ehw_radio_counters(const struct ehw_radio *radio, struct ehw_counters *counters);

void ehw_radio_evidence(const struct ehw_radio *radio, struct ehw_evidence *evidence);

#ifdef __cplusplus
}
#endif

#endif
