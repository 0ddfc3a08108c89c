#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "segue/demo/demo_priv.h"

enum { ACCOUNT_FIRST = 100000, NAME_MAX = 128, PHONES_A_AREA = 100, AREA_FIRST = 201, AREAS = 780 };

/* ---- names as they look in an address ---- */

/* The letters of Latin-1 and Latin Extended-A (U+00C0..U+017F) without their marks; a dot: left
 * out. */
static const char latin[] = "aaaaaaaceeeeiiiidnooooo.ouuuuytsaaaaaaaceeeeiiiidnooooo.ouuuuyty"
			    "aaaaaaccccccccddddeeeeeeeeeegggggggghhhhiiiiiiiiiiiijjkkklllllll"
			    "lllnnnnnnnnnoooooooorrrrrrssssssssttttttuuuuuuuuuuuuwwyyyzzzzzzs";

static size_t fold_letter(const unsigned char *p, size_t n, char *out)
{
	*out = '\0';
	if (p[0] < 0x80) {
		if (p[0] >= 'A' && p[0] <= 'Z')
			*out = (char)(p[0] - 'A' + 'a');
		else if ((p[0] >= 'a' && p[0] <= 'z') || (p[0] >= '0' && p[0] <= '9'))
			*out = (char)p[0];
		return 1;
	}
	size_t len = p[0] >= 0xf0 ? 4 : p[0] >= 0xe0 ? 3 : 2;
	unsigned letter = len == 2 && n >= 2 ? (unsigned)(p[0] & 0x1f) << 6 | (p[1] & 0x3fU) : 0;

	if (letter >= 0xc0 && letter - 0xc0 < sizeof(latin) - 1 && latin[letter - 0xc0] != '.')
		*out = latin[letter - 0xc0];
	return len;
}

/* "D'Amélie" -> "damelie". */
static void fold(struct str name, char out[NAME_MAX])
{
	size_t len = 0;

	for (size_t i = 0; i < name.n && len + 1 < NAME_MAX;) {
		i += fold_letter((const unsigned char *)name.p + i, name.n - i, &out[len]);
		if (out[len])
			len++;
	}
	out[len] = '\0';
}

/* ---- addresses are given once ---- */

struct taken {
	const char **slots;
	size_t mask;
};

static bool take_address(struct taken *t, const char *address)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (const char *p = address; *p; p++)
		h = (h ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
	size_t i = h & t->mask;

	for (; t->slots[i]; i = (i + 1) & t->mask) {
		if (strcmp(t->slots[i], address) == 0)
			return false;
	}
	t->slots[i] = address;
	return true;
}

static struct str new_address(struct demo *d, struct taken *t, struct str given, struct str surname)
{
	struct str domain = d->content.domains[demo_random_below(&d->people, d->content.n_domains)];
	char first[NAME_MAX], last[NAME_MAX], address[2 * NAME_MAX + 300];

	fold(given, first);
	fold(surname, last);
	for (unsigned no = 1;; no++) {
		char digits[16] = "";

		if (no > 1)
			(void)snprintf(digits, sizeof(digits), "%u", no);
		(void)snprintf(address, sizeof(address), "%s.%s%s@%.*s", first, last, digits,
			       (int)domain.n, domain.p);
		struct str mine = arena_str(&d->texts, str_from(address));

		if (take_address(t, mine.p))
			return mine;
	}
}

/* ---- persons ---- */

static enum ring pick_ring(struct demo_random *r)
{
	static const double weights[RING_N] = {[RING_CUSTOMER] = 74,
					       [RING_PROSPECT] = 16,
					       [RING_PARTNER] = 4,
					       [RING_INFLUENCER] = 2,
					       [RING_PUBLIC] = 4};

	return (enum ring)demo_random_pick(r, weights, RING_N);
}

/* Customers for up to eight years, the others not so long. */
static int64_t pick_since(struct demo *d, enum ring ring)
{
	int64_t longest =
		(ring == RING_CUSTOMER || ring == RING_PARTNER ? 8 * 365 : 540) * DEMO_DAY_MS;
	int64_t since = d->opt.now_ms - demo_random_between(&d->people, 2 * DEMO_DAY_MS, longest);

	return since > 0 ? since : 1;
}

static unsigned pick_value(struct demo_random *r, enum ring ring)
{
	static const double typical[RING_N] = {[RING_CUSTOMER] = 45,
					       [RING_PROSPECT] = 25,
					       [RING_PARTNER] = 60,
					       [RING_INFLUENCER] = 50,
					       [RING_PUBLIC] = 5};
	double value = demo_random_gamma(r, 6, typical[ring]);

	return value > 100 ? 100 : (unsigned)value;
}

static struct str pick_zip(struct demo *d, const double *weights)
{
	return d->content.zips[demo_random_pick(&d->people, weights, d->content.n_zips)].zip;
}

/* Numbers 555-0100 to 555-0199 of each area are kept for fiction (NANPA). */
static struct str phone_of(struct demo *d, unsigned i)
{
	char phone[32];

	(void)snprintf(phone, sizeof(phone), "+1%03u55501%02u", AREA_FIRST + i / PHONES_A_AREA,
		       i % PHONES_A_AREA);
	return arena_str(&d->texts, str_from(phone));
}

static void make_person(struct demo *d, unsigned i, struct taken *taken, const double *zips)
{
	struct demo_person *p = &d->persons[i];
	struct demo_random *r = &d->people;
	struct entropy e = demo_random_entropy(&d->ids);
	struct str given = d->content.given[demo_random_below(r, d->content.n_given)];
	struct str surname = d->content.surnames[demo_random_below(r, d->content.n_surnames)];
	char name[2 * NAME_MAX];

	(void)snprintf(name, sizeof(name), "%.*s %.*s", (int)given.n, given.p, (int)surname.n,
		       surname.p);
	p->name = arena_str(&d->texts, str_from(name));
	p->email = new_address(d, taken, given, surname);
	p->ring = i == 0 ? RING_CUSTOMER : pick_ring(r);
	p->since_ms = pick_since(d, p->ring);
	p->value = pick_value(r, p->ring);
	p->zip = pick_zip(d, zips);
	p->account = ACCOUNT_FIRST + i * 7; /* apart, so that a digit mistyped is nobody else */
	if (i == 0) {
		p->since_ms = d->opt.now_ms - 3 * 365 * DEMO_DAY_MS;
		p->value = 82;
	}
	if (i == 0 || (demo_random_chance(r, 0.65) && i < AREAS * PHONES_A_AREA))
		p->phone = phone_of(d, i);
	p->put_ms =
		p->since_ms > d->start_ms + DEMO_HOUR_MS ? p->since_ms : d->start_ms + DEMO_HOUR_MS;
	p->id = sg_id_make(p->put_ms, &e);
}

void demo_people_make(struct demo *d)
{
	struct taken taken = {.mask = 15};
	double *zips = demo_take(d->content.n_zips, sizeof(*zips));

	while (taken.mask < (size_t)d->n_persons * 2)
		taken.mask = taken.mask * 2 + 1;
	taken.slots = demo_take(taken.mask + 1, sizeof(*taken.slots));
	for (unsigned i = 0; i < d->content.n_zips; i++)
		zips[i] = d->content.zips[i].weight;
	d->persons = demo_take(d->n_persons, sizeof(*d->persons));
	for (unsigned i = 0; i < d->n_persons; i++)
		make_person(d, i, &taken, zips);
	free(taken.slots);
	free(zips);
}

static bool has_account(const struct demo_person *p)
{
	return p->ring == RING_CUSTOMER || p->ring == RING_PARTNER;
}

static void link_identity(struct demo *d, struct event *ev, enum identity_kind kind,
			  struct str value)
{
	ev->kind = EVENT_IDENTITY_LINKED;
	ev->f = (struct facts){.identity_kind = kind, .value_text = value};
	ev->f.verified = kind != IDENTITY_KIND_PHONE || demo_random_chance(&d->catalog, 0.6);
	demo_write_plain(&d->write, ev);
}

void demo_people_put(struct demo *d, unsigned i)
{
	const struct demo_person *p = &d->persons[i];
	struct event ev = {.kind = EVENT_PERSON_PUT, .stream = p->id, .at_ms = p->put_ms};
	struct str account = demo_write_text(&d->write, "H-%06u", p->account);

	ev.f.name = p->name;
	ev.f.ring = p->ring;
	ev.f.email = p->email;
	ev.f.phone = p->phone;
	ev.f.zip = p->zip;
	ev.f.lang = d->content.lang;
	ev.f.value = p->value;
	ev.f.since_at = p->since_ms;
	if (has_account(p))
		ev.f.external_id = account;
	demo_write_plain(&d->write, &ev);
	link_identity(d, &ev, IDENTITY_KIND_EMAIL, p->email);
	if (has_account(p))
		link_identity(d, &ev, IDENTITY_KIND_ACCOUNT, account);
	if (p->phone.n)
		link_identity(d, &ev, IDENTITY_KIND_PHONE, p->phone);
}
