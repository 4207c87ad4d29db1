/* What gpiochip.c lends to lines.c. Not part of the public interface. */
#ifndef GPIOCHIP_H
#define GPIOCHIP_H

#include "ehw.h"

#include <linux/gpio.h>

/* The chip of this label, or that of the header for NULL: its file; else -1 and errno. */
int gpio_open_chip(const char *wanted, struct ehw_culprit *culprit);

/* The file of the lines, or a negative status, errno, and who has the line. */
int gpio_request_lines(int chip, struct gpio_v2_line_request *request, uint64_t flags,
		       struct ehw_culprit *culprit);

#endif
