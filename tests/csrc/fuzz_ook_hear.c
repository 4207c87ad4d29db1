/* Whatever samples are heard, in whatever pieces: never more codes than there is room for. */
#include "../../csrc/bands.c"
#include "../../csrc/ook_receive.c"
#include "../../csrc/rfm69.c"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ehw_ook_ear ear = { 0 };

	while (size > 1) {
		size_t piece = data[0] % (EHW_MOST_SAMPLES + 1);
		struct ehw_ook_heard *heard = malloc(EHW_MOST_HEARD * sizeof(*heard));
		int count;

		piece = piece < size ? piece : size - 1;
		count = ehw_ook_hear(&ear, data + 1, piece, heard);
		if (count < 0 || count > EHW_MOST_HEARD)
			abort();
		for (int i = 0; i < count; i++)
			if (heard[i].bits > 0xFFFFFF || heard[i].chip_us < 130)
				abort();
		free(heard);
		data += piece + 1;
		size -= piece + 1;
	}
	return 0;
}
