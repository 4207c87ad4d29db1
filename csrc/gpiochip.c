/* GPIO through /dev/gpiochipN, uAPI v2. Source: linux/gpio.h; Linux 5.10 and later.
 *
 * The chip is found by its label: its number differs between boards, and on the Pi 5
 * between kernels. Lines are released when their file is closed, by us or by the kernel.
 *
 * Thread safety: one thread at a time on one handle, except ehw_pins_wake().
 */
#define _GNU_SOURCE
#include "gpiochip.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define CONSUMER "energy_hw"
#define MOST_CHIPS 64
#define EVENTS 16 /* what the kernel keeps for one line */

/* The chip of the 40-pin header: Pi 0 to 3, Pi 4, Pi 5. */
static const char *const header_labels[] = { "pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1" };

struct ehw_pins {
	int outputs, edges, wake; /* files; -1: none */
	uint64_t reset, receive, transmit;
	uint32_t sequence, lost;
};

/* ---- finding the chip ---- */

static int is_wanted(const char *label, const char *wanted)
{
	if (wanted)
		return strcmp(label, wanted) == 0;
	for (size_t i = 0; i < sizeof(header_labels) / sizeof(*header_labels); i++)
		if (strcmp(label, header_labels[i]) == 0)
			return 1;
	return 0;
}

/* Open the chip behind a node if it is the one; else -1 and errno. */
static int open_if_wanted(const char *node, const char *wanted)
{
	struct gpiochip_info info = { 0 };
	int fd = open(node, O_RDWR | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (ioctl(fd, GPIO_GET_CHIPINFO_IOCTL, &info) == 0 && is_wanted(info.label, wanted))
		return fd;
	close(fd);
	errno = ENOENT;
	return -1;
}

/* A node that may not be opened could be the one: say so rather than "there is none". */
int gpio_open_chip(const char *wanted, struct ehw_culprit *culprit)
{
	char node[EHW_LABEL_SIZE];
	int refused = 0;

	for (int number = 0; number < MOST_CHIPS; number++) {
		int fd;

		snprintf(node, sizeof(node), "/dev/gpiochip%d", number);
		fd = open_if_wanted(node, wanted);
		if (fd >= 0 || (!refused && ehw_from_errno(errno) == EHW_ERR_PERMISSION)) {
			refused = errno;
			memcpy(culprit->node, node, sizeof(node));
		}
		if (fd >= 0)
			return fd;
	}
	errno = refused ? refused : ENOENT;
	return -1;
}

/* ---- requesting lines ---- */

/* Which of the lines is taken, and by whom. */
static void find_holder(int chip, const struct gpio_v2_line_request *request,
			struct ehw_culprit *culprit)
{
	for (uint32_t i = 0; i < request->num_lines; i++) {
		struct gpio_v2_line_info info = { .offset = request->offsets[i] };

		if (ioctl(chip, GPIO_V2_GET_LINEINFO_IOCTL, &info) < 0 ||
		    !(info.flags & GPIO_V2_LINE_FLAG_USED))
			continue;
		culprit->line = (int)info.offset;
		memcpy(culprit->consumer, info.consumer, sizeof(culprit->consumer));
		return;
	}
}

int gpio_request_lines(int chip, struct gpio_v2_line_request *request, uint64_t flags,
		       struct ehw_culprit *culprit)
{
	int error;

	request->config.flags = flags;
	snprintf(request->consumer, sizeof(request->consumer), CONSUMER);
	if (ioctl(chip, GPIO_V2_GET_LINE_IOCTL, request) == 0)
		return request->fd;
	error = errno;
	if (error == EBUSY)
		find_holder(chip, request, culprit);
	errno = error;
	return ehw_from_errno(error);
}

/* Add a line to a request; returns its bit in the values, 0 if it is not wired. */
static uint64_t add_line(struct gpio_v2_line_request *request, int offset)
{
	if (offset < 0)
		return 0;
	request->offsets[request->num_lines] = (uint32_t)offset;
	return UINT64_C(1) << request->num_lines++;
}

static int request_outputs(struct ehw_pins *pins, int chip, const struct ehw_wiring *wiring,
			   struct ehw_culprit *culprit)
{
	struct gpio_v2_line_request request = { 0 };
	int fd;

	pins->reset = add_line(&request, wiring->reset);
	pins->receive = add_line(&request, wiring->led_receive);
	pins->transmit = add_line(&request, wiring->led_transmit);
	if (request.num_lines == 0)
		return EHW_OK;
	fd = gpio_request_lines(chip, &request, GPIO_V2_LINE_FLAG_OUTPUT, culprit);
	pins->outputs = fd < 0 ? -1 : fd;
	return fd < 0 ? fd : EHW_OK;
}

static int request_edges(struct ehw_pins *pins, int chip, const struct ehw_wiring *wiring,
			 struct ehw_culprit *culprit)
{
	struct gpio_v2_line_request request = { .event_buffer_size = EVENTS };
	uint64_t flags = GPIO_V2_LINE_FLAG_INPUT | GPIO_V2_LINE_FLAG_EDGE_RISING;
	int fd;

	if (!add_line(&request, wiring->dio0))
		return EHW_OK;
	fd = gpio_request_lines(chip, &request, flags, culprit);
	pins->edges = fd < 0 ? -1 : fd;
	return fd < 0 ? fd : fcntl(fd, F_SETFL, O_NONBLOCK) < 0 ? EHW_ERR_BUS : EHW_OK;
}

static int request_all(struct ehw_pins *pins, const struct ehw_wiring *wiring,
		       struct ehw_culprit *culprit)
{
	int chip = gpio_open_chip(wiring->label, culprit);
	int status, error;

	if (chip < 0)
		return ehw_from_errno(errno);
	status = request_outputs(pins, chip, wiring, culprit);
	if (!status)
		status = request_edges(pins, chip, wiring, culprit);
	error = errno;
	close(chip); /* the lines stay ours without it */
	errno = error;
	return status;
}

static int needs_chip(const struct ehw_wiring *wiring)
{
	return wiring->reset >= 0 || wiring->dio0 >= 0 || wiring->led_receive >= 0 ||
	       wiring->led_transmit >= 0;
}

int ehw_pins_open(const struct ehw_wiring *wiring, struct ehw_pins **pins,
		  struct ehw_culprit *culprit)
{
	struct ehw_culprit unwanted;
	struct ehw_pins *opened = calloc(1, sizeof(*opened));
	int status, error;

	*pins = NULL;
	if (!opened)
		return EHW_ERR_MEMORY;
	culprit = culprit ? culprit : &unwanted;
	*culprit = (struct ehw_culprit){ .line = EHW_NOT_WIRED };
	opened->outputs = opened->edges = -1;
	opened->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	status = opened->wake < 0 ? EHW_ERR_BUS : EHW_OK;
	if (!status && needs_chip(wiring))
		status = request_all(opened, wiring, culprit);
	if (!status) {
		*pins = opened;
		return EHW_OK;
	}
	error = errno;
	ehw_pins_close(opened);
	errno = error;
	return status;
}

/* ---- outputs ---- */

static int set_outputs(struct ehw_pins *pins, uint64_t mask, uint64_t bits)
{
	struct gpio_v2_line_values values = { .bits = bits, .mask = mask };

	if (mask == 0)
		return EHW_OK;
	return ioctl(pins->outputs, GPIO_V2_LINE_SET_VALUES_IOCTL, &values) < 0 ? EHW_ERR_BUS
										: EHW_OK;
}

int ehw_pins_reset(struct ehw_pins *pins, int high)
{
	return set_outputs(pins, pins->reset, high ? pins->reset : 0);
}

int ehw_pins_leds(struct ehw_pins *pins, int receive, int transmit)
{
	uint64_t lit = (receive ? pins->receive : 0) | (transmit ? pins->transmit : 0);

	return set_outputs(pins, pins->receive | pins->transmit, lit);
}

/* ---- edges ---- */

/* Take every event there is; a gap in their numbers is what the kernel had no room for. */
static int read_edges(struct ehw_pins *pins)
{
	struct gpio_v2_line_event events[EVENTS];
	ssize_t size = read(pins->edges, events, sizeof(events));
	int seen = 0;

	for (; size >= (ssize_t)sizeof(*events); size = read(pins->edges, events, sizeof(events))) {
		seen = 1;
		for (size_t i = 0; i < (size_t)size / sizeof(*events); i++) {
			pins->lost += events[i].line_seqno - pins->sequence - 1;
			pins->sequence = events[i].line_seqno;
		}
	}
	return size < 0 && errno == EAGAIN ? seen : EHW_ERR_BUS;
}

int ehw_pins_wait(struct ehw_pins *pins, int64_t timeout_us)
{
	struct pollfd files[] = { { .fd = pins->wake, .events = POLLIN },
				  { .fd = pins->edges, .events = POLLIN } };
	int64_t us = timeout_us > 0 ? timeout_us : 0;
	struct timespec timeout = { .tv_sec = (time_t)(us / 1000000),
				    .tv_nsec = (long)(us % 1000000 * 1000) };
	uint64_t wakes;

	if (ppoll(files, 2, &timeout, NULL) < 0)
		return errno == EINTR ? 0 : EHW_ERR_BUS;
	if (files[0].revents && read(pins->wake, &wakes, sizeof(wakes)) < 0)
		return EHW_ERR_BUS;
	return files[1].revents ? read_edges(pins) : 0;
}

void ehw_pins_wake(struct ehw_pins *pins)
{
	int error = errno;
	const uint64_t one = 1;

	/* It fails only at 2^64 - 1 wakes nobody waited for, which end the next wait as well. */
	(void)!write(pins->wake, &one, sizeof(one));
	errno = error;
}

uint32_t ehw_pins_lost(const struct ehw_pins *pins)
{
	return pins->lost;
}

static void close_file(int fd)
{
	if (fd >= 0)
		close(fd);
}

void ehw_pins_close(struct ehw_pins *pins)
{
	if (!pins)
		return;
	set_outputs(pins, pins->outputs < 0 ? 0 : pins->reset | pins->receive | pins->transmit, 0);
	close_file(pins->outputs);
	close_file(pins->edges);
	close_file(pins->wake);
	free(pins);
}
