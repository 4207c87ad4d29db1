/* A test is a function of CHECKs; a program runs some and says how many passed. */
#ifndef CHECK_H
#define CHECK_H

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static int passed, failed, failures_here;

#define CHECK(condition)                                                                     \
	do {                                                                                 \
		if (!(condition)) {                                                          \
			failures_here++;                                                     \
			printf("%s:%d: %s: %s\n", __FILE__, __LINE__, __func__, #condition); \
		}                                                                            \
	} while (0)

#define RUN(test)                                    \
	do {                                         \
		failures_here = 0;                   \
		test();                              \
		failures_here ? failed++ : passed++; \
	} while (0)

/* For main() to return. */
static int report(void)
{
	printf("%d passed, %d failed\n", passed, failed);
	return failed != 0;
}

/* Bytes of a hexadecimal string; returns how many. */
static inline size_t unhex(const char *text, uint8_t *bytes)
{
	size_t count = strlen(text) / 2;
	unsigned int byte;

	for (size_t i = 0; i < count && sscanf(text + 2 * i, "%2x", &byte) == 1; i++)
		bytes[i] = (uint8_t)byte;
	return count;
}

#endif
