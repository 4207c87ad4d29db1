/* LD_PRELOAD: /dev/spidevB.C and /dev/gpiochipN served by a program instead of the kernel.
 *
 * open() of such a path connects to the unix socket named by EHW_BENCH_SOCKET,
 * and the connection is the descriptor that the program gets: close, fork and
 * exit need no care. The descriptor of a line request is a pipe in which a byte
 * lies while events wait, so that poll, select and epoll need none either.
 * What the kernel would answer is decided on the other side (spi_node.py, gpio_node.py).
 *
 * Not seen: system calls made without libc, and dup() of a node.
 */
#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/gpio.h>
#include <linux/spi/spidev.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MAX_FD 4096

enum kind { OTHER, SPIDEV, GPIOCHIP, LINES };

/* What each descriptor is, and the one that goes with it: for a node the file that stands for it,
 * which is what is locked; for lines the connection over which their requests travel. */
static struct {
	enum kind kind;
	int companion;
} table[MAX_FD];

static enum kind kind_of_path(const char *path)
{
	if (path && !strncmp(path, "/dev/spidev", 11))
		return SPIDEV;
	if (path && !strncmp(path, "/dev/gpiochip", 13))
		return GPIOCHIP;
	return OTHER;
}

static enum kind kind_of(int fd)
{
	return fd >= 0 && fd < MAX_FD ? table[fd].kind : OTHER;
}

int is_node(const char *path)
{
	return kind_of_path(path) != OTHER;
}

int is_ours(int fd)
{
	return kind_of(fd) != OTHER;
}

static void enter(int fd, enum kind kind, int companion)
{
	table[fd].kind = kind;
	table[fd].companion = companion;
}

static int open_node(const char *path, int flags)
{
	int fd = dial(), file = -1;

	if (fd < 0)
		return -1;
	if (fd >= MAX_FD)
		return drop(fd, EMFILE);
	if (ask_on(fd, (struct ask){ ASK_OPEN, (uint32_t)flags }, path, NULL, 0, &file) < 0)
		return drop(fd, errno);
	enter(fd, kind_of_path(path), file);
	return fd;
}

#define MODE_ARGUMENT(mode)                                        \
	mode_t mode = 0;                                           \
	if (flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE) { \
		va_list rest;                                      \
		va_start(rest, flags);                             \
		mode = (mode_t)va_arg(rest, unsigned);             \
		va_end(rest);                                      \
	}

#define OPEN(name)                                                                       \
	int name(const char *path, int flags, ...)                                       \
	{                                                                                \
		NEXT(name);                                                              \
		MODE_ARGUMENT(mode)                                                      \
		return is_node(path) ? open_node(path, flags) : next(path, flags, mode); \
	}

#define OPENAT(name)                                                                          \
	int name(int dir, const char *path, int flags, ...)                                   \
	{                                                                                     \
		NEXT(name);                                                                   \
		MODE_ARGUMENT(mode)                                                           \
		return is_node(path) ? open_node(path, flags) : next(dir, path, flags, mode); \
	}

/* What fortified programs call instead. */
#define OPEN_2(name)                                                               \
	int name(const char *path, int flags);                                     \
	int name(const char *path, int flags)                                      \
	{                                                                          \
		NEXT(name);                                                        \
		return is_node(path) ? open_node(path, flags) : next(path, flags); \
	}

OPEN(open)
OPEN(open64)
OPENAT(openat)
OPENAT(openat64)
OPEN_2(__open_2)
OPEN_2(__open64_2)

int close(int fd)
{
	NEXT(close);

	if (kind_of(fd) != OTHER) {
		next(table[fd].companion);
		table[fd].kind = OTHER;
	}
	return next(fd);
}

int flock(int fd, int operation)
{
	NEXT(flock);

	return next(kind_of(fd) == OTHER ? fd : table[fd].companion, operation);
}

/* SPI_IOC_MESSAGE: the transfers, then what each sends; back comes what each receives. */
static int message(int fd, struct spi_ioc_transfer *transfers, unsigned count)
{
	struct iovec out[MAX_TRANSFERS + 1], in[MAX_TRANSFERS];
	int outs = 1, ins = 0;

	out[0] = (struct iovec){ transfers, count * sizeof(*transfers) };
	for (unsigned i = 0; i < count; i++) {
		const struct spi_ioc_transfer *t = &transfers[i];

		if (t->tx_buf)
			out[outs++] = (struct iovec){ (void *)(uintptr_t)t->tx_buf, t->len };
		if (t->rx_buf)
			in[ins++] = (struct iovec){ (void *)(uintptr_t)t->rx_buf, t->len };
	}
	return ask(fd, (struct ask){ ASK_MESSAGE, count }, out, outs, in, ins, &(int){ -1 });
}

/* Any other ioctl: its struct goes as it is, and comes back where the request says so. */
static int plain(int fd, unsigned request, void *argument, int *passed)
{
	struct iovec data = { argument, _IOC_SIZE(request) };

	return ask(fd, (struct ask){ ASK_IOCTL, request }, &data, 1, &data,
		   _IOC_DIR(request) & _IOC_READ ? 1 : 0, passed);
}

/* The server answers with a handle in place of the descriptor, and passes the descriptor. */
static int get_line(int fd, struct gpio_v2_line_request *request)
{
	int lines = -1, connection, status = plain(fd, GPIO_V2_GET_LINE_IOCTL, request, &lines);

	if (status < 0)
		return -1;
	connection = dial();
	if (connection < 0)
		return drop(lines, ENODEV);
	if (lines >= MAX_FD || ask(connection, (struct ask){ ASK_LINES, (uint32_t)request->fd },
				   NULL, 0, NULL, 0, &(int){ -1 }) < 0) {
		close(lines);
		return drop(connection, lines >= MAX_FD ? EMFILE : ENODEV);
	}
	enter(lines, LINES, connection);
	request->fd = lines;
	return 0;
}

static int is_message(unsigned request)
{
	return _IOC_TYPE(request) == SPI_IOC_MAGIC && _IOC_NR(request) == 0 &&
	       _IOC_DIR(request) == _IOC_WRITE;
}

static int ask_ioctl(int fd, unsigned request, void *argument)
{
	unsigned size = _IOC_SIZE(request);

	if (table[fd].kind == SPIDEV && is_message(request) &&
	    size % sizeof(struct spi_ioc_transfer) == 0)
		return message(fd, argument, size / sizeof(struct spi_ioc_transfer));
	if (table[fd].kind == GPIOCHIP && request == GPIO_V2_GET_LINE_IOCTL)
		return get_line(fd, argument);
	return plain(table[fd].kind == LINES ? table[fd].companion : fd, request, argument,
		     &(int){ -1 });
}

/* What the kernel does for every descriptor before it asks the driver. */
static int is_generic(unsigned request)
{
	return request == FIOCLEX || request == FIONCLEX || request == FIONBIO ||
	       request == FIOASYNC;
}

#define IOCTL(name)                                                         \
	int name(int fd, unsigned long request, ...)                        \
	{                                                                   \
		va_list rest;                                               \
		void *argument;                                             \
		NEXT(name);                                                 \
		va_start(rest, request);                                    \
		argument = va_arg(rest, void *);                            \
		va_end(rest);                                               \
		if (kind_of(fd) != OTHER && !is_generic((unsigned)request)) \
			return ask_ioctl(fd, (unsigned)request, argument);  \
		return next(fd, request, argument);                         \
	}

int __ioctl_time64(int fd, unsigned long request, ...);
IOCTL(ioctl)
IOCTL(__ioctl_time64) /* 32-bit programs with 64-bit time */

/* As many whole events as fit, at least one; waits for the first unless told not to. */
static ssize_t read_events(int fd, void *buffer, size_t size)
{
	struct iovec in = { buffer, size };
	struct ask what = { ASK_EVENTS, (uint32_t)(size / sizeof(struct gpio_v2_line_event)) };
	struct pollfd waiting = { .fd = fd, .events = POLLIN };
	int blocks = !(fcntl(fd, F_GETFL) & O_NONBLOCK), status;

	for (;;) {
		if (blocks && poll(&waiting, 1, -1) < 0)
			return -1;
		status = ask(table[fd].companion, what, NULL, 0, &in, 1, &(int){ -1 });
		if (status >= 0 || errno != EAGAIN || !blocks)
			return status;
	}
}

ssize_t read(int fd, void *buffer, size_t size)
{
	struct spi_ioc_transfer transfer = { .rx_buf = (uintptr_t)buffer, .len = (uint32_t)size };
	NEXT(read);

	if (kind_of(fd) == SPIDEV)
		return message(fd, &transfer, 1);
	return kind_of(fd) == LINES ? read_events(fd, buffer, size) : next(fd, buffer, size);
}

ssize_t write(int fd, const void *buffer, size_t size)
{
	struct spi_ioc_transfer transfer = { .tx_buf = (uintptr_t)buffer, .len = (uint32_t)size };
	NEXT(write);

	return kind_of(fd) == SPIDEV ? message(fd, &transfer, 1) : next(fd, buffer, size);
}
