/* The RFM69 below its packets: registers, modes, start; reads like core/python/rfm69.py.
 *
 * Source: SX1231 data sheet, chapters 4 and 5.
 */
#include "rfm69.h"

#include <stdlib.h>

/* ---- registers ---- */

void exchange_frame(struct exchange *exchange, unsigned int address)
{
	exchange->count++;
	exchange_byte(exchange, (uint8_t)address);
}

void exchange_byte(struct exchange *exchange, uint8_t byte)
{
	exchange->tx[exchange->size++] = byte;
	exchange->lengths[exchange->count - 1]++;
}

int rfm69_exchange(struct ehw_radio *radio, struct exchange *exchange)
{
	return radio->bus.transfer(radio->bus.ctx, exchange->tx, exchange->rx, exchange->lengths,
				   exchange->count);
}

int rfm69_read(struct ehw_radio *radio, enum rfm69_register reg, uint8_t *values, size_t count)
{
	struct exchange exchange = { 0 };
	int status;

	exchange_frame(&exchange, reg);
	for (size_t i = 0; i < count; i++)
		exchange_byte(&exchange, 0);
	status = rfm69_exchange(radio, &exchange);
	for (size_t i = 0; i < count; i++)
		values[i] = exchange.rx[1 + i];
	return status;
}

int rfm69_write(struct ehw_radio *radio, const struct setting *settings, size_t count)
{
	struct exchange exchange = { 0 };

	for (size_t i = 0; i < count; i++) {
		if (i == 0 || settings[i].reg != settings[i - 1].reg + 1)
			exchange_frame(&exchange, settings[i].reg | REG_WRITE);
		exchange_byte(&exchange, settings[i].value);
		radio->shadow[settings[i].reg] = settings[i].value;
	}
	return rfm69_exchange(radio, &exchange);
}

int rfm69_write_one(struct ehw_radio *radio, enum rfm69_register reg, uint8_t value)
{
	const struct setting setting = { (uint8_t)reg, value };

	return rfm69_write(radio, &setting, 1);
}

/* ---- modes ---- */

/* The extra amplifier setting above +17 dBm: on before transmit mode, off after it. */
static int boost(struct ehw_radio *radio, enum rfm69_mode mode)
{
	if (!radio->boost)
		return EHW_OK;
	return rfm69_write(radio, mode == MODE_TRANSMIT ? boost_on : boost_off, BOOST_SIZE);
}

static int wait_mode_ready(struct ehw_radio *radio)
{
	/* Receive mode is there after about 1 ms, nothing takes 10 ms. Few looks, because
	 * each of them is late by what the scheduler makes of it. */
	static const uint16_t pauses_us[] = { 100, 100, 100, 100,  100,  100,  100,
					      100, 100, 100, 3000, 3000, 3000, 0 };

	for (size_t i = 0; i < sizeof(pauses_us) / sizeof(pauses_us[0]); i++) {
		uint8_t flags;
		int status = rfm69_read(radio, REG_IRQ_FLAGS_1, &flags, 1);

		if (status || flags & IRQ1_MODE_READY)
			return status;
		radio->bus.sleep_us(radio->bus.ctx, pauses_us[i]);
	}
	return EHW_ERR_TIMEOUT;
}

int rfm69_set_mode(struct ehw_radio *radio, enum rfm69_mode mode)
{
	int status;

	if (radio->mode == mode)
		return EHW_OK; /* writing the same mode raises no ModeReady to wait for */
	status = boost(radio, mode);
	if (status)
		return status;
	radio->mode = (uint8_t)mode;
	status = rfm69_write_one(radio, REG_OP_MODE, (uint8_t)mode);
	if (!status)
		status = wait_mode_ready(radio);
	if (status == EHW_ERR_TIMEOUT) {
		radio->mode = MODE_UNKNOWN;
		radio->evidence.mode = (uint8_t)mode;
	}
	return status;
}

int rfm69_load_fsk(struct ehw_radio *radio)
{
	struct setting table[BAND_SIZE];

	for (int i = 0; i < BAND_SIZE; i++)
		table[i] = openhems_band[i];
	rfm69_set_value(table, REG_PA_LEVEL, radio->pa_level);
	rfm69_set_value(table, REG_PACKET_CONFIG_1,
			radio->config.promiscuous ? FILTER_NONE : FILTER_NODE);
	rfm69_set_value(table, REG_NODE_ADRS, radio->config.node_address);
	return rfm69_write(radio, table, BAND_SIZE);
}

int rfm69_ensure_fsk(struct ehw_radio *radio)
{
	return radio->shadow[REG_DATA_MODUL] == FSK_PACKETS ? EHW_OK : rfm69_load_fsk(radio);
}

/* ---- start ---- */

int ehw_radio_open(const struct ehw_bus *bus, const struct ehw_radio_config *config,
		   struct ehw_radio **radio)
{
	struct ehw_radio *opened = calloc(1, sizeof(*opened));

	*radio = NULL;
	if (!opened)
		return EHW_ERR_MEMORY;
	opened->bus = *bus;
	opened->config = *config;
	opened->mode = MODE_UNKNOWN;
	if (rfm69_power(config->power_dbm, config->high_power, &opened->pa_level, &opened->boost)) {
		free(opened);
		return EHW_ERR_RANGE;
	}
	*radio = opened;
	return EHW_OK;
}

/* RESET high for 1 ms (data sheet: 100 us), then 10 ms (5 ms) before the first access. */
static int pulse_reset(struct ehw_radio *radio)
{
	int status;

	if (!radio->bus.set_reset)
		return EHW_OK;
	status = radio->bus.set_reset(radio->bus.ctx, 1);
	radio->bus.sleep_us(radio->bus.ctx, 1000);
	if (!status)
		status = radio->bus.set_reset(radio->bus.ctx, 0);
	radio->bus.sleep_us(radio->bus.ctx, 10000);
	return status;
}

static int reset(struct ehw_radio *radio)
{
	int status = pulse_reset(radio);

	radio->mode = MODE_STANDBY;
	return status ? status : rfm69_write_one(radio, REG_OP_MODE, MODE_STANDBY);
}

/* Read the version up to ten times, 10 ms apart. */
static int probe_version(struct ehw_radio *radio)
{
	uint8_t *version = &radio->evidence.version;

	for (int tries = 0; tries < 10; tries++) {
		int status = rfm69_read(radio, REG_VERSION, version, 1);

		if (status || *version == RFM69_VERSION)
			return status;
		radio->bus.sleep_us(radio->bus.ctx, 10000);
	}
	if (*version == 0x00)
		return EHW_ERR_MISO_LOW;
	return *version == 0xFF ? EHW_ERR_MISO_HIGH : EHW_ERR_VERSION;
}

/* A register that keeps 0xAA and 0x55 is there, and so are all eight bits on MISO. */
static int probe_register(struct ehw_radio *radio, uint8_t pattern)
{
	uint8_t kept;
	int status = rfm69_write_one(radio, REG_SYNC_VALUE_1, pattern);

	if (!status)
		status = rfm69_read(radio, REG_SYNC_VALUE_1, &kept, 1);
	if (status || kept == pattern)
		return status;
	radio->evidence.count = 1;
	radio->evidence.registers[0] = REG_SYNC_VALUE_1;
	return EHW_ERR_READBACK;
}

static int probe(struct ehw_radio *radio)
{
	int status = probe_version(radio);

	if (!status)
		status = probe_register(radio, 0xAA);
	return status ? status : probe_register(radio, 0x55);
}

int ehw_radio_start(struct ehw_radio *radio)
{
	int status, wrong;

	radio->counters.resets += radio->started;
	radio->started = 1;
	status = reset(radio);
	if (!status)
		status = probe(radio);
	if (!status)
		status = rfm69_load_fsk(radio);
	if (status)
		return status;
	wrong = rfm69_mismatches(radio);
	return wrong > 0 ? EHW_ERR_READBACK : wrong;
}

/* ---- verify ---- */

/* Reads of the mode and of the table's registers, in the order of the table. */
static void read_all(struct exchange *exchange)
{
	exchange_frame(exchange, REG_OP_MODE);
	exchange_byte(exchange, 0);
	for (int i = 0; i < BAND_SIZE; i++) {
		if (i == 0 || openhems_band[i].reg != openhems_band[i - 1].reg + 1)
			exchange_frame(exchange, openhems_band[i].reg);
		exchange_byte(exchange, 0);
	}
}

static void compare(struct ehw_radio *radio, uint8_t reg, uint8_t value)
{
	struct ehw_evidence *evidence = &radio->evidence;

	if ((value ^ radio->shadow[reg]) & rfm69_read_back_mask(reg))
		evidence->registers[evidence->count++] = reg;
}

int rfm69_mismatches(struct ehw_radio *radio)
{
	struct exchange exchange = { 0 };
	size_t at = 0;
	int status;

	radio->evidence.count = 0;
	read_all(&exchange);
	status = rfm69_exchange(radio, &exchange);
	for (size_t i = 0; !status && i < exchange.count; at += exchange.lengths[i++])
		for (size_t k = 1; k < exchange.lengths[i]; k++)
			compare(radio, (uint8_t)(exchange.tx[at] + k - 1), exchange.rx[at + k]);
	return status ? status : radio->evidence.count;
}

/* ---- look ---- */

int rfm69_lost(struct ehw_radio *radio, uint8_t flags_1, uint8_t flags_2)
{
	int status = rfm69_read(radio, REG_VERSION, &radio->evidence.version, 1);

	radio->evidence.flags_1 = flags_1;
	radio->evidence.flags_2 = flags_2;
	return status ? status : EHW_ERR_LOST;
}

int rfm69_look(struct ehw_radio *radio, struct look *look)
{
	struct exchange exchange = { 0 };
	int status;

	exchange_frame(&exchange, REG_IRQ_FLAGS_1);
	exchange_byte(&exchange, 0);
	exchange_byte(&exchange, 0);
	exchange_frame(&exchange, REG_RSSI_VALUE);
	exchange_byte(&exchange, 0);
	status = rfm69_exchange(radio, &exchange);
	if (status)
		return status;
	*look = (struct look){ exchange.rx[1], exchange.rx[2], exchange.rx[4] };
	if (!(look->flags_1 & IRQ1_MODE_READY) || !(look->flags_1 & IRQ1_PLL_LOCK) ||
	    look->flags_2 & IRQ2_PACKET_SENT)
		return rfm69_lost(radio, look->flags_1, look->flags_2);
	return EHW_OK;
}

/* ---- the rest of the handle ---- */

int ehw_radio_standby(struct ehw_radio *radio)
{
	return rfm69_set_mode(radio, MODE_STANDBY);
}

int ehw_radio_set_power(struct ehw_radio *radio, int dbm)
{
	int status = rfm69_power(dbm, radio->config.high_power, &radio->pa_level, &radio->boost);

	return status ? status : rfm69_write_one(radio, REG_PA_LEVEL, radio->pa_level);
}

void ehw_radio_close(struct ehw_radio *radio)
{
	if (radio) {
		radio->mode = MODE_UNKNOWN;
		(void)rfm69_set_mode(radio, MODE_STANDBY);
	}
	ehw_radio_free(radio);
}

void ehw_radio_free(struct ehw_radio *radio)
{
	free(radio);
}

void ehw_radio_counters(const struct ehw_radio *radio, struct ehw_counters *counters)
{
	*counters = radio->counters;
}

void ehw_radio_evidence(const struct ehw_radio *radio, struct ehw_evidence *evidence)
{
	*evidence = radio->evidence;
}
