/* Frames on their way in, on a stand-in of the chip; what happens over time is tested on the
 * simulator. */
#include "radio_fixture.h"

static const uint8_t switched[14] = { 0x0d, 0x04, 0x02, 0xb9, 0x28, 0x0c, 0x8d,
				      0x78, 0x8f, 0x65, 0xba, 0xed, 0x7b, 0x84 };

static struct ehw_frame frame;

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

static void every_failed_transfer_ends_a_call(void)
{
	const uint8_t long_report[29] = { 28, 4 };
	int celsius;

	for (int at = 1; at <= 3; at++) {
		begin_receive();
		chip_hear(long_report, 29);
		chip.fail_at = at;
		CHECK(ehw_radio_poll(radio, &frame) == EHW_ERR_BUS);
		chip.fail_at = at;
		CHECK(ehw_radio_restart(radio) == EHW_ERR_BUS);
		end();
	}
	for (int at = 1; at <= 8; at++) {
		begin_receive();
		chip.fail_at = at;
		CHECK(ehw_radio_temperature(radio, &celsius) == EHW_ERR_BUS);
		chip.fail_at = 1;
		CHECK(ehw_radio_rssi(radio) == EHW_ERR_BUS);
		end();
	}
}

int main(void)
{
	RUN(a_frame_costs_36_bytes_and_3_messages);
	RUN(a_length_byte_of_none_clears_the_fifo);
	RUN(an_overrun_and_a_timeout_restart_the_receiver);
	RUN(a_chip_that_left_receive_mode_is_lost);
	RUN(the_frequency_error_is_measured_once_a_frame);
	RUN(a_receiver_that_does_not_come_up_is_reset);
	RUN(temperature_leaves_receive_mode_and_returns);
	RUN(every_failed_transfer_ends_a_call);
	return report();
}
