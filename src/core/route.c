#include "core/route.h"

#include "core/core_priv.h"

/* ---- queues: few, so found by looking ---- */

static uint32_t queue_find(const struct route *r, const struct sg_id *id)
{
	uint32_t i = 0;

	while (i < ROUTE_QUEUES_MAX && !sg_id_eq(&r->queues[i].id, id))
		i++;
	return i;
}

/* NULL when there is no room. */
static struct route_queue *queue_obtain(struct route *r, const struct sg_id *id)
{
	uint32_t i = queue_find(r, id);

	if (i < ROUTE_QUEUES_MAX)
		return &r->queues[i];
	i = queue_find(r, &SG_ID_NONE);
	if (i == ROUTE_QUEUES_MAX)
		return NULL;
	r->queues[i] = (struct route_queue){.id = *id};
	return &r->queues[i];
}

static void queue_tidy(struct route_queue *q)
{
	if (q->members == 0 && q->line == 0)
		q->id = SG_ID_NONE;
}

/* ---- agents ---- */

static uint32_t seat_member(uint32_t agent, uint32_t k)
{
	return (agent - 1) * ROUTE_AGENT_QUEUES_MAX + k + 1;
}

static uint32_t seat_places(const struct route_seat *a)
{
	return a->available && a->held < a->capacity ? a->capacity - a->held : 0;
}

static void seat_update_ready(struct route *r, uint32_t n)
{
	struct route_seat *a = &r->seats[n];
	bool ready = seat_places(a) > 0 && route_first_for(r, true, a->wish, &a->tag, 1) != 0;

	if (ready == a->is_ready)
		return;
	if (ready)
		ranktree_insert(&r->ready, &r->ready_root, n);
	else
		ranktree_erase(&r->ready, &r->ready_root, n);
	a->is_ready = ready;
}

/* Around every change of what orders an agent or counts in its queues: out, change, in. */
static void seat_out(struct route *r, uint32_t n)
{
	struct route_seat *a = &r->seats[n];

	SG_ASSERT(a->is_in);
	a->is_in = false;
	for (uint32_t k = 0; k < a->n_queues && a->available; k++) {
		struct route_queue *q = &r->queues[a->queues[k]];

		q->available--;
		q->places -= seat_places(a);
		if (seat_places(a) > 0)
			ranktree_erase(&r->free, &q->free, seat_member(n, k));
	}
}

static void seat_in(struct route *r, uint32_t n)
{
	struct route_seat *a = &r->seats[n];

	SG_ASSERT(!a->is_in);
	a->is_in = true;
	for (uint32_t k = 0; k < a->n_queues && a->available; k++) {
		struct route_queue *q = &r->queues[a->queues[k]];

		q->available++;
		q->places += seat_places(a);
		if (seat_places(a) > 0)
			ranktree_insert(&r->free, &q->free, seat_member(n, k));
	}
	seat_update_ready(r, n);
}

/* The record of this agent, made if need be; 0 when there is no room. */
static uint32_t seat_obtain(struct route *r, const struct sg_id *id)
{
	uint32_t n = slotmap_find(&r->seat_map, id);

	if (n)
		return n;
	n = r->seats_unused;
	if (n)
		r->seats_unused = r->seats[n].next;
	else if (r->seats_used < r->limits.agents)
		n = ++r->seats_used;
	else
		return 0;
	r->seats[n] = (struct route_seat){.id = *id, .is_in = true};
	slotmap_put(&r->seat_map, n);
	return n;
}

static void seat_tidy(struct route *r, uint32_t n)
{
	struct route_seat *a = &r->seats[n];

	if (n == 0 || a->known || a->held > 0 || a->wish)
		return;
	slotmap_remove(&r->seat_map, n);
	a->next = r->seats_unused;
	r->seats_unused = n;
}

static void seat_leave_queues(struct route *r, struct route_seat *a)
{
	for (uint32_t k = 0; k < a->n_queues; k++) {
		struct route_queue *q = &r->queues[a->queues[k]];

		q->members--;
		queue_tidy(q);
	}
	a->n_queues = 0;
}

static void seat_join_queues(struct route *r, struct route_seat *a, const struct route_agent *want)
{
	for (uint8_t i = 0; i < want->n_queues; i++) {
		struct route_queue *q = queue_obtain(r, &want->queues[i]);
		bool twice = false;

		SG_ASSERT(q);
		for (uint32_t k = 0; k < a->n_queues; k++)
			twice = twice || &r->queues[a->queues[k]] == q;
		if (twice)
			continue;
		q->members++;
		a->queues[a->n_queues++] = (uint32_t)(q - r->queues);
	}
}

static bool have_room_for_queues(const struct route *r, const struct route_agent *want)
{
	uint32_t room = 0, needed = 0;

	for (uint32_t i = 0; i < ROUTE_QUEUES_MAX; i++)
		room += sg_id_is_none(&r->queues[i].id);
	for (uint8_t i = 0; i < want->n_queues; i++)
		needed += queue_find(r, &want->queues[i]) == ROUTE_QUEUES_MAX;
	return needed <= room;
}

static bool agent_is_valid(const struct route_agent *a)
{
	if (sg_id_is_none(&a->id) || a->capacity < 1 || a->capacity > ROUTE_CAPACITY_MAX ||
	    a->n_queues > ROUTE_AGENT_QUEUES_MAX)
		return false;
	for (uint8_t i = 0; i < a->n_queues; i++) {
		if (sg_id_is_none(&a->queues[i]))
			return false;
	}
	return true;
}

enum sg_status route_agent_set(struct route *r, const struct route_agent *want, int64_t now_ms)
{
	if (!agent_is_valid(want))
		return SG_E_INPUT;
	if (!have_room_for_queues(r, want))
		return SG_E_LIMIT;

	uint32_t n = seat_obtain(r, &want->id);

	if (!n)
		return SG_E_LIMIT;

	struct route_seat *a = &r->seats[n];

	seat_out(r, n);
	seat_leave_queues(r, a);
	seat_join_queues(r, a, want);
	if (!a->available && want->available) {
		a->idle_since_ms = now_ms;
		a->tag = ++r->sessions;
	}
	a->known = true;
	a->available = want->available;
	a->capacity = want->capacity;
	seat_in(r, n);
	return SG_OK;
}

void route_agent_remove(struct route *r, const struct sg_id *agent)
{
	uint32_t n = slotmap_find(&r->seat_map, agent);

	if (!n)
		return;
	seat_out(r, n);
	seat_leave_queues(r, &r->seats[n]);
	r->seats[n].known = r->seats[n].available = false;
	seat_in(r, n);
	seat_tidy(r, n);
}

/* ---- interactions ---- */

static void shelf_push(struct route *r, uint32_t n)
{
	struct route_entry *c = &r->entries[n];

	c->state = ENTRY_SHELVED;
	c->next = 0;
	c->prev = r->shelf_last;
	if (c->prev)
		r->entries[c->prev].next = n;
	else
		r->shelf_first = n;
	r->shelf_last = n;
}

static void shelf_take(struct route *r, uint32_t n)
{
	const struct route_entry *c = &r->entries[n];

	if (c->prev)
		r->entries[c->prev].next = c->next;
	else
		r->shelf_first = c->next;
	if (c->next)
		r->entries[c->next].prev = c->prev;
	else
		r->shelf_last = c->prev;
}

static void entry_forget(struct route *r, uint32_t n)
{
	slotmap_remove(&r->entry_map, n);
	r->entries[n].next = r->entries_unused;
	r->entries_unused = n;
}

/* The record of this interaction, made if need be (shelved); 0 when there is no room. */
static uint32_t entry_obtain(struct route *r, const struct sg_id *id)
{
	uint32_t n = slotmap_find(&r->entry_map, id);

	if (n)
		return n;
	if (!r->entries_unused && r->entries_used == r->limits.waiting && r->shelf_first) {
		uint32_t oldest = r->shelf_first;

		shelf_take(r, oldest);
		entry_forget(r, oldest);
	}
	n = r->entries_unused;
	if (n)
		r->entries_unused = r->entries[n].next;
	else if (r->entries_used < r->limits.waiting)
		n = ++r->entries_used;
	else
		return 0;
	r->entries[n] = (struct route_entry){.id = *id};
	slotmap_put(&r->entry_map, n);
	shelf_push(r, n);
	return n;
}

static void seat_hold(struct route *r, uint32_t n, int change)
{
	seat_out(r, n);
	SG_ASSERT(change > 0 || r->seats[n].held > 0);
	r->seats[n].held += (uint32_t)change;
	seat_in(r, n);
}

/* What a contact stood in before it left; tidied when it stands elsewhere. */
struct left {
	struct route_queue *queue;
	uint32_t agent;
};

static struct left entry_leave(struct route *r, uint32_t n)
{
	struct route_entry *c = &r->entries[n];
	struct left left = {NULL, 0};

	if (c->state == ENTRY_SHELVED) {
		shelf_take(r, n);
	} else if (c->state == ENTRY_HELD) {
		left.agent = c->holder;
		seat_hold(r, c->holder, -1);
	} else {
		left.queue = &r->queues[c->queue];
		ranktree_erase(&r->line, &left.queue->line, n);
		left.agent = c->wanted;
	}
	if (c->state == ENTRY_WAITING && c->wanted) {
		ranktree_erase(&r->wish, &r->seats[c->wanted].wish, n);
		seat_update_ready(r, c->wanted);
	}
	return left;
}

static void left_tidy(struct route *r, struct left left)
{
	if (left.queue)
		queue_tidy(left.queue);
	seat_tidy(r, left.agent);
}

static void entry_wait(struct route *r, uint32_t n)
{
	struct route_entry *c = &r->entries[n];

	c->state = ENTRY_WAITING;
	ranktree_insert(&r->line, &r->queues[c->queue].line, n);
	if (c->wanted) {
		ranktree_insert(&r->wish, &r->seats[c->wanted].wish, n);
		seat_update_ready(r, c->wanted);
	}
}

/* Neither waits nor is held any more: kept only if there is something to remember. */
static void entry_rest(struct route *r, uint32_t n)
{
	if (r->entries[n].rejects.n > 0) {
		shelf_push(r, n);
	} else {
		entry_forget(r, n);
	}
}

static void entry_sum_anew(struct route *r, uint32_t n)
{
	const struct route_entry *c = &r->entries[n];

	if (c->state != ENTRY_WAITING)
		return;
	ranktree_refresh(&r->line, r->queues[c->queue].line, n);
	if (c->wanted) {
		ranktree_refresh(&r->wish, r->seats[c->wanted].wish, n);
		seat_update_ready(r, c->wanted);
	}
}

enum sg_status route_enqueue(struct route *r, const struct route_contact *want)
{
	if (sg_id_is_none(&want->id) || sg_id_is_none(&want->queue))
		return SG_E_INPUT;

	bool is_wish = !sg_id_is_none(&want->wanted_agent);
	struct route_queue *q = queue_obtain(r, &want->queue);
	uint32_t agent = is_wish ? seat_obtain(r, &want->wanted_agent) : 0;
	uint32_t n = q && (agent || !is_wish) ? entry_obtain(r, &want->id) : 0;

	if (!n) {
		left_tidy(r, (struct left){q, agent});
		return SG_E_LIMIT;
	}

	struct route_entry *c = &r->entries[n];
	struct left left = entry_leave(r, n);

	/* Refusing it for one queue says nothing about another. An unknown queue is that of the
	 * first enqueue, which may follow the reject. */
	if (!sg_id_is_none(&c->queue_id) && !sg_id_eq(&c->queue_id, &want->queue))
		c->rejects.n = 0;
	c->queue_id = want->queue;
	c->queue = (uint32_t)(q - r->queues);
	c->wanted = agent;
	c->queued_at_ms = want->queued_at_ms;
	c->priority = want->priority;
	entry_wait(r, n);
	left_tidy(r, left);
	return SG_OK;
}

void route_dequeue(struct route *r, const struct sg_id *interaction)
{
	uint32_t n = slotmap_find(&r->entry_map, interaction);

	if (!n)
		return;
	r->entries[n].rejects.n = 0;
	if (r->entries[n].state == ENTRY_HELD)
		return;

	struct left left = entry_leave(r, n);

	entry_forget(r, n);
	left_tidy(r, left);
}

void route_hold(struct route *r, const struct sg_id *interaction, const struct sg_id *agent)
{
	uint32_t a = seat_obtain(r, agent);
	uint32_t n = entry_obtain(r, interaction);

	SG_ASSERT(a && n);
	struct route_entry *c = &r->entries[n];

	if (c->state == ENTRY_HELD && c->holder == a)
		return;

	struct left left = entry_leave(r, n);

	c->state = ENTRY_HELD;
	c->holder = a;
	c->wanted = 0;
	seat_hold(r, a, 1);
	left_tidy(r, left);
}

void route_release(struct route *r, const struct sg_id *interaction, int64_t now_ms)
{
	uint32_t n = slotmap_find(&r->entry_map, interaction);

	if (!n || r->entries[n].state != ENTRY_HELD)
		return;

	uint32_t a = r->entries[n].holder;

	seat_out(r, a);
	r->seats[a].held--;
	r->seats[a].idle_since_ms = now_ms;
	seat_in(r, a);
	entry_rest(r, n);
	seat_tidy(r, a);
}

void route_reject(struct route *r, const struct sg_id *interaction, const struct sg_id *agent)
{
	uint32_t by = slotmap_find(&r->seat_map, agent);

	if (!by || !r->seats[by].available)
		return;

	uint32_t n = entry_obtain(r, interaction);

	if (!n)
		return;
	rejects_add(&r->entries[n].rejects, r->seats[by].tag);
	entry_sum_anew(r, n);
}

void route_forgive(struct route *r, const struct sg_id *interaction)
{
	uint32_t n = slotmap_find(&r->entry_map, interaction);

	if (!n)
		return;
	r->entries[n].rejects.n = 0;
	entry_sum_anew(r, n);
	if (r->entries[n].state == ENTRY_SHELVED) {
		shelf_take(r, n);
		entry_forget(r, n);
	}
}

/* ---- matching ---- */

/* The first of the line whom one of the free agents may be offered, or 0. */
static uint32_t queue_first(const struct route *r, const struct route_queue *q)
{
	uint64_t tags[ROUTE_REJECTS_MAX + 1];
	uint32_t n_tags = 0;

	if (!q->line || !q->free)
		return 0;

	uint32_t front = ranktree_at(&r->line, q->line, 0);

	if (route_rejects_in_line(&r->entries[front])->n == 0)
		return front;
	/* One more agent than a contact can be rejected by stands for all the rest. */
	while (n_tags <= ROUTE_REJECTS_MAX) {
		uint32_t member = ranktree_at(&r->free, q->free, n_tags);

		if (!member)
			break;
		tags[n_tags++] = r->seats[route_member_seat(member)].tag;
	}
	return route_first_for(r, false, q->line, tags, n_tags);
}

static uint32_t best_agent(const struct route *r, const struct route_entry *c)
{
	const struct route_queue *q = &r->queues[c->queue];

	for (uint32_t k = 0;; k++) {
		uint32_t member = ranktree_at(&r->free, q->free, k);

		SG_ASSERT(member);
		if (!rejects_have(&c->rejects, r->seats[route_member_seat(member)].tag))
			return route_member_seat(member);
	}
}

bool route_next(struct route *r, struct route_match *match_out)
{
	uint32_t best = 0, agent = ranktree_at(&r->ready, r->ready_root, 0);

	if (agent) {
		best = route_first_for(r, true, r->seats[agent].wish, &r->seats[agent].tag, 1);
		SG_ASSERT(best);
	}
	for (uint32_t i = 0; i < ROUTE_QUEUES_MAX && !agent; i++) {
		uint32_t n = queue_first(r, &r->queues[i]);

		if (n && (!best || route_entry_cmp(r, n, best) < 0))
			best = n;
	}
	if (!best)
		return false;
	if (!agent)
		agent = best_agent(r, &r->entries[best]);
	SG_ASSERT(seat_places(&r->seats[agent]) > 0);
	match_out->interaction = r->entries[best].id;
	match_out->agent = r->seats[agent].id;
	return true;
}

/* ---- questions ---- */

static const struct route_queue *queue_get(const struct route *r, const struct sg_id *id)
{
	static const struct route_queue nobody;
	uint32_t i = sg_id_is_none(id) ? ROUTE_QUEUES_MAX : queue_find(r, id);

	return i < ROUTE_QUEUES_MAX ? &r->queues[i] : &nobody;
}

uint32_t route_position(const struct route *r, const struct sg_id *interaction)
{
	uint32_t n = slotmap_find(&r->entry_map, interaction);

	if (!n || r->entries[n].state != ENTRY_WAITING)
		return 0;
	return 1 + ranktree_rank(&r->line, r->queues[r->entries[n].queue].line, n);
}

uint32_t route_waiting(const struct route *r, const struct sg_id *queue)
{
	return r->line.links[queue_get(r, queue)->line].count;
}

int64_t route_oldest_ms(const struct route *r, const struct sg_id *queue)
{
	const struct route_queue *q = queue_get(r, queue);

	return q->line ? r->line_sums[q->line].oldest_ms : 0;
}

void route_staff(const struct route *r, const struct sg_id *queue, uint32_t *agents_out,
		 uint32_t *free_out)
{
	const struct route_queue *q = queue_get(r, queue);

	*agents_out = q->available;
	*free_out = q->places;
}

uint32_t route_held(const struct route *r, const struct sg_id *agent)
{
	uint32_t n = slotmap_find(&r->seat_map, agent);

	return n ? r->seats[n].held : 0;
}
