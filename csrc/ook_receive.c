/* OOK on its way in: what hand controllers say; reads like core/python/ook_receive.py.
 *
 * The chip hands out what its demodulator says, sampled at twice the chip rate:
 *
 *     packets without end, no sync word, FIFO filled always          (data sheet, 5.5.2.3)
 *
 * Nothing depends then on a preamble, which these frames lack (the bit synchroniser wants 12
 * bits of it, and an edge every 16), on the sender's chip rate, or on where the packet engine
 * would begin to count. Pulses are measured here instead, in samples of 104 us:
 *
 *     sync     high 1 chip, low 31                 32 chips: how long a chip is
 *     0        high 1, low 3                       24 of them; the last one's silence may
 *     1        high 3, low 1                       last as long as it likes
 *
 * Sources: SX1231 data sheet, 3.4.12, 5.5; EV1527 data sheet (Silvan Chip).
 */
#include "rfm69.h"

#include <string.h>

#define CHUNK 16 /* bytes: 13 ms; 50 more fit before the FIFO is full, which takes 41 ms */
#define CODE_BITS 24
#define SHORTEST_SYNC 40 /* samples: chips of 130 us */
#define LONGEST_SYNC 240 /* chips of 780 us */
#define MOST_LOW 1000    /* enough to know that it is silence */

/* ---- the chip ---- */

static void ook_receive_table(const struct ehw_radio *radio, struct setting table[BAND_SIZE])
{
	memcpy(table, ook_band, BAND_SIZE * sizeof(*table));
	rfm69_set_value(table, REG_BITRATE_MSB, 0x0D); /* 32 MHz / 0x0D05 = 9600.96 samples/s */
	rfm69_set_value(table, REG_BITRATE_LSB, 0x05);
	rfm69_set_value(table, REG_PA_LEVEL, radio->pa_level);
	rfm69_set_value(table, REG_NODE_ADRS, radio->config.node_address);
	rfm69_set_value(table, REG_OOK_PEAK, 0x42); /* 0.5 dB in 4 samples: 8 dB in a sync */
	rfm69_set_value(table, REG_SYNC_CONFIG, FIFO_FILLS_ALWAYS);
	rfm69_set_value(table, REG_FIFO_THRESH, CHUNK - 1);
}

static int enter_receive_ook(struct ehw_radio *radio)
{
	struct setting settings[BAND_SIZE + 1];
	int status = rfm69_set_mode(radio, MODE_STANDBY);

	ook_receive_table(radio, settings);
	settings[BAND_SIZE] = (struct setting){ REG_IRQ_FLAGS_2, IRQ2_FIFO_OVERRUN };
	if (!status)
		status = rfm69_write(radio, settings, BAND_SIZE + 1);
	radio->receiving = 0;
	return status ? status : rfm69_set_mode(radio, MODE_RECEIVE);
}

int ehw_radio_receive_ook(struct ehw_radio *radio)
{
	int status = enter_receive_ook(radio);

	if (status != EHW_ERR_TIMEOUT)
		return status;
	status = ehw_radio_start(radio);
	return status ? status : enter_receive_ook(radio);
}

/* The FIFO was full: what is in it has a hole at an unknown place. */
static int drop_samples(struct ehw_radio *radio, struct ehw_samples *samples)
{
	radio->counters.overruns++;
	samples->gap = 1;
	return rfm69_write_one(radio, REG_IRQ_FLAGS_2, IRQ2_FIFO_OVERRUN);
}

static int read_chunks(struct ehw_radio *radio, uint8_t flags_2, struct ehw_samples *samples)
{
	int status = EHW_OK;

	while (!status && flags_2 & IRQ2_FIFO_LEVEL && samples->length < EHW_MOST_SAMPLES) {
		status = rfm69_read(radio, REG_FIFO, samples->data + samples->length, CHUNK);
		samples->length = (uint8_t)(samples->length + CHUNK);
		if (!status)
			status = rfm69_read(radio, REG_IRQ_FLAGS_2, &flags_2, 1);
	}
	return status ? status : samples->length;
}

int ehw_radio_poll_ook(struct ehw_radio *radio, struct ehw_samples *samples)
{
	struct look look;
	int status = rfm69_look(radio, &look);

	samples->length = samples->gap = 0;
	if (status)
		return status;
	samples->rssi = look.rssi;
	if (look.flags_2 & IRQ2_FIFO_OVERRUN)
		return drop_samples(radio, samples);
	return read_chunks(radio, look.flags_2, samples);
}

/* ---- pulses ---- */

/* A pulse of at most 2 chips in 32: nominally 1, measured one sample short or long. */
static int is_sync(unsigned int high, unsigned int whole)
{
	return high && whole >= SHORTEST_SYNC && whole <= LONGEST_SYNC && high * 16 <= whole;
}

/* Four chips, within one. */
static int is_symbol(const struct ehw_ook_ear *ear, unsigned int whole)
{
	return ear->sync && whole * 32 >= 3u * ear->sync && whole * 32 <= 5u * ear->sync;
}

/* A pulse of more than 2 chips is a 1. */
static void take_bit(struct ehw_ook_ear *ear)
{
	ear->bits = ear->bits << 1 | (ear->high * 16u > ear->sync);
	ear->count++;
}

/* A pulse begins: the one before, and the silence after it, are over. */
static void pulse_begins(struct ehw_ook_ear *ear)
{
	unsigned int whole = (unsigned int)ear->high + ear->low;

	if (is_symbol(ear, whole)) {
		take_bit(ear);
	} else {
		ear->sync = (uint16_t)(is_sync(ear->high, whole) ? whole : 0);
		ear->bits = ear->count = 0;
	}
	ear->high = ear->low = 0;
}

/* A pulse ends. The 24th since a sync is all that there is to know: 1 and the code. */
static int pulse_ends(struct ehw_ook_ear *ear, struct ehw_ook_heard *heard)
{
	if (!ear->sync || ear->count != CODE_BITS - 1 || ear->high * 32u > 5u * ear->sync)
		return 0;
	take_bit(ear);
	heard->bits = ear->bits;
	heard->chip_us = (uint16_t)(ear->sync * 3333u / 1024); /* samples of 3333 / 32 us / 32 */
	ear->sync = 0;
	return 1;
}

static int hear_high(struct ehw_ook_ear *ear)
{
	if (ear->low || !ear->high)
		pulse_begins(ear);
	ear->high = (uint16_t)(ear->high + (ear->high < MOST_LOW));
	return 0;
}

static int hear_low(struct ehw_ook_ear *ear, struct ehw_ook_heard *heard)
{
	int ends = ear->high && !ear->low;

	ear->low = (uint16_t)(ear->low + (ear->low < MOST_LOW));
	return ends ? pulse_ends(ear, heard) : 0;
}

int ehw_ook_hear(struct ehw_ook_ear *ear, const uint8_t *samples, size_t length,
		 struct ehw_ook_heard heard[EHW_MOST_HEARD])
{
	int count = 0;

	if (length > EHW_MOST_SAMPLES)
		return EHW_ERR_TOO_LONG;
	for (size_t i = 0; i < 8 * length; i++)
		count += samples[i / 8] >> (7 - i % 8) & 1 ? hear_high(ear)
							   : hear_low(ear, &heard[count]);
	return count;
}
