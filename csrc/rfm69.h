/* The RFM69 below its packets: what radio.c and transmit.c build on. Not part of the public
 * interface. */
#ifndef RFM69_H
#define RFM69_H

#include "ehw.h"
#include "rfm69_regs.h"

struct setting {
	uint8_t reg, value;
};

enum { BAND_SIZE = 37, BOOST_SIZE = 3 };

struct ehw_radio {
	struct ehw_bus bus;
	struct ehw_radio_config config;
	struct ehw_counters counters;
	struct ehw_evidence evidence;
	uint8_t shadow[0x80]; /* what was last written */
	uint8_t started;
	uint8_t mode;
	uint8_t pa_level, boost;
	uint8_t fei_started, receiving;
};

/* ---- bands.c ---- */

extern const struct setting openhems_band[BAND_SIZE], ook_band[BAND_SIZE];

/* +18..+20 dBm on an HCW module, in transmit mode only; the reset values otherwise. */
extern const struct setting boost_on[BOOST_SIZE], boost_off[BOOST_SIZE];

/* Bits of a register that read back as written; the others are status or triggers. */
uint8_t rfm69_read_back_mask(uint8_t reg);

/* Give a register of a band table another value. */
void rfm69_set_value(struct setting table[BAND_SIZE], uint8_t reg, uint8_t value);

/* PA_LEVEL for a power, and whether it needs boost_on while sending. EHW_ERR_RANGE. */
int rfm69_power(int dbm, int high_power, uint8_t *pa_level, uint8_t *boost);

/* ---- rfm69.c ---- */

/* Several NSS frames that go out as one message; the answers are in rx at the same place. */
struct exchange {
	uint8_t tx[96], rx[96];
	uint16_t lengths[24];
	size_t count, size;
};

/* Begin a frame with this address byte. */
void exchange_frame(struct exchange *exchange, unsigned int address);

/* One more byte of the frame. */
void exchange_byte(struct exchange *exchange, uint8_t byte);

int rfm69_exchange(struct ehw_radio *radio, struct exchange *exchange);

int rfm69_read(struct ehw_radio *radio, enum rfm69_register reg, uint8_t *values, size_t count);

/* All settings in one message; consecutive registers in one burst. */
int rfm69_write(struct ehw_radio *radio, const struct setting *settings, size_t count);

int rfm69_write_one(struct ehw_radio *radio, enum rfm69_register reg, uint8_t value);

/* Change mode and wait until the chip says it is there, 10 ms at most. */
int rfm69_set_mode(struct ehw_radio *radio, enum rfm69_mode mode);

/* The band that we live in, with our power and address. */
int rfm69_load_fsk(struct ehw_radio *radio);

/* The same after OOK: a burst that failed half-way, or listening, left its own table. */
int rfm69_ensure_fsk(struct ehw_radio *radio);

/* Registers of the table, and the mode, that do not read back as last written: how many. */
int rfm69_mismatches(struct ehw_radio *radio);

/* Not in the mode it was set to any more: keep what the chip looks like now. EHW_ERR_LOST. */
int rfm69_lost(struct ehw_radio *radio, uint8_t flags_1, uint8_t flags_2);

struct look {
	uint8_t flags_1, flags_2, rssi;
};

/* Flags and RSSI in one message, in receive mode. EHW_ERR_LOST. */
int rfm69_look(struct ehw_radio *radio, struct look *look);

#endif
