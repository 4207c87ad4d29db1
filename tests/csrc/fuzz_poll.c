/* A bus that answers with the fuzzer's bytes: every call comes back, with a frame that fits. */
#include "../../csrc/bands.c"
#include "../../csrc/radio.c"
#include "../../csrc/rfm69.c"
#include "../../csrc/transmit.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct noise {
	const uint8_t *data;
	size_t size, at;
};

static int answer(void *ctx, const uint8_t *tx, uint8_t *rx, const uint16_t *lengths, size_t count)
{
	struct noise *noise = ctx;

	for (size_t i = 0; i < count; i++)
		for (size_t k = 0; k < lengths[i]; k++, tx++, rx++) {
			if (noise->at == noise->size)
				return EHW_ERR_BUS;
			*rx = (uint8_t)(noise->data[noise->at++] ^ (*tx & 0)); /* both are read */
		}
	return EHW_OK;
}

static void no_sleep(void *ctx, uint32_t us)
{
	(void)ctx;
	(void)us;
}

static void drain(struct ehw_radio *radio)
{
	struct ehw_frame frame;
	int status = 0;

	for (int polls = 0; polls < 64 && (status >= 0 || status == EHW_ERR_LOST); polls++) {
		status = ehw_radio_poll(radio, &frame);
		if (status == 1 && (frame.length != frame.data[0] + 1 || frame.length <= SHORTEST ||
				    frame.length > EHW_FIFO_SIZE))
			abort();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct noise noise = { data, size, 0 };
	struct ehw_bus bus = { &noise, answer, no_sleep, NULL };
	struct ehw_radio_config config = { .power_dbm = 10, .node_address = 4 };
	struct ehw_radio *radio;

	if (size == 0)
		return 0;
	config.frequency_error = data[0] & 1;
	if (ehw_radio_open(&bus, &config, &radio) != EHW_OK)
		abort();
	radio->mode = MODE_RECEIVE; /* as after a start that went well */
	drain(radio);
	(void)ehw_radio_verify(radio);
	ehw_radio_close(radio);
	return 0;
}
