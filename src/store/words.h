/* words.h - cuts what a person typed into the words to search for. Nothing of a query language
 * passes: only letters, digits and bytes beyond ASCII are left. */
#ifndef SG_STORE_WORDS_H
#define SG_STORE_WORDS_H

#include <stdbool.h>

#include "base/str.h"

enum {
	WORDS_BYTES_MAX = 4096, /* of the text typed; the rest is not looked at */
	WORD_BYTES_MAX = 64,    /* longer words are cut there */
};

/* The next word of *rest, which moves on; false at the end. */
bool words_next(struct str *rest, struct str *word_out);

/* Cuts into at most max words. A single ASCII letter among other words is left out: it stands for
 * nothing ("don't" is don, t) and as the beginning of a word would find everything. */
unsigned words_cut(struct str text, struct str *words_out, unsigned max);

#endif
