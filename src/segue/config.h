/* config.h - the settings: defaults, file, environment, flags. One row each in schema/config/settings.json gives parsing,
 * bounds, help and check-config; an unknown key is an error with a suggestion.
 */
#ifndef SG_SEGUE_CONFIG_H
#define SG_SEGUE_CONFIG_H

#include <stddef.h>
#include <stdio.h>

#include "base/status.h"
#include "segue/config.gen.h"

enum setting_type { SETTING_TEXT, SETTING_PATH, SETTING_LIST, SETTING_INT, SETTING_DURATION, SETTING_BOOL };

struct setting_desc {
	const char *name;
	enum setting_type type;
	size_t offset;
	int64_t min, max; /* 0, 0: no bounds */
	const char *otherwise;
	const char *doc;
};

extern const struct setting_desc setting_desc[SETTINGS_N];

struct config {
	struct settings s;
	char *owned[SETTINGS_N]; /* texts */
	char error[300];         /* why the last call failed */
};

void config_init(struct config *c); /* the defaults */
void config_fini(struct config *c);
/* SG_E_INPUT: unknown key, wrong value; c->error says what and where. */
SG_CHECKED enum sg_status config_set(struct config *c, const char *key, const char *value);
SG_CHECKED enum sg_status config_read_file(struct config *c, const char *path); /* SG_E_NOT_FOUND */
SG_CHECKED enum sg_status config_read_env(struct config *c);
/* Takes "--key VALUE" and "--key=VALUE" out of argv, and passes over "--config FILE"; what is left stays, in order. */
SG_CHECKED enum sg_status config_read_args(struct config *c, int *argc, char **argv);
/* All of them: the files named in argv, then the environment, then the flags; the later wins, wherever it stands. */
SG_CHECKED enum sg_status config_read(struct config *c, int *argc, char **argv);
void config_print(const struct config *c, FILE *out); /* as a configuration file */
void config_help(FILE *out);

/* "250ms", "30s", "5m", "12h", "30d" to ms. SG_E_INPUT. */
SG_CHECKED enum sg_status config_duration(const char *text, int64_t *ms_out);

#endif
