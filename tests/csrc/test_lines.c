/* lines.c as far as it goes without a chip; the bench has chips. */
#include "check.h"
#include "ehw.h"

static const uint8_t offsets[] = { 17, 22, 23, 27, 24, 25 };

static void a_chip_that_is_not_there_is_said_to_be_missing(void)
{
	struct ehw_culprit culprit;
	struct ehw_lines *lines;

	CHECK(ehw_lines_open("no such chip", offsets, 6, &lines, &culprit) == EHW_ERR_NO_NODE);
	CHECK(lines == NULL && culprit.line == EHW_NOT_WIRED && culprit.node[0] == 0);
	CHECK(ehw_lines_open("no such chip", offsets, 6, &lines, NULL) == EHW_ERR_NO_NODE);
	ehw_lines_close(NULL);
}

static void no_lines_and_too_many_are_out_of_range(void)
{
	struct ehw_lines *lines;

	CHECK(ehw_lines_open("no such chip", offsets, 0, &lines, NULL) == EHW_ERR_RANGE);
	CHECK(ehw_lines_open("no such chip", offsets, EHW_MOST_LINES + 1, &lines, NULL) ==
	      EHW_ERR_RANGE);
	CHECK(lines == NULL);
}

int main(void)
{
	RUN(a_chip_that_is_not_there_is_said_to_be_missing);
	RUN(no_lines_and_too_many_are_out_of_range);
	return report();
}
