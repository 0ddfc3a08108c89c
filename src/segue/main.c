/* main.c - segue: finds the subcommand, reads the configuration, runs it. Knows everybody, decides nothing. */
#include <stdio.h>
#include <string.h>

#include "net/loop.h"
#include "segue/command.h"
#include "store/store.h"

static const struct command *const commands[] = {
	&cmd_serve, &cmd_demo, &cmd_user, &cmd_token, &cmd_inspect, &cmd_check_config, &cmd_backup, &cmd_rebuild,
};

static void help(FILE *out)
{
	fputs("segue - one conversation with each person, on every channel\n\nCommands:\n", out);
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		fprintf(out, "  %-13s %s\n", commands[i]->name, commands[i]->summary);
	fputs("\nsegue COMMAND --help explains one. Exit codes: 0 fine, 64 usage, 65 data, 69 address in use, 70 fault,\n"
	      "74 input/output, 78 configuration.\n",
	      out);
}

static void command_help(const struct command *cmd)
{
	printf("segue %s %s\n\n%s\n", cmd->name, cmd->usage, cmd->summary);
	if (*cmd->help)
		printf("\n%s\n", cmd->help);
	fputs("\n", stdout);
	config_help(stdout);
}

int command_misused(const struct command *cmd, const char *what)
{
	fprintf(stderr, "segue %s: %s\nusage: segue %s %s\n", cmd->name, what, cmd->name, cmd->usage);
	return EXIT_USAGE;
}

static bool wants_help(int argc, char **argv)
{
	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
			return true;
	}
	return false;
}

static int run(const struct command *cmd, int argc, char **argv)
{
	struct config c;
	int code;

	if (wants_help(argc, argv)) {
		command_help(cmd);
		return EXIT_OK;
	}
	config_init(&c);
	if (config_read(&c, &argc, argv) != SG_OK) {
		fprintf(stderr, "segue: %s\n", c.error);
		code = EXIT_CONFIG;
	} else {
		code = cmd->run(&c, argc, argv);
	}
	config_fini(&c);
	return code;
}

int main(int argc, char **argv)
{
	if (argc < 2 || wants_help(1, argv + 1)) {
		help(argc < 2 ? stderr : stdout);
		return argc < 2 ? EXIT_USAGE : EXIT_OK;
	}
	if (strcmp(argv[1], "--version") == 0) {
		puts("segue " SEGUE_VERSION);
		return EXIT_OK;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[1], commands[i]->name) == 0)
			return run(commands[i], argc - 2, argv + 2);
	}
	fprintf(stderr, "segue: there is no command %s\n", argv[1]);
	help(stderr);
	return EXIT_USAGE;
}
