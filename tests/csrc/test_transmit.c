/* Frames on their way out, on a stand-in of the chip. */
#include "radio_fixture.h"

static const uint8_t switched[14] = { 0x0d, 0x04, 0x02, 0xb9, 0x28, 0x0c, 0x8d,
				      0x78, 0x8f, 0x65, 0xba, 0xed, 0x7b, 0x84 };

static const uint8_t code[EHW_OOK_SIZE] = { 0x80, 0,    0,    0,    0x8E, 0xE8, 0xEE, 0x88,
					    0x8E, 0xE8, 0xEE, 0x88, 0x8E, 0xE8, 0xEE, 0xEE };

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

int main(void)
{
	RUN(fsk_goes_out_whole_and_ends_in_standby);
	RUN(what_is_no_frame_is_not_sent);
	RUN(ook_goes_out_so_many_times_and_fsk_is_back);
	RUN(a_hole_in_a_burst_is_a_new_burst);
	RUN(a_pll_that_does_not_lock_is_tried_twice);
	RUN(packet_sent_that_never_comes_is_a_reset);
	RUN(a_failed_transfer_ends_a_transmission);
	return report();
}
