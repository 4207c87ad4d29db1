/* Whatever comes from the air: no byte is read or written out of bounds, and what is accepted
 * comes back from the encoder. The first byte chooses: key or none, CRC as it is or made right. */
#include "../../csrc/openhems.c"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Give an otherwise random frame a length byte and a CRC that hold, or no record is ever read. */
static void make_right(uint8_t *frame, size_t size, int encryption)
{
	uint16_t crc;

	frame[0] = (uint8_t)(size - 1);
	crc = crc16(frame + BODY, size - BODY - 2);
	frame[size - 2] = (uint8_t)(crc >> 8);
	frame[size - 1] = (uint8_t)crc;
	if (encryption != EHW_PLAIN)
		crypt_body(frame + BODY, size - BODY, encryption, big_endian(frame + 3));
}

static int equal(const struct ehw_message *a, const struct ehw_message *b)
{
	if (a->sensor != b->sensor || a->pip != b->pip || a->count != b->count)
		return 0;
	for (int i = 0; i < a->count; i++) {
		const struct ehw_record *x = &a->records[i], *y = &b->records[i];
		int length = x->end - x->start;

		if (x->parameter != y->parameter || x->command != y->command ||
		    x->type != y->type || x->index != y->index || length != y->end - y->start ||
		    memcmp(a->plain + x->start, b->plain + y->start, (size_t)length) != 0)
			return 0;
	}
	return 1;
}

/* An enumerated value of index 0 has no way back: it would be sent as a plain one. */
static int has_index_0(const struct ehw_message *message)
{
	for (int i = 0; i < message->count; i++)
		if (message->records[i].problem == EHW_PROBLEM_ENUMERATION)
			return 1;
	return 0;
}

static void check_accepted(const struct ehw_message *message)
{
	uint8_t frame[EHW_FIFO_SIZE];
	struct ehw_message again;
	int encryption = message->encrypted ? 0xF2 : EHW_PLAIN;
	int length = ehw_encode(message, encryption, frame);

	if (length < 0 || has_index_0(message))
		return; /* parameter 0, or the pip that stops the cipher */
	if (length > message->length ||
	    ehw_decode(frame, (size_t)length, encryption, &again) != EHW_OK ||
	    !equal(message, &again))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ehw_message message;
	uint8_t *frame;
	int encryption, status;

	if (size == 0)
		return 0;
	encryption = data[0] & 1 ? 0xF2 : EHW_PLAIN;
	frame = malloc(size); /* on the heap, so that a byte too far is seen */
	memcpy(frame, data + 1, size - 1);
	if (data[0] & 2 && size - 1 > SHORTEST && size - 1 <= EHW_FIFO_SIZE)
		make_right(frame, size - 1, encryption);
	status = ehw_decode(frame, size - 1, encryption, &message);
	if (status == EHW_OK)
		check_accepted(&message);
	else if (status == EHW_ERR_RECORD && message.fault == EHW_FAULT_NONE)
		abort();
	free(frame);
	return 0;
}
