#include "core/textlist.h"

static void skip(struct textlist *l, size_t n)
{
	l->rest.p += n;
	l->rest.n -= n;
}

static char peek(struct textlist *l)
{
	while (l->rest.n > 0 && (*l->rest.p == ' ' || *l->rest.p == '\t' || *l->rest.p == '\n' ||
				 *l->rest.p == '\r'))
		skip(l, 1);
	return (char)(l->rest.n > 0 ? *l->rest.p : 0);
}

void textlist_init(struct textlist *l, struct str json)
{
	*l = (struct textlist){.rest = json};
}

static enum sg_status read_word(struct textlist *l, struct str *word_out)
{
	if (peek(l) != '"')
		return SG_E_INPUT;
	skip(l, 1);

	struct str word = {.p = l->rest.p};

	while (word.n < l->rest.n && word.p[word.n] != '"') {
		if (word.p[word.n] == '\\' || (unsigned char)word.p[word.n] < ' ')
			return SG_E_INPUT;
		word.n++;
	}
	if (word.n == l->rest.n)
		return SG_E_INPUT;
	skip(l, word.n + 1);
	l->read++;
	*word_out = word;
	return SG_OK;
}

static enum sg_status read_end(struct textlist *l)
{
	skip(l, 1);
	return peek(l) == 0 && l->rest.n == 0 ? SG_E_NOT_FOUND : SG_E_INPUT;
}

enum sg_status textlist_next(struct textlist *l, struct str *word_out)
{
	if (!l->rest.p)
		return SG_E_NOT_FOUND;

	char c = peek(l);

	if (l->read == 0) {
		if (c != '[')
			return SG_E_INPUT;
		skip(l, 1);
		return peek(l) == ']' ? read_end(l) : read_word(l, word_out);
	}
	if (c == ']')
		return read_end(l);
	if (c != ',')
		return SG_E_INPUT;
	skip(l, 1);
	return read_word(l, word_out);
}
