/* spidev.c and gpiochip.c as far as they go without their nodes; the bench has the nodes. */
#define _GNU_SOURCE
#include "check.h"
#include "ehw.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char path[] = "/tmp/ehw-test-XXXXXX";

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

/* ---- spidev ---- */

static int open_spi(const char *node)
{
	struct ehw_spi *spi = (struct ehw_spi *)path;
	int status = ehw_spi_open(node, 4000000, &spi);

	CHECK(status == EHW_OK || spi == NULL);
	return status;
}

static void a_missing_node_is_told_from_a_foreign_one(void)
{
	CHECK(open_spi("/dev/no-spidev") == EHW_ERR_NO_NODE && errno == ENOENT);
	CHECK(open_spi("/dev/null") == EHW_ERR_BUS && errno == ENOTTY);
}

static void a_node_that_may_not_be_opened_says_so(void)
{
	int root = geteuid() == 0;

	CHECK(chmod(path, 0) == 0);
	CHECK(!root || seteuid(65534) == 0);
	CHECK(open_spi(path) == EHW_ERR_PERMISSION && errno == EACCES);
	CHECK(!root || seteuid(0) == 0);
	CHECK(chmod(path, 0600) == 0);
}

static void a_node_that_is_locked_is_busy(void)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	CHECK(flock(fd, LOCK_EX) == 0);
	CHECK(open_spi(path) == EHW_ERR_BUSY && errno == EWOULDBLOCK);
	close(fd);
	CHECK(open_spi(path) == EHW_ERR_BUS); /* free, and no SPI node */
}

static void a_clock_above_10_mhz_is_out_of_range(void)
{
	struct ehw_spi *spi;

	CHECK(ehw_spi_open(path, 10000001, &spi) == EHW_ERR_RANGE && spi == NULL);
	CHECK(ehw_spi_open(path, 0, &spi) == EHW_ERR_RANGE);
	ehw_spi_close(NULL);
}

static void sleep_lasts_at_least_as_long_as_it_says(void)
{
	int64_t began = now_us();

	ehw_sleep_us(NULL, 1000);
	CHECK(now_us() - began >= 1000);
	ehw_sleep_us(NULL, 0);
}

/* ---- gpiochip ---- */

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
	int fd = mkstemp(path);

	CHECK(fd >= 0);
	close(fd);
	RUN(a_missing_node_is_told_from_a_foreign_one);
	RUN(a_node_that_may_not_be_opened_says_so);
	RUN(a_node_that_is_locked_is_busy);
	RUN(a_clock_above_10_mhz_is_out_of_range);
	RUN(sleep_lasts_at_least_as_long_as_it_says);
	RUN(a_chip_that_is_not_there_is_said_to_be_missing);
	RUN(without_lines_nothing_is_driven_and_a_wait_is_a_sleep);
	RUN(wake_ends_the_wait_under_way_or_the_next_one);
	unlink(path);
	return report();
}
