/*
 * Writes down what a process asks of the files of one folder, in order: the bytes of each write, each truncation,
 * each sync, each name made or removed. LD_PRELOAD it, with
 *
 *	RECORD_FOLDER	files below it are recorded
 *	RECORD_TO	the record
 *	RECORD_FAIL	while this file exists, every write and sync below the folder fails with EIO
 *
 *	op u8, file u32, offset u64, size u64, data[size]		little endian; op:
 *	o name	w bytes	t (offset is the new size)	s sync	d sync of the folder	u name	r name \0 name	l name \0 name
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MOST_FDS 1024
enum { NOT_OURS = 0, FOLDER = -1 };

static int file_of[MOST_FDS];
static int next_file = 1;
static int record_fd = -1;
static const char *folder;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

#define REAL(name) static __typeof__(name) *real; if (!real) *(void **)&real = dlsym(RTLD_NEXT, #name)

static void put(const void *data, size_t size)
{
	REAL(write);
	const char *at = data;

	while (size) {
		ssize_t done = real(record_fd, at, size);

		if (done <= 0)
			abort(); /* half a record proves nothing */
		at += done;
		size -= (size_t)done;
	}
}

static void note(char op, int file, uint64_t offset, const void *data, uint64_t size)
{
	uint8_t head[21];
	uint32_t number = (uint32_t)file;

	head[0] = (uint8_t)op;
	memcpy(head + 1, &number, 4);
	memcpy(head + 5, &offset, 8);
	memcpy(head + 13, &size, 8);
	put(head, sizeof(head));
	if (data && size)
		put(data, size);
}

static int ours(const char *path)
{
	size_t length;

	if (!folder) {
		REAL(open64);
		folder = getenv("RECORD_FOLDER");
		if (!folder || !getenv("RECORD_TO"))
			folder = "/nowhere";
		else
			record_fd = real(getenv("RECORD_TO"), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	}
	length = strlen(folder);
	return record_fd >= 0 && path && !strncmp(path, folder, length);
}

static int opened(int fd, const char *path, int flags)
{
	if (fd < 0 || fd >= MOST_FDS)
		return fd;
	pthread_mutex_lock(&lock);
	file_of[fd] = NOT_OURS;
	if (ours(path)) {
		if (!strcmp(path, folder)) {
			file_of[fd] = FOLDER;
		} else {
			const char *name = path + strlen(folder) + 1;

			file_of[fd] = next_file++;
			note('o', file_of[fd], 0, name, strlen(name));
			if (flags & O_TRUNC)
				note('t', file_of[fd], 0, NULL, 0);
		}
	}
	pthread_mutex_unlock(&lock);
	return fd;
}

#define OPEN(name)							\
int name(const char *path, int flags, ...)				\
{									\
	REAL(name);							\
	va_list more;							\
	mode_t mode;							\
									\
	va_start(more, flags);						\
	mode = (mode_t)va_arg(more, int);				\
	va_end(more);							\
	return opened(real(path, flags, mode), path, flags);		\
}
OPEN(open)
OPEN(open64)

int openat(int at, const char *path, int flags, ...)
{
	REAL(openat);
	va_list more;
	mode_t mode;

	va_start(more, flags);
	mode = (mode_t)va_arg(more, int);
	va_end(more);
	return opened(real(at, path, flags, mode), path, flags);
}

static int broken(void)
{
	const char *name = getenv("RECORD_FAIL");

	if (!name || access(name, F_OK))
		return 0;
	errno = EIO;
	return 1;
}

static int file(int fd)
{
	return fd >= 0 && fd < MOST_FDS ? file_of[fd] : NOT_OURS;
}

#define PWRITE(name, offset_t)							\
ssize_t name(int fd, const void *data, size_t size, offset_t offset)		\
{										\
	REAL(name);								\
	ssize_t done;								\
										\
	if (file(fd) <= 0)							\
		return real(fd, data, size, offset);				\
	if (broken())								\
		return -1;							\
	pthread_mutex_lock(&lock);						\
	done = real(fd, data, size, offset);					\
	if (done > 0)								\
		note('w', file(fd), (uint64_t)offset, data, (uint64_t)done);	\
	pthread_mutex_unlock(&lock);						\
	return done;								\
}
PWRITE(pwrite, off_t)
PWRITE(pwrite64, off64_t)

ssize_t write(int fd, const void *data, size_t size)
{
	REAL(write);
	ssize_t done;

	if (file(fd) <= 0)
		return real(fd, data, size);
	pthread_mutex_lock(&lock);
	off_t at = lseek(fd, 0, SEEK_CUR);
	done = real(fd, data, size);
	if (done > 0)
		note('w', file(fd), (uint64_t)at, data, (uint64_t)done);
	pthread_mutex_unlock(&lock);
	return done;
}

#define TRUNCATE(name, offset_t)						\
int name(int fd, offset_t size)							\
{										\
	REAL(name);								\
	int status;								\
										\
	if (file(fd) <= 0)							\
		return real(fd, size);						\
	pthread_mutex_lock(&lock);						\
	status = real(fd, size);						\
	if (!status)								\
		note('t', file(fd), (uint64_t)size, NULL, 0);			\
	pthread_mutex_unlock(&lock);						\
	return status;								\
}
TRUNCATE(ftruncate, off_t)
TRUNCATE(ftruncate64, off64_t)

/* Recorded when the call returns: what is written while it runs may or may not be covered, so it is not. */
#define SYNC(name)								\
int name(int fd)								\
{										\
	REAL(name);								\
	int status;								\
										\
	if (file(fd) == NOT_OURS)						\
		return real(fd);						\
	if (broken())								\
		return -1;							\
	pthread_mutex_lock(&lock);						\
	status = real(fd);							\
	if (!status)								\
		note(file(fd) == FOLDER ? 'd' : 's', file(fd) == FOLDER ? 0 : file(fd), 0, NULL, 0); \
	pthread_mutex_unlock(&lock);						\
	return status;								\
}
SYNC(fsync)
SYNC(fdatasync)

int close(int fd)
{
	REAL(close);

	if (fd >= 0 && fd < MOST_FDS)
		file_of[fd] = NOT_OURS;
	return real(fd);
}

int unlink(const char *path)
{
	REAL(unlink);
	int status;

	if (!ours(path))
		return real(path);
	pthread_mutex_lock(&lock);
	status = real(path);
	if (!status)
		note('u', 0, 0, path + strlen(folder) + 1, strlen(path) - strlen(folder) - 1);
	pthread_mutex_unlock(&lock);
	return status;
}

static void two_names(char op, const char *from, const char *to)
{
	char names[1024] = {0};
	size_t cut = strlen(folder) + 1, first = strlen(from) - cut, second = strlen(to) - cut;

	if (first + second + 1 > sizeof(names))
		abort();
	memcpy(names, from + cut, first);
	memcpy(names + first + 1, to + cut, second);
	note(op, 0, 0, names, first + 1 + second);
}

#define TWO(name, op)							\
int name(const char *from, const char *to)				\
{									\
	REAL(name);							\
	int status;							\
									\
	if (!ours(from))						\
		return real(from, to);					\
	pthread_mutex_lock(&lock);					\
	status = real(from, to);					\
	if (!status)							\
		two_names(op, from, to);				\
	pthread_mutex_unlock(&lock);					\
	return status;							\
}
TWO(rename, 'r')
TWO(link, 'l')
