#include "store/words.h"

static bool is_word_byte(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	       (unsigned char)c >= 0x80;
}

/* Ends a word that is cut at the end of a character. */
static size_t word_cut(const char *p, size_t n)
{
	if (n <= WORD_BYTES_MAX)
		return n;
	n = WORD_BYTES_MAX;
	while (n > 1 && ((unsigned char)p[n] & 0xc0) == 0x80)
		n--;
	return n;
}

bool words_next(struct str *rest, struct str *word_out)
{
	size_t from = 0, to;

	while (from < rest->n && !is_word_byte(rest->p[from]))
		from++;
	for (to = from; to < rest->n && is_word_byte(rest->p[to]);)
		to++;
	if (from == to)
		return false;
	*word_out = (struct str){.p = rest->p + from, .n = word_cut(rest->p + from, to - from)};
	rest->p += to;
	rest->n -= to;
	return true;
}

unsigned words_cut(struct str text, struct str *words_out, unsigned max)
{
	struct str word, lone = {NULL, 0};
	unsigned n = 0;

	while (n < max && words_next(&text, &word)) {
		if (word.n > 1)
			words_out[n++] = word;
		else
			lone = word;
	}
	if (n == 0 && lone.p && max > 0)
		words_out[n++] = lone;
	return n;
}
