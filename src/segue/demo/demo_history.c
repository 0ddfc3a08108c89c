#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "segue/demo/demo_priv.h"

/* Part of the contacts that come back about the same case; the arrivals are that much fewer. */
#define AGAIN_SHARE .13
#define AGAIN_OPEN .3    /* after a contact that left something to do */
#define AGAIN_SOLVED .03 /* after one that did not */
#define AGAIN_ABANDONED .2
#define FEEDBACK_SHARE .36
#define FEEDBACK_CHANGED .15
#define FEEDBACK_WORDS .6
#define OPEN_CASES                                                                                 \
	34 /* sets how long promises take; some are kept earlier, so about 25 are open at the end  \
	    */

enum {
	TRIES = 30,
	HERO_TASKS = 2,
	HERO_PUMP = 0, /* item of both contacts of the summary's customer */
	DAYS_MAX = 10, /* until a promise is kept */
	ARTICLES_MAX = 2,
	SUBJECT_MAX = 200,
};

/* ---- the heap ---- */

static bool before(const struct demo_task *a, const struct demo_task *b)
{
	return a->at_ms != b->at_ms ? a->at_ms < b->at_ms : a->no < b->no;
}

static void swap(struct demo_task *a, struct demo_task *b)
{
	struct demo_task t = *a;

	*a = *b;
	*b = t;
}

/* What would come after the present is left out; a contact is never planned beyond it. */
static void plan_task(struct demo *d, struct demo_task t)
{
	if (t.at_ms >= d->opt.now_ms) {
		SG_ASSERT(!t.contact);
		return;
	}
	if (d->n_tasks == d->cap_tasks) {
		d->cap_tasks = d->cap_tasks ? d->cap_tasks * 2 : 256;
		d->tasks = realloc(d->tasks, d->cap_tasks * sizeof(*d->tasks));
		SG_ASSERT(d->tasks != NULL);
	}
	unsigned i = d->n_tasks++;

	t.no = ++d->task_no;
	d->tasks[i] = t;
	for (; i && before(&d->tasks[i], &d->tasks[(i - 1) / 2]); i = (i - 1) / 2)
		swap(&d->tasks[i], &d->tasks[(i - 1) / 2]);
}

static struct demo_task take_task(struct demo *d)
{
	struct demo_task first = d->tasks[0];

	d->tasks[0] = d->tasks[--d->n_tasks];
	for (unsigned i = 0;;) {
		unsigned least = i;

		for (unsigned k = 2 * i + 1; k <= 2 * i + 2 && k < d->n_tasks; k++) {
			if (before(&d->tasks[k], &d->tasks[least]))
				least = k;
		}
		if (least == i)
			return first;
		swap(&d->tasks[i], &d->tasks[least]);
		i = least;
	}
}

/* ---- days and hours ---- */

static int64_t local_day(int64_t at_ms)
{
	return (at_ms + DEMO_ZONE_MS) / DEMO_DAY_MS;
}

static int64_t day_start(int64_t local_day)
{
	return local_day * DEMO_DAY_MS - DEMO_ZONE_MS;
}

/* Day 0, 1970-01-01, was a Thursday. */
static const double *day_curve(const struct demo *d, int64_t local_day)
{
	return d->content.curve[(local_day + 3) % DEMO_WEEKDAYS];
}

/* A time of that day, hours as likely as contacts are in them. */
static int64_t some_time_on(struct demo *d, int64_t local_day)
{
	unsigned hour = demo_random_pick(&d->arrivals, day_curve(d, local_day), DEMO_HOURS);

	return day_start(local_day) + hour * DEMO_HOUR_MS +
	       demo_random_between(&d->arrivals, 0, DEMO_HOUR_MS - 1);
}

static double first_contacts_a_day(const struct demo *d)
{
	return d->opt.contacts * (1 - AGAIN_SHARE) / DEMO_HISTORY_DAYS;
}

static double curve_sum(const struct demo *d)
{
	double sum = 0;

	for (unsigned day = 0; day < DEMO_WEEKDAYS; day++) {
		for (unsigned h = 0; h < DEMO_HOURS; h++)
			sum += d->content.curve[day][h];
	}
	return sum;
}

/* Thinning (Lewis, Shedler 1979): candidates at the rate of the busiest hour, each kept as often as
 * its own hour is busy against that. The day as a whole is better or worse by a Gamma factor. */
static void do_day(struct demo *d, const struct demo_task *t)
{
	int64_t day = local_day(t->at_ms), end = day_start(day + 1);
	const double *curve = day_curve(d, day);
	double factor = demo_random_gamma(&d->arrivals, 8, 1), most = 0;
	double at = (double)t->at_ms;

	for (unsigned h = 0; h < DEMO_HOURS; h++)
		most = curve[h] > most ? curve[h] : most;
	/* curve[h] of the week's sum is the share of a week that comes in this hour */
	double a_ms = factor * most / curve_sum(d) * first_contacts_a_day(d) * DEMO_WEEKDAYS /
		      (double)DEMO_HOUR_MS;

	plan_task(d, (struct demo_task){.at_ms = end, .kind = DEMO_TASK_DAY});
	for (;;) {
		at += demo_random_exponential(&d->arrivals, 1 / a_ms);
		if (at >= (double)end)
			return;
		unsigned hour = (unsigned)(((int64_t)at - day_start(day)) / DEMO_HOUR_MS);

		if (demo_random_chance(&d->arrivals, curve[hour] / most))
			plan_task(d, (struct demo_task){.at_ms = (int64_t)at,
							.kind = DEMO_TASK_ARRIVAL});
	}
}

/* ---- about what ---- */

static struct demo_bucket *bucket_of(struct demo *d, unsigned item)
{
	const struct demo_product *p = &d->content.products[d->items[item].product];

	return &d->buckets[p->kind][p->category];
}

static void know_item(struct demo *d, unsigned item)
{
	struct demo_bucket *b = bucket_of(d, item);

	if (item < DEMO_HERO_ITEMS)
		return; /* has its own story */
	if (b->n == b->cap) {
		b->cap = b->cap ? b->cap * 2 : 16;
		b->items = realloc(b->items, b->cap * sizeof(*b->items));
		SG_ASSERT(b->items != NULL);
	}
	b->items[b->n++] = item;
}

/* Nobody asks about what came to nothing. */
static bool is_live(const struct demo_item *it)
{
	static const char *const dead[] = {"cancelled", "declined", "expired",
					   "withdrawn", "bounced",  "unsubscribed"};

	for (unsigned i = 0; i < sizeof(dead) / sizeof(dead[0]); i++) {
		if (strcmp(it->state, dead[i]) == 0)
			return false;
	}
	return true;
}

/* A dialogue and a thing it suits; newer things are asked about more. False: found none. */
static bool pick_subject(struct demo *d, unsigned *dialogue_out, unsigned *item_out)
{
	struct demo_random *r = &d->arrivals;

	for (unsigned tries = 0; tries < TRIES; tries++) {
		unsigned g = demo_random_below(r, d->content.n_dialogues);
		const struct demo_dialogue *dialogue = &d->content.dialogues[g];
		unsigned category =
			dialogue->categories.at[demo_random_below(r, dialogue->categories.n)];
		const struct demo_bucket *b = &d->buckets[dialogue->kind][category];

		if (!b->n)
			continue;
		double u = demo_random_unit(r);
		unsigned item = b->items[b->n - 1 - (unsigned)(u * u * b->n)];

		if (!is_live(&d->items[item]))
			continue;
		*dialogue_out = g;
		*item_out = item;
		return true;
	}
	return false;
}

static bool suits(const struct demo *d, const struct demo_dialogue *g, unsigned item)
{
	const struct demo_product *p = &d->content.products[d->items[item].product];

	for (unsigned i = 0; i < g->categories.n; i++) {
		if (g->kind == p->kind && g->categories.at[i] == p->category)
			return true;
	}
	return false;
}

/* Nobody says the same again: another dialogue for the thing, of the same topic or at least near
 * it. */
static bool next_dialogue(const struct demo *d, const struct demo_case *c, unsigned *dialogue_out)
{
	const struct demo_content *k = &d->content;
	unsigned topic = k->dialogues[c->dialogue].topic, found = 0;
	bool is_found = false;

	for (unsigned i = 0; i < k->n_dialogues; i++) {
		const struct demo_dialogue *g = &k->dialogues[i];

		if (i == c->dialogue || !suits(d, g, c->item))
			continue;
		if (g->topic == topic) {
			*dialogue_out = i;
			return true;
		}
		if (!is_found && k->topics[g->topic].parent == k->topics[topic].parent) {
			found = i;
			is_found = true;
		}
	}
	if (is_found)
		*dialogue_out = found;
	return is_found;
}

/* ---- the beginning of a contact ---- */

/* What they read before writing, with what they said of it; *first_out: its key, for the page. */
static struct str articles_read(struct demo *d, unsigned topic, struct str *first_out)
{
	static const double how_many[ARTICLES_MAX + 1] = {.35, .4, .25};
	unsigned wanted = demo_random_pick(&d->talk, how_many, ARTICLES_MAX + 1), n = 0;
	struct str list = STR("");
	char id[SG_ID_TEXT + 1];

	for (unsigned i = 0; i < d->content.n_articles && n < wanted; i++) {
		const struct demo_article *a = &d->content.articles[i];
		bool fits = false;

		for (unsigned k = 0; k < a->topics.n; k++)
			fits = fits || a->topics.at[k] == topic;
		if (!fits || a->audience != AUDIENCE_PUBLIC)
			continue;
		sg_id_text(&a->id, id);
		list = demo_write_text(&d->write, "%.*s%s{\"article\":\"%s\"%s}", (int)list.n,
				       list.p, n ? "," : "", id,
				       demo_random_chance(&d->talk, .7) ? ",\"helped\":false" : "");
		*first_out = n++ ? *first_out : a->key;
	}
	return n ? demo_write_text(&d->write, "[%.*s]", (int)list.n, list.p) : (struct str){0};
}

static struct str page_of(struct demo *d, struct str article)
{
	const char *what = article.n ? "help/" : "my-stuff";

	return demo_write_text(&d->write, "https://www.%.*s/%s%.*s", (int)d->content.domain.n,
			       d->content.domain.p, what, (int)article.n,
			       article.n ? article.p : "");
}

/* Cut where the fact ends; product titles are much shorter. */
static struct str subject_of(struct demo *d, const struct demo_topic *topic, struct str title)
{
	char subject[SUBJECT_MAX];
	struct str whole = demo_write_text(&d->write, "%.*s: %.*s", (int)topic->title.n,
					   topic->title.p, (int)title.n, title.p);
	size_t n = str_copy(subject, sizeof(subject), whole);

	return (struct str){.p = whole.p, .n = n};
}

static void open_or_join_case(struct demo *d, struct demo_case *k, const struct facts *f,
			      struct str subject, int64_t at_ms)
{
	struct case_cmd cmd = {.kind = k->st.seq ? CASE_CONTACT : CASE_OPEN,
			       .id = k->st.id,
			       .actor = {.role = ROLE_CUSTOMER, .id = f->person},
			       .now_ms = at_ms,
			       .f = *f};

	cmd.f.title = subject;
	d->sum.cases_with_more_contacts += k->st.contacts == 1;
	demo_write_case(&d->write, &k->st, &cmd);
}

/* As the server starts a contact: its case, its start, its first words. */
static void write_start(struct demo *d, struct demo_contact *c, int64_t at_ms)
{
	struct demo_case *k = &d->cases[c->case_index];
	const struct demo_topic *topic = &d->content.topics[c->dialogue->topic];
	const struct demo_person *person = &d->persons[d->items[k->item].person];
	struct str title = d->content.products[d->items[k->item].product].title, article = {0};
	struct interaction_cmd cmd = {.kind = INTERACTION_START,
				      .id = c->it.id,
				      .actor = {.role = ROLE_CUSTOMER, .id = person->id},
				      .now_ms = at_ms};
	struct facts *f = &cmd.f;

	f->person = person->id;
	f->name = person->name;
	f->item = d->items[k->item].id;
	f->topic = topic->id;
	f->queue = d->content.queues[topic->queue].id;
	f->channel = CHANNEL_CHAT;
	f->case_id = k->st.id;
	f->interaction = c->it.id;
	f->number = DEMO_CASE_FIRST + c->case_index;
	open_or_join_case(d, k, f, subject_of(d, topic, title), at_ms);

	f->title = title;
	f->articles = articles_read(d, c->dialogue->topic, &article);
	f->page = page_of(d, article);
	f->text = c->dialogue->turns[0].text;
	f->urgent = topic->urgent;
	demo_write_interaction(&d->write, &c->it, &cmd);
	cmd.kind = INTERACTION_MESSAGE;
	cmd.f = (struct facts){.leg = LEG_CHAT, .text = c->dialogue->turns[0].text};
	demo_write_interaction(&d->write, &c->it, &cmd);
}

static unsigned new_case(struct demo *d, unsigned item)
{
	if (d->n_cases == d->cap_cases) {
		d->cap_cases = d->cap_cases ? d->cap_cases * 2 : 256;
		d->cases = realloc(d->cases, d->cap_cases * sizeof(*d->cases));
		SG_ASSERT(d->cases != NULL);
	}
	d->cases[d->n_cases] = (struct demo_case){.item = item};
	return d->n_cases++;
}

static void plan_step(struct demo *d, struct demo_contact *c)
{
	plan_task(d, (struct demo_task){.at_ms = c->steps[c->next].at_ms,
					.kind = DEMO_TASK_STEP,
					.contact = c});
}

/* False: there is no room for it before the present. case_index NULL: a new case about the item. */
static bool start_contact(struct demo *d, struct demo_contact *c, const unsigned *case_index,
			  unsigned item, int64_t at_ms)
{
	struct entropy e = demo_random_entropy(&d->ids);

	if (!demo_contact_plan(d, c, d->content.topics[c->dialogue->topic].queue, at_ms)) {
		free(c);
		return false;
	}
	c->it.id = sg_id_make(at_ms, &e);
	c->case_index = case_index ? *case_index : new_case(d, item);
	struct demo_case *k = &d->cases[c->case_index];

	if (!case_index)
		k->st.id = sg_id_make(at_ms, &e);
	k->dialogue = (unsigned)(c->dialogue - d->content.dialogues);
	k->is_busy = true;
	k->is_hero = c->is_hero;
	write_start(d, c, at_ms);
	d->sum.contacts++;
	plan_step(d, c);
	return true;
}

static struct demo_contact *new_contact(const struct demo *d, unsigned dialogue)
{
	struct demo_contact *c = demo_take(1, sizeof(*c));

	c->dialogue = &d->content.dialogues[dialogue];
	return c;
}

static void do_arrival(struct demo *d, const struct demo_task *t)
{
	unsigned dialogue, item;

	if (pick_subject(d, &dialogue, &item))
		(void)start_contact(d, new_contact(d, dialogue), NULL, item, t->at_ms);
}

static void do_again(struct demo *d, const struct demo_task *t)
{
	struct demo_case *k = &d->cases[t->a];
	unsigned dialogue = k->dialogue;

	/* Whoever was not heard says it again. */
	if (k->is_busy || (k->st.status != CASE_STATUS_CLOSED && !next_dialogue(d, k, &dialogue)))
		return;
	(void)start_contact(d, new_contact(d, dialogue), &t->a, k->item, t->at_ms);
}

static void do_step(struct demo *d, const struct demo_task *t)
{
	struct demo_contact *c = t->contact;

	demo_contact_step(d, c);
	if (c->next < c->n_steps) {
		plan_step(d, c);
		return;
	}
	SG_ASSERT(c->it.state == INTERACTION_CLOSED);
	free(c);
}

/* ---- after a contact ---- */

static double settle_days(const struct demo *d)
{
	unsigned open = 0;

	for (unsigned i = 0; i < d->content.n_dialogues; i++)
		open += d->content.dialogues[i].outcome != OUTCOME_RESOLVED;
	double a_day = (double)d->opt.contacts / DEMO_HISTORY_DAYS * open / d->content.n_dialogues;
	double days = OPEN_CASES / (a_day + .01);

	return days > DAYS_MAX ? DAYS_MAX : days;
}

/* In the evening of the day it is to be done. */
static int64_t evening(int64_t at_ms)
{
	return day_start(local_day(at_ms)) + 17 * DEMO_HOUR_MS;
}

static void plan_again(struct demo *d, unsigned case_index, int64_t at_ms)
{
	plan_task(d, (struct demo_task){.at_ms = at_ms, .kind = DEMO_TASK_AGAIN, .a = case_index});
}

static bool says(struct str text, const char *word)
{
	return memmem(text.p, text.n, word, strlen(word)) != NULL;
}

/* The local day a next step speaks of ("on Thursday", "tomorrow"), or -1. */
static int64_t promised_day(struct str next_step, int64_t at_ms)
{
	static const char *const names[DEMO_WEEKDAYS] = {
		"Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
	int64_t today = local_day(at_ms);

	if (says(next_step, "tomorrow"))
		return today + 1;
	if (says(next_step, "today"))
		return today;
	for (int64_t day = today + 1; day <= today + DEMO_WEEKDAYS; day++) {
		if (says(next_step, names[(day + 3) % DEMO_WEEKDAYS]))
			return day;
	}
	return -1;
}

static int64_t promise_hero(const struct demo *d, int64_t day)
{
	int64_t due_ms =
		day < 0 ? evening(d->opt.now_ms + 3 * DEMO_DAY_MS) : evening(day_start(day));

	while (due_ms <= d->opt.now_ms)
		due_ms += DEMO_WEEKDAYS * DEMO_DAY_MS;
	return due_ms;
}

int64_t demo_history_promise(struct demo *d, const struct demo_contact *c, int64_t at_ms)
{
	struct demo_random *r = &d->arrivals;
	int64_t day = promised_day(c->dialogue->next_step, at_ms);
	unsigned unused;

	if (c->dialogue->outcome == OUTCOME_RESOLVED)
		return 0;
	if (c->is_hero)
		return promise_hero(d, day);
	int64_t takes = 2 * DEMO_HOUR_MS +
			(int64_t)demo_random_exponential(r, settle_days(d) * (double)DEMO_DAY_MS);
	int64_t done_ms = at_ms + takes;
	int64_t due_ms = evening(day < 0 ? done_ms + DEMO_DAY_MS / 2 : day_start(day));

	if (due_ms <= at_ms)
		due_ms += DEMO_DAY_MS;
	if (done_ms > due_ms && day >= 0)
		done_ms = due_ms - demo_random_between(r, 0, (due_ms - at_ms) / 4);
	if (demo_random_chance(r, AGAIN_OPEN) &&
	    next_dialogue(d, &d->cases[c->case_index], &unused))
		plan_again(d, c->case_index, some_time_on(d, local_day(at_ms + takes / 2) + 1));
	else
		plan_task(d, (struct demo_task){.at_ms = done_ms,
						.kind = DEMO_TASK_SETTLE,
						.a = c->case_index});
	return due_ms;
}

static void plan_feedback(struct demo *d, const struct demo_contact *c, int64_t at_ms)
{
	struct demo_random *r = &d->talk;
	struct demo_task t = {.at_ms = at_ms, .kind = DEMO_TASK_FEEDBACK, .a = c->case_index};

	t.at_ms += (int64_t)demo_random_lognormal(r, 20 * (double)DEMO_MINUTE_MS, 1.6);
	plan_task(d, t);
	if (c->is_hero || demo_random_chance(r, FEEDBACK_CHANGED)) {
		t.at_ms += (int64_t)demo_random_lognormal(r, 2.5 * (double)DEMO_DAY_MS, .8);
		plan_task(d, t);
	}
}

void demo_history_ended(struct demo *d, const struct demo_contact *c, bool is_abandoned,
			int64_t at_ms)
{
	struct demo_random *r = &d->arrivals;
	bool is_solved = c->dialogue->outcome == OUTCOME_RESOLVED;

	d->cases[c->case_index].is_busy = false;
	if (is_abandoned) {
		d->sum.abandoned++;
		if (demo_random_chance(r, AGAIN_ABANDONED))
			plan_again(d, c->case_index,
				   at_ms + demo_random_between(r, DEMO_MINUTE_MS,
							       15 * DEMO_MINUTE_MS));
		return;
	}
	if (c->is_hero ? is_solved : demo_random_chance(&d->talk, FEEDBACK_SHARE))
		plan_feedback(d, c, at_ms);
	if (!c->is_hero && is_solved && demo_random_chance(r, AGAIN_SOLVED))
		plan_again(d, c->case_index,
			   some_time_on(d, local_day(at_ms) + demo_random_between(r, 1, 14)));
}

static bool is_settled(const struct demo_case *k)
{
	return k->st.status == CASE_STATUS_RESOLVED || k->st.status == CASE_STATUS_CLOSED;
}

/* The agent who promised it says that it is done. */
static void do_settle(struct demo *d, const struct demo_task *t)
{
	struct demo_case *k = &d->cases[t->a];
	const struct demo_agent *a = &d->content.agents[k->agent];
	struct case_cmd cmd = {.kind = CASE_UPDATE,
			       .id = k->st.id,
			       .actor = {.role = a->role, .id = a->id},
			       .now_ms = t->at_ms,
			       .f = {.outcome = OUTCOME_RESOLVED,
				     .summary = d->content.dialogues[k->dialogue].summary,
				     .interaction = k->st.last_interaction}};

	if (!k->is_busy && !is_settled(k))
		demo_write_case(&d->write, &k->st, &cmd);
}

/* Good contacts are mostly, not always, found good. */
static const struct demo_opinion *pick_opinion(struct demo *d, const struct demo_case *k)
{
	enum { LIKES = 4 };
	bool is_good = d->content.dialogues[k->dialogue].outcome == OUTCOME_RESOLVED;
	const struct demo_opinion *o = NULL;

	for (unsigned i = 0; i < LIKES; i++) {
		o = &d->content.opinions[demo_random_below(&d->talk, d->content.n_opinions)];
		if (is_good ? o->outcome_score >= 4 : o->outcome_score <= 3)
			break;
	}
	return o;
}

static void do_feedback(struct demo *d, const struct demo_task *t)
{
	struct demo_case *k = &d->cases[t->a];
	const struct demo_opinion *o = pick_opinion(d, k);
	struct case_cmd cmd = {.kind = CASE_FEEDBACK,
			       .id = k->st.id,
			       .actor = {.role = ROLE_CUSTOMER, .id = k->st.person},
			       .now_ms = t->at_ms,
			       .f = {.outcome_score = o->outcome_score,
				     .feeling_score = o->feeling_score,
				     .interaction = k->st.last_interaction}};

	if (k->is_hero || demo_random_chance(&d->talk, FEEDBACK_WORDS))
		cmd.f.text = o->text;
	cmd.f.follow_up = o->outcome_score <= 2 && demo_random_chance(&d->talk, .5);
	demo_write_case(&d->write, &k->st, &cmd);
	d->sum.feedback++;
}

/* ---- the customer of the summary ---- */

static unsigned agent_index(const struct demo *d, struct str key)
{
	for (unsigned i = 0; i < d->content.n_agents; i++) {
		if (str_eq(d->content.agents[i].key, key))
			return i;
	}
	return 0;
}

/* About nothing but their kind of thing, with this outcome; false: there is none. */
static bool hero_dialogue(const struct demo *d, enum outcome outcome, unsigned *dialogue_out)
{
	for (unsigned i = 0; i < d->content.n_dialogues; i++) {
		const struct demo_dialogue *g = &d->content.dialogues[i];

		if (g->outcome == outcome && g->categories.n == 1 && suits(d, g, HERO_PUMP)) {
			*dialogue_out = i;
			return true;
		}
	}
	return false;
}

/* First a contact with Omar that solved it, then one with Maya that leaves something to do. */
static void do_hero(struct demo *d, const struct demo_task *t)
{
	bool is_first = t->a == 0;
	unsigned dialogue;

	if (!hero_dialogue(d, is_first ? OUTCOME_RESOLVED : OUTCOME_FOLLOW_UP, &dialogue))
		return;
	struct demo_contact *c = new_contact(d, dialogue);

	c->is_hero = true;
	c->hero_agent = agent_index(d, is_first ? STR("omar") : STR("maya"));
	if (!start_contact(d, c, NULL, HERO_PUMP, t->at_ms))
		return;
	*(is_first ? &d->sum.told_case : &d->sum.open_case) =
		DEMO_CASE_FIRST + (int64_t)d->n_cases - 1;
}

/* ---- all of it ---- */

static int by_time(const void *a, const void *b)
{
	const struct demo_entry *x = a, *y = b;

	if (x->at_ms != y->at_ms)
		return x->at_ms < y->at_ms ? -1 : 1;
	if (x->is_item != y->is_item)
		return x->is_item - y->is_item;
	return x->index < y->index ? -1 : x->index > y->index;
}

void demo_history_prepare(struct demo *d)
{
	int64_t today = local_day(d->opt.now_ms);

	d->n_entries = d->n_persons + d->n_items;
	d->entries = demo_take(d->n_entries, sizeof(*d->entries));
	for (unsigned i = 0; i < d->n_persons; i++)
		d->entries[i] = (struct demo_entry){.at_ms = d->persons[i].put_ms, .index = i};
	for (unsigned i = 0; i < d->n_items; i++)
		d->entries[d->n_persons + i] = (struct demo_entry){
			.at_ms = d->items[i].put_ms, .index = i, .is_item = true};
	qsort(d->entries, d->n_entries, sizeof(*d->entries), by_time);

	plan_task(d, (struct demo_task){.at_ms = day_start(today - DEMO_HISTORY_DAYS + 1),
					.kind = DEMO_TASK_DAY});
	for (unsigned i = 0; i < HERO_TASKS; i++) {
		int64_t at =
			i == 0 ? day_start(today - 47) + 10 * DEMO_HOUR_MS + 12 * DEMO_MINUTE_MS
			       : day_start(today - 2) + 15 * DEMO_HOUR_MS + 40 * DEMO_MINUTE_MS;

		plan_task(d, (struct demo_task){.at_ms = at, .kind = DEMO_TASK_HERO, .a = i});
	}
}

static void put_entry(struct demo *d)
{
	const struct demo_entry *e = &d->entries[d->next_entry++];

	if (!e->is_item) {
		demo_people_put(d, e->index);
		return;
	}
	demo_items_put(d, e->index);
	know_item(d, e->index);
}

bool demo_history_next(struct demo *d)
{
	static void (*const tasks[DEMO_TASK_N])(struct demo * d, const struct demo_task *t) = {
		[DEMO_TASK_DAY] = do_day,           [DEMO_TASK_ARRIVAL] = do_arrival,
		[DEMO_TASK_AGAIN] = do_again,       [DEMO_TASK_HERO] = do_hero,
		[DEMO_TASK_STEP] = do_step,         [DEMO_TASK_SETTLE] = do_settle,
		[DEMO_TASK_FEEDBACK] = do_feedback,
	};
	bool has_entry = d->next_entry < d->n_entries;

	if (!has_entry && !d->n_tasks)
		return false;
	if (has_entry && (!d->n_tasks || d->entries[d->next_entry].at_ms <= d->tasks[0].at_ms)) {
		put_entry(d);
		return true;
	}
	struct demo_task t = take_task(d);

	tasks[t.kind](d, &t);
	return true;
}

void demo_history_free(struct demo *d)
{
	for (unsigned i = 0; i < d->n_tasks; i++)
		free(d->tasks[i].contact);
	for (unsigned k = 0; k < ITEM_KIND_N; k++) {
		for (unsigned c = 0; c < DEMO_CATEGORIES_MAX; c++)
			free(d->buckets[k][c].items);
	}
	free(d->tasks);
	free(d->cases);
	free(d->entries);
}
