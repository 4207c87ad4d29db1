/* As much of an RFM69 as the driver sees through SPI: registers, FIFO, modes, time.
 *
 * The project's simulator is a chip; this is a stand-in that needs no Python, so that the
 * driver runs under sanitizers alone. Time passes only in sleep_us().
 */
#ifndef FAKE_CHIP_H
#define FAKE_CHIP_H

#include "rfm69.h"

#include <string.h>

#define BYTE_US 1667 /* eight chips at 4800 a second */

static struct fake_chip {
	uint8_t reg[0x80];
	uint8_t fifo[EHW_FIFO_SIZE];
	int level, ready; /* bytes in the FIFO; PayloadReady */
	int64_t now_us, ends_us;
	int64_t stall_at_us, stall_us; /* the computer stands still once */
	int sent;                      /* bytes that went on air */
	int stuck_miso;                /* 0x00, 0xFF; -1: fine */
	int stuck_mode;                /* never gets ModeReady in this mode; -1: fine */
	int never_sent, never_level, temperature_runs;
	int fail_at; /* transfers until one fails; 0: never */
	int resets, messages;
} chip;

static void chip_drain(void)
{
	int gone = (int)((chip.now_us - chip.ends_us) / BYTE_US);

	if (chip.reg[REG_OP_MODE] != MODE_TRANSMIT || chip.never_level)
		return;
	gone = gone < chip.level ? gone : chip.level;
	memmove(chip.fifo, chip.fifo + gone, (size_t)(chip.level - gone));
	chip.level -= gone;
	chip.sent += gone;
	chip.ends_us += (int64_t)gone * BYTE_US;
}

static uint8_t chip_flags_1(void)
{
	int there = chip.reg[REG_OP_MODE] != chip.stuck_mode;
	int locked = there && chip.reg[REG_OP_MODE] >= MODE_FS;

	return (uint8_t)((there ? IRQ1_MODE_READY : 0) | (locked ? IRQ1_PLL_LOCK : 0) |
			 chip.reg[REG_IRQ_FLAGS_1]);
}

static uint8_t chip_flags_2(void)
{
	int transmits = chip.reg[REG_OP_MODE] == MODE_TRANSMIT && chip.stuck_mode != MODE_TRANSMIT;
	int threshold = chip.reg[REG_FIFO_THRESH] & 0x7F;

	return (uint8_t)((chip.level > 0 ? IRQ2_FIFO_NOT_EMPTY : 0) |
			 (chip.level > threshold ? IRQ2_FIFO_LEVEL : 0) |
			 (chip.ready && chip.level ? IRQ2_PAYLOAD_READY : 0) |
			 (transmits && !chip.level && !chip.never_sent ? IRQ2_PACKET_SENT : 0) |
			 chip.reg[REG_IRQ_FLAGS_2]);
}

static uint8_t chip_read(unsigned int reg)
{
	uint8_t first = chip.fifo[0];

	chip_drain();
	switch (reg) {
	case REG_FIFO:
		memmove(chip.fifo, chip.fifo + 1, sizeof(chip.fifo) - 1);
		chip.level -= chip.level > 0;
		return first;
	case REG_IRQ_FLAGS_1:
		return chip_flags_1();
	case REG_IRQ_FLAGS_2:
		return chip_flags_2();
	case REG_TEMP_1:
		return chip.temperature_runs-- > 0 ? TEMP_RUNNING : 0;
	default:
		return chip.reg[reg];
	}
}

static void chip_write(unsigned int reg, uint8_t value)
{
	chip_drain();
	if (reg == REG_FIFO && chip.level < EHW_FIFO_SIZE)
		chip.fifo[chip.level++] = value;
	if (reg == REG_IRQ_FLAGS_2)
		chip.level = chip.ready = chip.reg[REG_IRQ_FLAGS_2] = chip.reg[REG_IRQ_FLAGS_1] = 0;
	else if (reg != REG_FIFO && reg != REG_VERSION)
		chip.reg[reg] = value;
	if (reg == REG_OP_MODE)
		chip.ends_us = chip.now_us;
}

static int chip_transfer(void *ctx, const uint8_t *tx, uint8_t *rx, const uint16_t *lengths,
			 size_t count)
{
	(void)ctx;
	chip.messages++;
	if (chip.fail_at && --chip.fail_at == 0)
		return EHW_ERR_BUS;
	for (size_t i = 0; i < count; tx += lengths[i], rx += lengths[i], i++) {
		unsigned int reg = tx[0] & 0x7F;

		for (uint16_t k = 1; k < lengths[i]; k++, reg += reg != REG_FIFO) {
			if (tx[0] & REG_WRITE)
				chip_write(reg, tx[k]);
			else
				rx[k] = chip_read(reg);
			if (chip.stuck_miso >= 0)
				rx[k] = (uint8_t)chip.stuck_miso;
		}
	}
	return EHW_OK;
}

static void chip_sleep(void *ctx, uint32_t us)
{
	(void)ctx;
	chip.now_us += us;
	if (chip.stall_us && chip.now_us >= chip.stall_at_us) {
		chip.now_us += chip.stall_us;
		chip.stall_us = 0;
	}
}

static int chip_reset(void *ctx, int high)
{
	(void)ctx;
	chip.resets += high;
	return EHW_OK;
}

static const struct ehw_bus chip_bus = { NULL, chip_transfer, chip_sleep, chip_reset };

static void chip_power_on(void)
{
	chip = (struct fake_chip){ .stuck_miso = -1, .stuck_mode = -1 };
	chip.reg[REG_VERSION] = RFM69_VERSION;
	chip.reg[REG_RSSI_VALUE] = 100;
	chip.reg[REG_TEMP_2] = 141;
}

/* A frame comes in completely. */
static inline void chip_hear(const uint8_t *frame, int length)
{
	memcpy(chip.fifo, frame, (size_t)length);
	chip.level = length;
	chip.ready = 1;
}

#endif
