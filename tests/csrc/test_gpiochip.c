/* gpiochip.c as far as it goes without a chip; the bench has chips. */
#define _GNU_SOURCE
#include "check.h"
#include "clock.h"
#include "ehw.h"

#include <pthread.h>

static const struct ehw_wiring bare = { NULL, EHW_NOT_WIRED, EHW_NOT_WIRED, EHW_NOT_WIRED,
					EHW_NOT_WIRED };

static void a_chip_that_is_not_there_is_said_to_be_missing(void)
{
	const struct ehw_wiring wiring = { "no such chip", 25, 24, 27, 22 };
	struct ehw_culprit culprit;
	struct ehw_pins *pins;

	CHECK(ehw_pins_open(&wiring, &pins, &culprit) == EHW_ERR_NO_NODE && pins == NULL);
	CHECK(culprit.line == EHW_NOT_WIRED && culprit.node[0] == 0 && culprit.consumer[0] == 0);
	CHECK(ehw_pins_open(&wiring, &pins, NULL) == EHW_ERR_NO_NODE);
	ehw_pins_close(NULL);
}

static void without_lines_nothing_is_driven_and_a_wait_is_a_sleep(void)
{
	struct ehw_pins *pins;
	int64_t began;

	CHECK(ehw_pins_open(&bare, &pins, NULL) == EHW_OK);
	CHECK(ehw_pins_reset(pins, 1) == EHW_OK && ehw_pins_leds(pins, 1, 1) == EHW_OK);
	began = now_us();
	CHECK(ehw_pins_wait(pins, 2000) == 0 && now_us() - began >= 2000);
	CHECK(ehw_pins_wait(pins, -1) == 0);
	CHECK(ehw_pins_lost(pins) == 0);
	ehw_pins_close(pins);
}

static void *wake(void *pins)
{
	ehw_pins_wake(pins);
	return NULL;
}

static void wake_ends_the_wait_under_way_or_the_next_one(void)
{
	struct ehw_pins *pins;
	pthread_t thread;
	int64_t began = now_us();

	CHECK(ehw_pins_open(&bare, &pins, NULL) == EHW_OK);
	ehw_pins_wake(pins);
	ehw_pins_wake(pins);
	CHECK(ehw_pins_wait(pins, 60000000) == 0);
	CHECK(pthread_create(&thread, NULL, wake, pins) == 0);
	CHECK(ehw_pins_wait(pins, 60000000) == 0);
	pthread_join(thread, NULL);
	CHECK(now_us() - began < 30000000);
	ehw_pins_close(pins);
}

int main(void)
{
	RUN(a_chip_that_is_not_there_is_said_to_be_missing);
	RUN(without_lines_nothing_is_driven_and_a_wait_is_a_sleep);
	RUN(wake_ends_the_wait_under_way_or_the_next_one);
	return report();
}
