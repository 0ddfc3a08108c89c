/* cmd_serve.c - serve and check-config. */
#include <stdio.h>
#include <string.h>

#include "segue/command.h"

static int serve(struct config *c, int argc, char **argv)
{
	bool conformance = false;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--conformance") != 0)
			return command_misused(&cmd_serve, argv[i]);
		conformance = true;
	}
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
		return command_misused(&cmd_check_config, argv[0]);
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
