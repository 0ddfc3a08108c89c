#include "store/memory/mem_search.h"

#include <string.h>

#include "store/words.h"

/* Base letters of U+00C0..U+00FF; a space keeps the character as it is. */
static const char latin1_base[] = "aaaaaa ceeeeiiii nooooo  uuuuy  "
				  "aaaaaa ceeeeiiii nooooo  uuuuy y";

struct folded {
	char text[WORD_BYTES_MAX];
	size_t n;
};

static void fold(struct str word, struct folded *out)
{
	out->n = 0;
	for (size_t i = 0; i < word.n && out->n < sizeof(out->text); i++) {
		unsigned char c = (unsigned char)word.p[i];
		unsigned char d = i + 1 < word.n ? (unsigned char)word.p[i + 1] : 0;

		if (c == 0xc3 && (d & 0xc0) == 0x80 && latin1_base[d & 0x3f] != ' ') {
			out->text[out->n++] = latin1_base[d & 0x3f];
			i++;
		} else {
			out->text[out->n++] = (char)(c >= 'A' && c <= 'Z' ? c + 32 : c);
		}
	}
}

struct query {
	struct folded word[STORE_SEARCH_WORDS];
	unsigned n;
};

static bool matches(const struct query *q, unsigned i, const struct folded *have)
{
	const struct folded *want = &q->word[i];
	bool prefix = i + 1 == q->n;

	return (prefix ? have->n >= want->n : have->n == want->n) &&
	       memcmp(have->text, want->text, want->n) == 0;
}

static void text_score(const struct query *q, struct str text, unsigned weight, unsigned *best)
{
	struct folded have;
	struct str word;

	while (words_next(&text, &word)) {
		fold(word, &have);
		for (unsigned i = 0; i < q->n; i++) {
			if (best[i] < weight && matches(q, i, &have))
				best[i] = weight;
		}
	}
}

static unsigned article_score(const struct query *q, const struct value *row)
{
	unsigned best[STORE_SEARCH_WORDS] = {0}, sum = 0;

	text_score(q, row[ARTICLE_COL_TITLE].s, 10, best);
	text_score(q, row[ARTICLE_COL_SUMMARY].s, 3, best);
	text_score(q, row[ARTICLE_COL_BODY].s, 1, best);
	for (unsigned i = 0; i < q->n; i++)
		sum += best[i];
	return sum;
}

static bool article_is_for(const struct value *row, enum audience audience)
{
	return row[ARTICLE_COL_ACTIVE].i &&
	       (row[ARTICLE_COL_AUDIENCE].i == AUDIENCE_PUBLIC ||
		(audience == AUDIENCE_AGENT && row[ARTICLE_COL_AUDIENCE].i == AUDIENCE_AGENT));
}

unsigned mem_search(const struct mem_tables *t, struct str words, enum audience audience,
		    unsigned limit, const struct value **rows_out)
{
	static _Thread_local unsigned score[STORE_RANGE_MAX];
	struct str cut[STORE_SEARCH_WORDS];
	struct query q = {.n = words_cut(words, cut, STORE_SEARCH_WORDS)};
	struct ordered_at at = {.block = 0, .i = 0};
	const struct value *row;
	unsigned n = 0;

	for (unsigned i = 0; i < q.n; i++)
		fold(cut[i], &q.word[i]);
	while ((row = ordered_next(&t->key[TABLE_ARTICLE], &at)) != NULL) {
		unsigned s = article_is_for(row, audience) ? article_score(&q, row) : 0, i;

		if (s == 0 || (n == limit && s <= score[n - 1]))
			continue;
		if (n < limit)
			n++;
		for (i = n - 1; i > 0 && score[i - 1] < s; i--) {
			score[i] = score[i - 1];
			rows_out[i] = rows_out[i - 1];
		}
		score[i] = s;
		rows_out[i] = row;
	}
	return n;
}
