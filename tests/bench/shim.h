/* What the two halves of the shim share, and what crosses the socket.
 *
 * A request is a struct ask and a payload, an answer a status (0, a count or
 * -errno) and a payload, each in one SEQPACKET datagram, in the machine's own
 * byte order. The Python side is wire.py; change one, change the other.
 */
#ifndef EHW_BENCH_SHIM_H
#define EHW_BENCH_SHIM_H

#include <stdint.h>
#include <sys/uio.h>

#include <dlfcn.h>

#define MAX_TRANSFERS 511 /* 14 bits of size in an ioctl request, 32 bytes each */

enum asked {
	ASK_OPEN = 1, /* detail: flags; path -> the descriptor of a file that stands for the node */
	ASK_STAT = 2, /* path, or nothing for the node of this connection -> struct node */
	ASK_ACCESS = 3, /* detail: mode; path */
	ASK_LIST = 4,   /* -> names in /dev, each ended by a NUL */
	ASK_IOCTL =
		5, /* detail: request; its struct -> the struct, and for GET_LINE a descriptor */
	ASK_MESSAGE =
		6, /* detail: number of transfers; them, all that is sent -> all that is received */
	ASK_LINES = 7,  /* detail: handle; from now on the connection is that of these lines */
	ASK_EVENTS = 8, /* detail: how many at most -> struct gpio_v2_line_event each */
};

struct ask {
	uint32_t what, detail;
};

/* What stat() wants to know of a node. */
struct node {
	uint64_t dev, ino; /* of the file that stands for it */
	uint32_t mode, uid, gid, major, minor, unused;
};

/* The same function in the next library: libc's, or a sanitizer's. */
#define NEXT(name)                       \
	static __typeof__(&(name)) next; \
	if (!next)                       \
	next = (__typeof__(&(name)))(uintptr_t)dlsym(RTLD_NEXT, #name)

#define HIDDEN __attribute__((visibility("hidden")))

/* Whether the path is one of the nodes that the server has to answer for. */
HIDDEN int is_node(const char *path);

/* -1 with that errno; and the same after closing fd. */
HIDDEN int fail(int error);
HIDDEN int drop(int fd, int error);

/* Connect to the server; a descriptor, or -1 with errno ENOENT (no server named) or ENXIO. */
HIDDEN int dial(void);

/* Ask over fd, take the answer into the buffers, and a descriptor if one comes.
 * The payloads are the caller's own memory: a bad pointer gives EFAULT, as in the kernel.
 * Returns the status, or -1 with errno set. */
HIDDEN int ask(int fd, struct ask what, const struct iovec *out, int outs, const struct iovec *in,
	       int ins, int *passed);

/* Ask about a path; over fd, or over a connection of its own. */
HIDDEN int ask_on(int fd, struct ask what, const char *path, void *answer, size_t size,
		  int *passed);
HIDDEN int ask_path(struct ask what, const char *path, void *answer, size_t size);

/* Whether fd is a node, or lines requested from one. */
HIDDEN int is_ours(int fd);

#endif
