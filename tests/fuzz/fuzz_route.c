/* libFuzzer entry; the same tape as the property test uses. */
#include "unit/core/walk_route.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tape t = {.bytes = data, .len = size};

	(void)walk_route(&t);
	return 0;
}
