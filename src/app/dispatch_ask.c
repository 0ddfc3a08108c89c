/* dispatch_ask.c - how it stands: places in line, waits to expect, who holds what. */
#include "app/dispatch_priv.h"

/* Expected wait with n places ahead: each place frees every handle_s / places (routing.md A.3
 * without patience). */
static int64_t expected_wait_s(const struct dispatch *d, uint32_t ahead, const struct sg_id *queue)
{
	uint32_t agents, free_places;

	route_staff(d->route, queue, &agents, &free_places);
	if (agents == 0)
		return -1;
	if (ahead < free_places)
		return 0;
	return ((int64_t)(ahead - free_places) + 1) * d->handle_s / agents;
}

void dispatch_place(const struct dispatch *d, const struct sg_id *interaction,
		    struct dispatch_place *out)
{
	const struct contact *c = idmap_find(&d->contacts, interaction);
	uint32_t free_places;

	*out = (struct dispatch_place){.wait_s = -1};
	if (!c)
		return;
	out->queue = c->queue;
	out->position = route_position(d->route, interaction);
	if (c->state == INTERACTION_OFFERED)
		out->position = 1; /* it rings: next to be served */
	route_staff(d->route, &c->queue, &out->agents, &free_places);
	if (out->position)
		out->wait_s = expected_wait_s(d, out->position - 1, &c->queue);
}

struct queue_count {
	struct sg_id queue;
	uint32_t active, ringing;
	int64_t oldest_ms; /* of those that ring */
};

static void count_one(const struct sg_id *id, void *value, void *arg)
{
	const struct contact *c = value;
	struct queue_count *n = arg;

	(void)id;
	if (!sg_id_eq(&c->queue, &n->queue))
		return;
	n->active += c->state == INTERACTION_ACTIVE || c->state == INTERACTION_WRAPUP;
	if (c->state != INTERACTION_OFFERED)
		return;
	n->ringing++;
	if (!n->oldest_ms || c->queued_at_ms < n->oldest_ms)
		n->oldest_ms = c->queued_at_ms;
}

/* Whom an offer rings for is still waiting, though no longer in the index. */
void dispatch_queue(const struct dispatch *d, const struct sg_id *queue, struct dispatch_queue *out)
{
	struct queue_count n = {.queue = *queue};
	struct idmap *contacts = (struct idmap *)(uintptr_t)&d->contacts;
	uint32_t in_line = route_waiting(d->route, queue);

	*out = (struct dispatch_queue){0};
	idmap_each(contacts, count_one, &n);
	out->active = n.active;
	out->waiting = in_line + n.ringing;
	out->oldest_ms = route_oldest_ms(d->route, queue);
	if (n.oldest_ms && (!out->oldest_ms || n.oldest_ms < out->oldest_ms))
		out->oldest_ms = n.oldest_ms;
	route_staff(d->route, queue, &out->agents, &out->free);
	out->wait_s = expected_wait_s(d, in_line, queue);
}

uint32_t dispatch_held(const struct dispatch *d, const struct sg_id *agent)
{
	return route_held(d->route, agent);
}

bool dispatch_is_full(const struct dispatch *d)
{
	return d->contacts.n >= d->opt.open_max;
}
