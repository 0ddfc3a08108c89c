/* cmd_inspect.c - what the store knows of one stream: its row and its events, one a line. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "segue/command.h"
#include "store/store.h"

struct inspecting {
	struct sg_id id;
	uint64_t after;
};

static void ask(struct job *j);

static void on_events(enum sg_status st, const struct log_event *ev, unsigned n, void *arg)
{
	struct job *j = arg;
	struct inspecting *in = j->more;
	char at[32], actor[SG_ID_TEXT + 1];

	for (unsigned i = 0; st == SG_OK && i < n; i++) {
		json_format_time(ev[i].at_ms, at);
		sg_id_text(&ev[i].actor.id, actor);
		printf("%4llu %s %-20s %-10s %s %.*s\n", (unsigned long long)ev[i].seq, at, event_desc[ev[i].kind].name,
		       ev[i].actor.role ? role_names[ev[i].actor.role] : "segue", ev[i].actor.role ? actor : "-",
		       (int)ev[i].body.n, ev[i].body.p);
		in->after = ev[i].seq;
	}
	if (st == SG_OK && n == STORE_RANGE_MAX) {
		ask(j);
		return;
	}
	if (st == SG_OK && in->after == 0)
		fputs("segue inspect: there is no such stream\n", stderr);
	job_end(j, st != SG_OK ? EXIT_IO : in->after ? EXIT_OK : EXIT_DATA);
}

static void ask(struct job *j)
{
	struct inspecting *in = j->more;

	store_events(j->store, &in->id, in->after, STORE_RANGE_MAX, on_events, j);
}

static int inspect(struct config *c, int argc, char **argv)
{
	struct inspecting in = {.after = 0};

	if (argc != 2 || sg_id_parse(str_from(argv[1]), &in.id) != SG_OK)
		return command_misused(&cmd_inspect, "say which stream: its kind and id");
	return job_read(c, ask, &in);
}

const struct command cmd_inspect = {
	.name = "inspect",
	.usage = "interaction|case|person|item|agent ID",
	.summary = "Print every event of one stream, oldest first",
	.help = "Columns: sequence, time, kind, role and id of the actor (segue: routing and timers), facts.",
	.run = inspect,
};
