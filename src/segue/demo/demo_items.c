#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "segue/demo/demo_priv.h"

enum { TRIES = 6, NUMBER_FIRST = 100000, MONEY_STEP = 1000 };

static int64_t days(double n)
{
	return (int64_t)(n * (double)DEMO_DAY_MS);
}

static int64_t earliest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t latest(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

/* ---- what a person has ---- */

/* By ring and kind, per cent. Customers also have one contract at least. */
static const double kind_weights[RING_N][ITEM_KIND_N] = {
	[RING_CUSTOMER] = {[ITEM_KIND_PURCHASE] = 42,
			   [ITEM_KIND_CONTRACT] = 8,
			   [ITEM_KIND_QUOTE] = 12,
			   [ITEM_KIND_ENQUIRY] = 12,
			   [ITEM_KIND_MARKETING] = 26},
	[RING_PROSPECT] =
		{[ITEM_KIND_QUOTE] = 35, [ITEM_KIND_ENQUIRY] = 30, [ITEM_KIND_MARKETING] = 35},
	[RING_PARTNER] =
		{[ITEM_KIND_QUOTE] = 55, [ITEM_KIND_ENQUIRY] = 35, [ITEM_KIND_MARKETING] = 10},
	[RING_INFLUENCER] = {[ITEM_KIND_ENQUIRY] = 20, [ITEM_KIND_MARKETING] = 80},
	[RING_PUBLIC] = {[ITEM_KIND_ENQUIRY] = 100},
};

/* How many things a person of this ring has beside another. */
static const double ring_weights[RING_N] = {[RING_CUSTOMER] = 1,
					    [RING_PROSPECT] = .5,
					    [RING_PARTNER] = .8,
					    [RING_INFLUENCER] = .3,
					    [RING_PUBLIC] = .15};

/* Products stand in the content kind by kind. */
static unsigned pick_product(struct demo *d, enum item_kind kind)
{
	const struct demo_content *c = &d->content;
	unsigned first = 0, n = 0;

	while (first < c->n_products && c->products[first].kind != kind)
		first++;
	while (first + n < c->n_products && c->products[first + n].kind == kind)
		n++;
	SG_ASSERT(n > 0);
	return first + demo_random_below(&d->things, n);
}

static bool has_product(const struct demo_item *mine, unsigned n, unsigned product)
{
	for (unsigned i = 0; i < n; i++) {
		if (mine[i].product == product)
			return true;
	}
	return false;
}

/* Contracts with a price by month are services; energy is paid by use. */
static bool is_energy(const struct demo *d, unsigned product)
{
	const struct demo_product *p = &d->content.products[product];

	return p->kind == ITEM_KIND_CONTRACT && p->price_cents == 0;
}

/* Their n-th thing: nothing twice if it can be helped, and energy is supplied once. */
static unsigned choose_product(struct demo *d, enum ring ring, const struct demo_item *mine,
			       unsigned n)
{
	bool energy = n == 0 && ring == RING_CUSTOMER;
	unsigned product = 0;

	for (unsigned tries = 0; tries < TRIES; tries++) {
		enum item_kind kind = energy ? ITEM_KIND_CONTRACT
					     : (enum item_kind)demo_random_pick(
						       &d->things, kind_weights[ring], ITEM_KIND_N);

		product = pick_product(d, kind);
		if (!has_product(mine, n, product) && is_energy(d, product) == energy)
			return product;
	}
	return energy ? product
		      : pick_product(d, ring == RING_CUSTOMER ? ITEM_KIND_PURCHASE
							      : ITEM_KIND_ENQUIRY);
}

/* ---- how each kind stands today ---- */

typedef void stand_fn(struct demo *d, struct demo_item *it, const struct demo_product *p);

static void stand(struct demo_item *it, const char *state, int64_t put_ms, int64_t due_ms)
{
	it->state = state;
	it->put_ms = put_ms;
	it->due_ms = due_ms;
}

/* Ordered, paid, prepared, shipped in about a week; a few go back. */
static void stand_purchase(struct demo *d, struct demo_item *it, const struct demo_product *p)
{
	struct demo_random *r = &d->things;
	int64_t lead = days(demo_random_lognormal(r, 6, .5)), arrives = it->occurred_ms + lead;
	double done = (double)(d->opt.now_ms - it->occurred_ms) / (double)lead;

	it->amount_cents = p->price_cents;
	if (demo_random_chance(r, .03)) {
		stand(it, "cancelled", it->occurred_ms + lead / 4, 0);
	} else if (done < 1) {
		stand(it,
		      done < .1    ? "ordered"
		      : done < .25 ? "paid"
		      : done < .6  ? "preparing"
				   : "shipped",
		      it->occurred_ms + (int64_t)((done < .1    ? 0
						   : done < .25 ? .1
						   : done < .6  ? .25
								: .6) *
						  (double)lead),
		      arrives);
	} else {
		bool back = demo_random_chance(r, .03);
		int64_t returned = arrives + days(8);

		it->delivered_ms = arrives;
		if (!back || returned > d->opt.now_ms)
			stand(it, "delivered", arrives, 0);
		else
			stand(it,
			      d->opt.now_ms - returned < days(5)    ? "returning"
			      : d->opt.now_ms - returned < days(12) ? "returned"
								    : "refunded",
			      returned, 0);
	}
}

static void stand_contract(struct demo *d, struct demo_item *it, const struct demo_product *p)
{
	struct demo_random *r = &d->things;
	int64_t age = d->opt.now_ms - it->occurred_ms, begins = it->occurred_ms + days(14);
	int64_t term = days(30.4375) * p->term_months;
	int64_t ends = term ? begins + (age / term + 1) * term : 0;

	it->amount_cents = p->price_cents;
	if (age < days(3))
		stand(it, "requested", it->occurred_ms, 0);
	else if (age < days(14))
		stand(it, "starting", it->occurred_ms + days(2), begins);
	else if (age > days(60) && demo_random_chance(r, .04))
		stand(it, "ending", d->opt.now_ms - days(10),
		      d->opt.now_ms + demo_random_between(r, days(2), days(60)));
	else if (age > days(200) && demo_random_chance(r, .05))
		stand(it, "ended", begins + days(150), begins + days(150));
	else
		stand(it, "active", begins, ends);
}

static void stand_quote(struct demo *d, struct demo_item *it, const struct demo_product *p)
{
	struct demo_random *r = &d->things;
	int64_t valid = days(1) * p->days, expires = it->occurred_ms + valid;
	double dice = demo_random_unit(r);
	int64_t answered = it->occurred_ms + (int64_t)(demo_random_unit(r) * (double)valid);

	it->amount_cents = demo_random_between(r, p->price_cents, p->price_max_cents) / MONEY_STEP *
			   MONEY_STEP;
	if (answered < d->opt.now_ms && dice < .35)
		stand(it, "accepted", answered, expires);
	else if (answered < d->opt.now_ms && dice < .52)
		stand(it, "declined", answered, expires);
	else if (answered < d->opt.now_ms && dice < .55)
		stand(it, "withdrawn", answered, expires);
	else if (expires <= d->opt.now_ms)
		stand(it, "expired", expires, expires);
	else
		stand(it, "open", it->occurred_ms, expires);
}

static void stand_enquiry(struct demo *d, struct demo_item *it, const struct demo_product *p)
{
	struct demo_random *r = &d->things;
	int64_t answered = it->occurred_ms + days(demo_random_lognormal(r, .7, .6));
	int64_t ended = answered + days(demo_random_lognormal(r, 2, .6));

	(void)p;
	if (answered > d->opt.now_ms)
		stand(it, "open", it->occurred_ms, answered);
	else if (ended > d->opt.now_ms)
		stand(it, demo_random_chance(r, .3) ? "waiting" : "answered", answered, 0);
	else
		stand(it, demo_random_chance(r, .7) ? "resolved" : "closed", ended, 0);
}

static void stand_marketing(struct demo *d, struct demo_item *it, const struct demo_product *p)
{
	static const char *const states[] = {"delivered", "opened",       "clicked", "answered",
					     "sent",      "unsubscribed", "bounced"};
	static const double weights[] = {40, 35, 13, 3, 4, 3, 2};

	(void)p;
	stand(it, states[demo_random_pick(&d->things, weights, sizeof(states) / sizeof(states[0]))],
	      it->occurred_ms +
		      (int64_t)demo_random_exponential(&d->things, (double)(8 * DEMO_HOUR_MS)),
	      0);
}

static stand_fn *const stands[ITEM_KIND_N] = {
	[ITEM_KIND_PURCHASE] = stand_purchase,   [ITEM_KIND_CONTRACT] = stand_contract,
	[ITEM_KIND_QUOTE] = stand_quote,         [ITEM_KIND_ENQUIRY] = stand_enquiry,
	[ITEM_KIND_MARKETING] = stand_marketing,
};

/* The log learns of it when it came to stand so, within the log's time. */
static void finish(struct demo *d, struct demo_item *it)
{
	struct entropy e = demo_random_entropy(&d->ids);
	int64_t known = latest(d->persons[it->person].put_ms, it->occurred_ms);

	it->put_ms = earliest(latest(it->put_ms, known), d->opt.now_ms - DEMO_MINUTE_MS);
	it->put_ms = latest(it->put_ms, known);
	it->id = sg_id_make(it->put_ms, &e);
}

static void make_item(struct demo *d, unsigned person, struct demo_item *mine, unsigned n)
{
	const struct demo_person *p = &d->persons[person];
	struct demo_item *it = &mine[n];
	int64_t from = latest(p->since_ms, d->opt.now_ms - days(DEMO_ITEM_DAYS));

	it->person = person;
	it->product = choose_product(d, p->ring, mine, n);
	it->occurred_ms = demo_random_between(&d->things, from, d->opt.now_ms - DEMO_HOUR_MS);
	stands[d->content.products[it->product].kind](d, it, &d->content.products[it->product]);
	finish(d, it);
}

/* ---- the customer of the summary ---- */

static unsigned product_of(const struct demo *d, enum item_kind kind, struct str category)
{
	const struct demo_content *c = &d->content;
	unsigned found = c->n_products;

	for (unsigned i = 0; i < c->n_products; i++) {
		if (c->products[i].kind != kind)
			continue;
		if (str_eq(c->categories[c->products[i].category], category))
			return i;
		if (found == c->n_products)
			found = i;
	}
	SG_ASSERT(found < c->n_products);
	return found;
}

static void make_hero(struct demo *d)
{
	const struct {
		enum item_kind kind;
		struct str category;
		double days_ago;
		const char *state;
		double due_in; /* days from now; 0: never */
	} things[DEMO_HERO_ITEMS] = {
		{ITEM_KIND_PURCHASE, STR("heat-pumps"), 163, "delivered", 0},
		{ITEM_KIND_QUOTE, STR("solar"), 26, "open", 4},
		{ITEM_KIND_CONTRACT, STR("power"), 300, "active", 65},
		{ITEM_KIND_PURCHASE, STR("thermostats"), 3.2, "shipped", 1.6},
		{ITEM_KIND_ENQUIRY, STR("solar"), 31, "answered", 0},
		{ITEM_KIND_MARKETING, STR("solar"), 36, "clicked", 0},
	};

	for (unsigned i = 0; i < DEMO_HERO_ITEMS; i++) {
		struct demo_item *it = &d->items[i];
		const struct demo_product *p;

		it->product = product_of(d, things[i].kind, things[i].category);
		p = &d->content.products[it->product];
		it->occurred_ms = d->opt.now_ms - days(things[i].days_ago);
		it->amount_cents = (p->price_cents + p->price_max_cents) / 2;
		if (str_eq(str_from(things[i].state), STR("delivered")))
			it->delivered_ms = it->occurred_ms + days(8);
		stand(it, things[i].state, latest(it->occurred_ms + days(1), it->delivered_ms),
		      things[i].due_in > 0 ? d->opt.now_ms + days(things[i].due_in) : 0);
		finish(d, it);
	}
}

/* ---- all of them ---- */

/* How many of the n things each person has; the first person's are given. */
static unsigned *share_out(struct demo *d, unsigned n)
{
	double *sums = demo_take(d->n_persons, sizeof(*sums)), sum = 0;
	unsigned *shares = demo_take(d->n_persons, sizeof(*shares));

	for (unsigned i = 0; i < d->n_persons; i++) {
		double weight =
			ring_weights[d->persons[i].ring] * demo_random_lognormal(&d->things, 1, .5);

		sums[i] = sum += i == 0 && d->n_persons > 1 ? 0 : weight;
	}
	for (unsigned i = 0; i < n; i++)
		shares[demo_random_pick_sum(&d->things, sums, d->n_persons)]++;
	free(sums);
	return shares;
}

void demo_items_make(struct demo *d)
{
	unsigned at = DEMO_HERO_ITEMS;

	d->items = demo_take(d->n_items, sizeof(*d->items));
	make_hero(d);
	unsigned *shares = share_out(d, d->n_items - DEMO_HERO_ITEMS);

	for (unsigned p = 0; p < d->n_persons; p++) {
		for (unsigned k = 0; k < shares[p]; k++)
			make_item(d, p, &d->items[at], k);
		at += shares[p];
	}
	free(shares);
	SG_ASSERT(at == d->n_items);
}

/* ---- writing ---- */

static struct str attrs_of(struct demo *d, const struct demo_item *it, unsigned i)
{
	const struct demo_product *p = &d->content.products[it->product];
	struct str category = d->content.categories[p->category];
	char date[32];
	const char *comma = p->attrs.n ? "," : "";

	json_format_time(it->delivered_ms, date);
	if (it->delivered_ms)
		return demo_write_text(&d->write,
				       "{%.*s%s\"serial\":\"SN%07u\",\"delivered\":\"%.10s\","
				       "\"category\":\"%.*s\"}",
				       (int)p->attrs.n, p->attrs.p ? p->attrs.p : "", comma,
				       2600000 + i * 13, date, (int)category.n, category.p);
	return demo_write_text(&d->write, "{%.*s%s\"category\":\"%.*s\"}", (int)p->attrs.n,
			       p->attrs.p ? p->attrs.p : "", comma, (int)category.n, category.p);
}

void demo_items_put(struct demo *d, unsigned i)
{
	static const char *const prefixes[ITEM_KIND_N] = {[ITEM_KIND_PURCHASE] = "O",
							  [ITEM_KIND_CONTRACT] = "C",
							  [ITEM_KIND_QUOTE] = "Q",
							  [ITEM_KIND_ENQUIRY] = "E",
							  [ITEM_KIND_MARKETING] = "M"};
	const struct demo_item *it = &d->items[i];
	const struct demo_product *p = &d->content.products[it->product];
	struct event ev = {.kind = EVENT_ITEM_PUT, .stream = it->id, .at_ms = it->put_ms};

	ev.f.person = d->persons[it->person].id;
	ev.f.kind = str_from(item_kind_names[p->kind]);
	ev.f.external_id = demo_write_text(&d->write, "%s-%u", prefixes[p->kind], NUMBER_FIRST + i);
	ev.f.title = p->title;
	ev.f.state = str_from(it->state);
	ev.f.occurred_at = it->occurred_ms;
	ev.f.due_at = it->due_ms;
	ev.f.amount = it->amount_cents;
	if (it->amount_cents)
		ev.f.currency = d->content.currency;
	ev.f.attrs = attrs_of(d, it, i);
	SG_ASSERT(item_fault(&ev.f) == NULL);
	demo_write_plain(&d->write, &ev);
}
