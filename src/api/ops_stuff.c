/* ops_stuff.c - what the customer sees first: My Stuff, what is open, items, topics, articles,
 * offers. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm.h>

#include "api/api_priv.h"
#include "api/ops.h"
#include "api/resource.h"
#include "core/topic.h"

enum { PAGE_DEFAULT = 20, OPEN_MAX = 50, ARTICLES_DEFAULT = 10 };

/* ---- My Stuff ---- */

static bool contains(struct str hay, struct str needle)
{
	for (size_t i = 0; hay.p && i + needle.n <= hay.n; i++) {
		if (strncasecmp(hay.p + i, needle.p, needle.n) == 0)
			return true;
	}
	return false;
}

static bool stuff_matches(const struct row *r, struct str words)
{
	char number[24];

	if (!words.n)
		return true;
	(void)snprintf(number, sizeof(number), "%lld", (long long)r->v[STUFF_COL_NUMBER].i);
	return contains(r->v[STUFF_COL_TITLE].s, words) ||
	       contains(r->v[STUFF_COL_DETAIL].s, words) ||
	       contains(r->v[STUFF_COL_STATE].s, words) ||
	       (r->v[STUFF_COL_NUMBER].i && str_eq(str_from(number), words));
}

static void on_stuff(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;
	struct str words = params_str(c->params, "q");
	unsigned limit = (unsigned)params_int(c->params, "limit", PAGE_DEFAULT);
	unsigned shown = 0, i = 0;

	if (call_got(c, st) != SG_OK)
		return;
	call_begin(c);
	json_begin_array(&c->j, "rows");
	for (; i < n && shown < limit; i++) {
		if (!stuff_matches(&rows[i], words))
			continue;
		resource_stuff(&c->j, NULL, &rows[i]);
		shown++;
	}
	json_close(&c->j);
	/* A search that has looked at all it may look at goes on behind the last row it saw. */
	if (i && (i < n || n == STORE_RANGE_MAX))
		call_write_cursor(c, &rows[i - 1].v[STUFF_COL_AT], &rows[i - 1].v[STUFF_COL_REF]);
	else
		json_add_null(&c->j, "next");
	json_close(&c->j);
	call_answer(c);
}

void op_list_stuff(struct call *c)
{
	struct str kind = params_str(c->params, "kind");
	struct store_range q = call_range(
		kind.n ? INDEX_STUFF_BY_PERSON_KIND : INDEX_STUFF_BY_PERSON, &c->viewer.actor.id);

	if (kind.n)
		q.eq[q.n_eq++].s = kind;
	/* With words typed, look through all there is; else one more than asked, to know of a next
	 * page. */
	q.limit = params_str(c->params, "q").n
			  ? STORE_RANGE_MAX
			  : (unsigned)params_int(c->params, "limit", PAGE_DEFAULT) + 1;
	if (call_read_cursor(c, &q))
		call_ask(c, &q, on_stuff);
}

static bool case_is_open(const struct row *r)
{
	int64_t s = r->v[CASE_COL_STATUS].i;

	return s == CASE_STATUS_OPEN || s == CASE_STATUS_WAITING_CUSTOMER ||
	       s == CASE_STATUS_WAITING_COMPANY;
}

/* Writing what is open takes two looks. */
struct open_writing {
	const struct app *app;
	struct json *j;
	struct sg_id person;
	ops_written_fn *done;
	void *arg;
	enum sg_status st; /* of the first look */
};

static void on_open_cases(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct open_writing *w = arg;

	json_begin_array(w->j, "cases");
	for (unsigned i = 0; st == SG_OK && i < n; i++) {
		if (case_is_open(&rows[i]))
			resource_case(w->j, NULL, &rows[i]);
	}
	json_close(w->j);
	w->done(w->st == SG_OK ? st : w->st, w->arg);
	free(w);
}

static void on_open_interactions(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct open_writing *w = arg;
	struct store_range q = call_range(INDEX_CASE_BY_PERSON, &w->person);

	w->st = st;
	json_begin_array(w->j, "interactions");
	for (unsigned i = 0; st == SG_OK && i < n; i++) {
		struct str state = rows[i].v[INTERACTION_COL_STATE].s;

		/* What its agent has still to write up is over for the person. */
		if (!str_eq(state, STR("closed")) && !str_eq(state, STR("wrapup")))
			resource_interaction(w->j, NULL, w->app, &rows[i]);
	}
	json_close(w->j);
	q.limit = OPEN_MAX;
	store_range(w->app->store, &q, on_open_cases, w);
}

void ops_write_open(struct json *j, const struct app *a, const struct sg_id *person,
		    ops_written_fn *done, void *arg)
{
	struct open_writing *w = malloc(sizeof(*w));
	struct store_range q = call_range(INDEX_INTERACTION_BY_PERSON, person);

	SG_ASSERT(w != NULL);
	*w = (struct open_writing){.app = a, .j = j, .person = *person, .done = done, .arg = arg};
	q.limit = OPEN_MAX;
	store_range(a->store, &q, on_open_interactions, w);
}

static void on_open_written(enum sg_status st, void *arg)
{
	struct call *c = arg;

	json_close(&c->j);
	if (call_got(c, st) == SG_OK)
		call_answer(c);
}

void op_open_now(struct call *c)
{
	call_begin(c);
	ops_write_open(&c->j, c->app, &c->viewer.actor.id, on_open_written, c);
}

static void on_item(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;

	(void)n;
	/* Somebody else's is not there (rule S2). */
	if (st == SG_OK && c->viewer.actor.role == ROLE_CUSTOMER &&
	    !sg_id_eq(&rows[0].v[ITEM_COL_PERSON].id, &c->viewer.actor.id))
		st = SG_E_NOT_FOUND;
	if (call_got(c, st) != SG_OK)
		return;
	resource_item(&c->j, NULL, rows);
	call_answer(c);
}

void op_get_item(struct call *c)
{
	struct sg_id id = params_id(c->params, "item");

	call_get(c, TABLE_ITEM, &id, on_item);
}

/* ---- topics and articles ---- */

void op_list_topics(struct call *c)
{
	struct str kind = params_str(c->params, "kind");

	call_begin(c);
	json_begin_array(&c->j, "rows");
	for (unsigned i = 0; i < catalog_count(c->app->catalog, TABLE_TOPIC); i++) {
		const struct row *r = &catalog_at(c->app->catalog, TABLE_TOPIC, i)->row;

		if (r->v[TOPIC_COL_ACTIVE].i &&
		    (!kind.n || topic_fits(r->v[TOPIC_COL_KINDS].s, kind)))
			resource_topic(&c->j, NULL, r);
	}
	json_close(&c->j);
	json_close(&c->j);
	call_answer(c);
}

static bool article_visible(const struct call *c, const struct row *r)
{
	return r->v[ARTICLE_COL_ACTIVE].i &&
	       (r->v[ARTICLE_COL_AUDIENCE].i == AUDIENCE_PUBLIC || call_is_staff(c));
}

static bool article_about(const struct row *r, const struct sg_id *topic)
{
	char id[SG_ID_TEXT + 1];

	if (sg_id_is_none(topic))
		return true;
	sg_id_text(topic, id);
	return contains(r->v[ARTICLE_COL_TOPICS].s, str_from(id));
}

static void on_found_articles(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;
	struct sg_id topic = params_id(c->params, "topic");

	if (call_got(c, st) != SG_OK)
		return;
	call_begin(c);
	json_begin_array(&c->j, "rows");
	for (unsigned i = 0; i < n; i++) {
		if (article_visible(c, &rows[i]) && article_about(&rows[i], &topic))
			resource_article(&c->j, NULL, &rows[i]);
	}
	json_close(&c->j);
	json_close(&c->j);
	call_answer(c);
}

static void list_by_topic(struct call *c, unsigned limit)
{
	struct sg_id topic = params_id(c->params, "topic");
	unsigned shown = 0;

	call_begin(c);
	json_begin_array(&c->j, "rows");
	for (unsigned i = 0; i < catalog_count(c->app->catalog, TABLE_ARTICLE) && shown < limit;
	     i++) {
		const struct row *r = &catalog_at(c->app->catalog, TABLE_ARTICLE, i)->row;

		if (!article_visible(c, r) || !article_about(r, &topic))
			continue;
		resource_article(&c->j, NULL, r);
		shown++;
	}
	json_close(&c->j);
	json_close(&c->j);
	call_answer(c);
}

void op_list_articles(struct call *c)
{
	unsigned limit = (unsigned)params_int(c->params, "limit", ARTICLES_DEFAULT);
	struct str words = params_str(c->params, "q");
	struct store *s = c->app->store;

	if (!words.n)
		list_by_topic(c, limit);
	else
		s->ops->search(s, words, call_is_staff(c) ? AUDIENCE_AGENT : AUDIENCE_PUBLIC, limit,
			       on_found_articles, c);
}

/* Raw HTML and dangerous links stay out (CMARK_OPT_UNSAFE is not set); tables are allowed. */
static char *markdown_html(struct str text)
{
	cmark_gfm_core_extensions_ensure_registered();
	cmark_parser *p = cmark_parser_new(CMARK_OPT_VALIDATE_UTF8);
	cmark_syntax_extension *table = cmark_find_syntax_extension("table");

	SG_ASSERT(p != NULL && table != NULL);
	cmark_parser_attach_syntax_extension(p, table);
	cmark_parser_feed(p, text.p ? text.p : "", text.n);
	cmark_node *doc = cmark_parser_finish(p);
	char *html =
		cmark_render_html(doc, CMARK_OPT_DEFAULT, cmark_parser_get_syntax_extensions(p));

	cmark_node_free(doc);
	cmark_parser_free(p);
	return html;
}

static void on_article(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct call *c = arg;

	(void)n;
	if (st == SG_OK && !article_visible(c, rows))
		st = SG_E_NOT_FOUND;
	if (call_got(c, st) != SG_OK)
		return;
	const struct value *v = rows[0].v;
	char *html = markdown_html(v[ARTICLE_COL_BODY].s);

	call_begin(c);
	json_id(&c->j, "id", &v[ARTICLE_COL_ID].id);
	json_str(&c->j, "title", v[ARTICLE_COL_TITLE].s);
	json_str(&c->j, "summary", v[ARTICLE_COL_SUMMARY].s);
	json_cstr(&c->j, "audience", audience_names[v[ARTICLE_COL_AUDIENCE].i]);
	json_raw(&c->j, "topics", v[ARTICLE_COL_TOPICS].s.n ? v[ARTICLE_COL_TOPICS].s : STR("[]"));
	json_cstr(&c->j, "html", html);
	json_time(&c->j, "updated_at", v[ARTICLE_COL_UPDATED_AT].i);
	json_close(&c->j);
	free(html);
	call_answer(c);
}

void op_get_article(struct call *c)
{
	struct sg_id id = params_id(c->params, "article");

	call_get(c, TABLE_ARTICLE, &id, on_article);
}

/* ---- offers ---- */

static void write_offer(struct json *j, enum channel ch, const struct dispatch_queue *q,
			const char *reason)
{
	json_begin_object(j, NULL);
	json_cstr(j, "channel", channel_names[ch]);
	json_bool(j, "offered", q != NULL);
	if (q && q->wait_s >= 0)
		json_int(j, "wait_s", q->wait_s);
	else
		json_add_null(j, "wait_s");
	if (q)
		json_int(j, "waiting", q->waiting);
	else
		json_add_null(j, "waiting");
	if (q)
		json_int(j, "agents", q->agents);
	else
		json_add_null(j, "agents");
	json_cstr(j, "reason", reason);
	json_close(j);
}

static void wait_words(char *out, size_t cap, const struct dispatch_queue *q)
{
	if (q->wait_s < 0)
		str_copy(out, cap,
			 STR("Nobody is here right now. Write to us; you keep your place and the "
			     "answer "
			     "waits for you here."));
	else if (q->wait_s < 60)
		str_copy(out, cap, STR("Somebody is free now."));
	else
		(void)snprintf(out, cap, "About %lld minutes.", (long long)((q->wait_s + 59) / 60));
}

void op_list_offers(struct call *c)
{
	struct sg_id topic = params_id(c->params, "topic");
	struct sg_id queue = catalog_queue_for(c->app->catalog, &topic);
	struct dispatch_queue q;
	char words[160];

	dispatch_queue(c->app->dispatch, &queue, &q);
	wait_words(words, sizeof(words), &q);
	call_begin(c);
	json_begin_array(&c->j, "channels");
	if (sg_id_is_none(&queue))
		write_offer(&c->j, CHANNEL_CHAT, NULL, "Chat is not set up yet.");
	else
		write_offer(&c->j, CHANNEL_CHAT, &q, words);
	write_offer(&c->j, CHANNEL_EMAIL, NULL, "E-mail is not connected yet.");
	write_offer(&c->j, CHANNEL_PHONE, NULL, "Phone is not connected yet.");
	json_close(&c->j);
	json_close(&c->j);
	call_answer(c);
}
