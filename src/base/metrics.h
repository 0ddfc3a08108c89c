/* metrics.h - counters, gauges and histograms by constant name, shown as Prometheus text.
 *
 * A metric is a static object registered at first use; the loop thread writes, /metrics reads on it
 * too. A name belongs to one object.
 *
 *     static struct metric m = METRIC_COUNTER("segue_messages_total", "Messages stored");
 *     metric_add(&m, 1);
 */
#ifndef SG_BASE_METRICS_H
#define SG_BASE_METRICS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"

enum metric_kind { METRIC_KIND_COUNTER, METRIC_KIND_GAUGE, METRIC_KIND_HISTOGRAM };
enum { METRIC_BUCKETS = 16 };

struct metric {
	const char *name, *help;
	enum metric_kind kind;
	bool registered;
	int64_t value; /* histogram: count */
	int64_t sum;
	int64_t bucket[METRIC_BUCKETS]; /* histogram of ms: upper bounds 1, 2, 4, … 2^15 */
	struct metric *next;
};

#define METRIC_COUNTER(n, h)                                                                       \
	{                                                                                          \
		.name = (n), .help = (h), .kind = METRIC_KIND_COUNTER                              \
	}
#define METRIC_GAUGE(n, h)                                                                         \
	{                                                                                          \
		.name = (n), .help = (h), .kind = METRIC_KIND_GAUGE                                \
	}
#define METRIC_HISTOGRAM(n, h)                                                                     \
	{                                                                                          \
		.name = (n), .help = (h), .kind = METRIC_KIND_HISTOGRAM                            \
	}

void metric_add(struct metric *m, int64_t by);
void metric_set(struct metric *m, int64_t value);
void metric_observe_ms(struct metric *m, int64_t ms);
/* Prometheus text exposition format 0.0.4. */
SG_CHECKED enum sg_status metrics_write(struct buf *out);

#endif
