#include "segue/demo/demo_content.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/auto.h"
#include "base/json.h"

enum {
	CONTENT_BYTES_MAX = 16 << 20,
	ATTRS_BYTES_MAX = 16 * 1024,
	ROWS_MAX = 5000,
	LINE_MAX = 200,
	TEXT_MAX = 4000,
	NEXT_STEP_MAX = 500,
	BODY_MAX = 65536,
	EMAIL_MAX = 254,
};

/* Reads on after a fault with empty values and keeps the first; so no step needs a check of its
 * own. */
struct reader {
	struct demo_content *c;
	const char *folder;
	const char *file;
	char key[64]; /* of the row being read */
	enum sg_status st;
};

static void fail(struct reader *rd, enum sg_status st, const char *what, const char *problem)
{
	if (rd->st != SG_OK)
		return;
	rd->st = st;
	(void)snprintf(rd->c->fault, sizeof(rd->c->fault), "%s%s%s: %s %s", rd->file,
		       rd->key[0] ? ", " : "", rd->key, what, problem);
}

static json_t *load(struct reader *rd, const char *file)
{
	char path[1024];
	json_error_t error;

	rd->file = file;
	rd->key[0] = '\0';
	int n = snprintf(path, sizeof(path), "%s/%s", rd->folder, file);

	if (n < 0 || (size_t)n >= sizeof(path)) {
		fail(rd, SG_E_INPUT, "its path", "is too long");
		return NULL;
	}
	json_t *root = json_load_file(path, JSON_REJECT_DUPLICATES, &error);

	if (!root && json_error_code(&error) == json_error_cannot_open_file)
		fail(rd, SG_E_IO, "the file", "cannot be read");
	else if (!root)
		fail(rd, SG_E_INPUT, "line and text:", error.text);
	return root;
}

static struct str checked(struct reader *rd, const char *what, const json_t *v, size_t max)
{
	struct str s = {.p = json_string_value(v), .n = json_string_length(v)};

	if (!json_is_string(v))
		fail(rd, SG_E_INPUT, what, v ? "is not a text" : "is missing");
	else if (str_chars(s) > max)
		fail(rd, SG_E_INPUT, what, "is too long");
	else if (!str_is_clean(s, true))
		fail(rd, SG_E_INPUT, what, "has control characters");
	return rd->st == SG_OK ? arena_str(&rd->c->arena, s) : STR("");
}

static struct str text(struct reader *rd, const json_t *row, const char *what, size_t max)
{
	struct str s = checked(rd, what, json_object_get(row, what), max);

	if (rd->st == SG_OK && s.n == 0)
		fail(rd, SG_E_INPUT, what, "is empty");
	return s;
}

static struct str text_or_empty(struct reader *rd, const json_t *row, const char *what, size_t max)
{
	return checked(rd, what, json_object_get(row, what), max);
}

static int64_t number(struct reader *rd, const json_t *row, const char *what, int64_t least,
		      int64_t most)
{
	const json_t *v = json_object_get(row, what);

	if (json_is_integer(v) && json_integer_value(v) >= least && json_integer_value(v) <= most)
		return json_integer_value(v);
	fail(rd, SG_E_INPUT, what, v ? "is not a number in its bounds" : "is missing");
	return least;
}

/* A list of at least one row; `what` NULL: the value itself is the list. */
static const json_t *list(struct reader *rd, const json_t *in, const char *what, size_t max)
{
	const json_t *v = what ? json_object_get(in, what) : in;

	if (json_is_array(v) && json_array_size(v) >= 1 && json_array_size(v) <= max)
		return v;
	fail(rd, SG_E_INPUT, what ? what : "the file", "is not a list, or too short or too long");
	return NULL;
}

/* Notes which row is read, for faults. */
static void enter(struct reader *rd, const json_t *row)
{
	const json_t *key = json_object_get(row, "key");

	if (rd->st != SG_OK)
		return;
	if (!key)
		key = json_object_get(row, "name");
	if (!key)
		key = json_object_get(row, "topic");
	(void)snprintf(rd->key, sizeof(rd->key), "%s",
		       json_is_string(key) ? json_string_value(key) : "");
	if (!json_is_object(row))
		fail(rd, SG_E_INPUT, "a row", "is not an object");
}

static void *rows_new(struct reader *rd, const json_t *rows, size_t size, unsigned *n_out)
{
	*n_out = (unsigned)json_array_size(rows);
	return arena_alloc(&rd->c->arena, (*n_out ? *n_out : 1) * size);
}

/* ---- references by key ---- */

/* Rows begin with their key or name (struct str). */
static bool find(const void *rows, size_t size, unsigned n, struct str key, unsigned *i_out)
{
	for (unsigned i = 0; i < n; i++) {
		struct str have;

		memcpy(&have, (const char *)rows + i * size, sizeof(have));
		if (str_eq(have, key)) {
			*i_out = i;
			return true;
		}
	}
	return false;
}

static unsigned queue_of(struct reader *rd, struct str key)
{
	unsigned i = 0;

	if (!find(rd->c->queues, sizeof(struct demo_queue), rd->c->n_queues, key, &i))
		fail(rd, SG_E_INPUT, "queue", "is not known");
	return i;
}

static unsigned topic_of(struct reader *rd, struct str key)
{
	unsigned i = 0;

	if (!find(rd->c->topics, sizeof(struct demo_topic), rd->c->n_topics, key, &i))
		fail(rd, SG_E_INPUT, "topic", "is not known");
	return i;
}

/* It is written into JSON as it stands. */
static bool is_plain_word(struct str s)
{
	for (size_t i = 0; i < s.n; i++) {
		if (!((s.p[i] >= 'a' && s.p[i] <= 'z') || (s.p[i] >= '0' && s.p[i] <= '9') ||
		      s.p[i] == '-'))
			return false;
	}
	return true;
}

static unsigned category_of(struct reader *rd, struct str name)
{
	struct demo_content *c = rd->c;
	unsigned i = 0;

	if (!is_plain_word(name))
		fail(rd, SG_E_INPUT, "category", "is not of a-z, 0-9 and -");

	if (find(c->categories, sizeof(struct str), c->n_categories, name, &i))
		return i;
	if (c->n_categories == DEMO_CATEGORIES_MAX) {
		fail(rd, SG_E_INPUT, "category", "is one too many");
		return 0;
	}
	c->categories[c->n_categories] = name;
	return c->n_categories++;
}

static void links(struct reader *rd, const json_t *row, const char *what,
		  unsigned (*resolve)(struct reader *, struct str), struct demo_links *out)
{
	const json_t *keys = list(rd, row, what, DEMO_LINKS_MAX);

	for (size_t i = 0; rd->st == SG_OK && i < json_array_size(keys); i++)
		out->at[out->n++] =
			resolve(rd, checked(rd, what, json_array_get(keys, i), LINE_MAX));
}

/* As the codec writes JSON, so that a rebuilt row is the same to the byte. */
static struct str dumped(struct reader *rd, const json_t *v)
{
	char *json = v ? json_dumps(v, JSON_COMPACT | JSON_ENCODE_ANY) : NULL;
	struct str s = arena_str(&rd->c->arena, json ? str_from(json) : STR("[]"));

	free(json);
	return s;
}

/* ---- the files ---- */

static struct str *texts(struct reader *rd, const json_t *root, const char *what, unsigned *n_out)
{
	const json_t *rows = list(rd, root, what, ROWS_MAX);
	struct str *out = rows_new(rd, rows, sizeof(*out), n_out);

	for (unsigned i = 0; i < *n_out; i++)
		out[i] = checked(rd, what, json_array_get(rows, i), LINE_MAX);
	return out;
}

static void read_curve(struct reader *rd, const json_t *days)
{
	for (size_t d = 0; rd->st == SG_OK && d < DEMO_WEEKDAYS; d++) {
		const json_t *hours = json_array_get(days, d);

		for (size_t h = 0; h < DEMO_HOURS; h++) {
			double weight = json_number_value(json_array_get(hours, h));

			if (!(weight > 0))
				fail(rd, SG_E_INPUT, "weekday_hour_curve",
				     "is not 7 x 24 weights above 0");
			rd->c->curve[d][h] = weight;
		}
	}
}

static void read_company(struct reader *rd, const json_t *root)
{
	struct demo_content *c = rd->c;
	const json_t *zips = list(rd, root, "zips", ROWS_MAX);

	c->currency = text(rd, root, "currency", 3);
	c->lang = text(rd, root, "lang", 16);
	c->domain = text(rd, root, "domain", EMAIL_MAX);
	c->zips = rows_new(rd, zips, sizeof(*c->zips), &c->n_zips);
	for (unsigned i = 0; i < c->n_zips; i++) {
		c->zips[i].zip = text(rd, json_array_get(zips, i), "zip", 16);
		c->zips[i].weight =
			(double)number(rd, json_array_get(zips, i), "weight", 1, 1000000);
	}
	read_curve(rd, list(rd, root, "weekday_hour_curve", DEMO_WEEKDAYS));
}

static void read_names(struct reader *rd, const json_t *root)
{
	rd->c->given = texts(rd, root, "given", &rd->c->n_given);
	rd->c->surnames = texts(rd, root, "surnames", &rd->c->n_surnames);
	rd->c->domains = texts(rd, root, "email_domains", &rd->c->n_domains);
}

static void read_queues(struct reader *rd, const json_t *root)
{
	struct demo_content *c = rd->c;
	const json_t *rows = list(rd, root, NULL, DEMO_LINKS_MAX);

	c->queues = rows_new(rd, rows, sizeof(*c->queues), &c->n_queues);
	for (unsigned i = 0; i < c->n_queues; i++) {
		const json_t *row = json_array_get(rows, i);

		enter(rd, row);
		c->queues[i].key = text(rd, row, "key", LINE_MAX);
		c->queues[i].name = text(rd, row, "name", LINE_MAX);
		c->queues[i].offer_ms = number(rd, row, "offer_ms", 1000, 600000);
	}
}

static void read_agents(struct reader *rd, const json_t *root)
{
	struct demo_content *c = rd->c;
	const json_t *rows = list(rd, root, NULL, 200);

	c->agents = rows_new(rd, rows, sizeof(*c->agents), &c->n_agents);
	for (unsigned i = 0; i < c->n_agents; i++) {
		const json_t *row = json_array_get(rows, i);
		struct demo_agent *a = &c->agents[i];

		enter(rd, row);
		a->key = text(rd, row, "key", LINE_MAX);
		a->name = text(rd, row, "name", LINE_MAX);
		a->email = text(rd, row, "email", EMAIL_MAX);
		a->role =
			(enum role)enum_parse(role_names, ROLE_N, text(rd, row, "role", LINE_MAX));
		if (a->role != ROLE_AGENT && a->role != ROLE_MANAGER && a->role != ROLE_ADMIN)
			fail(rd, SG_E_INPUT, "role", "is not one of an account");
		a->capacity = (unsigned)number(rd, row, "capacity", 1, DEMO_SLOTS_MAX);
		links(rd, row, "queues", queue_of, &a->queues);
	}
}

static void read_topic(struct reader *rd, const json_t *row, const struct demo_topic *parent)
{
	struct demo_content *c = rd->c;
	struct demo_topic *t = &c->topics[c->n_topics];

	enter(rd, row);
	t->key = text(rd, row, "key", LINE_MAX);
	t->title = text(rd, row, "title", LINE_MAX);
	t->synonyms = dumped(rd, list(rd, row, "synonyms", 30));
	t->kinds = parent ? parent->kinds : dumped(rd, json_object_get(row, "kinds"));
	t->urgent = json_is_true(json_object_get(row, "urgent"));
	t->has_parent = parent != NULL;
	if (parent) {
		t->parent = (unsigned)(parent - c->topics);
		t->queue = parent->queue;
	}
	if (!parent || json_object_get(row, "queue"))
		t->queue = queue_of(rd, text(rd, row, "queue", LINE_MAX));
	c->n_topics++;
}

static void read_topics(struct reader *rd, const json_t *root)
{
	enum { CHILDREN_MAX = 50, STEP = 100 };
	struct demo_content *c = rd->c;
	const json_t *rows = list(rd, root, NULL, CHILDREN_MAX);
	size_t n = json_array_size(rows);

	for (size_t i = 0; i < json_array_size(rows); i++)
		n += json_array_size(json_object_get(json_array_get(rows, i), "children"));
	c->topics = arena_alloc(&c->arena, (n + 1) * sizeof(*c->topics));
	for (size_t i = 0; rd->st == SG_OK && i < json_array_size(rows); i++) {
		const json_t *row = json_array_get(rows, i);
		struct demo_topic *parent = &c->topics[c->n_topics];

		read_topic(rd, row, NULL);
		parent->position = (int64_t)(i + 1) * STEP;
		const json_t *children = list(rd, row, "children", CHILDREN_MAX);

		for (size_t k = 0; rd->st == SG_OK && k < json_array_size(children); k++) {
			c->topics[c->n_topics].position = parent->position + 1 + (int64_t)k;
			read_topic(rd, json_array_get(children, k), parent);
		}
	}
}

/* ---- what items are made from ---- */

/* Members of an object in its own words, without its braces. */
static struct str inner(struct str object)
{
	return (struct str){.p = object.p + 1, .n = object.n >= 2 ? object.n - 2 : 0};
}

static struct str member(struct reader *rd, const char *name, struct str value)
{
	SG_AUTO(buf) out;
	struct json j;

	buf_init(&out, ATTRS_BYTES_MAX);
	json_init(&j, &out);
	json_begin_object(&j, NULL);
	json_str(&j, name, value);
	json_close(&j);
	if (json_end(&j) != SG_OK) {
		fail(rd, SG_E_INPUT, name, "is too long");
		return STR("");
	}
	return inner(arena_str(&rd->c->arena, (struct str){.p = out.data, .n = out.len}));
}

static struct str part_title(struct reader *rd, const json_t *part)
{
	struct demo_content *c = rd->c;
	unsigned i = 0;

	if (!json_object_get(part, "product"))
		return text(rd, part, "text", LINE_MAX);
	struct str key = text(rd, part, "product", LINE_MAX);

	for (; i < c->n_products; i++) {
		if (str_eq(c->products[i].key, key))
			return c->products[i].title;
	}
	fail(rd, SG_E_INPUT, "a part's product", "is not known");
	return STR("");
}

/* One line for people: "2 x Vault 5 battery; Installation". */
static struct str parts(struct reader *rd, const json_t *row)
{
	const json_t *rows = list(rd, row, "parts", 50);
	SG_AUTO(buf) out;

	buf_init(&out, ATTRS_BYTES_MAX);
	for (size_t i = 0; rd->st == SG_OK && i < json_array_size(rows); i++) {
		const json_t *part = json_array_get(rows, i);
		int64_t n = number(rd, part, "qty", 1, 100000);
		struct str title = part_title(rd, part);
		enum sg_status st = buf_addf(&out, i ? "; " : "%s", "");

		if (st == SG_OK && n > 1)
			st = buf_addf(&out, "%lld x ", (long long)n);
		if (st == SG_OK)
			st = buf_add(&out, title.p, title.n);
		if (st != SG_OK)
			fail(rd, SG_E_INPUT, "parts", "are too long");
	}
	return member(rd, "parts", (struct str){.p = out.data ? out.data : "", .n = out.len});
}

static void read_quote(struct reader *rd, const json_t *row, struct demo_product *p)
{
	p->price_cents = number(rd, row, "price_min_cents", 1, INT64_C(1) << 40);
	p->price_max_cents = number(rd, row, "price_max_cents", p->price_cents, INT64_C(1) << 40);
	p->days = number(rd, row, "valid_days", 1, 366);
	p->attrs = parts(rd, row);
}

static void read_priced(struct reader *rd, const json_t *row, struct demo_product *p)
{
	const json_t *attrs = json_object_get(row, "attrs");

	p->price_cents = number(rd, row, "price_cents", 0, INT64_C(1) << 40);
	p->price_max_cents = p->price_cents;
	if (!json_is_object(attrs)) {
		fail(rd, SG_E_INPUT, "attrs", "is not an object");
		return;
	}
	p->attrs = inner(dumped(rd, attrs));
	if (p->attrs.n > ATTRS_BYTES_MAX)
		fail(rd, SG_E_INPUT, "attrs", "is too long");
	if (p->kind == ITEM_KIND_CONTRACT)
		p->term_months = number(rd, attrs, "term_months", 0, 120);
}

static void read_words(struct reader *rd, const json_t *row, struct demo_product *p)
{
	p->attrs = member(rd, "text", text(rd, row, "text", TEXT_MAX));
}

typedef void read_product_fn(struct reader *rd, const json_t *row, struct demo_product *p);

static read_product_fn *const product_readers[ITEM_KIND_N] = {
	[ITEM_KIND_PURCHASE] = read_priced, [ITEM_KIND_CONTRACT] = read_priced,
	[ITEM_KIND_QUOTE] = read_quote,     [ITEM_KIND_ENQUIRY] = read_words,
	[ITEM_KIND_MARKETING] = read_words,
};

static enum item_kind kind_of(struct reader *rd, const json_t *row)
{
	enum item_kind kind = item_kind_parse(text(rd, row, "kind", LINE_MAX));

	if (kind == ITEM_KIND_NONE)
		fail(rd, SG_E_INPUT, "kind", "is not a kind of item");
	return kind;
}

static void read_product(struct reader *rd, const json_t *row)
{
	struct demo_product *p = &rd->c->products[rd->c->n_products];

	enter(rd, row);
	p->kind = kind_of(rd, row);
	p->key = text(rd, row, "key", LINE_MAX);
	p->title = text(rd, row, "title", LINE_MAX);
	p->category = category_of(rd, text(rd, row, "category", LINE_MAX));
	if (rd->st == SG_OK)
		product_readers[p->kind](rd, row, p);
	rd->c->n_products++;
}

static void read_products(struct reader *rd, const json_t *root)
{
	static const char *const lists[] = {"products", "contracts", "quotes", "enquiries",
					    "marketing"};
	enum { N = sizeof(lists) / sizeof(lists[0]) };
	size_t n = 0;

	for (unsigned i = 0; i < N; i++)
		n += json_array_size(list(rd, root, lists[i], ROWS_MAX));
	rd->c->products = arena_alloc(&rd->c->arena, (n + 1) * sizeof(*rd->c->products));
	for (unsigned i = 0; i < N; i++) {
		const json_t *rows = json_object_get(root, lists[i]);

		for (size_t k = 0; rd->st == SG_OK && k < json_array_size(rows); k++)
			read_product(rd, json_array_get(rows, k));
	}
}

/* ---- words ---- */

static void read_articles(struct reader *rd, const json_t *root)
{
	struct demo_content *c = rd->c;
	const json_t *rows = list(rd, root, NULL, ROWS_MAX);

	c->articles = rows_new(rd, rows, sizeof(*c->articles), &c->n_articles);
	for (unsigned i = 0; i < c->n_articles; i++) {
		const json_t *row = json_array_get(rows, i);
		struct demo_article *a = &c->articles[i];

		enter(rd, row);
		a->key = text(rd, row, "key", LINE_MAX);
		a->title = text(rd, row, "title", LINE_MAX);
		a->summary = text(rd, row, "summary", TEXT_MAX);
		a->body = text(rd, row, "body", BODY_MAX);
		a->lang = text(rd, row, "lang", 16);
		a->audience = (enum audience)enum_parse(audience_names, AUDIENCE_N,
							text(rd, row, "audience", LINE_MAX));
		if (a->audience == AUDIENCE_NONE)
			fail(rd, SG_E_INPUT, "audience", "is neither public nor agent");
		links(rd, row, "topics", topic_of, &a->topics);
	}
}

static void read_canned(struct reader *rd, const json_t *root)
{
	struct demo_content *c = rd->c;
	const json_t *rows = list(rd, root, NULL, ROWS_MAX);

	c->canned = rows_new(rd, rows, sizeof(*c->canned), &c->n_canned);
	for (unsigned i = 0; i < c->n_canned; i++) {
		const json_t *row = json_array_get(rows, i);

		enter(rd, row);
		c->canned[i].name = text(rd, row, "name", LINE_MAX);
		c->canned[i].title = text(rd, row, "title", LINE_MAX);
		c->canned[i].text = text(rd, row, "text", TEXT_MAX);
	}
}

static void read_turns(struct reader *rd, const json_t *row, struct demo_dialogue *d)
{
	const json_t *turns = list(rd, row, "turns", DEMO_TURNS_MAX);

	for (size_t i = 0; rd->st == SG_OK && i < json_array_size(turns); i++) {
		const json_t *turn = json_array_get(turns, i);
		struct demo_turn *t = &d->turns[d->n_turns++];

		t->by_agent = str_eq(text(rd, turn, "who", LINE_MAX), STR("agent"));
		t->text = text(rd, turn, "text", TEXT_MAX);
	}
	if (d->n_turns && d->turns[0].by_agent)
		fail(rd, SG_E_INPUT, "turns", "do not begin with the customer");
}

static void read_dialogues(struct reader *rd, const json_t *root)
{
	struct demo_content *c = rd->c;
	const json_t *rows = list(rd, root, NULL, ROWS_MAX);

	c->dialogues = rows_new(rd, rows, sizeof(*c->dialogues), &c->n_dialogues);
	for (unsigned i = 0; i < c->n_dialogues; i++) {
		const json_t *row = json_array_get(rows, i);
		struct demo_dialogue *d = &c->dialogues[i];

		enter(rd, row);
		d->topic = topic_of(rd, text(rd, row, "topic", LINE_MAX));
		d->kind = kind_of(rd, row);
		links(rd, row, "categories", category_of, &d->categories);
		read_turns(rd, row, d);
		d->note = text_or_empty(rd, row, "note", TEXT_MAX);
		d->summary = text(rd, row, "summary", TEXT_MAX);
		d->next_step = text_or_empty(rd, row, "next_step", NEXT_STEP_MAX);
		d->outcome = (enum outcome)enum_parse(outcome_names, OUTCOME_N,
						      text(rd, row, "outcome", LINE_MAX));
		if (d->outcome == OUTCOME_NONE)
			fail(rd, SG_E_INPUT, "outcome", "is not known");
	}
}

static void read_opinions(struct reader *rd, const json_t *root)
{
	struct demo_content *c = rd->c;
	const json_t *rows = list(rd, root, NULL, ROWS_MAX);

	c->opinions = rows_new(rd, rows, sizeof(*c->opinions), &c->n_opinions);
	for (unsigned i = 0; i < c->n_opinions; i++) {
		const json_t *row = json_array_get(rows, i);

		enter(rd, row);
		c->opinions[i].outcome_score = number(rd, row, "outcome_score", 1, 5);
		c->opinions[i].feeling_score = number(rd, row, "feeling_score", 1, 5);
		c->opinions[i].text = text(rd, row, "text", TEXT_MAX);
	}
}

/* In this order: later files refer to earlier ones. */
static const struct {
	const char *file;
	void (*read)(struct reader *rd, const json_t *root);
} files[] = {
	{"company.json", read_company},     {"names.json", read_names},
	{"queues.json", read_queues},       {"agents.json", read_agents},
	{"topics.json", read_topics},       {"products.json", read_products},
	{"articles.json", read_articles},   {"canned.json", read_canned},
	{"dialogues.json", read_dialogues}, {"feedback.json", read_opinions},
};

enum sg_status demo_content_load(struct demo_content *c, const char *folder)
{
	struct reader rd = {.c = c, .folder = folder};

	memset(c, 0, sizeof(*c));
	arena_init(&c->arena, CONTENT_BYTES_MAX);
	for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]) && rd.st == SG_OK; i++) {
		json_t *root = load(&rd, files[i].file);

		if (root)
			files[i].read(&rd, root);
		json_decref(root);
	}
	return rd.st;
}

void demo_content_fini(struct demo_content *c)
{
	arena_fini(&c->arena);
}
