/* The driver on a stand-in of the chip; what it does over time is tested on the simulator. */
#include "check.h"
#include "fake_chip.h"

static const uint8_t switched[14] = { 0x0d, 0x04, 0x02, 0xb9, 0x28, 0x0c, 0x8d,
				      0x78, 0x8f, 0x65, 0xba, 0xed, 0x7b, 0x84 };
static const uint8_t code[EHW_OOK_SIZE] = { 0x80, 0,    0,    0,    0x8E, 0xE8, 0xEE, 0x88,
					    0x8E, 0xE8, 0xEE, 0x88, 0x8E, 0xE8, 0xEE, 0xEE };

static struct ehw_radio *radio;
static struct ehw_frame frame;
static struct ehw_counters counters;
static struct ehw_evidence evidence;

static void open_with(struct ehw_radio_config config)
{
	chip_power_on();
	CHECK(ehw_radio_open(&chip_bus, &config, &radio) == EHW_OK);
}

static void begin(void)
{
	open_with((struct ehw_radio_config){ .power_dbm = 10, .node_address = 4 });
	CHECK(ehw_radio_start(radio) == EHW_OK);
}

static void begin_receive(void)
{
	begin();
	CHECK(ehw_radio_receive(radio) == EHW_OK);
	CHECK(chip.reg[REG_OP_MODE] == MODE_RECEIVE);
}

/* Notes what happened, and closes. */
static void end(void)
{
	ehw_radio_counters(radio, &counters);
	ehw_radio_evidence(radio, &evidence);
	ehw_radio_close(radio);
}

/* ---- start ---- */

static void start_resets_and_loads_every_register(void)
{
	begin();
	CHECK(chip.resets == 1 && chip.now_us == 11000);
	CHECK(chip.reg[REG_OP_MODE] == MODE_STANDBY);
	for (int i = 0; i < BAND_SIZE; i++)
		CHECK(chip.reg[openhems_band[i].reg] == openhems_band[i].value);
	CHECK(ehw_radio_verify(radio) == 0);
	end();
}

static void both_bands_name_the_same_registers(void)
{
	for (int i = 0; i < BAND_SIZE; i++)
		CHECK(openhems_band[i].reg == ook_band[i].reg);
}

static void config_reaches_the_chip(void)
{
	open_with((struct ehw_radio_config){
		.power_dbm = -2, .high_power = 1, .promiscuous = 1, .node_address = 0x16 });
	radio->bus.set_reset = NULL;
	CHECK(ehw_radio_start(radio) == EHW_OK);
	CHECK(chip.resets == 0);
	CHECK(chip.reg[REG_PA_LEVEL] == 0x50);
	CHECK(chip.reg[REG_PACKET_CONFIG_1] == FILTER_NONE);
	CHECK(chip.reg[REG_NODE_ADRS] == 0x16);
	end();
}

static int start_with(int stuck_miso, uint8_t version)
{
	int status;

	open_with((struct ehw_radio_config){ .power_dbm = 10 });
	chip.stuck_miso = stuck_miso;
	chip.reg[REG_VERSION] = version;
	status = ehw_radio_start(radio);
	end();
	return status;
}

static void what_is_not_there_is_told_apart(void)
{
	CHECK(start_with(0x00, 0x24) == EHW_ERR_MISO_LOW && evidence.version == 0x00);
	CHECK(start_with(0xFF, 0x24) == EHW_ERR_MISO_HIGH && evidence.version == 0xFF);
	CHECK(start_with(-1, 0x22) == EHW_ERR_VERSION && evidence.version == 0x22);
	CHECK(chip.now_us == 111000); /* ten looks, 10 ms apart */
	CHECK(start_with(0x24, 0x24) == EHW_ERR_READBACK && evidence.count == 1);
	CHECK(evidence.registers[0] == REG_SYNC_VALUE_1);
}

static void every_failed_transfer_ends_a_call(void)
{
	for (int at = 1; at <= 8; at++) {
		open_with((struct ehw_radio_config){ .power_dbm = 10 });
		chip.fail_at = at;
		CHECK(ehw_radio_start(radio) == EHW_ERR_BUS);
		CHECK(chip.messages == at);
		end();
	}
}

/* ---- receive ---- */

static void a_frame_costs_36_bytes_and_3_messages(void)
{
	uint8_t long_report[29] = { 28, 4 };

	begin_receive();
	CHECK(ehw_radio_poll(radio, &frame) == 0);
	chip_hear(long_report, 29);
	chip.messages = 0;
	CHECK(ehw_radio_poll(radio, &frame) == 1);
	CHECK(chip.messages == 3);
	CHECK(frame.length == 29 && memcmp(frame.data, long_report, 29) == 0);
	CHECK(frame.rssi == 100 && frame.measured == 0);
	CHECK(ehw_radio_poll(radio, &frame) == 0);
	CHECK(ehw_radio_rssi(radio) == 100);
	end();
	CHECK(counters.frames == 1);
}

static void a_length_byte_of_none_clears_the_fifo(void)
{
	const uint8_t lengths[] = { 0, 9, 66, 255 };

	begin_receive();
	for (int i = 0; i < 4; i++) {
		chip_hear(&lengths[i], 1);
		chip.level = 20;
		CHECK(ehw_radio_poll(radio, &frame) == 0);
		CHECK(chip.level == 0 && chip.reg[REG_OP_MODE] == MODE_RECEIVE);
	}
	end();
	CHECK(counters.refused_length == 4 && counters.restarts == 4 && counters.frames == 0);
}

static void an_overrun_and_a_timeout_restart_the_receiver(void)
{
	begin_receive();
	chip.reg[REG_IRQ_FLAGS_2] = IRQ2_FIFO_OVERRUN;
	CHECK(ehw_radio_poll(radio, &frame) == 0);
	chip.reg[REG_IRQ_FLAGS_1] = IRQ1_TIMEOUT;
	CHECK(ehw_radio_poll(radio, &frame) == 0);
	CHECK(ehw_radio_poll(radio, &frame) == 0);
	end();
	CHECK(counters.overruns == 1 && counters.restarts == 2);
}

static void a_chip_that_left_receive_mode_is_lost(void)
{
	begin_receive();
	chip.reg[REG_OP_MODE] = MODE_STANDBY;
	CHECK(ehw_radio_poll(radio, &frame) == EHW_ERR_LOST);
	chip.stuck_miso = 0xFF; /* a flag that cannot be set while receiving */
	CHECK(ehw_radio_poll(radio, &frame) == EHW_ERR_LOST);
	chip.stuck_miso = 0x00;
	CHECK(ehw_radio_poll(radio, &frame) == EHW_ERR_LOST);
	end();
	CHECK(evidence.flags_1 == 0 && evidence.flags_2 == 0 && evidence.version == 0);
}

static void the_frequency_error_is_measured_once_a_frame(void)
{
	open_with((struct ehw_radio_config){ .power_dbm = 10, .frequency_error = 1 });
	CHECK(ehw_radio_start(radio) == EHW_OK && ehw_radio_receive(radio) == EHW_OK);
	chip.reg[REG_FEI_MSB] = 0xFF; /* -1 step of 61.035 Hz */
	chip.reg[REG_FEI_MSB + 1] = 0xFF;
	chip.reg[REG_IRQ_FLAGS_1] = IRQ1_SYNC_ADDRESS_MATCH;
	CHECK(ehw_radio_poll(radio, &frame) == 0 && ehw_radio_receiving(radio));
	CHECK(chip.reg[REG_AFC_FEI] == FEI_START);
	chip.reg[REG_AFC_FEI] = 0;
	CHECK(ehw_radio_poll(radio, &frame) == 0 && chip.reg[REG_AFC_FEI] == 0);
	chip_hear(switched, sizeof(switched));
	CHECK(ehw_radio_poll(radio, &frame) == 1 && !ehw_radio_receiving(radio));
	CHECK(frame.measured && frame.frequency_error_hz == -62);
	chip.reg[REG_FEI_MSB] = 0x01; /* 256 steps */
	chip.reg[REG_FEI_MSB + 1] = 0x00;
	CHECK(ehw_radio_poll(radio, &frame) == 0);
	chip_hear(switched, sizeof(switched));
	CHECK(ehw_radio_poll(radio, &frame) == 1);
	CHECK(frame.measured && frame.frequency_error_hz == 15625);
	end();
}

static void a_receiver_that_does_not_come_up_is_reset(void)
{
	begin();
	chip.stuck_mode = MODE_RECEIVE;
	CHECK(ehw_radio_receive(radio) == EHW_ERR_TIMEOUT);
	end();
	CHECK(counters.resets == 1 && chip.resets == 2 && evidence.mode == MODE_RECEIVE);
}

/* ---- transmit ---- */

static void fsk_goes_out_whole_and_ends_in_standby(void)
{
	begin_receive();
	CHECK(ehw_radio_send_fsk(radio, switched, sizeof(switched)) == EHW_OK);
	CHECK(chip.sent == sizeof(switched));
	CHECK(chip.reg[REG_OP_MODE] == MODE_STANDBY);
	CHECK(chip.reg[REG_DIO_MAPPING_1] == DIO0_PACKET_SENT);
	end();
	CHECK(counters.sent == 1 && counters.airtime_us == 55003);
}

static void what_is_no_frame_is_not_sent(void)
{
	static const uint8_t long_frame[67] = { 66 };

	begin();
	CHECK(ehw_radio_send_fsk(radio, switched, 1) == EHW_ERR_RANGE);
	CHECK(ehw_radio_send_fsk(radio, switched, 13) == EHW_ERR_RANGE);
	CHECK(ehw_radio_send_fsk(radio, long_frame, 67) == EHW_ERR_RANGE);
	CHECK(ehw_radio_send_ook(radio, code, 15, 1) == EHW_ERR_RANGE);
	CHECK(ehw_radio_send_ook(radio, code, 16, 0) == EHW_ERR_RANGE);
	CHECK(ehw_radio_send_ook(radio, code, 16, 76) == EHW_ERR_RANGE);
	end();
}

static void ook_goes_out_so_many_times_and_fsk_is_back(void)
{
	const int repeats[] = { 1, 3, 4, 5, 15, 16, 75 };

	for (int i = 0; i < 7; i++) {
		begin();
		CHECK(ehw_radio_send_ook(radio, code, 16, repeats[i]) == EHW_OK);
		CHECK(chip.sent == 16 * repeats[i]);
		CHECK(chip.reg[REG_PREAMBLE_LSB] == 3 && ehw_radio_verify(radio) == 0);
		end();
	}
}

static void a_hole_in_a_burst_is_a_new_burst(void)
{
	begin();
	chip.stall_at_us = 40000;
	chip.stall_us = 300000;
	CHECK(ehw_radio_send_ook(radio, code, 16, 20) == EHW_OK);
	end();
	CHECK(counters.underruns == 1 && counters.sent == 1 && counters.resets == 0);
}

static void a_pll_that_does_not_lock_is_tried_twice(void)
{
	begin();
	chip.stuck_mode = MODE_TRANSMIT;
	CHECK(ehw_radio_send_fsk(radio, switched, sizeof(switched)) == EHW_ERR_TIMEOUT);
	end();
	CHECK(counters.send_timeouts == 2 && counters.resets == 1 && counters.sent == 0);
	CHECK(evidence.mode == MODE_TRANSMIT);
}

static void packet_sent_that_never_comes_is_a_reset(void)
{
	begin();
	chip.never_sent = 1;
	CHECK(ehw_radio_send_fsk(radio, switched, sizeof(switched)) == EHW_ERR_TIMEOUT);
	CHECK(ehw_radio_send_ook(radio, code, 16, 8) == EHW_ERR_TIMEOUT);
	chip.never_level = 1;
	CHECK(ehw_radio_send_ook(radio, code, 16, 8) == EHW_ERR_TIMEOUT);
	CHECK(ehw_radio_send_ook(radio, code, 16, 20) == EHW_ERR_TIMEOUT);
	end();
	CHECK(counters.send_timeouts == 4 && counters.resets == 4);
}

static void a_failed_transfer_ends_a_transmission(void)
{
	for (int at = 1; at <= 8; at++) {
		begin_receive();
		chip.fail_at = at;
		CHECK(ehw_radio_send_ook(radio, code, 16, 20) == EHW_ERR_BUS);
		end();
	}
}

/* ---- the rest ---- */

static int power(int dbm, int high_power)
{
	struct ehw_radio_config config = { .power_dbm = (int16_t)dbm };
	int level = -1;

	config.high_power = (uint8_t)high_power;
	chip_power_on();
	if (ehw_radio_open(&chip_bus, &config, &radio) != EHW_OK)
		return -1;
	level = ehw_radio_set_power(radio, dbm) ? -1 : chip.reg[REG_PA_LEVEL];
	end();
	return level;
}

static void power_levels_are_those_of_the_data_sheet(void)
{
	CHECK(power(-19, 0) == -1 && power(-18, 0) == 0x80 && power(13, 0) == 0x9F);
	CHECK(power(14, 0) == -1 && power(-3, 1) == -1 && power(-2, 1) == 0x50);
	CHECK(power(13, 1) == 0x5F && power(14, 1) == 0x7C && power(17, 1) == 0x7F);
	CHECK(power(18, 1) == 0x7D && power(20, 1) == 0x7F && power(21, 1) == -1);
}

static void the_boost_is_on_only_while_transmitting(void)
{
	open_with((struct ehw_radio_config){ .power_dbm = 20, .high_power = 1 });
	CHECK(ehw_radio_start(radio) == EHW_OK);
	CHECK(rfm69_set_mode(radio, MODE_TRANSMIT) == EHW_OK);
	CHECK(chip.reg[REG_TEST_PA_1] == 0x5D && chip.reg[REG_OCP] == 0x0F);
	CHECK(ehw_radio_standby(radio) == EHW_OK);
	CHECK(chip.reg[REG_TEST_PA_1] == 0x55 && chip.reg[REG_OCP] == 0x1A);
	end();
}

static void temperature_leaves_receive_mode_and_returns(void)
{
	int celsius;

	begin_receive();
	chip.temperature_runs = 2;
	CHECK(ehw_radio_temperature(radio, &celsius) == EHW_OK && celsius == 25);
	CHECK(chip.reg[REG_OP_MODE] == MODE_RECEIVE);
	CHECK(ehw_radio_standby(radio) == EHW_OK);
	CHECK(ehw_radio_temperature(radio, &celsius) == EHW_OK);
	CHECK(chip.reg[REG_OP_MODE] == MODE_STANDBY);
	chip.temperature_runs = 100;
	CHECK(ehw_radio_temperature(radio, &celsius) == EHW_ERR_TIMEOUT);
	end();
}

static void verify_names_and_mends_what_differs(void)
{
	begin_receive();
	chip.reg[REG_PREAMBLE_LSB] = 0;
	chip.reg[REG_LNA] |= 0x30; /* gain in use: not ours */
	CHECK(ehw_radio_verify(radio) == 1);
	ehw_radio_evidence(radio, &evidence);
	CHECK(evidence.count == 1 && evidence.registers[0] == REG_PREAMBLE_LSB);
	CHECK(ehw_radio_verify(radio) == 0 && chip.reg[REG_OP_MODE] == MODE_RECEIVE);
	memset(chip.reg, 0, sizeof(chip.reg));
	CHECK(ehw_radio_verify(radio) > 20);
	chip.fail_at = 1;
	CHECK(ehw_radio_verify(radio) == EHW_ERR_BUS);
	end();
}

static void close_takes_nothing_at_all(void)
{
	ehw_radio_close(NULL);
	ehw_radio_free(NULL);
	CHECK(chip.reg[REG_OP_MODE] == MODE_STANDBY);
}

int main(void)
{
	RUN(start_resets_and_loads_every_register);
	RUN(both_bands_name_the_same_registers);
	RUN(config_reaches_the_chip);
	RUN(what_is_not_there_is_told_apart);
	RUN(every_failed_transfer_ends_a_call);
	RUN(a_frame_costs_36_bytes_and_3_messages);
	RUN(a_length_byte_of_none_clears_the_fifo);
	RUN(an_overrun_and_a_timeout_restart_the_receiver);
	RUN(a_chip_that_left_receive_mode_is_lost);
	RUN(the_frequency_error_is_measured_once_a_frame);
	RUN(a_receiver_that_does_not_come_up_is_reset);
	RUN(fsk_goes_out_whole_and_ends_in_standby);
	RUN(what_is_no_frame_is_not_sent);
	RUN(ook_goes_out_so_many_times_and_fsk_is_back);
	RUN(a_hole_in_a_burst_is_a_new_burst);
	RUN(a_pll_that_does_not_lock_is_tried_twice);
	RUN(packet_sent_that_never_comes_is_a_reset);
	RUN(a_failed_transfer_ends_a_transmission);
	RUN(power_levels_are_those_of_the_data_sheet);
	RUN(the_boost_is_on_only_while_transmitting);
	RUN(temperature_leaves_receive_mode_and_returns);
	RUN(verify_names_and_mends_what_differs);
	RUN(close_takes_nothing_at_all);
	return report();
}
