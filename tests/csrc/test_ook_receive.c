/* OOK on its way in: the mode on a stand-in of the chip, and codes in samples. */
#include "radio_fixture.h"

/* Socket 1 on of 0x6C6C6, each chip twice, and the pulse after it. */
static const char *const frame_hex = "c000000000000000"
				     "c0fcfcc0fcfcc0c0c0fcfcc0fcfcc0c0c0fcfcc0"
				     "fcfcfcfc"
				     "c0";

static struct ehw_samples samples;
static struct ehw_ook_ear ear;
static struct ehw_ook_heard heard[EHW_MOST_HEARD];

static void begin_listening(void)
{
	begin_receive();
	CHECK(ehw_radio_receive_ook(radio) == EHW_OK);
	CHECK(chip.reg[REG_OP_MODE] == MODE_RECEIVE);
}

static void fill_fifo(int count)
{
	for (int i = 0; i < count; i++)
		chip.fifo[i] = (uint8_t)i;
	chip.level = count;
}

static void listening_is_ook_without_packets_and_fsk_comes_back(void)
{
	begin_listening();
	CHECK(chip.reg[REG_DATA_MODUL] == OOK_PACKETS && chip.reg[REG_SYNC_CONFIG] == 0x40);
	CHECK(chip.reg[REG_PAYLOAD_LENGTH] == 0 && chip.reg[REG_PACKET_CONFIG_1] == 0);
	CHECK(chip.reg[REG_BITRATE_MSB] == 0x0D && chip.reg[REG_BITRATE_LSB] == 0x05);
	CHECK(ehw_radio_receive(radio) == EHW_OK);
	CHECK(chip.reg[REG_DATA_MODUL] == FSK_PACKETS && chip.reg[REG_SYNC_CONFIG] == 0x88);
	CHECK(chip.reg[REG_OOK_PEAK] == 0x40 && ehw_radio_verify(radio) == 0);
	end();
}

static void a_look_takes_whole_chunks(void)
{
	static const int levels[] = { 0, 15, 16, 31, 40, 66 };
	static const int taken[] = { 0, 0, 16, 16, 32, 64 };

	begin_listening();
	for (int i = 0; i < 6; i++) {
		fill_fifo(levels[i]);
		CHECK(ehw_radio_poll_ook(radio, &samples) == taken[i]);
		CHECK(samples.length == taken[i] && chip.level == levels[i] - taken[i]);
		CHECK(samples.gap == 0 && samples.rssi == 100);
		CHECK(taken[i] == 0 || samples.data[taken[i] - 1] == taken[i] - 1);
	}
	end();
}

static void a_full_fifo_is_a_gap(void)
{
	begin_listening();
	fill_fifo(66);
	chip.reg[REG_IRQ_FLAGS_2] = IRQ2_FIFO_OVERRUN;
	CHECK(ehw_radio_poll_ook(radio, &samples) == 0);
	CHECK(samples.gap == 1 && samples.length == 0 && chip.level == 0);
	CHECK(ehw_radio_poll_ook(radio, &samples) == 0 && samples.gap == 0);
	end();
	CHECK(counters.overruns == 1 && counters.restarts == 0);
}

static void a_chip_that_left_receive_mode_is_lost(void)
{
	begin_listening();
	chip.reg[REG_OP_MODE] = MODE_STANDBY;
	CHECK(ehw_radio_poll_ook(radio, &samples) == EHW_ERR_LOST);
	end();
	begin_receive();
	chip.stuck_mode = MODE_RECEIVE;
	CHECK(ehw_radio_receive_ook(radio) == EHW_ERR_TIMEOUT);
	end();
	CHECK(counters.resets == 1);
}

static void every_transfer_may_fail(void)
{
	for (int at = 1; at <= 4; at++) {
		begin_listening();
		fill_fifo(40);
		chip.fail_at = at;
		CHECK(ehw_radio_poll_ook(radio, &samples) == EHW_ERR_BUS);
		CHECK(samples.length <= 32);
		end();
	}
}

static void fsk_after_listening_is_fsk(void)
{
	const uint8_t frame[] = { 1, 4 };

	begin_listening();
	CHECK(ehw_radio_send_fsk(radio, frame, 2) == EHW_OK);
	CHECK(chip.reg[REG_DATA_MODUL] == FSK_PACKETS && chip.reg[REG_PREAMBLE_LSB] == 3);
	end();
}

static int hear(const char *hex)
{
	uint8_t bytes[EHW_MOST_SAMPLES + 8];

	ear = (struct ehw_ook_ear){ 0 };
	return ehw_ook_hear(&ear, bytes, unhex(hex, bytes), heard);
}

static void a_frame_is_heard_at_the_end_of_its_last_pulse(void)
{
	CHECK(hear(frame_hex) == 1);
	CHECK(heard[0].bits == 0x6C6C6F && heard[0].chip_us == 208);
}

static void it_may_come_byte_by_byte(void)
{
	uint8_t bytes[EHW_MOST_SAMPLES];
	size_t length = unhex(frame_hex, bytes);
	int count = 0;

	ear = (struct ehw_ook_ear){ 0 };
	for (size_t i = 0; i < length; i++)
		count += ehw_ook_hear(&ear, bytes + i, 1, heard);
	CHECK(count == 1 && heard[0].bits == 0x6C6C6F);
}

static void silence_and_noise_are_no_codes(void)
{
	CHECK(hear("") == 0);
	CHECK(hear("0000000000000000000000000000000000000000") == 0);
	CHECK(hear("ffffffffffffffffffffffffffffffffffffffff") == 0);
	CHECK(hear("5555555555555555555555555555555555555555") == 0);
}

static void more_samples_than_a_look_gives_are_refused(void)
{
	const uint8_t bytes[EHW_MOST_SAMPLES + 1] = { 0 };

	CHECK(ehw_ook_hear(&ear, bytes, sizeof(bytes), heard) == EHW_ERR_TOO_LONG);
}

int main(void)
{
	RUN(listening_is_ook_without_packets_and_fsk_comes_back);
	RUN(a_look_takes_whole_chunks);
	RUN(a_full_fifo_is_a_gap);
	RUN(a_chip_that_left_receive_mode_is_lost);
	RUN(every_transfer_may_fail);
	RUN(fsk_after_listening_is_fsk);
	RUN(a_frame_is_heard_at_the_end_of_its_last_pulse);
	RUN(it_may_come_byte_by_byte);
	RUN(silence_and_noise_are_no_codes);
	RUN(more_samples_than_a_look_gives_are_refused);
	return report();
}
