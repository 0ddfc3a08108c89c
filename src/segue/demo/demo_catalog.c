#include <stdio.h>
#include <string.h>

#include "app/project.h"
#include "core/agent.h"
#include "segue/demo/demo_priv.h"

enum { LIST_MAX = 1024 };

static struct sg_id new_id(struct demo *d)
{
	struct entropy e = demo_random_entropy(&d->ids);

	return sg_id_make(d->start_ms, &e);
}

/* Ids first: agents name queues, children their parents, articles topics. */
void demo_catalog_prepare(struct demo *d)
{
	struct demo_content *c = &d->content;

	for (unsigned i = 0; i < c->n_queues; i++)
		c->queues[i].id = new_id(d);
	for (unsigned i = 0; i < c->n_agents; i++)
		c->agents[i].id = new_id(d);
	for (unsigned i = 0; i < c->n_topics; i++)
		c->topics[i].id = new_id(d);
	for (unsigned i = 0; i < c->n_articles; i++)
		c->articles[i].id = new_id(d);
	for (unsigned i = 0; i < c->n_canned; i++)
		c->canned[i].id = new_id(d);
}

/* A millisecond apart, so that their order is one of time as well. */
static struct event blank(const struct demo *d, enum event_kind kind, const struct sg_id *stream)
{
	return (struct event){
		.kind = kind, .stream = *stream, .at_ms = d->start_ms + d->catalog_next};
}

static struct str id_list(struct demo *d, const struct sg_id *ids, unsigned n)
{
	char list[LIST_MAX], id[SG_ID_TEXT + 1];
	size_t len = 0;

	list[len++] = '[';
	for (unsigned i = 0; i < n; i++) {
		SG_ASSERT(len + SG_ID_TEXT + 5 < sizeof(list));
		sg_id_text(&ids[i], id);
		len += (size_t)snprintf(list + len, sizeof(list) - len, "%s\"%s\"", i ? "," : "",
					id);
	}
	list[len++] = ']';
	return arena_str(&d->write.arena, (struct str){.p = list, .n = len});
}

static void put_queue(struct demo *d, unsigned i)
{
	const struct demo_queue *q = &d->content.queues[i];
	struct event ev = blank(d, EVENT_QUEUE_PUT, &q->id);

	ev.f.name = q->name;
	ev.f.offer_ms = q->offer_ms;
	ev.f.active = true;
	demo_write_plain(&d->write, &ev);
}

static void put_credential(struct demo *d, const struct sg_id *agent, int64_t at_ms)
{
	struct row_op op;

	row_put(&op, TABLE_CREDENTIAL);
	row_id(&op, CREDENTIAL_COL_AGENT, agent);
	row_str(&op, CREDENTIAL_COL_HASH, str_from(d->password_hash));
	row_int(&op, CREDENTIAL_COL_CHANGED_AT, at_ms);
	demo_write_record(&d->write, &op);
}

static void put_agent(struct demo *d, unsigned i)
{
	const struct demo_agent *a = &d->content.agents[i];
	struct sg_id queues[DEMO_LINKS_MAX];
	struct agent before = {.id = a->id};
	struct agent_cmd cmd = {
		.kind = AGENT_PUT, .id = a->id, .now_ms = d->start_ms + d->catalog_next};
	struct decision dec = {.n = 0};

	for (unsigned k = 0; k < a->queues.n; k++)
		queues[k] = d->content.queues[a->queues.at[k]].id;
	cmd.f.name = a->name;
	cmd.f.email = a->email;
	cmd.f.role = a->role;
	cmd.f.capacity = a->capacity;
	cmd.f.queues = id_list(d, queues, a->queues.n);
	cmd.f.active = true;
	enum sg_status st = agent_decide(&before, &cmd, &dec);

	SG_ASSERT(st == SG_OK);
	for (unsigned k = 0; k < dec.n; k++)
		demo_write_event(&d->write, &dec.ev[k]);
	put_credential(d, &a->id, cmd.now_ms);
}

static void put_topic(struct demo *d, unsigned i)
{
	const struct demo_topic *t = &d->content.topics[i];
	struct event ev = blank(d, EVENT_TOPIC_PUT, &t->id);

	if (t->has_parent)
		ev.f.parent = d->content.topics[t->parent].id;
	ev.f.title = t->title;
	ev.f.kinds = t->kinds;
	ev.f.position = t->position;
	ev.f.urgent = t->urgent;
	ev.f.queue = d->content.queues[t->queue].id;
	ev.f.synonyms = t->synonyms;
	ev.f.active = true;
	demo_write_plain(&d->write, &ev);
}

static void put_article(struct demo *d, unsigned i)
{
	const struct demo_article *a = &d->content.articles[i];
	struct event ev = blank(d, EVENT_ARTICLE_PUT, &a->id);
	struct sg_id topics[DEMO_LINKS_MAX];

	for (unsigned k = 0; k < a->topics.n; k++)
		topics[k] = d->content.topics[a->topics.at[k]].id;
	ev.f.title = a->title;
	ev.f.summary = a->summary;
	ev.f.body = a->body;
	ev.f.audience = a->audience;
	ev.f.topics = id_list(d, topics, a->topics.n);
	ev.f.lang = a->lang;
	ev.f.active = true;
	demo_write_plain(&d->write, &ev);
}

static void put_canned(struct demo *d, unsigned i)
{
	const struct demo_canned *c = &d->content.canned[i];
	struct event ev = blank(d, EVENT_CANNED_PUT, &c->id);

	ev.f.name = c->name;
	ev.f.title = c->title;
	ev.f.text = c->text;
	ev.f.active = true;
	demo_write_plain(&d->write, &ev);
}

bool demo_catalog_next(struct demo *d)
{
	const struct demo_content *c = &d->content;
	const struct {
		unsigned n;
		void (*put)(struct demo *d, unsigned i);
	} lists[] = {
		{c->n_queues, put_queue},     {c->n_agents, put_agent},  {c->n_topics, put_topic},
		{c->n_articles, put_article}, {c->n_canned, put_canned},
	};
	unsigned i = d->catalog_next;

	for (unsigned k = 0; k < sizeof(lists) / sizeof(lists[0]); k++) {
		if (i < lists[k].n) {
			lists[k].put(d, i);
			d->catalog_next++;
			return true;
		}
		i -= lists[k].n;
	}
	return false;
}
