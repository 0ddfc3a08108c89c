#include "base/id.h"

#include <string.h>

enum { ID_BYTES = sizeof(struct sg_id), TIME_BYTES = 6 };

struct sg_id sg_id_make(int64_t unix_ms, const struct entropy *e)
{
	SG_ASSERT(unix_ms >= 0 && unix_ms < INT64_C(1) << (8 * TIME_BYTES));
	struct sg_id id;

	for (int i = 0; i < TIME_BYTES; i++)
		id.b[i] = (uint8_t)(unix_ms >> (8 * (TIME_BYTES - 1 - i)));
	e->fill(e->self, id.b + TIME_BYTES, ID_BYTES - TIME_BYTES);
	id.b[6] = (uint8_t)(0x70 | (id.b[6] & 0x0f)); /* version 7 */
	id.b[8] = (uint8_t)(0x80 | (id.b[8] & 0x3f)); /* variant of RFC 9562 */
	return id;
}

bool sg_id_is_none(const struct sg_id *id)
{
	return sg_id_eq(id, &SG_ID_NONE);
}

bool sg_id_eq(const struct sg_id *a, const struct sg_id *b)
{
	return memcmp(a->b, b->b, ID_BYTES) == 0;
}

int sg_id_cmp(const struct sg_id *a, const struct sg_id *b)
{
	return memcmp(a->b, b->b, ID_BYTES);
}

/* A hyphen stands before bytes 4, 6, 8 and 10: 8-4-4-4-12 digits. */
static bool has_hyphen_before(int byte)
{
	return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum sg_status sg_id_parse(struct str text, struct sg_id *id_out)
{
	struct sg_id id;
	const char *p = text.p;

	if (text.n != SG_ID_TEXT)
		return SG_E_INPUT;
	for (int i = 0; i < ID_BYTES; i++) {
		if (has_hyphen_before(i) && *p++ != '-')
			return SG_E_INPUT;
		int high = hex_value(*p++);
		int low = hex_value(*p++);
		if (high < 0 || low < 0)
			return SG_E_INPUT;
		id.b[i] = (uint8_t)(high << 4 | low);
	}
	*id_out = id;
	return SG_OK;
}

void sg_id_text(const struct sg_id *id, char text_out[SG_ID_TEXT + 1])
{
	static const char digits[] = "0123456789abcdef";
	char *p = text_out;

	for (int i = 0; i < ID_BYTES; i++) {
		if (has_hyphen_before(i))
			*p++ = '-';
		*p++ = digits[id->b[i] >> 4];
		*p++ = digits[id->b[i] & 0x0f];
	}
	*p = '\0';
}
