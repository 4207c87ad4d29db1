/* The RFM69's packets on their way out; reads like the second half of core/python/radio.py.
 *
 * PacketSent ends a transmission, never an empty FIFO: the last byte is in the shift register
 * then, 8 chips (OOK) or 16 (Manchester) of it still to come. Only an unlimited packet has no
 * PacketSent. Source: SX1231 data sheet, chapter 5.
 */
#include "rfm69.h"

#include <string.h>

#define OOK_FILL 64
#define OOK_REFILL 32
#define OOK_MOST_REPEATS 75
#define OOK_MOST_FIXED 15 /* 15 * 16 = 240 fits PAYLOAD_LENGTH; more go in unlimited mode */
#define OOK_LEVEL 0x1F
#define OOK_BEFORE 33u    /* 31 in the FIFO at a refill, one on air, one for good measure */
#define OOK_BYTE_US 1666u /* eight chips of 6667 / 32 us */
#define SEND_TRIES 2
#define AGAIN 1 /* worth another try */

/* What is to be sent: an FSK frame (repeats 0), or an OOK frame so many times. */
struct packet {
	const uint8_t *data;
	size_t length;
	size_t total; /* bytes on air from the FIFO */
	size_t first; /* of them, filled before transmitting: no underrun is possible in these */
	int repeats;
	uint32_t airtime_us;
};

/* Three bytes of preamble and two of sync plain, the frame Manchester: 40 + 16 n chips of
 * 6667 / 32 us each. */
static uint32_t fsk_airtime_us(size_t length)
{
	return (uint32_t)(40 + 16 * length) * 6667 / 32 + 1;
}

/* 128 chips: 26.67 ms. */
static uint32_t ook_airtime_us(int repeats)
{
	return 128u * (uint32_t)repeats * 6667 / 32 + 1;
}

/* Bytes from, up to not including, to of the packet, into the FIFO. */
static int fill(struct ehw_radio *radio, const struct packet *packet, size_t from, size_t to)
{
	struct exchange exchange = { 0 };

	exchange_frame(&exchange, REG_FIFO | REG_WRITE);
	for (size_t i = from; i < to; i++)
		exchange_byte(&exchange, packet->data[i % packet->length]);
	return rfm69_exchange(radio, &exchange);
}

/* EHW_ERR_UNDERRUN: the burst has a hole. EHW_ERR_TIMEOUT: the chip does not send. */
static int wait_level(struct ehw_radio *radio)
{
	uint32_t within_us = ook_airtime_us(OOK_FILL / EHW_OOK_SIZE);

	for (uint32_t tries = 0; tries < within_us / 2000 + 25; tries++) {
		uint8_t flags;
		int status = rfm69_read(radio, REG_IRQ_FLAGS_2, &flags, 1);

		if (status)
			return status;
		if (!(flags & IRQ2_FIFO_NOT_EMPTY))
			return EHW_ERR_UNDERRUN;
		if (!(flags & IRQ2_FIFO_LEVEL))
			return EHW_OK;
		radio->bus.sleep_us(radio->bus.ctx, 2000);
	}
	return EHW_ERR_TIMEOUT;
}

/* Write 32 bytes whenever 31 or fewer are left, which is 51 ms before the FIFO runs dry. */
static int stream(struct ehw_radio *radio, const struct packet *packet)
{
	int status = EHW_OK;

	for (size_t from = packet->first; !status && from < packet->total; from += OOK_REFILL) {
		size_t left = packet->total - from;
		size_t to = from + (left < OOK_REFILL ? left : OOK_REFILL);

		status = wait_level(radio);
		if (!status)
			status = fill(radio, packet, from, to);
	}
	return status;
}

/* Sleep until the packet is almost over, look while it may end, and until 50 ms after that.
 *
 * certain_us are sure to pass before the end, up to more_us may come on top. The last looks
 * are few: an end comes within 2 ms of where it should be, or not at all. A FIFO that is full
 * when the packet is sent is no FIFO: MISO is stuck at 1, and nothing was sent that we know of.
 */
static int wait_end(struct ehw_radio *radio, uint32_t certain_us, uint32_t more_us, uint8_t mask,
		    uint8_t wanted)
{
	static const uint16_t end_pauses_us[] = { 1000, 1000, 1000, 1000, 24000, 24000, 0 };
	size_t early = more_us / 2000;
	size_t looks = early + sizeof(end_pauses_us) / sizeof(end_pauses_us[0]);

	radio->bus.sleep_us(radio->bus.ctx, certain_us - 2000);
	for (size_t i = 0; i < looks; i++) {
		uint8_t flags[2];
		int status = rfm69_read(radio, REG_IRQ_FLAGS_1, flags, 2);

		if (!status && flags[1] == 0xFF)
			return rfm69_lost(radio, flags[0], flags[1]);
		if (status || (flags[1] & mask) == wanted)
			return status;
		radio->bus.sleep_us(radio->bus.ctx, i < early ? 2000 : end_pauses_us[i - early]);
	}
	return EHW_ERR_TIMEOUT;
}

static int wait_packet_sent(struct ehw_radio *radio, uint32_t certain_us, uint32_t more_us)
{
	return wait_end(radio, certain_us, more_us, IRQ2_PACKET_SENT, IRQ2_PACKET_SENT);
}

/* End of an unlimited packet: FIFO empty, and 2 ms for the eight chips in the shift register. */
static int wait_fifo_empty(struct ehw_radio *radio, uint32_t certain_us, uint32_t more_us)
{
	int status = wait_end(radio, certain_us, more_us, IRQ2_FIFO_NOT_EMPTY, 0);

	if (!status)
		radio->bus.sleep_us(radio->bus.ctx, 2000);
	return status;
}

/* What is left when everything is written: the last refill for certain, and up to 33 bytes
 * before it. */
static int finish_ook(struct ehw_radio *radio, const struct packet *packet)
{
	size_t refilled = packet->total - packet->first;
	size_t certain = refilled ? (refilled - 1) % OOK_REFILL + 1 : packet->total;
	uint32_t certain_us = (uint32_t)certain * OOK_BYTE_US;
	uint32_t more_us = refilled ? OOK_BEFORE * OOK_BYTE_US : 0;
	int status = stream(radio, packet);

	if (status)
		return status;
	return packet->repeats <= OOK_MOST_FIXED ? wait_packet_sent(radio, certain_us, more_us)
						 : wait_fifo_empty(radio, certain_us, more_us);
}

/* Transmit mode is on: see the packet out. */
static int finish(struct ehw_radio *radio, const struct packet *packet)
{
	return packet->repeats ? finish_ook(radio, packet)
			       : wait_packet_sent(radio, packet->airtime_us, 0);
}

static void ook_table(const struct ehw_radio *radio, int repeats, struct setting *table)
{
	int fixed = repeats <= OOK_MOST_FIXED ? repeats * EHW_OOK_SIZE : 0;

	memcpy(table, ook_band, sizeof(ook_band));
	rfm69_set_value(table, REG_PA_LEVEL, radio->pa_level);
	rfm69_set_value(table, REG_NODE_ADRS, radio->config.node_address);
	rfm69_set_value(table, REG_PAYLOAD_LENGTH, (uint8_t)fixed);
	/* 16 bytes never pass 31 */
	rfm69_set_value(table, REG_FIFO_THRESH, repeats == 1 ? 0x8F : OOK_LEVEL);
}

/* In Standby: FIFO cleared, registers set, FIFO filled; then transmit mode. */
static int begin(struct ehw_radio *radio, const struct packet *packet)
{
	struct setting settings[1 + BAND_SIZE] = {
		{ REG_IRQ_FLAGS_2, IRQ2_FIFO_OVERRUN },
		{ REG_DIO_MAPPING_1, DIO0_PACKET_SENT },
	};
	int status = rfm69_set_mode(radio, MODE_STANDBY);

	if (packet->repeats)
		ook_table(radio, packet->repeats, settings + 1);
	else if (!status)
		status = rfm69_ensure_fsk(radio);
	if (!status)
		status = rfm69_write(radio, settings, packet->repeats ? 1 + BAND_SIZE : 2);
	if (!status)
		status = fill(radio, packet, 0, packet->first);
	return status ? status : rfm69_set_mode(radio, MODE_TRANSMIT);
}

/* AGAIN after a chip that does not start (its PLL does not lock), and a burst with a hole. */
static int transmit(struct ehw_radio *radio, const struct packet *packet)
{
	int status = begin(radio, packet);

	if (status == EHW_ERR_TIMEOUT) {
		radio->counters.send_timeouts++;
		return AGAIN;
	}
	if (status)
		return status;
	radio->counters.airtime_us += packet->airtime_us; /* of this try, whatever becomes of it */
	status = finish(radio, packet);
	if (status == EHW_ERR_UNDERRUN) {
		radio->counters.underruns++;
		return AGAIN;
	}
	if (status == EHW_ERR_TIMEOUT)
		radio->counters.send_timeouts++;
	return status;
}

/* Sent, if the chip is still there to say so; one that does not leave transmit mode is reset. */
static int end(struct ehw_radio *radio)
{
	int status = rfm69_set_mode(radio, MODE_STANDBY);

	if (status == EHW_ERR_TIMEOUT)
		status = ehw_radio_start(radio);
	if (!status)
		radio->counters.sent++;
	return status;
}

/* Fill the FIFO in Standby, transmit, wait for the end.
 *
 * A chip that does not start, and a burst with a hole, get a second try. One that never says
 * PacketSent is reset: whether the frame went out is not known then.
 */
static int send_packet(struct ehw_radio *radio, const struct packet *packet)
{
	int status = AGAIN;

	for (int tries = 0; status == AGAIN && tries < SEND_TRIES; tries++)
		status = transmit(radio, packet);
	if (status == EHW_OK)
		return end(radio);
	if (status != AGAIN && status != EHW_ERR_TIMEOUT)
		return status;
	status = ehw_radio_start(radio);
	radio->evidence.mode = MODE_TRANSMIT;
	return status ? status : EHW_ERR_TIMEOUT;
}

int ehw_radio_send_fsk(struct ehw_radio *radio, const uint8_t *frame, size_t length)
{
	const struct packet packet = {
		.data = frame,
		.length = length,
		.total = length,
		.first = length,
		.airtime_us = fsk_airtime_us(length),
	};

	if (length < 2 || length > EHW_FIFO_SIZE || frame[0] != length - 1)
		return EHW_ERR_RANGE;
	return send_packet(radio, &packet);
}

int ehw_radio_send_ook(struct ehw_radio *radio, const uint8_t *code, size_t length, int repeats)
{
	struct packet packet = { .data = code, .length = length, .repeats = repeats };
	int status;

	if (length != EHW_OOK_SIZE || repeats < 1 || repeats > OOK_MOST_REPEATS)
		return EHW_ERR_RANGE;
	packet.total = length * (size_t)repeats;
	packet.first = packet.total < OOK_FILL ? packet.total : OOK_FILL;
	packet.airtime_us = ook_airtime_us(repeats);
	status = send_packet(radio, &packet);
	return status ? status : rfm69_load_fsk(radio);
}
