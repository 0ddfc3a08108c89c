#include <stdlib.h>
#include <string.h>

#include "check.h"
#include "core/route.h"
#include "walk_route.h"

static const struct sg_id SALES = {{3, 1}}, HELP = {{3, 2}};

static struct sg_id id_of(unsigned group, uint32_t n)
{
	struct sg_id id = {{(uint8_t)group}};

	for (int i = 0; i < 4; i++)
		id.b[12 + i] = (uint8_t)(n >> (24 - 8 * i));
	return id;
}

static struct sg_id agent(uint32_t n)
{
	return id_of(1, n);
}

static struct sg_id contact(uint32_t n)
{
	return id_of(2, n);
}

static struct route *route_new(uint32_t agents, uint32_t waiting)
{
	const struct route_limits limits = {.agents = agents, .waiting = waiting};

	return route_init(malloc(route_size(&limits)), &limits);
}

static struct route_agent an_agent(uint32_t n)
{
	return (struct route_agent){
		.id = agent(n), .queues = {SALES}, .n_queues = 1, .capacity = 1, .available = true};
}

static void set_agent(struct route *r, uint32_t n, int64_t now_ms)
{
	struct route_agent a = an_agent(n);

	assert_status(route_agent_set(r, &a, now_ms), SG_OK);
}

static struct route_contact a_contact(uint32_t n, int64_t queued_at_ms)
{
	return (struct route_contact){
		.id = contact(n), .queue = SALES, .queued_at_ms = queued_at_ms};
}

static void enqueue(struct route *r, uint32_t n, int64_t queued_at_ms)
{
	struct route_contact c = a_contact(n, queued_at_ms);

	assert_status(route_enqueue(r, &c), SG_OK);
}

static void release(struct route *r, uint32_t n, int64_t now_ms)
{
	struct sg_id id = contact(n);

	route_release(r, &id, now_ms);
}

static void reject(struct route *r, uint32_t n, uint32_t by)
{
	struct sg_id ic = contact(n), ia = agent(by);

	route_reject(r, &ic, &ia);
}

static void assert_next(struct route *r, uint32_t want_contact, uint32_t want_agent)
{
	struct route_match m;
	struct sg_id c = contact(want_contact), a = agent(want_agent);

	assert_true(route_next(r, &m));
	assert_memory_equal(&m.interaction, &c, sizeof(c));
	assert_memory_equal(&m.agent, &a, sizeof(a));
	route_hold(r, &m.interaction, &m.agent);
}

static void assert_nothing(struct route *r)
{
	struct route_match m;

	assert_false(route_next(r, &m));
}

static void the_highest_priority_goes_first_then_the_longest_wait_then_the_id(void **unused)
{
	(void)unused;
	struct route *r = route_new(8, 8);
	struct route_contact urgent = a_contact(4, 900);

	urgent.priority = 1;
	enqueue(r, 3, 200);
	enqueue(r, 2, 200);
	enqueue(r, 1, 300);
	assert_status(route_enqueue(r, &urgent), SG_OK);
	for (uint32_t n = 1; n <= 4; n++)
		set_agent(r, n, n);
	assert_next(r, 4, 1);
	assert_next(r, 2, 2);
	assert_next(r, 3, 3);
	assert_next(r, 1, 4);
	assert_nothing(r);
	free(r);
}

static void the_least_loaded_agent_is_asked_then_the_longest_idle(void **unused)
{
	(void)unused;
	struct route *r = route_new(8, 8);

	for (uint32_t n = 1; n <= 3; n++) {
		struct route_agent a = an_agent(n);

		a.capacity = 3;
		assert_status(route_agent_set(r, &a, 100 * (4 - n)), SG_OK);
	}
	for (uint32_t n = 1; n <= 6; n++)
		enqueue(r, n, n);
	assert_next(r, 1, 3);
	assert_next(r, 2, 2);
	assert_next(r, 3, 1);
	assert_next(r, 4, 3);
	release(r, 1, 5000);
	release(r, 4, 6000);
	assert_next(r, 5, 3); /* idle the shortest, but holds none */
	assert_next(r, 6, 2);
	free(r);
}

static void an_unavailable_agent_and_a_full_one_get_nothing(void **unused)
{
	(void)unused;
	struct route *r = route_new(4, 4);
	struct route_agent a = an_agent(1);

	a.available = false;
	assert_status(route_agent_set(r, &a, 1), SG_OK);
	enqueue(r, 1, 1);
	enqueue(r, 2, 2);
	assert_nothing(r);
	set_agent(r, 1, 2);
	assert_next(r, 1, 1);
	assert_nothing(r);
	free(r);
}

static void one_wanted_by_an_agent_goes_first_and_to_nobody_else(void **unused)
{
	(void)unused;
	struct route *r = route_new(4, 8);
	struct route_contact wish = a_contact(9, 800);

	wish.wanted_agent = agent(2);
	wish.queue = HELP; /* a transfer to a person who is not even in that queue */
	assert_status(route_enqueue(r, &wish), SG_OK);
	enqueue(r, 1, 1);
	enqueue(r, 2, 2);
	set_agent(r, 1, 1);
	assert_next(r, 1, 1);
	assert_nothing(r);
	set_agent(r, 2, 2);
	assert_next(r, 9, 2);
	assert_nothing(r);
	free(r);
}

static void who_rejected_it_is_not_asked_again_even_when_nobody_else_is_there(void **unused)
{
	(void)unused;
	struct route *r = route_new(8, 8);
	struct sg_id first = contact(1);

	set_agent(r, 1, 1);
	enqueue(r, 1, 1);
	enqueue(r, 2, 2);
	assert_next(r, 1, 1);
	reject(r, 1, 1);
	release(r, 1, 10);
	enqueue(r, 1, 1);
	assert_int_equal(route_position(r, &first), 1);
	assert_next(r, 2, 1); /* work goes on behind it */
	release(r, 2, 20);
	assert_nothing(r);
	set_agent(r, 2, 30);
	assert_next(r, 1, 2);
	free(r);
}

static void rejects_are_remembered_in_whatever_order_it_is_told(void **unused)
{
	(void)unused;
	for (int order = 0; order < 3; order++) {
		struct route *r = route_new(8, 8);

		set_agent(r, 1, 1);
		set_agent(r, 2, 2);
		enqueue(r, 1, 1);
		for (uint32_t by = 1; by <= 2; by++) {
			assert_next(r, 1, by);
			if (order == 0)
				reject(r, 1, by);
			release(r, 1, 10);
			if (order == 1)
				reject(r, 1, by);
			enqueue(r, 1, 1);
			if (order == 2)
				reject(r, 1, by);
		}
		assert_nothing(r);
		free(r);
	}
}

static void forgiven_it_may_be_offered_to_the_same_agent_again(void **unused)
{
	(void)unused;
	struct route *r = route_new(8, 8);
	struct sg_id it = contact(1);

	set_agent(r, 1, 1);
	enqueue(r, 1, 1);
	reject(r, 1, 1);
	assert_nothing(r);
	route_forgive(r, &it);
	assert_next(r, 1, 1);
	free(r);
}

static void the_fifth_agent_is_found_behind_four_who_rejected(void **unused)
{
	(void)unused;
	struct route *r = route_new(8, 8);

	enqueue(r, 1, 1);
	for (uint32_t n = 1; n <= 4; n++) {
		set_agent(r, n, n);
		reject(r, 1, n);
		assert_nothing(r);
	}
	set_agent(r, 5, 5);
	assert_next(r, 1, 5);
	free(r);
}

static void who_missed_it_and_comes_back_is_asked_again(void **unused)
{
	(void)unused;
	struct route *r = route_new(8, 8);
	struct route_agent a = an_agent(1);

	set_agent(r, 1, 1);
	enqueue(r, 1, 1);
	assert_next(r, 1, 1);
	release(r, 1, 2);
	enqueue(r, 1, 1);
	reject(r, 1, 1);
	a.available = false;
	assert_status(route_agent_set(r, &a, 3), SG_OK);
	assert_nothing(r);
	set_agent(r, 1, 4);
	assert_next(r, 1, 1);
	free(r);
}

static void a_change_of_capacity_is_no_coming_back(void **unused)
{
	(void)unused;
	struct route *r = route_new(8, 8);
	struct route_agent a = an_agent(1);

	set_agent(r, 1, 1);
	enqueue(r, 1, 1);
	reject(r, 1, 1);
	a.capacity = 3;
	assert_status(route_agent_set(r, &a, 3), SG_OK);
	assert_nothing(r);
	free(r);
}

static void the_last_four_agents_who_rejected_are_remembered(void **unused)
{
	(void)unused;
	struct route *r = route_new(8, 8);

	enqueue(r, 1, 1);
	for (uint32_t n = 1; n <= 5; n++) {
		set_agent(r, n, n);
		reject(r, 1, n);
	}
	assert_next(r, 1, 1); /* the oldest is forgotten */
	free(r);
}

static void another_queue_asks_anew(void **unused)
{
	(void)unused;
	struct route *r = route_new(8, 8);
	struct route_agent a = an_agent(1);
	struct route_contact c = a_contact(1, 1);

	a.queues[a.n_queues++] = HELP;
	assert_status(route_agent_set(r, &a, 1), SG_OK);
	enqueue(r, 1, 1);
	reject(r, 1, 1);
	assert_nothing(r);
	c.queue = HELP;
	assert_status(route_enqueue(r, &c), SG_OK);
	assert_next(r, 1, 1);
	free(r);
}

static void after_a_restart_what_agents_hold_counts_before_they_are_known(void **unused)
{
	(void)unused;
	struct route *r = route_new(4, 4);
	struct sg_id held = contact(1), who = agent(1);

	route_hold(r, &held, &who);
	assert_int_equal(route_held(r, &who), 1);
	enqueue(r, 2, 1);
	set_agent(r, 1, 1);
	assert_nothing(r);
	release(r, 1, 5);
	assert_next(r, 2, 1);
	free(r);
}

static void an_agent_removed_and_back_still_holds_what_they_held(void **unused)
{
	(void)unused;
	struct route *r = route_new(1, 4);
	struct sg_id who = agent(1);

	set_agent(r, 1, 1);
	enqueue(r, 1, 1);
	enqueue(r, 2, 2);
	assert_next(r, 1, 1);
	route_agent_remove(r, &who);
	assert_int_equal(route_held(r, &who), 1);
	set_agent(r, 1, 3);
	assert_nothing(r);

	/* once it holds nothing its record is free for others */
	route_agent_remove(r, &who);
	release(r, 1, 4);
	set_agent(r, 2, 5);
	assert_next(r, 2, 2);
	free(r);
}

static void limits_are_kept_and_answered(void **unused)
{
	(void)unused;
	struct route *r = route_new(1, 2);
	struct route_agent a = an_agent(2);
	struct route_contact c = a_contact(3, 3);

	set_agent(r, 1, 1);
	assert_status(route_agent_set(r, &a, 1), SG_E_LIMIT);
	enqueue(r, 1, 1);
	assert_next(r, 1, 1);
	enqueue(r, 2, 2);
	assert_status(route_enqueue(r, &c), SG_E_LIMIT); /* one held, one waits */
	c.wanted_agent = agent(2);
	assert_status(route_enqueue(r, &c), SG_E_LIMIT);
	release(r, 1, 5);
	assert_next(r, 2, 1);
	c.wanted_agent = SG_ID_NONE;
	assert_status(route_enqueue(r, &c), SG_OK);
	free(r);
}

static void remembered_rejects_never_keep_a_place_from_one_who_waits(void **unused)
{
	(void)unused;
	struct route *r = route_new(2, 2);

	set_agent(r, 1, 1);
	for (uint32_t n = 1; n <= 100; n++) {
		enqueue(r, n, n);
		reject(r, n, 1);
		set_agent(r, 2, n);
		assert_next(r, n, 2);
		release(r, n, n);
	}
	free(r);
}

static void queues_are_limited_and_come_free_again(void **unused)
{
	(void)unused;
	struct route *r = route_new(2, ROUTE_QUEUES_MAX + 2);
	struct route_contact c = a_contact(1, 1);
	struct route_agent a = an_agent(1);

	for (uint32_t n = 1; n <= ROUTE_QUEUES_MAX; n++) {
		c.id = contact(n);
		c.queue = id_of(3, n);
		assert_status(route_enqueue(r, &c), SG_OK);
	}
	assert_status(route_agent_set(r, &a, 1), SG_E_LIMIT);
	c.id = contact(ROUTE_QUEUES_MAX + 1);
	c.queue = id_of(3, ROUTE_QUEUES_MAX + 1);
	assert_status(route_enqueue(r, &c), SG_E_LIMIT);
	c.id = contact(1);
	route_dequeue(r, &c.id);
	assert_status(route_enqueue(r, &c), SG_OK);
	free(r);
}

static void what_makes_no_sense_is_refused(void **unused)
{
	(void)unused;
	struct route *r = route_new(2, 2);
	struct route_agent a = an_agent(1);
	struct route_contact c = a_contact(1, 1);

	a.capacity = 0;
	assert_status(route_agent_set(r, &a, 1), SG_E_INPUT);
	a.capacity = ROUTE_CAPACITY_MAX + 1;
	assert_status(route_agent_set(r, &a, 1), SG_E_INPUT);
	a = an_agent(1);
	a.n_queues = ROUTE_AGENT_QUEUES_MAX + 1;
	assert_status(route_agent_set(r, &a, 1), SG_E_INPUT);
	a = an_agent(1);
	a.id = SG_ID_NONE;
	assert_status(route_agent_set(r, &a, 1), SG_E_INPUT);
	c.queue = SG_ID_NONE;
	assert_status(route_enqueue(r, &c), SG_E_INPUT);
	c = a_contact(1, 1);
	c.id = SG_ID_NONE;
	assert_status(route_enqueue(r, &c), SG_E_INPUT);

	/* and nobody is found under no id */
	uint32_t agents, places;

	assert_int_equal(route_waiting(r, &SG_ID_NONE), 0);
	assert_int_equal(route_oldest_ms(r, &SG_ID_NONE), 0);
	route_staff(r, &SG_ID_NONE, &agents, &places);
	assert_int_equal(agents + places, 0);
	free(r);
}

/* As much as one node is to bear, in the memory it is to need; that it is fast shows in the clock
 * of the whole run. */
static void a_hundred_thousand_wait_for_ten_thousand_agents(void **unused)
{
	(void)unused;
	enum { AGENTS = 10000, WAITING = 100000 };
	const struct route_limits limits = {.agents = AGENTS, .waiting = WAITING};
	struct route *r = route_new(AGENTS, WAITING);
	struct route_match m;
	uint32_t matches = 0;
	int64_t last = 0;

	assert_true(route_size(&limits) < 40U << 20);
	for (uint32_t n = 0; n < AGENTS; n++)
		set_agent(r, n, n);
	for (uint32_t n = 0; n < WAITING; n++)
		enqueue(r, n, 1 + (int64_t)(n * UINT64_C(7919) % 1000003));
	while (route_next(r, &m)) {
		int64_t oldest = route_oldest_ms(r, &SALES);

		assert_true(oldest >= last);
		last = oldest;
		route_hold(r, &m.interaction, &m.agent);
		if (matches++ < WAITING - AGENTS)
			route_release(r, &m.interaction, matches);
	}
	assert_int_equal(matches, WAITING);
	assert_int_equal(route_waiting(r, &SALES), 0);
	free(r);
}

/* Worst case for looking past those who were rejected: everybody free has rejected everybody. */
static void ten_thousand_rejected_ones_do_not_slow_the_line(void **unused)
{
	(void)unused;
	enum { WAITING = 10000, ROUNDS = 20000 };
	struct route *r = route_new(8, WAITING + 1);

	for (uint32_t by = 1; by <= ROUTE_REJECTS_MAX; by++)
		set_agent(r, by, by);
	for (uint32_t n = 0; n < WAITING; n++) {
		enqueue(r, n, 1 + n);
		for (uint32_t by = 1; by <= ROUTE_REJECTS_MAX; by++)
			reject(r, n, by);
	}
	for (uint32_t i = 0; i < ROUNDS; i++) {
		assert_nothing(r);
		enqueue(r, WAITING, WAITING + 1);
		assert_next(r, WAITING, 1 + i % ROUTE_REJECTS_MAX);
		release(r, WAITING, 10 + i);
	}
	free(r);
}

static void random_worlds_match_as_the_plain_model_does(void **unused)
{
	(void)unused;
	struct walk_route_result sum = {0};

	for (uint64_t seed = 1; seed <= 4000; seed++) {
		uint8_t bytes[600];

		tape_fill(seed, bytes, sizeof(bytes));
		struct tape t = {.bytes = bytes, .len = sizeof(bytes)};
		struct walk_route_result one = walk_route(&t);

		sum.matches += one.matches;
		sum.rejects += one.rejects;
		sum.wishes += one.wishes;
		sum.blocked += one.blocked;
	}
	/* the worlds are worth something only if all of this happens in them */
	assert_true(sum.matches > 20000);
	assert_true(sum.rejects > 20000);
	assert_true(sum.wishes > 2000);
	assert_true(sum.blocked > 2000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_highest_priority_goes_first_then_the_longest_wait_then_the_id),
		cmocka_unit_test(the_least_loaded_agent_is_asked_then_the_longest_idle),
		cmocka_unit_test(an_unavailable_agent_and_a_full_one_get_nothing),
		cmocka_unit_test(one_wanted_by_an_agent_goes_first_and_to_nobody_else),
		cmocka_unit_test(who_rejected_it_is_not_asked_again_even_when_nobody_else_is_there),
		cmocka_unit_test(rejects_are_remembered_in_whatever_order_it_is_told),
		cmocka_unit_test(forgiven_it_may_be_offered_to_the_same_agent_again),
		cmocka_unit_test(the_fifth_agent_is_found_behind_four_who_rejected),
		cmocka_unit_test(who_missed_it_and_comes_back_is_asked_again),
		cmocka_unit_test(a_change_of_capacity_is_no_coming_back),
		cmocka_unit_test(the_last_four_agents_who_rejected_are_remembered),
		cmocka_unit_test(another_queue_asks_anew),
		cmocka_unit_test(after_a_restart_what_agents_hold_counts_before_they_are_known),
		cmocka_unit_test(an_agent_removed_and_back_still_holds_what_they_held),
		cmocka_unit_test(limits_are_kept_and_answered),
		cmocka_unit_test(remembered_rejects_never_keep_a_place_from_one_who_waits),
		cmocka_unit_test(queues_are_limited_and_come_free_again),
		cmocka_unit_test(what_makes_no_sense_is_refused),
		cmocka_unit_test(a_hundred_thousand_wait_for_ten_thousand_agents),
		cmocka_unit_test(ten_thousand_rejected_ones_do_not_slow_the_line),
		cmocka_unit_test(random_worlds_match_as_the_plain_model_does),
	};
	return cmocka_run_group_tests_name("core/route", tests, NULL, NULL);
}
