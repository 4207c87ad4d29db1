/* OpenHEMS frames. Captured frames: pico-energenie (MIT), test_energenie.out.cap; plain ones:
 * pyenergenie (MIT), OpenThings_test.py. */
#include "openhems_frames.h"

static void a_captured_report_is_read(void)
{
	CHECK(decode(miho005, ENERGENIE) == EHW_OK);
	CHECK(message.manufacturer == 4 && message.product == 2);
	CHECK(message.pip == 0x580B && message.sensor == 0x000373);
	CHECK(message.encrypted == 1 && message.length == 29 && message.count == 5);
	CHECK(is_record(0, 0x70, 0, 8, 0, "0003"));
	CHECK(is_record(1, 0x71, 0, 8, 0, "fffe"));
	CHECK(is_record(2, 0x76, 0, 0, 0, "f9"));
	CHECK(is_record(3, 0x66, 0, 2, 0, "31f3"));
	CHECK(is_record(4, 0x73, 0, 0, 0, "00"));
}

static void a_command_is_told_from_a_report(void)
{
	CHECK(decode("0d04020100c29fb40cf542f13def", ENERGENIE) == EHW_OK);
	CHECK(message.count == 1 && is_record(0, 0x73, 1, 0, 0, "01"));
}

static void a_plain_frame_is_read_without_a_key(void)
{
	CHECK(decode("1c0402010000068b708200077182fffd7601f0662231da730101009764", EHW_PLAIN) ==
	      EHW_OK);
	CHECK(message.encrypted == 0 && message.sensor == 0x00068B && message.count == 5);
}

static void pip_0_may_be_plain_under_a_key(void)
{
	CHECK(decode("0c0403000000098bea00000cab", ENERGENIE) == EHW_OK);
	CHECK(message.encrypted == 0 && is_record(0, 0x6A, 1, 0, 0, ""));
}

static void pip_0_with_a_wrong_checksum_shows_that_of_the_decrypted_frame(void)
{
	CHECK(decode("0c0403000000098bea00000caa", ENERGENIE) == EHW_ERR_CHECKSUM);
	CHECK(message.received != 0x0CAA);
}

static void another_pip_is_never_plain_under_a_key(void)
{
	CHECK(decode("1c0402010000068b708200077182fffd7601f0662231da730101009764", ENERGENIE) ==
	      EHW_ERR_CHECKSUM);
}

static void a_plain_frame_with_a_wrong_checksum_names_both(void)
{
	CHECK(decode("0c0403000000098bea00000caa", EHW_PLAIN) == EHW_ERR_CHECKSUM);
	CHECK(message.received == 0x0CAA && message.computed == 0x0CAB);
}

static void bit_7_of_the_manufacturer_is_not_part_of_it(void)
{
	CHECK(decode("0c8403000000098bea00000cab", EHW_PLAIN) == EHW_OK);
	CHECK(message.manufacturer == 4);
}

static void the_checksum_is_crc_16_xmodem(void)
{
	/* "123456789" has the check value 0x31C3 */
	CHECK(decode("0f0402000131323334353637383931c3", EHW_PLAIN) == EHW_ERR_RECORD);
	CHECK(message.received == 0x31C3 && message.computed == 0x31C3);
}

static void lengths_that_cannot_be_are_refused(void)
{
	CHECK(decode("", EHW_PLAIN) == EHW_ERR_TRUNCATED);
	CHECK(decode("090403491000097f7492", EHW_PLAIN) == EHW_ERR_TRUNCATED);
	CHECK(decode("0a040349100009", EHW_PLAIN) == EHW_ERR_TRUNCATED);
	CHECK(decode("0a0403491000097f0000", EHW_PLAIN) == EHW_ERR_TRUNCATED);
	CHECK(decode("0a0403491000097f000000ff", EHW_PLAIN) == EHW_ERR_TOO_LONG);
	CHECK(decode("42", EHW_PLAIN) == EHW_ERR_TOO_LONG);
	CHECK(decode("ff04", EHW_PLAIN) == EHW_ERR_TOO_LONG);
}

static void a_frame_without_records_is_legal(void)
{
	CHECK(decode_records("00") == EHW_OK);
	CHECK(message.count == 0 && message.length == 11);
}

static void bytes_after_the_end_mean_nothing(void)
{
	CHECK(decode_records("73010100707070") == EHW_OK);
	CHECK(message.count == 1);
}

static void records_of_no_and_of_fifteen_bytes_are_read(void)
{
	CHECK(decode_records("6a00700fffffffffffffffffffffffffffffff00") == EHW_OK);
	CHECK(message.count == 2 && is_record(0, 0x6A, 0, 0, 0, ""));
	CHECK(is_record(1, 0x70, 0, 0, 0, "ffffffffffffffffffffffffffffff"));
}

static int faults(const char *records, enum ehw_fault fault)
{
	return decode_records(records) == EHW_ERR_RECORD && message.fault == (uint8_t)fault;
}

static void records_that_run_into_the_checksum_are_refused(void)
{
	CHECK(faults("749f0102", EHW_FAULT_OVERRUN));
	CHECK(faults("7001057401", EHW_FAULT_OVERRUN));
	CHECK(faults("700105", EHW_FAULT_NO_END));
	CHECK(faults("7001057400", EHW_FAULT_NO_END));
}

static void a_parameter_as_the_last_byte_is_refused(void)
{
	CHECK(decode_records("74") == EHW_ERR_RECORD);
	CHECK(decode_records("70010574") == EHW_ERR_RECORD);
	CHECK(decode_records("70c1") == EHW_ERR_RECORD);
}

static void as_many_records_as_a_frame_can_hold(void)
{
	char records[2 * 57] = "";

	for (int i = 0; i < 27; i++)
		strcat(records, "7000");
	strcat(records, "00");
	CHECK(decode_records(records) == EHW_OK);
	CHECK(message.count == 27 && message.length == 65);
	records[2 * 54] = 0;
	strcat(records, "7000"); /* not even an end */
	CHECK(faults(records, EHW_FAULT_NO_END));
	CHECK(message.count == EHW_MOST_RECORDS && message.length == EHW_FIFO_SIZE);
}

static void an_enumeration_goes_on_without_its_parameter(void)
{
	CHECK(decode_records("70c10105c2820102c301077301010000") == EHW_OK);
	CHECK(message.count == 4);
	CHECK(is_record(0, 0x70, 0, 0, 1, "05"));
	CHECK(is_record(1, 0x70, 0, 8, 2, "0102"));
	CHECK(is_record(2, 0x70, 0, 0, 3, "07"));
	CHECK(is_record(3, 0x73, 0, 0, 0, "01"));
}

static void a_byte_cx_elsewhere_is_a_command(void)
{
	CHECK(decode_records("c00101f30101") == EHW_ERR_RECORD); /* no end */
	CHECK(decode_records("c00101f3010100") == EHW_OK);
	CHECK(message.count == 2 && is_record(0, 0x40, 1, 0, 0, "01"));
}

static void an_enumeration_in_an_enumeration_is_refused(void)
{
	CHECK(faults("70c1c2010500", EHW_FAULT_NESTED));
}

static void an_enumeration_that_runs_into_the_checksum_is_refused(void)
{
	CHECK(faults("70c10505", EHW_FAULT_OVERRUN));
	CHECK(faults("70c00505", EHW_FAULT_OVERRUN));
	CHECK(faults("70c10105", EHW_FAULT_NO_END));
}

static int problem_of(const char *record)
{
	char records[64];

	snprintf(records, sizeof(records), "730101%s00", record);
	CHECK(decode_records(records) == EHW_OK);
	CHECK(message.count == 2 && message.records[0].problem == EHW_PROBLEM_NONE);
	return message.records[1].problem;
}

static void one_record_with_a_problem_does_not_lose_the_others(void)
{
	CHECK(problem_of("70d105") == EHW_PROBLEM_TYPE_D);
	CHECK(problem_of("70e105") == EHW_PROBLEM_TYPE_E);
	CHECK(problem_of("70f105") == EHW_PROBLEM_FLOAT_SIZE);
	CHECK(problem_of("70f3010203") == EHW_PROBLEM_FLOAT_SIZE);
	CHECK(problem_of("70c00105") == EHW_PROBLEM_ENUMERATION);
	CHECK(problem_of("70c0d105") == EHW_PROBLEM_ENUMERATION);
}

static void floats_of_0_2_4_and_8_bytes_are_fine(void)
{
	CHECK(problem_of("70f0") == EHW_PROBLEM_NONE);
	CHECK(problem_of("70f23c00") == EHW_PROBLEM_NONE);
	CHECK(problem_of("70f43f800000") == EHW_PROBLEM_NONE);
	CHECK(problem_of("70f83ff0000000000000") == EHW_PROBLEM_NONE);
}

static void nothing_but_problems_is_refused(void)
{
	CHECK(faults("70e10500", EHW_FAULT_UNUSABLE));
	CHECK(faults("74f341200000", EHW_FAULT_UNUSABLE));
	CHECK(faults("70e10570d10500", EHW_FAULT_UNUSABLE));
}

int main(void)
{
	RUN(a_captured_report_is_read);
	RUN(a_command_is_told_from_a_report);
	RUN(a_plain_frame_is_read_without_a_key);
	RUN(pip_0_may_be_plain_under_a_key);
	RUN(pip_0_with_a_wrong_checksum_shows_that_of_the_decrypted_frame);
	RUN(another_pip_is_never_plain_under_a_key);
	RUN(a_plain_frame_with_a_wrong_checksum_names_both);
	RUN(bit_7_of_the_manufacturer_is_not_part_of_it);
	RUN(the_checksum_is_crc_16_xmodem);
	RUN(lengths_that_cannot_be_are_refused);
	RUN(a_frame_without_records_is_legal);
	RUN(bytes_after_the_end_mean_nothing);
	RUN(records_of_no_and_of_fifteen_bytes_are_read);
	RUN(records_that_run_into_the_checksum_are_refused);
	RUN(a_parameter_as_the_last_byte_is_refused);
	RUN(as_many_records_as_a_frame_can_hold);
	RUN(an_enumeration_goes_on_without_its_parameter);
	RUN(a_byte_cx_elsewhere_is_a_command);
	RUN(an_enumeration_in_an_enumeration_is_refused);
	RUN(an_enumeration_that_runs_into_the_checksum_is_refused);
	RUN(one_record_with_a_problem_does_not_lose_the_others);
	RUN(floats_of_0_2_4_and_8_bytes_are_fine);
	RUN(nothing_but_problems_is_refused);
	return report();
}
