/* A driver on the stand-in chip, from begin() to end(). */
#ifndef RADIO_FIXTURE_H
#define RADIO_FIXTURE_H

#include "check.h"
#include "fake_chip.h"

static struct ehw_radio *radio;
static struct ehw_counters counters;
static struct ehw_evidence evidence;

static inline void open_with(struct ehw_radio_config config)
{
	chip_power_on();
	CHECK(ehw_radio_open(&chip_bus, &config, &radio) == EHW_OK);
}

static inline void begin(void)
{
	open_with((struct ehw_radio_config){ .power_dbm = 10, .node_address = 4 });
	CHECK(ehw_radio_start(radio) == EHW_OK);
}

static inline void begin_receive(void)
{
	begin();
	CHECK(ehw_radio_receive(radio) == EHW_OK);
	CHECK(chip.reg[REG_OP_MODE] == MODE_RECEIVE);
}

/* Notes what happened, and closes. */
static inline void end(void)
{
	ehw_radio_counters(radio, &counters);
	ehw_radio_evidence(radio, &evidence);
	ehw_radio_close(radio);
}

#endif
