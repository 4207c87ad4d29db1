/* OpenHEMS frames, as the FIFO delivers them; reads like core/python/openhems.py.
 *
 *     LL MM PP II II | SS SS SS  (NN TL VV..)*  00  CC CC      | = encrypted from here
 *     length, manufacturer, product, pip   sensor   parameter, type+length, value   end, CRC
 *
 *     NN TL VV..                   NN: bit 7 command, 6-0 parameter.  TL: type << 4 | length
 *     NN Cx TL VV.. (Cx TL VV..)*  enumeration: value x = 1.. of parameter NN, each with a
 *                                  type of its own; Cx goes on only directly after such a value
 *
 * Source: Sentec OpenThings specification 1.02.
 */
#include "ehw.h"

#include <string.h>

#define SHORTEST 10 /* length byte: header 4, sensor 3, end 1, CRC 2 */
#define LONGEST 65  /* with the length byte itself, the FIFO */
#define BODY 5      /* the sensor id, where encryption and CRC begin */
#define RECORDS 8
#define COMMAND 0x80
#define ENUMERATION 0xC

/* Five shifts of the register at once: what they bring in for the five bits they take out. */
static const uint16_t five_steps[32] = {
	0x0000, 0xD969, 0x5939, 0x8050, 0xB272, 0x6B1B, 0xEB4B, 0x3222, /* 00000 to 00111 */
	0x8F0F, 0x5666, 0xD636, 0x0F5F, 0x3D7D, 0xE414, 0x6444, 0xBD2D, /* 01000 to 01111 */
	0xF5F5, 0x2C9C, 0xACCC, 0x75A5, 0x4787, 0x9EEE, 0x1EBE, 0xC7D7, /* 10000 to 10111 */
	0x7AFA, 0xA393, 0x23C3, 0xFAAA, 0xC888, 0x11E1, 0x91B1, 0x48D8, /* 11000 to 11111 */
};

/* Encrypt or decrypt in place, which is the same.
 *
 * The register shifts right five times for each byte, XOR 0xF5F5 whenever a 1 falls out.
 * A shift register is linear, so what five bits bring in can be looked up.
 */
static void crypt_body(uint8_t *body, size_t length, int encryption, uint16_t pip)
{
	unsigned int state = ((unsigned int)encryption << 8 ^ pip) & 0xFFFF;

	for (size_t i = 0; i < length; i++) {
		state = state >> 5 ^ five_steps[state & 31];
		body[i] ^= (uint8_t)((state & 0xFF) ^ 0x5A);
	}
}

/* CRC-16/XMODEM: x^16 + x^12 + x^5 + 1, start 0, no reflection. A byte at a time. */
static uint16_t crc16(const uint8_t *data, size_t length)
{
	unsigned int crc = 0;

	for (size_t i = 0; i < length; i++) {
		crc = (crc << 8 & 0xFF00) | (crc >> 8);
		crc ^= data[i];
		crc ^= (crc & 0xFF) >> 4;
		crc ^= crc << 12 & 0xFFFF;
		crc ^= (crc & 0xFF) << 5;
	}
	return (uint16_t)crc;
}

static uint16_t big_endian(const uint8_t *data)
{
	return (uint16_t)(data[0] << 8 | data[1]);
}

/* ---- decode ---- */

static int check_length(const uint8_t *frame, size_t length)
{
	if (length == 0 || frame[0] < SHORTEST)
		return EHW_ERR_TRUNCATED;
	if (frame[0] > LONGEST)
		return EHW_ERR_TOO_LONG;
	if (length != frame[0] + 1u)
		return length <= frame[0] ? EHW_ERR_TRUNCATED : EHW_ERR_TOO_LONG;
	return EHW_OK;
}

/* Compare the two CRCs of the frame in plain. */
static int crc_holds(struct ehw_message *message)
{
	size_t crc_at = message->length - 2u;

	message->received = big_endian(message->plain + crc_at);
	message->computed = crc16(message->plain + BODY, crc_at - BODY);
	return message->received == message->computed;
}

/* Take the frame over as it is, which is right if it is plain and has pip 0. */
static int plain_after_all(const uint8_t *frame, struct ehw_message *message)
{
	struct ehw_message plain = *message;

	memcpy(plain.plain, frame, plain.length);
	plain.encrypted = 0;
	if (plain.pip != 0 || !crc_holds(&plain))
		return EHW_ERR_CHECKSUM;
	*message = plain;
	return EHW_OK;
}

/* The header, and the body in plain, its CRC checked. */
static int open_frame(const uint8_t *frame, int encryption, struct ehw_message *message)
{
	message->manufacturer = frame[1] & 0x7F;
	message->product = frame[2];
	message->pip = big_endian(frame + 3);
	message->length = (uint8_t)(frame[0] + 1);
	message->encrypted = encryption != EHW_PLAIN;
	memcpy(message->plain, frame, message->length);
	if (message->encrypted)
		crypt_body(message->plain + BODY, message->length - (size_t)BODY, encryption,
			   message->pip);
	if (crc_holds(message))
		return EHW_OK;
	return message->encrypted ? plain_after_all(frame, message) : EHW_ERR_CHECKSUM;
}

static int refuse(struct ehw_message *message, enum ehw_fault fault)
{
	message->fault = (uint8_t)fault;
	return EHW_ERR_RECORD;
}

static enum ehw_problem problem_of(uint8_t type, uint8_t length)
{
	if (type == 0xD)
		return EHW_PROBLEM_TYPE_D;
	if (type == 0xE)
		return EHW_PROBLEM_TYPE_E;
	if (type == 0xF && length != 0 && length != 2 && length != 4 && length != 8)
		return EHW_PROBLEM_FLOAT_SIZE;
	return EHW_PROBLEM_NONE;
}

/* Add the record whose type and length are at *at, and go behind its data. */
static int read_value(struct ehw_message *message, uint8_t parameter, uint8_t index, size_t *at)
{
	struct ehw_record *record = &message->records[message->count];
	size_t end = message->length - 2u;
	uint8_t type_length = message->plain[*at]; /* at worst a byte of the CRC */
	size_t stop = *at + 1 + (type_length & 0x0F);

	if (stop > end)
		return refuse(message, EHW_FAULT_OVERRUN);
	record->parameter = parameter & 0x7F;
	record->command = parameter >> 7;
	record->type = type_length >> 4;
	record->index = index;
	record->problem = (uint8_t)problem_of(record->type, type_length & 0x0F);
	record->start = (uint8_t)(*at + 1);
	record->end = (uint8_t)stop;
	message->count++;
	*at = stop;
	return EHW_OK;
}

/* The values of an enumeration whose first Cx is at *at. */
static int read_enumeration(struct ehw_message *message, uint8_t parameter, size_t *at)
{
	size_t end = message->length - 2u;
	int status = EHW_OK;

	while (!status && *at < end && message->plain[*at] >> 4 == ENUMERATION) {
		uint8_t index = message->plain[(*at)++] & 0x0F;

		if (message->plain[*at] >> 4 == ENUMERATION)
			return refuse(message, EHW_FAULT_NESTED);
		status = read_value(message, parameter, index, at);
		if (!status && index == 0)
			message->records[message->count - 1].problem = EHW_PROBLEM_ENUMERATION;
	}
	return status;
}

/* A frame of nothing but problems is refused; one good record saves it. */
static int check_usable(struct ehw_message *message)
{
	int usable = message->count == 0;

	for (int i = 0; i < message->count; i++)
		usable |= message->records[i].problem == EHW_PROBLEM_NONE;
	return usable ? EHW_OK : refuse(message, EHW_FAULT_UNUSABLE);
}

static int read_records(struct ehw_message *message)
{
	size_t at = RECORDS, end = message->length - 2u;
	int status = EHW_OK;

	while (!status && at < end && message->plain[at] != 0) {
		uint8_t parameter = message->plain[at++];

		if (message->plain[at] >> 4 == ENUMERATION)
			status = read_enumeration(message, parameter, &at);
		else
			status = read_value(message, parameter, 0, &at);
	}
	if (status)
		return status;
	return at < end ? check_usable(message) : refuse(message, EHW_FAULT_NO_END);
}

int ehw_decode(const uint8_t *frame, size_t length, int encryption, struct ehw_message *message)
{
	int status = check_length(frame, length);

	if (!status)
		status = open_frame(frame, encryption, message);
	if (status)
		return status;
	message->sensor = (uint32_t)message->plain[5] << 16 | big_endian(message->plain + 6);
	message->fault = EHW_FAULT_NONE;
	message->count = 0;
	return read_records(message);
}

/* ---- encode ---- */

/* A frame being written; bytes beyond the FIFO are counted and dropped. */
struct writer {
	uint8_t *frame;
	size_t size;
	int before; /* parameter byte of the enumeration that the last record was in, or -1 */
};

static void put(struct writer *writer, unsigned int byte)
{
	if (writer->size < EHW_FIFO_SIZE)
		writer->frame[writer->size] = (uint8_t)byte;
	writer->size++;
}

static void put_16(struct writer *writer, unsigned int number)
{
	put(writer, number >> 8);
	put(writer, number);
}

/* Type C is not a value's type: `index` says that a value is enumerated. */
static int valid_record(const struct ehw_record *record)
{
	return record->parameter >= 1 && record->parameter <= 0x7F && record->type <= 0xF &&
	       record->type != ENUMERATION && record->index <= 15 && record->start <= record->end &&
	       record->end <= EHW_FIFO_SIZE && record->end - record->start <= EHW_MOST_DATA;
}

/* The parameter byte, unless the enumeration before goes on. A byte Cx there would continue it. */
static int put_parameter(struct writer *writer, const struct ehw_record *record)
{
	int parameter = record->parameter | (record->command ? COMMAND : 0);

	if (record->index && writer->before == parameter)
		return EHW_OK;
	if (writer->before >= 0 && parameter >> 4 == ENUMERATION)
		return EHW_ERR_RANGE;
	put(writer, (unsigned int)parameter);
	writer->before = record->index ? parameter : -1;
	return EHW_OK;
}

static int put_record(struct writer *writer, const struct ehw_record *record, const uint8_t *plain)
{
	if (!valid_record(record) || put_parameter(writer, record))
		return EHW_ERR_RANGE;
	if (record->index)
		put(writer, ENUMERATION << 4 | record->index);
	put(writer, (unsigned int)(record->type << 4 | (record->end - record->start)));
	for (int i = record->start; i < record->end; i++)
		put(writer, plain[i]);
	return EHW_OK;
}

static int put_records(struct writer *writer, const struct ehw_message *message)
{
	int status = message->count > EHW_MOST_RECORDS ? EHW_ERR_RANGE : EHW_OK;

	for (int i = 0; !status && i < message->count; i++)
		status = put_record(writer, &message->records[i], message->plain);
	put(writer, 0x00);
	return status;
}

static void put_header(struct writer *writer, const struct ehw_message *message)
{
	put(writer, 0); /* the length, once it is known */
	put(writer, message->manufacturer);
	put(writer, message->product);
	put_16(writer, message->pip);
	put(writer, message->sensor >> 16);
	put_16(writer, message->sensor);
}

int ehw_encode(const struct ehw_message *message, int encryption, uint8_t frame[EHW_FIFO_SIZE])
{
	struct writer writer = { .frame = frame, .size = 0, .before = -1 };

	if (message->manufacturer > 0x7F || message->sensor > 0xFFFFFF)
		return EHW_ERR_RANGE;
	if (encryption != EHW_PLAIN && message->pip == encryption << 8)
		return EHW_ERR_RANGE;
	put_header(&writer, message);
	if (put_records(&writer, message) || writer.size + 2 > EHW_FIFO_SIZE)
		return EHW_ERR_RANGE;
	put_16(&writer, crc16(frame + BODY, writer.size - BODY));
	frame[0] = (uint8_t)(writer.size - 1);
	if (encryption != EHW_PLAIN)
		crypt_body(frame + BODY, writer.size - BODY, encryption, message->pip);
	return (int)writer.size;
}
