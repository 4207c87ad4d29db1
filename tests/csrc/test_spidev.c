/* spidev.c as far as it goes without a node; the bench has nodes. */
#define _GNU_SOURCE
#include "check.h"
#include "clock.h"
#include "ehw.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

static char path[] = "/tmp/ehw-test-XXXXXX";

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
	unlink(path);
	return report();
}
