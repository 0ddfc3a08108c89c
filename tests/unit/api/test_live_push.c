#include "unit/app/fixture.h"

#include <string.h>

#include "api/live_priv.h"

/* The hub's bookkeeping alone; a screen is only an entry of its map here. */
struct hub {
	struct fx f;
	struct api api;
	struct live live;
	struct socket screen;
	struct sg_id queue, person, ada;
};

static void hub_open(struct hub *h)
{
	memset(h, 0, sizeof(*h));
	fx_open(&h->f);
	h->api.app = h->f.app;
	h->live.api = &h->api;
	idmap_init(&h->live.sockets);
	idmap_init(&h->live.subjects);
	idmap_init(&h->live.topics);
	idmap_init(&h->live.holders);
	push_init(&h->live);
	h->queue = fx_queue(&h->f, "First");
	h->person = fx_person(&h->f, "pat@example.com", "ext-1");
	h->ada = fx_agent(&h->f, &h->queue, "ada@example.com", 2);
}

static void hub_close(struct hub *h)
{
	fx_close(&h->f);
	assert_int_equal(h->live.pushing, 0);
	push_fini(&h->live);
	idmap_fini(&h->live.sockets);
	idmap_fini(&h->live.subjects);
	idmap_fini(&h->live.topics);
	idmap_fini(&h->live.holders);
}

static void who_held_what_ended_while_nobody_was_connected_is_forgotten(void **state)
{
	static struct hub h;
	struct sg_id key = live_key(1);
	struct fx_answer a;

	(void)state;
	hub_open(&h);
	idmap_put(&h.live.sockets, &key, &h.screen);
	struct sg_id it = fx_start(&h.f, &h.person, &h.queue);

	fx_run(&h.f, 100);
	fx_do(&h.f, ROLE_AGENT, &h.ada, &it, INTERACTION_ACCEPT, &a);
	assert_status(a.st, SG_OK);
	assert_int_equal(h.live.holders.n, 1);
	idmap_remove(&h.live.sockets, &key);
	struct contact_call call = fx_call(ROLE_AGENT, &h.ada, NULL, &a);
	struct facts f = {.summary = STR("Done."), .outcome = OUTCOME_RESOLVED};

	contact_wrap_up(h.f.app, &call, &it, &f);
	fx_run(&h.f, 100);
	assert_status(a.st, SG_OK);
	assert_int_equal(h.live.holders.n, 0);
	hub_close(&h);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_held_what_ended_while_nobody_was_connected_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
