/* cmd_serve.c - serve and check-config. */
#include <stdio.h>
#include <string.h>

#include "segue/command.h"

static bool one_of(const char *word, const char *const *words)
{
	while (*words && strcmp(*words, word) != 0)
		words++;
	return *words != NULL;
}

/* What the types of the settings cannot say; printed. */
static bool sensible(const struct settings *s)
{
	static const char *const levels[] = {"debug", "info", "warn", "error", NULL};
	size_t n = strlen(s->public_url);

	if (!one_of(s->log_level, levels)) {
		fprintf(stderr, "segue: log_level: must be debug, info, warn or error, not %s\n", s->log_level);
		return false;
	}
	if (n && strncmp(s->public_url, "http://", 7) != 0 && strncmp(s->public_url, "https://", 8) != 0) {
		fprintf(stderr, "segue: public_url: must begin with https:// or http://, not %s\n", s->public_url);
		return false;
	}
	if (n && s->public_url[n - 1] == '/') {
		fprintf(stderr, "segue: public_url: leave out the slash at the end: %s\n", s->public_url);
		return false;
	}
	return true;
}

static int unknown_option(const struct command *cmd, const char *arg)
{
	char what[200];

	(void)snprintf(what, sizeof(what), "there is no option %s", arg);
	return command_misused(cmd, what);
}

static int serve(struct config *c, int argc, char **argv)
{
	bool conformance = false;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--conformance") != 0)
			return unknown_option(&cmd_serve, argv[i]);
		conformance = true;
	}
	if (!sensible(&c->s))
		return EXIT_CONFIG;
	return server_run(&c->s, conformance, NULL, NULL);
}

const struct command cmd_serve = {
	.name = "serve",
	.usage = "[--data DIR] [--listen HOST:PORT] [--config FILE] [--conformance]",
	.summary = "Serve customers, agents and managers",
	.help = "SIGTERM stops it in order: no new requests, what is under way is finished, live connections are told.\n"
		"/healthz (alive), /readyz (can write) and /metrics (from this machine only) are for operators.\n"
		"--conformance adds a WebSocket echo at /conformance/ws for clients on this machine.",
	.run = serve,
};

static int check(struct config *c, int argc, char **argv)
{
	if (argc)
		return unknown_option(&cmd_check_config, argv[0]);
	if (!sensible(&c->s))
		return EXIT_CONFIG;
	config_print(c, stdout);
	return EXIT_OK;
}

const struct command cmd_check_config = {
	.name = "check-config",
	.usage = "[--config FILE]",
	.summary = "Check the configuration and print what would be used",
	.help = "",
	.run = check,
};
