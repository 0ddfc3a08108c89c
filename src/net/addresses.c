#include "net/net_priv.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

struct address_slot {
	struct address key;
	unsigned n; /* 0: free */
};

static const uint8_t V4_MAPPED[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

void address_from(const struct sockaddr *sa, struct address *out)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	*out = (struct address){{0}};
	if (sa && sa->sa_family == AF_INET) {
		memcpy(&v4, sa, sizeof(v4));
		memcpy(out->b, V4_MAPPED, sizeof(V4_MAPPED));
		memcpy(out->b + 12, &v4.sin_addr, 4);
	} else if (sa && sa->sa_family == AF_INET6) {
		memcpy(&v6, sa, sizeof(v6));
		memcpy(out->b, &v6.sin6_addr, 16);
	}
}

bool address_parse(struct str text, struct address *out)
{
	char z[INET6_ADDRSTRLEN];
	struct address a = {{0}};

	if (!text.n || text.n >= sizeof(z))
		return false;
	memcpy(z, text.p, text.n);
	z[text.n] = '\0';
	if (inet_pton(AF_INET, z, a.b + 12) == 1)
		memcpy(a.b, V4_MAPPED, sizeof(V4_MAPPED));
	else if (inet_pton(AF_INET6, z, a.b) != 1)
		return false;
	*out = a;
	return true;
}

static bool is_v4(const struct address *a)
{
	return !memcmp(a->b, V4_MAPPED, sizeof(V4_MAPPED));
}

void address_text(const struct address *a, char out[INET6_ADDRSTRLEN])
{
	const char *p = is_v4(a) ? inet_ntop(AF_INET, a->b + 12, out, INET6_ADDRSTRLEN)
				 : inet_ntop(AF_INET6, a->b, out, INET6_ADDRSTRLEN);

	SG_ASSERT(p);
}

bool address_is_loopback(const struct address *a)
{
	static const struct address one = {{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}};

	return is_v4(a) ? a->b[12] == 127 : !memcmp(a, &one, sizeof(one));
}

void addresses_init(struct addresses *t)
{
	*t = (struct addresses){0};
	/* The table's order must not be guessable, or one client could pile its addresses up. */
	SG_ASSERT(getrandom(&t->seed, sizeof(t->seed), 0) == (ssize_t)sizeof(t->seed));
}

void addresses_fini(struct addresses *t)
{
	free(t->slot);
	*t = (struct addresses){0};
}

static struct address counted(const struct address *a)
{
	struct address k = *a;

	if (!is_v4(a))
		memset(k.b + 8, 0, 8);
	return k;
}

static uint32_t home(const struct addresses *t, const struct address *k)
{
	uint64_t half[2], h = t->seed;

	memcpy(half, k->b, sizeof(half));
	for (int i = 0; i < 2; i++) {
		h = (h ^ half[i]) * 0x9e3779b97f4a7c15u;
		h ^= h >> 29;
		h *= 0xbf58476d1ce4e5b9u;
		h ^= h >> 32;
	}
	return (uint32_t)h & (t->cap - 1);
}

/* The place of that key, or the free place where it would go. */
static uint32_t place(const struct addresses *t, const struct address *k)
{
	uint32_t i = home(t, k);

	while (t->slot[i].n && memcmp(&t->slot[i].key, k, sizeof(*k)) != 0)
		i = (i + 1) & (t->cap - 1);
	return i;
}

unsigned addresses_count(const struct addresses *t, const struct address *a)
{
	struct address k = counted(a);

	return t->cap ? t->slot[place(t, &k)].n : 0;
}

static void grow(struct addresses *t)
{
	struct addresses bigger = {.cap = t->cap ? t->cap * 2 : 64, .n = t->n, .seed = t->seed};

	bigger.slot = calloc(bigger.cap, sizeof(*bigger.slot));
	SG_ASSERT(bigger.slot);
	for (uint32_t i = 0; i < t->cap; i++)
		if (t->slot[i].n)
			bigger.slot[place(&bigger, &t->slot[i].key)] = t->slot[i];
	free(t->slot);
	*t = bigger;
}

void addresses_add(struct addresses *t, const struct address *a)
{
	struct address k = counted(a);
	uint32_t i;

	if (t->n * 2 >= t->cap)
		grow(t);
	i = place(t, &k);
	if (!t->slot[i].n) {
		t->slot[i].key = k;
		t->n++;
	}
	t->slot[i].n++;
}

void addresses_drop(struct addresses *t, const struct address *a)
{
	struct address k = counted(a);
	uint32_t hole, i, mask = t->cap - 1;

	SG_ASSERT(t->cap);
	hole = place(t, &k);
	SG_ASSERT(t->slot[hole].n);
	if (--t->slot[hole].n)
		return;
	t->n--;
	/* Close the hole: whoever was pushed past it moves back. */
	for (i = (hole + 1) & mask; t->slot[i].n; i = (i + 1) & mask) {
		uint32_t h = home(t, &t->slot[i].key);

		if (((i - h) & mask) < ((i - hole) & mask))
			continue;
		t->slot[hole] = t->slot[i];
		t->slot[i].n = 0;
		hole = i;
	}
}
