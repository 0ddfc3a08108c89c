#include "base/metrics.h"

#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "base/status.h"

static struct metric *all; /* by name, so that the page has one order */

static void metric_register(struct metric *m)
{
	struct metric **at = &all;

	if (m->registered)
		return;
	while (*at && strcmp((*at)->name, m->name) < 0)
		at = &(*at)->next;
	/* Two of one name would be two answers to one question; Prometheus refuses such a page. */
	SG_ASSERT(!*at || strcmp((*at)->name, m->name) != 0);
	m->next = *at;
	*at = m;
	m->registered = true;
}

void metric_add(struct metric *m, int64_t by)
{
	SG_ASSERT(m->kind == METRIC_KIND_GAUGE || (m->kind == METRIC_KIND_COUNTER && by >= 0));
	metric_register(m);
	m->value += by;
}

void metric_set(struct metric *m, int64_t value)
{
	SG_ASSERT(m->kind == METRIC_KIND_GAUGE);
	metric_register(m);
	m->value = value;
}

void metric_observe_ms(struct metric *m, int64_t ms)
{
	SG_ASSERT(m->kind == METRIC_KIND_HISTOGRAM);
	int i = 0;

	metric_register(m);
	if (ms < 0)
		ms = 0; /* a wall clock that was set back */
	while (i < METRIC_BUCKETS && ms > INT64_C(1) << i)
		i++;
	if (i < METRIC_BUCKETS)
		m->bucket[i]++;
	m->sum += ms;
	m->value++;
}

static enum sg_status help_write(struct buf *out, const struct metric *m)
{
	SG_TRY(buf_addf(out, "# HELP %s ", m->name));
	for (const char *p = m->help; *p; p++) {
		if (*p == '\n' || *p == '\\')
			SG_TRY(buf_addf(out, "\\%c", *p == '\n' ? 'n' : '\\'));
		else
			SG_TRY(buf_add(out, p, 1));
	}
	return buf_add(out, "\n", 1);
}

static enum sg_status histogram_write(struct buf *out, const struct metric *m)
{
	int64_t upto = 0;

	for (int i = 0; i < METRIC_BUCKETS; i++) {
		upto += m->bucket[i];
		SG_TRY(buf_addf(out, "%s_bucket{le=\"%" PRId64 "\"} %" PRId64 "\n", m->name,
				INT64_C(1) << i, upto));
	}
	SG_TRY(buf_addf(out, "%s_bucket{le=\"+Inf\"} %" PRId64 "\n", m->name, m->value));
	SG_TRY(buf_addf(out, "%s_sum %" PRId64 "\n", m->name, m->sum));
	return buf_addf(out, "%s_count %" PRId64 "\n", m->name, m->value);
}

enum sg_status metrics_write(struct buf *out)
{
	static const char *const kinds[] = {
		[METRIC_KIND_COUNTER] = "counter",
		[METRIC_KIND_GAUGE] = "gauge",
		[METRIC_KIND_HISTOGRAM] = "histogram",
	};

	for (const struct metric *m = all; m; m = m->next) {
		SG_TRY(help_write(out, m));
		SG_TRY(buf_addf(out, "# TYPE %s %s\n", m->name, kinds[m->kind]));
		if (m->kind == METRIC_KIND_HISTOGRAM)
			SG_TRY(histogram_write(out, m));
		else
			SG_TRY(buf_addf(out, "%s %" PRId64 "\n", m->name, m->value));
	}
	return SG_OK;
}
