/* The RFM69's packets on their way in, and housekeeping; reads like core/python/radio.py.
 *
 * A frame on its way in, and what is moved for it (29-byte frame: 5 + 2 + 29 = 36 bytes):
 *
 *     flags 27 28, RSSI 24  ->  PayloadReady?  ->  FIFO: length  ->  FIFO: the rest
 *        3 + 2 bytes                                 2 bytes          1 + 28 bytes
 *
 * The FIFO is never read in the message that reads the flags: an edge without a frame
 * would then pop a byte out of the frame that is still arriving.
 *
 * Source: SX1231 data sheet, chapters 3 to 5.
 */
#include "rfm69.h"

#define SHORTEST 10 /* length byte of an OpenHEMS frame: no records */
#define LONGEST 65  /* as much as the FIFO holds beside the length byte */

/* ---- receive ---- */

static int enter_receive(struct ehw_radio *radio)
{
	static const struct setting settings[] = {
		{ REG_DIO_MAPPING_1, DIO0_PAYLOAD_READY },
		{ REG_IRQ_FLAGS_2, IRQ2_FIFO_OVERRUN },
	};
	int status = rfm69_set_mode(radio, MODE_STANDBY);

	if (!status)
		status = rfm69_ensure_fsk(radio);
	if (!status)
		status = rfm69_write(radio, settings, 2);
	if (!status)
		status = rfm69_set_mode(radio, MODE_RECEIVE);
	if (!status)
		radio->fei_started = radio->receiving = 0;
	return status;
}

int ehw_radio_receive(struct ehw_radio *radio)
{
	int status = enter_receive(radio);

	if (status != EHW_ERR_TIMEOUT)
		return status;
	status = ehw_radio_start(radio);
	return status ? status : enter_receive(radio);
}

int ehw_radio_restart(struct ehw_radio *radio)
{
	radio->counters.restarts++;
	return ehw_radio_receive(radio);
}

/* Measure the frequency error once a frame, while its sender is on air. */
static int start_fei(struct ehw_radio *radio)
{
	struct exchange exchange = { 0 };

	if (radio->fei_started)
		return EHW_OK;
	radio->fei_started = 1;
	exchange_frame(&exchange, REG_AFC_FEI | REG_WRITE);
	exchange_byte(&exchange, FEI_START);
	return rfm69_exchange(radio, &exchange);
}

/* FSTEP = 15625 / 256 Hz; rounded down. */
static int read_fei(struct ehw_radio *radio, struct ehw_frame *frame)
{
	uint8_t fei[2];
	int32_t hz_256;
	int status;

	frame->measured = radio->fei_started;
	if (!radio->fei_started)
		return EHW_OK;
	radio->fei_started = 0;
	status = rfm69_read(radio, REG_FEI_MSB, fei, 2);
	hz_256 = (int16_t)(fei[0] << 8 | fei[1]) * 15625;
	frame->frequency_error_hz = (hz_256 - (hz_256 < 0 ? 255 : 0)) / 256;
	return status;
}

/* 1 and the frame, or 0 if its length byte says that it is none of ours. */
static int read_frame(struct ehw_radio *radio, struct ehw_frame *frame)
{
	uint8_t length;
	int status = rfm69_read(radio, REG_FIFO, &length, 1);

	if (status)
		return status;
	if (length < SHORTEST || length > LONGEST) {
		radio->counters.refused_length++;
		return ehw_radio_restart(radio);
	}
	frame->data[0] = length;
	frame->length = (uint8_t)(length + 1);
	status = rfm69_read(radio, REG_FIFO, frame->data + 1, length);
	if (status)
		return status;
	radio->counters.frames++;
	status = read_fei(radio, frame);
	return status ? status : 1;
}

static int handle_flags(struct ehw_radio *radio, uint8_t flags_1, uint8_t flags_2,
			struct ehw_frame *frame)
{
	if (flags_2 & IRQ2_FIFO_OVERRUN) {
		radio->counters.overruns++;
		return ehw_radio_restart(radio);
	}
	if (flags_1 & IRQ1_TIMEOUT)
		return ehw_radio_restart(radio);
	if (flags_2 & IRQ2_PAYLOAD_READY)
		return read_frame(radio, frame);
	if (radio->receiving && radio->config.frequency_error)
		return start_fei(radio);
	return 0;
}

int ehw_radio_poll(struct ehw_radio *radio, struct ehw_frame *frame)
{
	struct look look;
	int status = rfm69_look(radio, &look);

	if (status)
		return status;
	frame->rssi = look.rssi;
	radio->receiving =
		look.flags_1 & IRQ1_SYNC_ADDRESS_MATCH && !(look.flags_2 & IRQ2_PAYLOAD_READY);
	return handle_flags(radio, look.flags_1, look.flags_2, frame);
}

int ehw_radio_receiving(const struct ehw_radio *radio)
{
	return radio->receiving;
}

int ehw_radio_rssi(struct ehw_radio *radio)
{
	uint8_t value;
	int status = rfm69_read(radio, REG_RSSI_VALUE, &value, 1);

	return status ? status : value;
}

/* ---- housekeeping ---- */

/* Back to the mode before, as far as it is one to be in. */
static int resume(struct ehw_radio *radio, uint8_t before)
{
	return before == MODE_RECEIVE ? enter_receive(radio) : EHW_OK;
}

static int wait_temperature(struct ehw_radio *radio)
{
	for (int tries = 0; tries < 10; tries++) {
		uint8_t running;
		int status;

		radio->bus.sleep_us(radio->bus.ctx, 100);
		status = rfm69_read(radio, REG_TEMP_1, &running, 1);
		if (status || !(running & TEMP_RUNNING))
			return status;
	}
	radio->evidence.mode = MODE_UNKNOWN;
	return EHW_ERR_TIMEOUT;
}

/* Data sheet: under 100 us; the raw value falls by one per degree, and 166 - raw is degC. */
int ehw_radio_temperature(struct ehw_radio *radio, int *celsius)
{
	uint8_t before = radio->mode, raw = 0;
	int status = rfm69_set_mode(radio, MODE_STANDBY);

	if (!status)
		status = rfm69_write_one(radio, REG_TEMP_1, TEMP_START);
	if (!status)
		status = wait_temperature(radio);
	if (!status)
		status = rfm69_read(radio, REG_TEMP_2, &raw, 1);
	*celsius = 166 - raw;
	return status ? status : resume(radio, before);
}

int ehw_radio_verify(struct ehw_radio *radio)
{
	uint8_t before = radio->mode;
	int status, wrong = rfm69_mismatches(radio);

	if (wrong <= 0)
		return wrong;
	radio->mode = MODE_UNKNOWN;
	status = rfm69_set_mode(radio, MODE_STANDBY);
	if (!status)
		status = rfm69_load_fsk(radio);
	if (!status)
		status = resume(radio, before);
	return status ? status : wrong;
}
