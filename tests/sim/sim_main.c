/* sim_main.c - the whole application in a hostile world: sim [first-seed [count]].
 *
 * People talk, the store delays, refuses and loses answers, the wall clock jumps and the process is
 * killed at any moment; a model checks what becomes durable, what is published and what is
 * answered. Then the trouble ends, and all must settle. Each seed is run twice and the traces
 * compared, so hidden nondeterminism is itself a failure.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/rebuild.h"
#include "base/log.h"
#include "sim/tables_dump.h"
#include "sim/world.h"
#include "store/memory/store_memory.h"

enum {
	TAPE_BYTES = 128 * 1024,
	BUSY_MS = 150000,
	SETTLE_MS = 600000,
	STEPS_MAX = 4000000,
	TROUBLE_MS = 9000,
	OUTAGE_MS = 15000,
	REBUILD_EACH = 10,
};

/* ---- trouble ---- */

static void outage_ends(void *arg)
{
	struct world *w = arg;

	w->trouble_ms = w->sim.now_ms;
	if (w->life)
		w->life->store.outage = false;
}

static void outage_begins(struct world *w)
{
	w->trouble_ms = w->sim.now_ms;
	if (!w->life)
		return;
	w->life->store.outage = true;
	sched_after(&w->sim.sched, 200 + draw(w, OUTAGE_MS), outage_ends, w);
}

static void clock_jumps(struct world *w)
{
	static const int64_t by_ms[] = {7200000, -7200000, 86400000, -86400000, 1000};

	sched_sim_jump_wall(&w->sim, by_ms[draw(w, 5)]);
}

static void trouble(void *arg)
{
	struct world *w = arg;
	uint32_t what = draw(w, 6);

	if (w->quiet || w->failed)
		return;
	if (w->crashes && what < 3)
		life_kill(w);
	else if (w->faults && what < 5)
		outage_begins(w);
	else
		clock_jumps(w);
	sched_after(&w->sim.sched, 1000 + draw(w, TROUBLE_MS), trouble, w);
}

/* A process that could not load ends, and is started again. */
static void watch_life(void *arg)
{
	struct world *w = arg;

	if (w->life && w->life->failed_to_load && !w->life->ended)
		life_kill(w);
	sched_after(&w->sim.sched, 100, watch_life, w);
}

/* ---- the views made anew ---- */

struct remake {
	struct world *w;
	struct buf before, after;
	uint64_t events;
	bool done;
};

static void dumped_after(enum sg_status st, void *arg)
{
	struct remake *r = arg;

	if (st != SG_OK || r->before.len != r->after.len ||
	    (r->before.len && memcmp(r->before.data, r->after.data, r->before.len) != 0))
		fail(r->w, "rebuilt views differ from those written live");
	r->done = true;
}

static void rebuilt(enum sg_status st, uint64_t events, void *arg)
{
	struct remake *r = arg;

	if (st != SG_OK || events != r->w->durable)
		fail(r->w, "rebuild: %s, %" PRIu64 " of %" PRIu64 " events", sg_status_name(st),
		     events, r->w->durable);
	tables_dump(r->w->inner, &r->after, dumped_after, r);
}

static void dumped_before(enum sg_status st, void *arg)
{
	struct remake *r = arg;

	if (st != SG_OK || r->before.len == 0)
		fail(r->w, "the views cannot be read");
	rebuild_views(r->w->inner, rebuilt, r);
}

static void check_rebuild(struct world *w)
{
	struct remake r = {.w = w};

	buf_init(&r.before, TABLES_DUMP_BYTES);
	buf_init(&r.after, TABLES_DUMP_BYTES);
	tables_dump(w->inner, &r.before, dumped_before, &r);
	sched_sim_run_until(&w->sim, w->sim.now_ms + 60000, STEPS_MAX);
	if (!r.done)
		fail(w, "the rebuild did not end");
	buf_fini(&r.before);
	buf_fini(&r.after);
}

/* ---- one seed ---- */

static void run_for(struct world *w, int64_t ms)
{
	int64_t until = w->sim.now_ms + ms;

	while (w->sim.now_ms < until && !w->failed) {
		int64_t slice = until - w->sim.now_ms < 1000 ? until - w->sim.now_ms : 1000;

		if (sched_sim_run_until(&w->sim, w->sim.now_ms + slice, STEPS_MAX) == STEPS_MAX)
			fail(w, "it does not stop");
	}
}

static void begin(struct world *w, uint64_t seed)
{
	memset(w, 0, sizeof(*w));
	w->seed = seed;
	w->bytes = malloc(TAPE_BYTES);
	SG_ASSERT(w->bytes != NULL);
	tape_fill(seed, w->bytes, TAPE_BYTES);
	w->tape = (struct tape){.bytes = w->bytes, .len = TAPE_BYTES};
	w->trouble_ms = INT64_MIN / 2;
	sched_sim_init(&w->sim, &w->tape, draw(w, 12));
	w->inner = store_memory_new(&w->sim.sched);
	model_init(w);
	people_init(w);
	w->faults = draw(w, 4) != 0;
	w->crashes = draw(w, 3) != 0;
	if (seed % 5 == 0)
		w->faults = w->crashes = false;
	life_begin(w);
	run_for(w, 2000);
	people_set_up(w);
	run_for(w, 2000);
}

/* Everything that goes wrong stops going wrong; who waits is served. */
static void settle(struct world *w)
{
	w->quiet = true;
	w->trouble_ms = w->sim.now_ms;
	run_for(w, 1000);
	if (w->life) {
		w->life->store.outage = false;
		w->life->store.fault_in = 0;
	}
	run_for(w, SETTLE_MS);
	if (!w->failed && !life_is_up(w))
		fail(w, "the process is not up");
}

static void end(struct world *w)
{
	if (w->life && w->life->app) {
		struct life *life = w->life;

		life->ended = true;
		life_sched_drop(&life->store_time);
		life_sched_end(&life->app_time);
		hostile_kill(&life->store, &life->app_time.sched);
		life_sched_drain(&life->app_time, DRAIN_GAP_MS);
		app_free(life->app);
		life_sched_drain(&life->app_time, INT64_MAX);
	}
	store_close(w->inner);
	if (w->life) {
		hostile_fini(&w->life->store);
		free(w->life);
	}
	model_fini(w);
	sched_sim_fini(&w->sim);
	free(w->bytes);
}

static bool run_seed(uint64_t seed, struct world *w)
{
	begin(w, seed);
	w->set_up = true;
	if (w->life) {
		w->life->store.delay_ms = draw(w, 30);
		w->life->store.fault_in = w->faults ? 8 + draw(w, 60) : 0;
	}
	people_begin(w);
	sched_after(&w->sim.sched, 100, watch_life, w);
	if (w->faults || w->crashes)
		sched_after(&w->sim.sched, draw(w, TROUBLE_MS), trouble, w);
	run_for(w, BUSY_MS);
	settle(w);
	if (!w->failed) {
		model_check_end(w);
		run_for(w, 1000);
	}
	if (!w->failed && seed % REBUILD_EACH == 0)
		check_rebuild(w);
	w->trace ^= w->sim.trace;
	bool ok = !w->failed;

	end(w);
	return ok;
}

int main(int argc, char **argv)
{
	uint64_t first = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
	uint64_t count = argc > 2 ? strtoull(argv[2], NULL, 10) : 300;
	uint64_t commands = 0, acks = 0, published = 0, lives = 0, repeats = 0;
	static struct world w;

	log_set_level((enum log_level)(LOG_ERROR + 1));
	if (getenv("SIM_LOG"))
		log_set_level(LOG_DEBUG);
	for (uint64_t seed = first; seed < first + count; seed++) {
		if (!run_seed(seed, &w))
			return 1;
		uint64_t trace = w.trace;

		if (!run_seed(seed, &w) || w.trace != trace) {
			printf("FAIL seed %" PRIu64 ": two runs differ\n", seed);
			return 1;
		}
		commands += w.commands;
		acks += w.acks;
		published += w.published;
		lives += w.lives;
		repeats += w.repeats;
	}
	printf("%" PRIu64 " seeds: %" PRIu64 " commands, %" PRIu64 " acknowledged (%" PRIu64
	       " repeats), %" PRIu64 " events published, %" PRIu64 " lives\n",
	       count, commands, acks, repeats, published, lives);
	return 0;
}
