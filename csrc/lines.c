/* GPIO lines that are only driven, as many as a plain board needs. Source: linux/gpio.h.
 *
 * Thread safety: one thread at a time on one handle.
 */
#define _GNU_SOURCE
#include "gpiochip.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

struct ehw_lines {
	int file; /* -1: none */
	uint64_t mask;
};

/* All of them low. */
static int request_low(struct ehw_lines *lines, const char *label, const uint8_t *offsets,
		       size_t count, struct ehw_culprit *culprit)
{
	struct gpio_v2_line_request request = { .num_lines = (uint32_t)count };
	int chip = gpio_open_chip(label, culprit);
	int fd, error;

	if (chip < 0)
		return ehw_from_errno(errno);
	for (size_t i = 0; i < count; i++)
		request.offsets[i] = offsets[i];
	fd = gpio_request_lines(chip, &request, GPIO_V2_LINE_FLAG_OUTPUT, culprit);
	error = errno;
	close(chip); /* the lines stay ours without it */
	errno = error;
	lines->file = fd < 0 ? -1 : fd;
	lines->mask = (UINT64_C(1) << count) - 1;
	return fd < 0 ? fd : EHW_OK;
}

int ehw_lines_open(const char *label, const uint8_t *offsets, size_t count,
		   struct ehw_lines **lines, struct ehw_culprit *culprit)
{
	struct ehw_culprit unwanted;
	struct ehw_lines *opened;
	int status, error;

	*lines = NULL;
	culprit = culprit ? culprit : &unwanted;
	*culprit = (struct ehw_culprit){ .line = EHW_NOT_WIRED };
	if (count < 1 || count > EHW_MOST_LINES)
		return EHW_ERR_RANGE;
	opened = calloc(1, sizeof(*opened));
	if (!opened)
		return EHW_ERR_MEMORY;
	status = request_low(opened, label, offsets, count, culprit);
	if (!status) {
		*lines = opened;
		return EHW_OK;
	}
	error = errno;
	free(opened);
	errno = error;
	return status;
}

int ehw_lines_set(struct ehw_lines *lines, uint32_t high)
{
	struct gpio_v2_line_values values = { .bits = high & lines->mask, .mask = lines->mask };

	return ioctl(lines->file, GPIO_V2_LINE_SET_VALUES_IOCTL, &values) < 0 ? EHW_ERR_BUS
									      : EHW_OK;
}

void ehw_lines_close(struct ehw_lines *lines)
{
	if (!lines)
		return;
	(void)ehw_lines_set(lines, 0);
	close(lines->file);
	free(lines);
}
