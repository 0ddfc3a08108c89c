#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/codec.h"
#include "app/rows.h"
#include "sim/world.h"

enum {
	DECODE_BYTES_MAX = 1 << 20,
	SLACK_MS = 2000,
	SLACK_FAULTS_MS = 60000,
	CALM_MS = 30000,
	TURN_MS = 300
};

void model_init(struct world *w)
{
	idmap_init(&w->streams);
	idmap_init(&w->keys);
	idmap_init(&w->texts);
}

void model_fini(struct world *w)
{
	while (w->all) {
		struct mstream *m = w->all;

		w->all = m->next;
		free(m);
	}
	while (w->mails) {
		struct mail *m = w->mails;

		w->mails = m->next;
		free(m);
	}
	idmap_fini(&w->streams);
	idmap_fini(&w->keys);
	idmap_fini(&w->texts);
}

struct mstream *model_find(const struct world *w, const struct sg_id *id)
{
	return idmap_find(&w->streams, id);
}

static struct mstream *stream_get(struct world *w, const struct log_event *log)
{
	struct mstream *m = model_find(w, &log->stream);

	if (m)
		return m;
	m = calloc(1, sizeof(*m));
	SG_ASSERT(m != NULL);
	m->id = log->stream;
	m->kind = log->stream_kind;
	m->interaction.id = m->case_.id = m->agent.id = m->id;
	m->next = w->all;
	w->all = m;
	idmap_put(&w->streams, &m->id, m);
	return m;
}

static const char *short_id(const struct sg_id *id)
{
	static char text[4][SG_ID_TEXT + 1];
	static unsigned i;
	char *out = text[i++ % 4];

	sg_id_text(id, out);
	return out + 24;
}

/* Texts as map keys: 128 bits of FNV-1a, twice. */
static struct sg_id id_of_text(struct str a, struct str b)
{
	uint64_t h[2] = {UINT64_C(0xcbf29ce484222325), UINT64_C(0x84222325cbf29ce4)};
	struct sg_id id;

	for (unsigned k = 0; k < 2; k++) {
		for (size_t i = 0; i < a.n; i++)
			h[k] = (h[k] ^ (unsigned char)a.p[i]) * UINT64_C(0x100000001b3);
		h[k] = (h[k] ^ 0xff) * UINT64_C(0x100000001b3);
		for (size_t i = 0; i < b.n; i++)
			h[k] = (h[k] ^ (unsigned char)b.p[i]) * UINT64_C(0x100000001b3);
	}
	memcpy(id.b, h, sizeof(id.b));
	return id;
}

static uint64_t count_up(struct idmap *map, struct str a, struct str b)
{
	struct sg_id id = id_of_text(a, b);
	uintptr_t n = (uintptr_t)idmap_find(map, &id) + 1;

	idmap_put(map, &id, (void *)n);
	return n;
}

uint64_t model_done(const struct world *w, const struct actor *actor, const char *key)
{
	char source[SG_ID_TEXT + 1];

	sg_id_text(&actor->id, source);
	struct sg_id id = id_of_text(str_from(source), str_from(key));

	return (uintptr_t)idmap_find(&w->keys, &id);
}

unsigned model_held(const struct world *w, const struct sg_id *agent)
{
	unsigned n = 0;

	for (const struct mstream *m = w->all; m; m = m->next) {
		struct sg_id holder = interaction_holder(&m->interaction);

		n += m->kind == STREAM_INTERACTION && !sg_id_is_none(&holder) &&
		     sg_id_eq(&holder, agent);
	}
	return n;
}

static struct sim_agent *agent_of(struct world *w, const struct sg_id *id)
{
	for (unsigned i = 0; i < AGENTS; i++) {
		if (sg_id_eq(&w->agents[i].id, id))
			return &w->agents[i];
	}
	return NULL;
}

static bool agent_is_ok(const struct sim_agent *a)
{
	return a->connected && a->published == PRESENCE_AVAILABLE;
}

void model_agent_changed(struct world *w, struct sim_agent *a)
{
	if (!agent_is_ok(a))
		a->ok_until_ms = w->sim.now_ms;
}

/* ---- what is given ---- */

static bool is_calm(const struct world *w)
{
	return w->sim.now_ms - w->trouble_ms > CALM_MS;
}

static bool waits_plainly(const struct world *w, const struct mstream *m)
{
	int64_t slack = w->faults || w->crashes ? CALM_MS : TURN_MS;

	return m->kind == STREAM_INTERACTION && m->interaction.state == INTERACTION_QUEUED &&
	       m->seq >= m->line_seq && m->published >= m->line_seq &&
	       m->offer_given < m->line_seq && !m->was_refused &&
	       sg_id_is_none(&m->interaction.wanted_agent) &&
	       w->sim.now_ms - m->waits_since_ms >= slack;
}

struct turn {
	struct world *w;
	const struct mstream *first, *later;
	uint64_t line_seq;
};

/* Both may have been matched in one go and the first one's offer be on its way: then it comes now.
 */
static void check_passed_over(void *arg)
{
	struct turn t = *(struct turn *)arg;

	free(arg);
	if (waits_plainly(t.w, t.first) && t.first->line_seq == t.line_seq)
		fail(t.w, "%s (queued at %" PRId64 ") was offered before %s (%" PRId64 ")",
		     short_id(&t.later->id), t.later->interaction.queued_at_ms,
		     short_id(&t.first->id), t.first->interaction.queued_at_ms);
}

/* Nobody who came later goes before one who waits. */
static void check_turn(struct world *w, const struct mstream *m)
{
	const struct interaction *x = &m->interaction;

	if (!sg_id_is_none(&x->wanted_agent) || ((w->faults || w->crashes) && !is_calm(w)))
		return;
	for (const struct mstream *o = w->all; o; o = o->next) {
		const struct interaction *y = &o->interaction;

		if (o == m || !waits_plainly(w, o) || !sg_id_eq(&y->queue, &x->queue) ||
		    y->priority != x->priority || y->queued_at_ms >= x->queued_at_ms)
			continue;
		struct turn *t = malloc(sizeof(*t));

		SG_ASSERT(t != NULL);
		*t = (struct turn){.w = w, .first = o, .later = m, .line_seq = o->line_seq};
		sched_after(&w->sim.sched, TURN_MS, check_passed_over, t);
	}
}

static void check_offer(struct world *w, struct mstream *m, const struct facts *f, uint64_t seq)
{
	struct sim_agent *a = agent_of(w, &f->agent);
	int64_t slack = w->faults || w->crashes ? SLACK_FAULTS_MS : SLACK_MS;
	bool wanted = sg_id_eq(&m->interaction.wanted_agent, &f->agent);

	if (!a) {
		fail(w, "offered to nobody we know");
		return;
	}
	if (!agent_is_ok(a) && w->sim.now_ms - a->ok_until_ms > slack)
		fail(w, "offered to an agent who is not there (connected %d, presence %s)",
		     a->connected, presence_names[a->published]);
	for (unsigned q = 0; q < QUEUES; q++) {
		if (m->seq + 1 == seq && sg_id_eq(&w->queues[q], &m->interaction.queue) &&
		    !a->queues[q] && !wanted)
			fail(w, "offered to an agent of another queue");
	}
	if (m->seq + 1 == seq)
		check_turn(w, m);
}

void model_given(const struct store_write *sw, void *arg)
{
	struct world *w = ((struct life *)arg)->w;

	for (unsigned i = 0; i < sw->n_events; i++) {
		const struct log_event *log = &sw->events[i];
		struct mstream *m = model_find(w, &log->stream);
		struct arena arena;
		struct facts f;

		if (log->kind != EVENT_OFFERED || !m || m->offer_given >= log->seq)
			continue;
		m->offer_given = log->seq;
		arena_init(&arena, DECODE_BYTES_MAX);
		if (codec_decode(log->kind, log->body, &arena, &f) != SG_OK)
			fail(w, "an event that cannot be read");
		else
			check_offer(w, m, &f, log->seq);
		arena_fini(&arena);
	}
}

/* ---- what is durable ---- */

static void note_line(struct world *w, struct mstream *m, const struct event *ev)
{
	if (ev->kind == EVENT_QUEUED || ev->kind == EVENT_OFFER_ENDED) {
		m->line_seq = ev->seq;
		m->waits_since_ms = w->sim.now_ms;
	}
	if (ev->kind == EVENT_OFFER_ENDED)
		m->was_refused = true;
}

static void check_capacity(struct world *w, const struct sg_id *agent)
{
	const struct sim_agent *a = agent_of(w, agent);
	unsigned held = model_held(w, agent);

	w->offers++;
	if (a && held > a->capacity)
		fail(w, "agent %s holds %u of %u", short_id(agent), held, a->capacity);
}

static void apply(struct world *w, struct mstream *m, const struct event *ev)
{
	if (m->kind == STREAM_INTERACTION)
		interaction_apply(&m->interaction, ev);
	else if (m->kind == STREAM_CASE)
		case_apply(&m->case_, ev);
	else if (m->kind == STREAM_AGENT)
		agent_apply(&m->agent, ev);
	m->seq = ev->seq;
	note_line(w, m, ev);
	if (ev->kind == EVENT_OFFERED)
		check_capacity(w, &ev->f.agent);
	if (ev->kind == EVENT_MESSAGE_SENT && count_up(&w->texts, ev->f.text, STR("")) > 1)
		fail(w, "message twice in the log: %.*s", (int)ev->f.text.n, ev->f.text.p);
}

static void take_event(struct world *w, const struct log_event *log)
{
	struct mstream *m = stream_get(w, log);
	struct event ev = {
		.kind = log->kind,
		.stream = log->stream,
		.seq = log->seq,
		.id = log->id,
		.actor = log->actor,
		.at_ms = log->at_ms,
	};
	struct arena arena;

	w->durable++;
	if (log->seq != m->seq + 1) {
		fail(w, "stream %s goes from %" PRIu64 " to %" PRIu64, short_id(&m->id), m->seq,
		     log->seq);
		return;
	}
	arena_init(&arena, DECODE_BYTES_MAX);
	if (codec_decode(log->kind, log->body, &arena, &ev.f) == SG_OK)
		apply(w, m, &ev);
	else
		fail(w, "an event that cannot be read");
	arena_fini(&arena);
}

void model_durable(const struct store_write *sw, void *arg)
{
	struct world *w = ((struct life *)arg)->w;

	if (sw->idem_key.p && count_up(&w->keys, sw->idem_source, sw->idem_key) > 1)
		fail(w, "done twice: %.*s", (int)sw->idem_key.n, sw->idem_key.p);
	for (unsigned i = 0; i < sw->n_events; i++)
		take_event(w, &sw->events[i]);
	for (unsigned i = 0; i < sw->n_outbox; i++) {
		struct mail *m = calloc(1, sizeof(*m));

		SG_ASSERT(m != NULL);
		m->id = sw->outbox[i].id;
		m->next = w->mails;
		w->mails = m;
	}
}

/* ---- what is published ---- */

void model_new_life(struct world *w)
{
	for (struct mstream *m = w->all; m; m = m->next) {
		struct sim_agent *a = agent_of(w, &m->id);

		m->published = m->seq;
		m->offer_given = m->seq;
		if (a)
			a->published = m->agent.presence;
	}
}

void model_published(const struct event *ev, const struct log_event *log, void *arg)
{
	struct life *life = arg;
	struct world *w = life->w;
	struct mstream *m = model_find(w, &ev->stream);
	struct sim_agent *a = agent_of(w, &ev->stream);

	if (life->ended) /* its memory is being freed; nothing of this reaches anybody */
		return;
	w->published++;
	w->trace = (w->trace ^ ev->seq ^ ((uint64_t)ev->kind << 32) ^ ev->stream.b[15]) *
		   UINT64_C(0x100000001b3);
	if (!m || ev->seq > m->seq)
		fail(w, "published before it is durable: %s", event_desc[ev->kind].name);
	else if (ev->seq != m->published + 1)
		fail(w, "%s %" PRIu64 " of %s published after %" PRIu64, event_desc[ev->kind].name,
		     ev->seq, short_id(&m->id), m->published);
	if (log->seq != ev->seq || log->kind != ev->kind)
		fail(w, "the log's form is of another event");
	if (m)
		m->published = ev->seq;
	if (a && ev->kind == EVENT_PRESENCE_SET) {
		if (agent_is_ok(a))
			a->ok_until_ms = w->sim.now_ms;
		a->published = ev->f.presence;
		model_agent_changed(w, a);
	}
}

void model_delivered(struct world *w, const struct sg_id *mail)
{
	for (struct mail *m = w->mails; m; m = m->next) {
		if (!sg_id_eq(&m->id, mail))
			continue;
		m->delivered++;
		if (m->delivered > 1 + m->crashes)
			fail(w, "a mail was delivered %u times with %u crashes", m->delivered,
			     m->crashes);
		return;
	}
	fail(w, "a mail nobody owed was delivered");
}

void model_crashed(struct world *w)
{
	for (struct mail *m = w->mails; m; m = m->next)
		m->crashes++;
}

/* ---- at rest ---- */

static bool same_interaction(const struct interaction *a, const struct interaction *b)
{
	return sg_id_eq(&a->id, &b->id) && a->seq == b->seq && a->state == b->state &&
	       sg_id_eq(&a->person, &b->person) && sg_id_eq(&a->case_id, &b->case_id) &&
	       sg_id_eq(&a->item, &b->item) && sg_id_eq(&a->topic, &b->topic) &&
	       sg_id_eq(&a->queue, &b->queue) && sg_id_eq(&a->agent, &b->agent) &&
	       sg_id_eq(&a->wanted_agent, &b->wanted_agent) && a->channel == b->channel &&
	       a->offer_no == b->offer_no && a->legs == b->legs && a->priority == b->priority &&
	       a->urgent == b->urgent && a->queued_at_ms == b->queued_at_ms &&
	       a->since_ms == b->since_ms && a->expires_at_ms == b->expires_at_ms &&
	       a->read_person == b->read_person && a->read_agent == b->read_agent &&
	       a->messages == b->messages;
}

static bool same_case(const struct case_ *a, const struct case_ *b)
{
	return sg_id_eq(&a->id, &b->id) && a->seq == b->seq && a->number == b->number &&
	       sg_id_eq(&a->person, &b->person) && sg_id_eq(&a->item, &b->item) &&
	       sg_id_eq(&a->topic, &b->topic) &&
	       sg_id_eq(&a->last_interaction, &b->last_interaction) && a->status == b->status &&
	       a->contacts == b->contacts && a->feedback_version == b->feedback_version;
}

static bool same_agent(const struct agent *a, const struct agent *b)
{
	return sg_id_eq(&a->id, &b->id) && a->seq == b->seq && a->role == b->role &&
	       a->presence == b->presence && a->presence_reason == b->presence_reason &&
	       a->presence_at_ms == b->presence_at_ms && a->n_queues == b->n_queues &&
	       memcmp(a->queues, b->queues, a->n_queues * sizeof(a->queues[0])) == 0 &&
	       a->capacity == b->capacity && a->active == b->active && a->text_hash == b->text_hash;
}

struct row_check {
	struct world *w;
	const struct mstream *m;
};

static void on_row(enum sg_status st, const struct row *rows, unsigned n, void *arg)
{
	struct row_check *c = arg;
	struct interaction it;
	struct case_ ca;
	struct agent ag;
	bool same = false;

	if (st != SG_OK || n != 1) {
		fail(c->w, "no row of %s", short_id(&c->m->id));
	} else if (c->m->kind == STREAM_INTERACTION) {
		rows_interaction(rows, &it);
		same = same_interaction(&it, &c->m->interaction);
	} else if (c->m->kind == STREAM_CASE) {
		rows_case(rows, &ca);
		same = same_case(&ca, &c->m->case_);
	} else {
		rows_agent(rows, &ag);
		same = same_agent(&ag, &c->m->agent);
	}
	if (!same)
		fail(c->w, "the row of %s is not what its log says", short_id(&c->m->id));
	free(c);
}

static void check_row(struct world *w, const struct mstream *m)
{
	struct row_check *c = malloc(sizeof(*c));
	struct value key = {.id = m->id};
	enum table table = m->kind == STREAM_INTERACTION ? TABLE_INTERACTION
			   : m->kind == STREAM_CASE      ? TABLE_CASE
							 : TABLE_AGENT;

	SG_ASSERT(c != NULL);
	*c = (struct row_check){.w = w, .m = m};
	store_get(w->inner, table, &key, on_row, c);
}

static void check_stream(struct world *w, const struct mstream *m)
{
	if (m->published != m->seq)
		fail(w, "%s: %" PRIu64 " durable, %" PRIu64 " published", short_id(&m->id), m->seq,
		     m->published);
	if (m->kind == STREAM_INTERACTION || m->kind == STREAM_CASE || m->kind == STREAM_AGENT)
		check_row(w, m);
	if (m->kind == STREAM_INTERACTION && (m->interaction.state == INTERACTION_QUEUED ||
					      m->interaction.state == INTERACTION_OFFERED))
		fail(w, "interaction %s was not served (%s)", short_id(&m->id),
		     interaction_state_names[m->interaction.state]);
}

void model_check_end(struct world *w)
{
	for (const struct mstream *m = w->all; m; m = m->next)
		check_stream(w, m);
	for (const struct mail *m = w->mails; m; m = m->next) {
		if (m->delivered == 0)
			fail(w, "a mail was never delivered");
	}
	for (unsigned i = 0; i < AGENTS; i++) {
		unsigned held = dispatch_held(w->life->app->dispatch, &w->agents[i].id);

		if (held != model_held(w, &w->agents[i].id))
			fail(w, "dispatch counts %u for an agent who holds %u", held,
			     model_held(w, &w->agents[i].id));
	}
	if (flow_busy(w->life->app->flow) || outbox_busy(w->life->app->outbox))
		fail(w, "works are still under way");
}
