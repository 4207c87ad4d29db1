/* SPI through /dev/spidevB.C. Source: Documentation/spi/spidev.rst of the Linux kernel.
 *
 * Thread safety: one thread at a time on one handle.
 */
#define _GNU_SOURCE
#include "ehw.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/spi/spidev.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#define MOST_HZ 10000000 /* SX1231 data sheet, table 10 */
#define BATCH 32         /* NSS frames in one ioctl; a band table takes 13 */

struct ehw_spi {
	int fd;
	uint32_t speed_hz;
};

/* CPOL 0, CPHA 0, MSB first, 8 bits. */
static int configure(int fd, uint32_t speed_hz)
{
	uint8_t mode = SPI_MODE_0, bits = 8;

	if (ioctl(fd, SPI_IOC_WR_MODE, &mode) < 0 ||
	    ioctl(fd, SPI_IOC_WR_BITS_PER_WORD, &bits) < 0 ||
	    ioctl(fd, SPI_IOC_WR_MAX_SPEED_HZ, &speed_hz) < 0)
		return ehw_from_errno(errno);
	return EHW_OK;
}

/* Lock the node, since the kernel lets two processes talk to one chip at a time. */
static int open_node(const char *path, uint32_t speed_hz, int *fd)
{
	int status = EHW_OK;

	*fd = open(path, O_RDWR | O_CLOEXEC);
	if (*fd < 0)
		return ehw_from_errno(errno);
	if (flock(*fd, LOCK_EX | LOCK_NB) < 0)
		status = ehw_from_errno(errno);
	return status ? status : configure(*fd, speed_hz);
}

int ehw_spi_open(const char *path, uint32_t speed_hz, struct ehw_spi **spi)
{
	struct ehw_spi *opened;
	int status, error;

	*spi = NULL;
	if (speed_hz == 0 || speed_hz > MOST_HZ)
		return EHW_ERR_RANGE;
	opened = malloc(sizeof(*opened));
	if (!opened)
		return EHW_ERR_MEMORY;
	opened->speed_hz = speed_hz;
	status = open_node(path, speed_hz, &opened->fd);
	if (status) {
		error = errno;
		ehw_spi_close(opened);
		errno = error;
		return status;
	}
	*spi = opened;
	return EHW_OK;
}

/* One ioctl; NSS rises after every frame: between them by cs_change, after the last anyway. */
static int exchange(const struct ehw_spi *spi, const uint8_t *tx, uint8_t *rx,
		    const uint16_t *lengths, size_t count)
{
	struct spi_ioc_transfer transfers[BATCH] = { 0 };
	int total = 0;

	for (size_t i = 0; i < count; i++) {
		transfers[i].tx_buf = (uintptr_t)(tx + total);
		transfers[i].rx_buf = (uintptr_t)(rx + total);
		transfers[i].len = lengths[i];
		transfers[i].speed_hz = spi->speed_hz;
		transfers[i].cs_change = i + 1 < count;
		total += lengths[i];
	}
	return ioctl(spi->fd, SPI_IOC_MESSAGE(count), transfers) == total ? total : EHW_ERR_BUS;
}

int ehw_spi_transfer(struct ehw_spi *spi, const uint8_t *tx, uint8_t *rx, const uint16_t *lengths,
		     size_t count)
{
	while (count > 0) {
		size_t batch = count < BATCH ? count : BATCH;
		int moved = exchange(spi, tx, rx, lengths, batch);

		if (moved < 0)
			return moved;
		tx += moved;
		rx += moved;
		lengths += batch;
		count -= batch;
	}
	return EHW_OK;
}

void ehw_sleep_us(void *unused, uint32_t us)
{
	struct timespec end;

	(void)unused;
	clock_gettime(CLOCK_MONOTONIC, &end);
	end.tv_sec += us / 1000000;
	end.tv_nsec += us % 1000000 * 1000L;
	if (end.tv_nsec >= 1000000000L) {
		end.tv_nsec -= 1000000000L;
		end.tv_sec++;
	}
	while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &end, NULL) == EINTR)
		;
}

void ehw_spi_close(struct ehw_spi *spi)
{
	if (spi && spi->fd >= 0)
		close(spi->fd);
	free(spi);
}

/* ---- the driver's bus ---- */

static int native_transfer(void *ctx, const uint8_t *tx, uint8_t *rx, const uint16_t *lengths,
			   size_t count)
{
	struct ehw_native *native = ctx;

	return ehw_spi_transfer(native->spi, tx, rx, lengths, count);
}

static int native_reset(void *ctx, int high)
{
	struct ehw_native *native = ctx;

	return ehw_pins_reset(native->pins, high);
}

void ehw_native_bus(struct ehw_native *native, struct ehw_bus *bus)
{
	bus->ctx = native;
	bus->transfer = native_transfer;
	bus->sleep_us = ehw_sleep_us;
	bus->set_reset = native->pins ? native_reset : NULL;
}
