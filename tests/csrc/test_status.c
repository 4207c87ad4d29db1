/* Status codes. */
#include "check.h"
#include "ehw.h"

#include <errno.h>

static void every_status_has_a_text_of_its_own(void)
{
	for (int status = EHW_OK; status >= EHW_ERR_RANGE; status--)
		for (int other = EHW_OK; other > status; other--) {
			int same = strcmp(ehw_strerror(status), ehw_strerror(other)) == 0;

			CHECK(!same);
		}
	CHECK(strcmp(ehw_strerror(EHW_ERR_RANGE), "a value is out of range") == 0);
}

static void a_count_is_ok_and_another_number_unknown(void)
{
	CHECK(strcmp(ehw_strerror(14), ehw_strerror(EHW_OK)) == 0);
	CHECK(strcmp(ehw_strerror(EHW_ERR_RANGE - 1), "unknown status") == 0);
}

static void errno_becomes_the_status_that_says_the_same(void)
{
	static const struct {
		int error, status;
	} rows[] = {
		{ ENOENT, EHW_ERR_NO_NODE },   { ENXIO, EHW_ERR_NO_NODE },
		{ ENODEV, EHW_ERR_NO_NODE },   { EACCES, EHW_ERR_PERMISSION },
		{ EPERM, EHW_ERR_PERMISSION }, { EBUSY, EHW_ERR_BUSY },
		{ EWOULDBLOCK, EHW_ERR_BUSY }, { ENOMEM, EHW_ERR_MEMORY },
		{ EIO, EHW_ERR_BUS },          { ENOTTY, EHW_ERR_BUS },
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		CHECK(ehw_from_errno(rows[i].error) == rows[i].status);
}

static void the_version_is_that_of_the_package(void)
{
	CHECK(strcmp(ehw_version(), EHW_VERSION) == 0);
	CHECK(strchr(ehw_version(), '.') != NULL);
}

int main(void)
{
	RUN(every_status_has_a_text_of_its_own);
	RUN(a_count_is_ok_and_another_number_unknown);
	RUN(errno_becomes_the_status_that_says_the_same);
	RUN(the_version_is_that_of_the_package);
	return report();
}
