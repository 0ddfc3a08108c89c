/* log.h - structured log: one event a line, constant name, typed fields, logfmt on standard error.
 *
 * log_event(LOG_INFO, "started", LF_STR("listen", "127.0.0.1:8080"), LF_INT("ms", 12));
 * Values are escaped on output; secrets and message texts are never fields. Loop thread or any
 * other.
 */
#ifndef SG_BASE_LOG_H
#define SG_BASE_LOG_H

#include <stdint.h>

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
enum log_field_kind { LOG_FIELD_END, LOG_FIELD_INT, LOG_FIELD_STR };

struct log_field {
	enum log_field_kind kind;
	const char *name;
	int64_t i;
	const char *s;
};

#define LF_INT(n, v) ((struct log_field){LOG_FIELD_INT, (n), (int64_t)(v), 0})
#define LF_STR(n, v) ((struct log_field){LOG_FIELD_STR, (n), 0, (v)})

/* Fields beyond 12 are left out. */
void log_write(enum log_level level, const char *event, const struct log_field *fields);
#define log_event(level, ...) LOG_EVENT_(level, __VA_ARGS__, {LOG_FIELD_END, 0, 0, 0})
#define LOG_EVENT_(level, event, ...)                                                              \
	log_write(level, event, (const struct log_field[]){__VA_ARGS__})

void log_set_level(enum log_level least);

#endif
