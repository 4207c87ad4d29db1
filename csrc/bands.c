/* The two bands as complete tables, and power; reads like core/python/registers.py.
 *
 * FXOSC = 32 MHz, FSTEP = FXOSC / 2^19 = 61.03515625 Hz, chip rate = FXOSC / BITRATE.
 * Both tables name the same registers, so that a change of band leaves nothing behind.
 * Source: SX1231 data sheet, chapter 6.
 */
#include "rfm69.h"

const struct setting openhems_band[BAND_SIZE] = {
	{ REG_DATA_MODUL, FSK_PACKETS }, /* no shaping */
	{ REG_BITRATE_MSB, 0x1A }, /* 32 MHz / 0x1A0B = 4799.76 chips/s: 2400 baud Manchester */
	{ REG_BITRATE_LSB, 0x0B },
	{ REG_FDEV_MSB, 0x01 }, /* 0x01EC * FSTEP = 30029 Hz */
	{ REG_FDEV_LSB, 0xEC },
	{ REG_FRF_MSB, 0x6C }, /* 0x6C9333 * FSTEP = 434.300 MHz; taken over with the LSB */
	{ REG_FRF_MID, 0x93 },
	{ REG_FRF_LSB, 0x33 },
	{ REG_AFC_CTRL, 0x00 },
	{ REG_PA_LEVEL, 0x9C }, /* 10 dBm from PA0; rfm69_power() replaces it */
	{ REG_PA_RAMP, 0x09 },  /* 40 us */
	{ REG_OCP, 0x1A },      /* 45 + 5 * 10 = 95 mA */
	{ REG_LNA, 0x08 },      /* 50 ohm, gain by AGC */
	{ REG_RX_BW, 0x43 },    /* 32 MHz / (16 * 2^(3+2)) = 62.5 kHz either side */
	{ REG_AFC_BW, 0x8B },
	{ REG_OOK_PEAK, 0x40 }, /* as after a reset: threshold falls by 0.5 dB a bit */
	{ REG_AFC_FEI, 0x00 },
	{ REG_DIO_MAPPING_1, DIO0_PAYLOAD_READY },
	{ REG_DIO_MAPPING_2, 0x07 }, /* clock output off */
	{ REG_RSSI_THRESH, 0xE4 },   /* -114 dBm */
	{ REG_RX_TIMEOUT_1, 0x00 },
	{ REG_RX_TIMEOUT_2, 0x00 },
	{ REG_PREAMBLE_MSB, 0x00 },
	{ REG_PREAMBLE_LSB, 0x03 }, /* without these three bytes no device hears a frame */
	{ REG_SYNC_CONFIG, 0x88 },  /* two bytes, no error tolerated */
	{ REG_SYNC_VALUE_1, 0x2D },
	{ REG_SYNC_VALUE_2, 0xD4 },
	{ REG_PACKET_CONFIG_1,
	  FILTER_NODE },              /* variable length, Manchester, manufacturer id = NODE_ADRS */
	{ REG_PAYLOAD_LENGTH, 0x41 }, /* 65 + the length byte = the FIFO */
	{ REG_NODE_ADRS, 0x04 },
	{ REG_AUTO_MODES, 0x00 },
	{ REG_FIFO_THRESH, 0x8F },     /* transmit as soon as the FIFO is not empty */
	{ REG_PACKET_CONFIG_2, 0x02 }, /* AutoRxRestart */
	{ REG_TEST_LNA, 0x1B },
	{ REG_TEST_PA_1, 0x55 },
	{ REG_TEST_PA_2, 0x70 },
	{ REG_TEST_DAGC, 0x30 },
};

const struct setting ook_band[BAND_SIZE] = {
	{ REG_DATA_MODUL, OOK_PACKETS },
	{ REG_BITRATE_MSB, 0x1A }, /* 4799.76 chips/s: 208.3 us */
	{ REG_BITRATE_LSB, 0x0B },
	{ REG_FDEV_MSB, 0x00 },
	{ REG_FDEV_LSB, 0x00 },
	{ REG_FRF_MSB, 0x6C }, /* 0x6C7AE1 * FSTEP = 433.920 MHz */
	{ REG_FRF_MID, 0x7A },
	{ REG_FRF_LSB, 0xE1 },
	{ REG_AFC_CTRL, 0x00 },
	{ REG_PA_LEVEL, 0x9C },
	{ REG_PA_RAMP, 0x09 },
	{ REG_OCP, 0x1A },
	{ REG_LNA, 0x08 },
	{ REG_RX_BW, 0x41 }, /* 32 MHz / (16 * 2^(1+3)) = 125 kHz */
	{ REG_AFC_BW, 0x8B },
	{ REG_OOK_PEAK, 0x40 }, /* as after a reset: threshold falls by 0.5 dB a bit */
	{ REG_AFC_FEI, 0x00 },
	{ REG_DIO_MAPPING_1, DIO0_PACKET_SENT },
	{ REG_DIO_MAPPING_2, 0x07 },
	{ REG_RSSI_THRESH, 0xE4 },
	{ REG_RX_TIMEOUT_1, 0x00 },
	{ REG_RX_TIMEOUT_2, 0x00 },
	{ REG_PREAMBLE_MSB, 0x00 },
	{ REG_PREAMBLE_LSB, 0x00 }, /* the frame brings its own sync */
	{ REG_SYNC_CONFIG, 0x00 },
	{ REG_SYNC_VALUE_1, 0x2D },
	{ REG_SYNC_VALUE_2, 0xD4 },
	{ REG_PACKET_CONFIG_1, 0x00 }, /* fixed length; with PAYLOAD_LENGTH 0 unlimited */
	{ REG_PAYLOAD_LENGTH, 0x00 },  /* send_ook() replaces it */
	{ REG_NODE_ADRS, 0x04 },
	{ REG_AUTO_MODES, 0x00 },
	{ REG_FIFO_THRESH, 0x1F }, /* start above 31 bytes, refill at 31 or fewer */
	{ REG_PACKET_CONFIG_2, 0x02 },
	{ REG_TEST_LNA, 0x1B },
	{ REG_TEST_PA_1, 0x55 },
	{ REG_TEST_PA_2, 0x70 },
	{ REG_TEST_DAGC, 0x30 },
};

const struct setting boost_on[BOOST_SIZE] = {
	{ REG_OCP, 0x0F },
	{ REG_TEST_PA_1, 0x5D },
	{ REG_TEST_PA_2, 0x7C },
};

const struct setting boost_off[BOOST_SIZE] = {
	{ REG_OCP, 0x1A },
	{ REG_TEST_PA_1, 0x55 },
	{ REG_TEST_PA_2, 0x70 },
};

uint8_t rfm69_read_back_mask(uint8_t reg)
{
	switch (reg) {
	case REG_LNA:
		return 0xC7; /* 5-3: gain in use */
	case REG_AFC_FEI:
		return 0x0C; /* done flags and triggers */
	case REG_PACKET_CONFIG_2:
		return 0xFB; /* 2: RestartRx */
	default:
		return 0xFF;
	}
}

void rfm69_set_value(struct setting table[BAND_SIZE], uint8_t reg, uint8_t value)
{
	for (int i = 0; i < BAND_SIZE; i++)
		if (table[i].reg == reg)
			table[i].value = value;
}

/* RFM69W   (PA0)      -18 + P    -18..13 dBm
 * RFM69HCW (PA1)      -18 + P     -2..13     P >= 16
 *          (PA1+PA2)  -14 + P     14..17
 *          (boost)    -11 + P     18..20     at most 1 % of the time
 */
int rfm69_power(int dbm, int high_power, uint8_t *pa_level, uint8_t *boost)
{
	if (dbm < (high_power ? -2 : -18) || dbm > (high_power ? 20 : 13))
		return EHW_ERR_RANGE;
	*boost = dbm > 17;
	if (!high_power)
		*pa_level = (uint8_t)(0x80 | (dbm + 18));
	else if (dbm <= 13)
		*pa_level = (uint8_t)(0x40 | (dbm + 18));
	else
		*pa_level = (uint8_t)(0x60 | (dbm + (dbm <= 17 ? 14 : 11)));
	return EHW_OK;
}
