/* fuzz_api_decode - the first byte says which operation, the second what the rest is: body, live
 * command, result, query or path. */
#include "api/match.h"
#include "decode.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t n)
{
	if (n < 2)
		return 0;
	const struct api_operation *op = &api_operations[bytes[0] % API_OP_N];
	struct str text = {(const char *)bytes + 2, n - 2};
	const struct schema *schemas[] = {op->body, op->command, op->result};
	unsigned what = bytes[1] % 5;
	if (what < 3 && schemas[what])
		decode_body(schemas[what], text);
	else if (what == 3)
		decode_query(op->query, text);
	else if (what == 4)
		decode_path(text);
	return 0;
}
