/* command.h - the subcommands: one descriptor and one function each, cmd_*.c. */
#ifndef SG_SEGUE_COMMAND_H
#define SG_SEGUE_COMMAND_H

#include "segue/config.h"
#include "segue/server.h"

struct command {
	const char *name;
	const char *usage;   /* after the name */
	const char *summary; /* one line */
	const char *help;    /* more, or "" */
	/* What config_read left of the arguments; returns the exit code. */
	int (*run)(struct config *c, int argc, char **argv);
};

extern const struct command cmd_serve, cmd_demo, cmd_user, cmd_token, cmd_inspect, cmd_check_config, cmd_backup, cmd_rebuild;

/* Prints "segue NAME: what" and the usage; EXIT_USAGE. */
int command_misused(const struct command *cmd, const char *what);

/* Runs an asynchronous job against the opened store on a loop of its own: start(job) begins, job_end(job, code) ends. */
struct job {
	struct config *config;
	struct loop *loop;
	struct sched *sched;
	struct store *store;
	int code;
	void *more;
};
int job_run(struct config *c, void (*start)(struct job *j), void *more);
/* Likewise, for one that only reads: works beside a running server and makes nothing. */
int job_read(struct config *c, void (*start)(struct job *j), void *more);
void job_end(struct job *j, int code);

#endif
