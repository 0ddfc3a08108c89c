/* cmd_demo.c - a company to play with: the same each time, from a seed. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "segue/command.h"
#include "segue/demo/demo.h"
#include "store/store.h"

struct demo_args {
	struct config *config;
	bool serve;
	struct demo_options options;
	char content[PATH_MAX];
	char notes_path[PATH_MAX];
};

/* demo/ beside web/, or where an installed program has it. */
static void find_content(char out[PATH_MAX])
{
	char self[PATH_MAX - 32];
	ssize_t n = readlink("/proc/self/exe", self, sizeof(self) - 1);

	self[n > 0 ? n : 0] = '\0';
	for (int up = 0; up < 2; up++) {
		char *slash = strrchr(self, '/');

		if (slash)
			*slash = '\0';
	}
	(void)snprintf(out, PATH_MAX, "%s/demo", self);
	if (access(out, R_OK) != 0)
		(void)snprintf(out, PATH_MAX, "/usr/share/segue/demo");
}

static void note(FILE *f, const char *who, const char *page, const struct demo_login *l, const char *how)
{
	fprintf(f, "  %-9s %%s%-10s %-32.*s %s\n", who, page, (int)l->email.n, l->email.p, how);
}

/* Who is who, kept beside the data so that a second start can say it again. */
static void write_notes(const struct demo_args *d, const struct demo_summary *s)
{
	FILE *f = fopen(d->notes_path, "w");
	char how[120];

	if (!f)
		return;
	(void)snprintf(how, sizeof(how), "password: %s", s->password);
	note(f, "Customer", "/", &s->customer, "(ask for a link: the mail is printed here)");
	note(f, "Agent", "/desk/", &s->maya, how);
	note(f, "Agent", "/desk/", &s->omar, how);
	note(f, "Manager", "/console/", &s->ruth, how);
	(void)fclose(f);
}

static void on_filled(enum sg_status st, const struct demo_summary *sum, void *arg)
{
	struct job *j = arg;
	struct demo_args *d = j->more;

	if (st != SG_OK) {
		fprintf(stderr, "segue demo: %s %s\n", sg_status_name(st), sum && sum->fault ? sum->fault : "");
		job_end(j, EXIT_IO);
		return;
	}
	write_notes(d, sum);
	printf("made %u persons, %u items, %u contacts in %s\n", sum->persons, sum->items, sum->contacts,
	       d->config->s.data);
	job_end(j, EXIT_OK);
}

static void fill(struct job *j)
{
	struct demo_args *d = j->more;

	/* At midnight: the same all day long. */
	d->options.now_ms = sched_wall_ms(j->sched) / 86400000 * 86400000;
	d->options.content_dir = d->content;
	demo_fill(j->sched, j->store, &d->options, on_filled, j);
}

static void say_where(const char *url, void *arg)
{
	const struct demo_args *d = arg;
	FILE *f = fopen(d->notes_path, "r");
	char line[512];

	puts("\nSegue is here. Stop it with Ctrl-C.\n");
	while (f && fgets(line, sizeof(line), f)) {
		char *at = strstr(line, "%s");

		if (at)
			printf("%.*s%s%s", (int)(at - line), line, url, at + 2);
	}
	if (f)
		(void)fclose(f);
	printf("  API       %s/api/docs\n\n", url);
	(void)fflush(stdout);
}

static bool read_number(const char *text, unsigned *out)
{
	char *end;
	unsigned long n = strtoul(text, &end, 10);

	*out = (unsigned)n;
	return *text && !*end && n <= 5000000;
}

static bool read_args(struct demo_args *d, int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		unsigned n = 0, *to = NULL;

		if (strcmp(argv[i], "--serve") == 0) {
			d->serve = true;
			continue;
		}
		if (strcmp(argv[i], "--persons") == 0)
			to = &d->options.persons;
		else if (strcmp(argv[i], "--items") == 0)
			to = &d->options.items;
		else if (strcmp(argv[i], "--contacts") == 0)
			to = &d->options.contacts;
		else if (strcmp(argv[i], "--seed") != 0)
			return false;
		if (i + 1 >= argc || !read_number(argv[++i], &n))
			return false;
		if (to)
			*to = n;
		else
			d->options.seed = n;
	}
	return true;
}

static int demo(struct config *c, int argc, char **argv)
{
	static struct demo_args d;
	char db[PATH_MAX];
	int code = EXIT_OK;

	d = (struct demo_args){
		.config = c,
		.options = {.seed = 1, .persons = 2000, .items = 10000, .contacts = 12000},
	};
	if (!read_args(&d, argc, argv))
		return command_misused(&cmd_demo, "unknown option, or one without its number");
	find_content(d.content);
	(void)snprintf(d.notes_path, sizeof(d.notes_path), "%s/demo.txt", c->s.data);
	(void)snprintf(db, sizeof(db), "%s/segue.db", c->s.data);
	if (strcmp(c->s.company, "Segue") == 0 && config_set(c, "company", "Halden Energy & Home") != SG_OK)
		return EXIT_SOFTWARE;
	if (access(d.notes_path, R_OK) != 0) {
		if (access(db, F_OK) == 0) {
			fprintf(stderr, "segue demo: %s holds data that is not a finished demo; choose another --data\n",
				c->s.data);
			return EXIT_DATA;
		}
		code = job_run(c, fill, &d);
	}
	if (code != EXIT_OK || !d.serve)
		return code;
	return server_run(&c->s, false, say_where, &d);
}

const struct command cmd_demo = {
	.name = "demo",
	.usage = "[--data DIR] [--serve] [--seed N] [--persons N] [--items N] [--contacts N]",
	.summary = "Make a demo company, and with --serve serve it",
	.help = "The same seed gives the same company. A finished demo folder is served as it is.",
	.run = demo,
};
