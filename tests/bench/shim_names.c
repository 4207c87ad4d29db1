/* Names: whether a node exists, what stat() says of it, and that /dev lists it.
 *
 * The real nodes of the machine, if it has any, are not listed.
 */
#define _GNU_SOURCE
#include "shim.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

static int stat_path(const char *path, struct node *node)
{
	return ask_path((struct ask){ ASK_STAT, 0 }, path, node, sizeof(*node)) < 0 ? -1 : 0;
}

static int stat_fd(int fd, struct node *node)
{
	return ask_on(fd, (struct ask){ ASK_STAT, 0 }, "", node, sizeof(*node), &(int){ -1 }) < 0
		       ? -1
		       : 0;
}

/* struct stat and struct stat64 differ on 32-bit machines, so each is filled by its fields. */
#define FILL(type)                                                                   \
	static int fill_##type(int status, const struct node *node, struct type *st) \
	{                                                                            \
		if (status)                                                          \
			return status;                                               \
		memset(st, 0, sizeof(*st));                                          \
		st->st_dev = node->dev;                                              \
		st->st_ino = (ino_t)node->ino;                                       \
		st->st_mode = node->mode;                                            \
		st->st_nlink = 1;                                                    \
		st->st_uid = node->uid;                                              \
		st->st_gid = node->gid;                                              \
		st->st_rdev = makedev(node->major, node->minor);                     \
		return 0;                                                            \
	}

#define STAT(name, type)                                                              \
	int name(const char *path, struct type *st)                                   \
	{                                                                             \
		struct node node;                                                     \
		NEXT(name);                                                           \
		return is_node(path) ? fill_##type(stat_path(path, &node), &node, st) \
				     : next(path, st);                                \
	}

#define FSTAT(name, type)                                                                       \
	int name(int fd, struct type *st)                                                       \
	{                                                                                       \
		struct node node;                                                               \
		NEXT(name);                                                                     \
		return is_ours(fd) ? fill_##type(stat_fd(fd, &node), &node, st) : next(fd, st); \
	}

#define FSTATAT(name, type)                                                           \
	int name(int dir, const char *path, struct type *st, int flags)               \
	{                                                                             \
		struct node node;                                                     \
		NEXT(name);                                                           \
		return is_node(path) ? fill_##type(stat_path(path, &node), &node, st) \
				     : next(dir, path, st, flags);                    \
	}

/* What programs linked against glibc before 2.33 call: every manylinux wheel. */
#define XSTAT(name, type)                                                             \
	int name(int version, const char *path, struct type *st);                     \
	int name(int version, const char *path, struct type *st)                      \
	{                                                                             \
		struct node node;                                                     \
		NEXT(name);                                                           \
		return is_node(path) ? fill_##type(stat_path(path, &node), &node, st) \
				     : next(version, path, st);                       \
	}

FILL(stat)
FILL(stat64)
STAT(stat, stat)
STAT(lstat, stat)
STAT(stat64, stat64)
STAT(lstat64, stat64)
FSTAT(fstat, stat)
FSTAT(fstat64, stat64)
FSTATAT(fstatat, stat)
FSTATAT(fstatat64, stat64)
XSTAT(__xstat, stat)
XSTAT(__lxstat, stat)
XSTAT(__xstat64, stat64)
XSTAT(__lxstat64, stat64)

int statx(int dir, const char *path, int flags, unsigned mask, struct statx *st)
{
	struct node node;
	NEXT(statx);

	if (!is_node(path))
		return next(dir, path, flags, mask, st);
	if (stat_path(path, &node))
		return -1;
	memset(st, 0, sizeof(*st));
	st->stx_mask = STATX_TYPE | STATX_MODE | STATX_NLINK | STATX_UID | STATX_GID | STATX_INO;
	st->stx_ino = node.ino;
	st->stx_dev_major = major(node.dev);
	st->stx_dev_minor = minor(node.dev);
	st->stx_mode = (uint16_t)node.mode;
	st->stx_nlink = 1;
	st->stx_uid = node.uid;
	st->stx_gid = node.gid;
	st->stx_rdev_major = node.major;
	st->stx_rdev_minor = node.minor;
	return 0;
}

static int access_path(const char *path, int mode)
{
	return ask_path((struct ask){ ASK_ACCESS, (uint32_t)mode }, path, NULL, 0) < 0 ? -1 : 0;
}

int access(const char *path, int mode)
{
	NEXT(access);

	return is_node(path) ? access_path(path, mode) : next(path, mode);
}

int faccessat(int dir, const char *path, int mode, int flags)
{
	NEXT(faccessat);

	return is_node(path) ? access_path(path, mode) : next(dir, path, mode, flags);
}

/* A directory stream on /dev: what it has itself, then the server's names. */
static struct listing {
	DIR *dir;
	char names[2048];
	size_t size, at;
	struct dirent entry;
	struct dirent64 entry64;
} listings[8];

static pthread_mutex_t listings_lock = PTHREAD_MUTEX_INITIALIZER;

/* The listing of dir, which may be NULL for a free one. */
static struct listing *find(DIR *dir)
{
	for (size_t i = 0; i < sizeof(listings) / sizeof(listings[0]); i++)
		if (listings[i].dir == dir)
			return &listings[i];
	return NULL;
}

static void start_listing(DIR *dir)
{
	struct listing *listing;
	int size;

	pthread_mutex_lock(&listings_lock);
	listing = find(NULL);
	if (listing) {
		size = ask_path((struct ask){ ASK_LIST, 0 }, "", listing->names,
				sizeof(listing->names));
		listing->size = size < 0 ? 0 : (size_t)size;
		listing->at = 0;
		listing->dir = dir;
	}
	pthread_mutex_unlock(&listings_lock);
}

DIR *opendir(const char *path)
{
	DIR *dir;
	NEXT(opendir);

	dir = next(path);
	if (dir && (!strcmp(path, "/dev") || !strcmp(path, "/dev/")))
		start_listing(dir);
	return dir;
}

int closedir(DIR *dir)
{
	struct listing *listing;
	NEXT(closedir);

	pthread_mutex_lock(&listings_lock);
	listing = find(dir);
	if (listing)
		listing->dir = NULL;
	pthread_mutex_unlock(&listings_lock);
	return next(dir);
}

static int is_ours_by_name(const char *name)
{
	return !strncmp(name, "spidev", 6) || !strncmp(name, "gpiochip", 8);
}

#define READDIR(name, type, field)                                           \
	struct type *name(DIR *dir)                                          \
	{                                                                    \
		struct listing *listing = find(dir);                         \
		struct type *entry;                                          \
		NEXT(name);                                                  \
		do                                                           \
			entry = next(dir);                                   \
		while (entry && listing && is_ours_by_name(entry->d_name));  \
		if (entry || !listing || listing->at >= listing->size)       \
			return entry;                                        \
		listing->field.d_ino = listing->at + 1;                      \
		listing->field.d_type = DT_CHR;                              \
		strcpy(listing->field.d_name, listing->names + listing->at); \
		listing->at += strlen(listing->field.d_name) + 1;            \
		return &listing->field;                                      \
	}

READDIR(readdir, dirent, entry)
READDIR(readdir64, dirent64, entry64)
