/* The way to the server: a connection, a question, an answer. */
#define _GNU_SOURCE
#include "shim.h"

#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_PATH 256

/* One request at a time on a connection; 64 locks are enough to keep threads apart. */
static pthread_mutex_t locks[64];

__attribute__((constructor)) static void make_locks(void)
{
	for (size_t i = 0; i < sizeof(locks) / sizeof(locks[0]); i++)
		pthread_mutex_init(&locks[i], NULL);
}

int fail(int error)
{
	errno = error;
	return -1;
}

int drop(int fd, int error)
{
	close(fd);
	return fail(error);
}

int dial(void)
{
	const char *path = getenv("EHW_BENCH_SOCKET");
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	if (!path || strlen(path) >= sizeof(address.sun_path))
		return fail(ENOENT);
	memcpy(address.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		return drop(fd, ENXIO);
	return fd;
}

/* The answer: its status, and the descriptor that came along, or -1. */
static ssize_t take(int fd, struct msghdr *message, int *passed)
{
	struct pollfd waiting = { .fd = fd,
				  .events = POLLIN }; /* O_NONBLOCK means nothing to a node */
	struct cmsghdr *control;
	ssize_t size;

	do
		size = recvmsg(fd, message, MSG_CMSG_CLOEXEC);
	while (size < 0 && (errno == EINTR || (errno == EAGAIN && poll(&waiting, 1, -1))));
	control = size < 0 ? NULL : CMSG_FIRSTHDR(message);
	if (control && control->cmsg_type == SCM_RIGHTS)
		memcpy(passed, CMSG_DATA(control), sizeof(*passed));
	return size;
}

static int exchange(int fd, struct msghdr *question, struct msghdr *answer, const int32_t *status,
		    int *passed)
{
	ssize_t size;

	do
		size = sendmsg(fd, question, MSG_NOSIGNAL);
	while (size < 0 && errno == EINTR);
	if (size < 0)
		return fail(errno == EFAULT || errno == EMSGSIZE ? errno : ENODEV);
	size = take(fd, answer, passed);
	if (size < (ssize_t)sizeof(*status))
		return fail(size < 0 && errno == EFAULT ? EFAULT : ENODEV);
	return *status < 0 ? fail(-*status) : *status;
}

int ask(int fd, struct ask what, const struct iovec *out, int outs, const struct iovec *in, int ins,
	int *passed)
{
	struct iovec sent[MAX_TRANSFERS + 2], taken[MAX_TRANSFERS + 1];
	_Alignas(struct cmsghdr) char room[CMSG_SPACE(sizeof(int))];
	pthread_mutex_t *lock = &locks[fd % 64];
	int32_t status = 0;
	int result;

	sent[0] = (struct iovec){ &what, sizeof(what) };
	taken[0] = (struct iovec){ &status, sizeof(status) };
	for (int i = 0; i < outs; i++)
		sent[i + 1] = out[i];
	for (int i = 0; i < ins; i++)
		taken[i + 1] = in[i];
	pthread_mutex_lock(lock);
	result = exchange(fd, &(struct msghdr){ .msg_iov = sent, .msg_iovlen = (size_t)outs + 1 },
			  &(struct msghdr){ .msg_iov = taken,
					    .msg_iovlen = (size_t)ins + 1,
					    .msg_control = room,
					    .msg_controllen = sizeof(room) },
			  &status, passed);
	pthread_mutex_unlock(lock);
	return result;
}

int ask_on(int fd, struct ask what, const char *path, void *answer, size_t size, int *passed)
{
	struct iovec out = { (void *)(uintptr_t)path, strlen(path) }, in = { answer, size };

	if (out.iov_len >= MAX_PATH)
		return fail(ENAMETOOLONG);
	return ask(fd, what, &out, 1, &in, size ? 1 : 0, passed);
}

int ask_path(struct ask what, const char *path, void *answer, size_t size)
{
	int fd = dial(), result;

	if (fd < 0)
		return -1;
	result = ask_on(fd, what, path, answer, size, &(int){ -1 });
	drop(fd, errno);
	return result;
}
