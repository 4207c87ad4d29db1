/* Whatever 16 bytes are taken for an OOK frame: only the frames that we would send ourselves. */
#include "../../csrc/ook.c"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t frame[EHW_OOK_SIZE];
	struct ehw_ook code;

	if (ehw_ook_decode(data, size, &code) != EHW_OK)
		return 0;
	if (ehw_ook_encode(&code, frame) != EHW_OK || memcmp(frame, data, EHW_OOK_SIZE) != 0)
		abort();
	return 0;
}
