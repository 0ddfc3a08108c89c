/* cmd_backup.c - backup, and rebuilding the views from the log. */
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/rebuild.h"
#include "segue/command.h"
#include "store/store.h"

static void on_backup(enum sg_status st, const struct store_done *done, void *arg)
{
	struct job *j = arg;

	(void)done;
	if (st == SG_OK)
		printf("%s\n", (const char *)j->more);
	else if (st == SG_E_STATE)
		fprintf(stderr, "segue backup: %s is there already; name a folder that does not exist yet\n",
			(const char *)j->more);
	else
		fprintf(stderr, "segue backup: cannot write %s: no such folder above it, no right, or no room\n",
			(const char *)j->more);
	job_end(j, st == SG_OK ? EXIT_OK : EXIT_IO);
}

static void start_backup(struct job *j)
{
	j->store->ops->backup(j->store, j->more, on_backup, j);
}

static int backup(struct config *c, int argc, char **argv)
{
	if (argc != 1)
		return command_misused(&cmd_backup, "say where to: a folder that does not exist yet");
	return job_read(c, start_backup, argv[0]);
}

const struct command cmd_backup = {
	.name = "backup",
	.usage = "FOLDER [--data DIR]",
	.summary = "Copy the database, consistent, while the server may be running",
	.help = "Uploads lie in DATA/files and never change: copy that folder after this.",
	.run = backup,
};

static void on_rebuilt(enum sg_status st, uint64_t events, void *arg)
{
	struct job *j = arg;

	if (st == SG_OK)
		printf("rebuilt the views from %llu events\n", (unsigned long long)events);
	else
		fprintf(stderr, "segue rebuild: %s\n", sg_status_name(st));
	job_end(j, st == SG_OK ? EXIT_OK : EXIT_IO);
}

static void start_rebuild(struct job *j)
{
	rebuild_views(j->store, on_rebuilt, j);
}

static int rebuild(struct config *c, int argc, char **argv)
{
	char db[PATH_MAX];

	if (argc)
		return command_misused(&cmd_rebuild, argv[0]);
	/* A slip in --data must not make an empty folder and call it rebuilt. */
	(void)snprintf(db, sizeof(db), "%s/segue.db", c->s.data);
	if (access(db, F_OK) != 0) {
		fprintf(stderr, "segue rebuild: there is no %s; say where with --data\n", db);
		return EXIT_IO;
	}
	return job_run(c, start_rebuild, NULL);
}

const struct command cmd_rebuild = {
	.name = "rebuild",
	.usage = "[--data DIR]",
	.summary = "Make the views anew from the log (the server must be stopped)",
	.help = "If it is broken off, run it again; a server that is started makes them anew itself.",
	.run = rebuild,
};
