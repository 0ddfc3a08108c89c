#include "segue/config.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

enum { LINE_MAX_BYTES = 4096 };

/* A thousand years, far from where the arithmetic ends. */
#define DURATION_MAX_MS (INT64_C(365000) * 86400000)

enum sg_status config_duration(const char *text, int64_t *ms_out)
{
	static const struct {
		const char *unit;
		int64_t ms;
	} units[] = {{"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000}, {"d", 86400000}};
	char *end;

	errno = 0;
	long long n = strtoll(text, &end, 10);

	if (errno || end == text || n < 0)
		return SG_E_INPUT;
	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit) == 0 && n <= DURATION_MAX_MS / units[i].ms) {
			*ms_out = n * units[i].ms;
			return SG_OK;
		}
	}
	return SG_E_INPUT;
}

static enum sg_status fail(struct config *c, const char *key, const char *what)
{
	(void)snprintf(c->error, sizeof(c->error), "%s: %s", key, what);
	return SG_E_INPUT;
}

static enum sg_status parse_int(const char *text, int64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoll(text, &end, 10);
	return errno || end == text || *end ? SG_E_INPUT : SG_OK;
}

static enum sg_status set_number(struct config *c, const struct setting_desc *d, const char *value)
{
	int64_t n;
	enum sg_status st = d->type == SETTING_INT ? parse_int(value, &n) : config_duration(value, &n);

	if (st != SG_OK)
		return fail(c, d->name, d->type == SETTING_INT ? "not a whole number" : "not a duration like 30s, 5m or 12h");
	if (d->max && (n < d->min || n > d->max)) {
		(void)snprintf(c->error, sizeof(c->error), "%s: must be between %lld and %lld", d->name,
			       (long long)d->min, (long long)d->max);
		return SG_E_INPUT;
	}
	*(int64_t *)(void *)((char *)&c->s + d->offset) = n;
	return SG_OK;
}

static enum sg_status set_bool(struct config *c, const struct setting_desc *d, const char *value)
{
	bool yes = strcmp(value, "yes") == 0 || strcmp(value, "true") == 0;

	if (!yes && strcmp(value, "no") != 0 && strcmp(value, "false") != 0)
		return fail(c, d->name, "must be yes or no");
	*((bool *)&c->s + d->offset) = yes;
	return SG_OK;
}

static void set_text(struct config *c, const struct setting_desc *d, const char *value)
{
	char **own = &c->owned[d - setting_desc];

	free(*own);
	*own = strdup(value);
	SG_ASSERT(*own != NULL);
	*(const char **)(void *)((char *)&c->s + d->offset) = *own;
}

/* Letters that differ in place, plus the difference in length: enough to guess a slip. */
static unsigned distance(const char *a, const char *b)
{
	unsigned d = 0;

	for (; *a && *b; a++, b++)
		d += *a != *b;
	return d + (unsigned)strlen(a) + (unsigned)strlen(b);
}

static enum sg_status unknown(struct config *c, const char *key)
{
	const char *best = setting_desc[0].name;

	for (unsigned i = 1; i < SETTINGS_N; i++) {
		if (distance(key, setting_desc[i].name) < distance(key, best))
			best = setting_desc[i].name;
	}
	(void)snprintf(c->error, sizeof(c->error), "%.60s: there is no such setting; did you mean %s?", key, best);
	return SG_E_INPUT;
}

enum sg_status config_set(struct config *c, const char *key, const char *value)
{
	for (unsigned i = 0; i < SETTINGS_N; i++) {
		const struct setting_desc *d = &setting_desc[i];

		if (strcmp(d->name, key) != 0)
			continue;
		if (d->type == SETTING_INT || d->type == SETTING_DURATION)
			return set_number(c, d, value);
		if (d->type == SETTING_BOOL)
			return set_bool(c, d, value);
		set_text(c, d, value);
		return SG_OK;
	}
	return unknown(c, key);
}

void config_init(struct config *c)
{
	*c = (struct config){.error = ""};
	for (unsigned i = 0; i < SETTINGS_N; i++) {
		enum sg_status st = config_set(c, setting_desc[i].name, setting_desc[i].otherwise);

		SG_ASSERT(st == SG_OK);
	}
}

void config_fini(struct config *c)
{
	for (unsigned i = 0; i < SETTINGS_N; i++)
		free(c->owned[i]);
	*c = (struct config){.error = ""};
}

static char *trim(char *s)
{
	while (isspace((unsigned char)*s))
		s++;
	size_t n = strlen(s);

	while (n && isspace((unsigned char)s[n - 1]))
		s[--n] = '\0';
	return s;
}

static enum sg_status read_line(struct config *c, char *line)
{
	char *key = trim(line), *equals = strchr(key, '=');

	if (!*key || *key == '#' || *key == ';')
		return SG_OK;
	if (!equals)
		return fail(c, key, "expected key = value");
	*equals = '\0';
	return config_set(c, trim(key), trim(equals + 1));
}

enum sg_status config_read_file(struct config *c, const char *path)
{
	FILE *f = fopen(path, "r");
	char line[LINE_MAX_BYTES], why[300];
	unsigned no = 0;
	enum sg_status st = SG_OK;

	if (!f) {
		(void)snprintf(c->error, sizeof(c->error), "%.200s: %s", path, strerror(errno));
		return SG_E_NOT_FOUND;
	}
	while (st == SG_OK && fgets(line, sizeof(line), f)) {
		no++;
		st = read_line(c, line);
	}
	(void)fclose(f);
	if (st != SG_OK) {
		memcpy(why, c->error, sizeof(why));
		(void)snprintf(c->error, sizeof(c->error), "%.100s:%u: %.150s", path, no, why);
	}
	return st;
}

enum sg_status config_read_env(struct config *c)
{
	for (unsigned i = 0; i < SETTINGS_N; i++) {
		char name[64] = "SEGUE_";
		size_t n = 6;

		for (const char *p = setting_desc[i].name; *p && n < sizeof(name) - 1; p++)
			name[n++] = (char)toupper((unsigned char)*p);
		name[n] = '\0';
		const char *value = getenv(name);

		if (value)
			SG_TRY(config_set(c, setting_desc[i].name, value));
	}
	return SG_OK;
}

static bool is_setting(const char *key)
{
	for (unsigned i = 0; i < SETTINGS_N; i++) {
		if (strcmp(setting_desc[i].name, key) == 0)
			return true;
	}
	return strcmp(key, "config") == 0;
}

/* "--public-url" is public_url. */
static void key_of(const char *arg, char out[64])
{
	size_t n = strcspn(arg + 2, "=");

	str_copy(out, 64, (struct str){.p = arg + 2, .n = n});
	for (char *p = out; *p; p++)
		*p = *p == '-' ? '_' : *p;
}

/* One argument at argv[*i]: a setting (its key and value; *i moves on to the value), or not (key is ""). */
static enum sg_status take_arg(struct config *c, int argc, char **argv, int *i, char key[64], const char **value)
{
	key[0] = '\0';
	if (strncmp(argv[*i], "--", 2) != 0)
		return SG_OK;
	key_of(argv[*i], key);
	if (!is_setting(key)) {
		key[0] = '\0';
		return SG_OK;
	}
	*value = strchr(argv[*i], '=');
	if (*value)
		++*value;
	else if (*i + 1 < argc)
		*value = argv[++*i];
	else
		return fail(c, key, "needs a value");
	return SG_OK;
}

static enum sg_status read_files(struct config *c, int argc, char **argv)
{
	char key[64];
	const char *value;

	for (int i = 0; i < argc; i++) {
		SG_TRY(take_arg(c, argc, argv, &i, key, &value));
		if (strcmp(key, "config") == 0)
			SG_TRY(config_read_file(c, value));
	}
	return SG_OK;
}

enum sg_status config_read_args(struct config *c, int *argc, char **argv)
{
	int kept = 0;

	for (int i = 0; i < *argc; i++) {
		char key[64], *arg = argv[i];
		const char *value;

		SG_TRY(take_arg(c, *argc, argv, &i, key, &value));
		if (!key[0])
			argv[kept++] = arg;
		else if (strcmp(key, "config") != 0)
			SG_TRY(config_set(c, key, value));
	}
	*argc = kept;
	return SG_OK;
}

enum sg_status config_read(struct config *c, int *argc, char **argv)
{
	SG_TRY(read_files(c, *argc, argv));
	SG_TRY(config_read_env(c));
	return config_read_args(c, argc, argv);
}

void config_print(const struct config *c, FILE *out)
{
	for (unsigned i = 0; i < SETTINGS_N; i++) {
		const struct setting_desc *d = &setting_desc[i];
		const void *at = (const char *)&c->s + d->offset;

		if (d->type == SETTING_INT)
			fprintf(out, "%s = %lld\n", d->name, (long long)*(const int64_t *)at);
		else if (d->type == SETTING_DURATION)
			fprintf(out, "%s = %lldms\n", d->name, (long long)*(const int64_t *)at);
		else if (d->type == SETTING_BOOL)
			fprintf(out, "%s = %s\n", d->name, *(const bool *)at ? "yes" : "no");
		else
			fprintf(out, "%s = %s\n", d->name, *(const char *const *)at);
	}
}

void config_help(FILE *out)
{
	fputs("Settings (--key VALUE, SEGUE_KEY in the environment, or key = value in the file of --config):\n", out);
	for (unsigned i = 0; i < SETTINGS_N; i++) {
		const struct setting_desc *d = &setting_desc[i];

		fprintf(out, "  --%-18s %s\n", d->name, d->doc);
		if (*d->otherwise)
			fprintf(out, "  %-20s Default: %s\n", "", d->otherwise);
	}
}
