/* The driver below its packets: start, modes, power, verify; on a stand-in of the chip. */
#include "radio_fixture.h"

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
	RUN(power_levels_are_those_of_the_data_sheet);
	RUN(the_boost_is_on_only_while_transmitting);
	RUN(verify_names_and_mends_what_differs);
	RUN(close_takes_nothing_at_all);
	return report();
}
