/* How the routing index lies in the memory it is handed, and how its trees are ordered and summed
 * up. */
#include "core/core_priv.h"

#include <string.h>

static int compare(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

int route_entry_cmp(const void *ctx, uint32_t na, uint32_t nb)
{
	const struct route_entry *a = &((const struct route *)ctx)->entries[na];
	const struct route_entry *b = &((const struct route *)ctx)->entries[nb];

	if (a->priority != b->priority)
		return compare(b->priority, a->priority);
	if (a->queued_at_ms != b->queued_at_ms)
		return compare(a->queued_at_ms, b->queued_at_ms);
	return sg_id_cmp(&a->id, &b->id);
}

uint32_t route_member_seat(uint32_t member)
{
	return (member - 1) / ROUTE_AGENT_QUEUES_MAX + 1;
}

static int free_cmp(const void *ctx, uint32_t ma, uint32_t mb)
{
	const struct route_seat *a = &((const struct route *)ctx)->seats[route_member_seat(ma)];
	const struct route_seat *b = &((const struct route *)ctx)->seats[route_member_seat(mb)];

	if (a->held != b->held)
		return compare(a->held, b->held);
	if (a->idle_since_ms != b->idle_since_ms)
		return compare(a->idle_since_ms, b->idle_since_ms);
	return sg_id_cmp(&a->id, &b->id);
}

static int agent_cmp(const void *ctx, uint32_t a, uint32_t b)
{
	const struct route *r = ctx;

	return sg_id_cmp(&r->seats[a].id, &r->seats[b].id);
}

static const struct rejects everybody = {.n = REJECTS_EVERYBODY};

const struct rejects *route_rejects_in_line(const struct route_entry *c)
{
	return c->wanted ? &everybody : &c->rejects;
}

static const struct rejects *rejects_in_wish(const struct route_entry *c)
{
	return &c->rejects;
}

typedef const struct rejects *rejects_fn(const struct route_entry *c);

static void sum_up(const struct route *r, struct route_sum *sums, rejects_fn *own, uint32_t n,
		   const uint32_t below[2])
{
	const struct route_entry *c = &r->entries[n];
	struct route_sum sum = {.oldest_ms = c->queued_at_ms, .common = *own(c)};

	for (int i = 0; i < 2; i++) {
		if (!below[i])
			continue;
		if (sums[below[i]].oldest_ms < sum.oldest_ms)
			sum.oldest_ms = sums[below[i]].oldest_ms;
		rejects_intersect(&sum.common, &sums[below[i]].common);
	}
	sums[n] = sum;
}

static void line_pull(void *ctx, uint32_t n, uint32_t left, uint32_t right)
{
	const struct route *r = ctx;

	sum_up(r, r->line_sums, route_rejects_in_line, n, (const uint32_t[2]){left, right});
}

static void wish_pull(void *ctx, uint32_t n, uint32_t left, uint32_t right)
{
	const struct route *r = ctx;

	sum_up(r, r->wish_sums, rejects_in_wish, n, (const uint32_t[2]){left, right});
}

uint32_t route_first_for(const struct route *r, bool in_wish, uint32_t root, const uint64_t *tags,
			 uint32_t n_tags)
{
	const struct route_sum *sums = in_wish ? r->wish_sums : r->line_sums;
	const struct ranktree_link *links = in_wish ? r->wish.links : r->line.links;
	rejects_fn *own = in_wish ? rejects_in_wish : route_rejects_in_line;
	uint32_t n = root;

	if (!n || rejects_have_all(&sums[n].common, tags, n_tags))
		return 0;
	for (;;) {
		uint32_t left = links[n].left;

		if (left && !rejects_have_all(&sums[left].common, tags, n_tags))
			n = left;
		else if (!rejects_have_all(own(&r->entries[n]), tags, n_tags))
			return n;
		else
			n = links[n].right;
		SG_ASSERT(n != 0);
	}
}

struct layout {
	size_t at;
	unsigned char *base; /* NULL: only measuring */
};

static void *carve(struct layout *l, size_t n, size_t size)
{
	void *p = l->base ? l->base + l->at : NULL;

	l->at += (n * size + 15) / 16 * 16;
	return p;
}

static void lay_out(struct layout *l, struct route *r)
{
	size_t agents = (size_t)r->limits.agents + 1, contacts = (size_t)r->limits.waiting + 1;
	size_t members = (size_t)r->limits.agents * ROUTE_AGENT_QUEUES_MAX + 1;

	(void)carve(l, 1, sizeof(struct route));
	r->seats = carve(l, agents, sizeof(struct route_seat));
	r->entries = carve(l, contacts, sizeof(struct route_entry));
	r->line_sums = carve(l, contacts, sizeof(struct route_sum));
	r->wish_sums = carve(l, contacts, sizeof(struct route_sum));
	r->line.links = carve(l, contacts, sizeof(struct ranktree_link));
	r->wish.links = carve(l, contacts, sizeof(struct ranktree_link));
	r->free.links = carve(l, members, sizeof(struct ranktree_link));
	r->ready.links = carve(l, agents, sizeof(struct ranktree_link));
	r->seat_map.cells = carve(l, slotmap_cells(r->limits.agents), sizeof(uint32_t));
	r->entry_map.cells = carve(l, slotmap_cells(r->limits.waiting), sizeof(uint32_t));
}

size_t route_size(const struct route_limits *limits)
{
	struct route r = {.limits = *limits};
	struct layout l = {.base = NULL};

	lay_out(&l, &r);
	return l.at;
}

static void map_init(struct slotmap *m, uint32_t most, const void *records, size_t stride)
{
	uint32_t n = slotmap_cells(most);

	m->mask = n - 1;
	m->records = records;
	m->stride = stride;
	memset(m->cells, 0, n * sizeof(m->cells[0]));
}

/* Touches the maps only: records are filled as they come into use, so unused limits cost no pages.
 */
struct route *route_init(void *memory, const struct route_limits *limits)
{
	SG_ASSERT(limits->agents > 0 && limits->waiting > 0);
	SG_ASSERT(limits->agents < UINT32_MAX / ROUTE_AGENT_QUEUES_MAX);
	SG_ASSERT((uintptr_t)memory % 16 == 0);
	struct route *r = memory;
	struct layout l = {.base = memory};

	memset(r, 0, sizeof(*r));
	r->limits = *limits;
	lay_out(&l, r);
	r->line = (struct ranktree){r->line.links, route_entry_cmp, line_pull, r};
	r->wish = (struct ranktree){r->wish.links, route_entry_cmp, wish_pull, r};
	r->free = (struct ranktree){r->free.links, free_cmp, NULL, r};
	r->ready = (struct ranktree){r->ready.links, agent_cmp, NULL, r};
	r->line.links[0] = r->wish.links[0] = (struct ranktree_link){0};
	r->free.links[0] = r->ready.links[0] = (struct ranktree_link){0};
	map_init(&r->seat_map, limits->agents, r->seats, sizeof(struct route_seat));
	map_init(&r->entry_map, limits->waiting, r->entries, sizeof(struct route_entry));
	return r;
}
