#include <string.h>

#include "base/auto.h"
#include "base/metrics.h"
#include "check.h"
#include "helpers.h"

static struct metric untouched = METRIC_COUNTER("segue_a_total", "Never used");
static struct metric sent = METRIC_COUNTER("segue_m_total", "Messages\nwith a \\ in them");
static struct metric open_now = METRIC_GAUGE("segue_b_open", "Open");
static struct metric took = METRIC_HISTOGRAM("segue_z_ms", "Time");

static void the_page_is_prometheus_text_by_name(void **unused)
{
	(void)unused;
	SG_AUTO(buf) b;

	metric_observe_ms(&took, 0);
	metric_observe_ms(&took, 1);
	metric_observe_ms(&took, 2);
	metric_observe_ms(&took, 3);
	metric_observe_ms(&took, 4);
	metric_observe_ms(&took, 5);
	metric_observe_ms(&took, 32768);
	metric_observe_ms(&took, 32769);
	metric_observe_ms(&took, -5); /* counts as 0 */
	metric_add(&sent, 2);
	metric_add(&sent, 3);
	metric_add(&sent, 0);
	metric_set(&open_now, 7);
	metric_add(&open_now, -9);
	buf_init(&b, 1 << 16);
	assert_status(metrics_write(&b), SG_OK);
	assert_string_equal(b.data, "# HELP segue_b_open Open\n"
				    "# TYPE segue_b_open gauge\n"
				    "segue_b_open -2\n"
				    "# HELP segue_m_total Messages\\nwith a \\\\ in them\n"
				    "# TYPE segue_m_total counter\n"
				    "segue_m_total 5\n"
				    "# HELP segue_z_ms Time\n"
				    "# TYPE segue_z_ms histogram\n"
				    "segue_z_ms_bucket{le=\"1\"} 3\n"
				    "segue_z_ms_bucket{le=\"2\"} 4\n"
				    "segue_z_ms_bucket{le=\"4\"} 6\n"
				    "segue_z_ms_bucket{le=\"8\"} 7\n"
				    "segue_z_ms_bucket{le=\"16\"} 7\n"
				    "segue_z_ms_bucket{le=\"32\"} 7\n"
				    "segue_z_ms_bucket{le=\"64\"} 7\n"
				    "segue_z_ms_bucket{le=\"128\"} 7\n"
				    "segue_z_ms_bucket{le=\"256\"} 7\n"
				    "segue_z_ms_bucket{le=\"512\"} 7\n"
				    "segue_z_ms_bucket{le=\"1024\"} 7\n"
				    "segue_z_ms_bucket{le=\"2048\"} 7\n"
				    "segue_z_ms_bucket{le=\"4096\"} 7\n"
				    "segue_z_ms_bucket{le=\"8192\"} 7\n"
				    "segue_z_ms_bucket{le=\"16384\"} 7\n"
				    "segue_z_ms_bucket{le=\"32768\"} 8\n"
				    "segue_z_ms_bucket{le=\"+Inf\"} 9\n"
				    "segue_z_ms_sum 65552\n"
				    "segue_z_ms_count 9\n");
	assert_false(untouched.registered);
}

static void a_full_buffer_is_told(void **unused)
{
	(void)unused;
	SG_AUTO(buf) whole;

	metric_add(&sent, 1);
	buf_init(&whole, 1 << 16);
	assert_status(metrics_write(&whole), SG_OK);
	for (size_t limit = 1; limit <= whole.len; limit++) {
		SG_AUTO(buf) b;

		buf_init(&b, limit);
		assert_status(metrics_write(&b), limit < whole.len ? SG_E_LIMIT : SG_OK);
	}
}

static void counter_down(void)
{
	static struct metric m = METRIC_COUNTER("segue_t1_total", "x");

	metric_add(&m, -1);
}

static void set_counter(void)
{
	static struct metric m = METRIC_COUNTER("segue_t2_total", "x");

	metric_set(&m, 1);
}

static void observe_gauge(void)
{
	static struct metric m = METRIC_GAUGE("segue_t3", "x");

	metric_observe_ms(&m, 1);
}

static void add_to_histogram(void)
{
	static struct metric m = METRIC_HISTOGRAM("segue_t4_ms", "x");

	metric_add(&m, 1);
}

static void one_name_twice(void)
{
	static struct metric m = METRIC_COUNTER("segue_t5_total", "x");
	static struct metric n = METRIC_COUNTER("segue_t5_total", "x");

	metric_add(&m, 1);
	metric_add(&m, 1);
	metric_add(&n, 1);
}

static void misuse_panics(void **unused)
{
	(void)unused;
	assert_true(panics(counter_down));
	assert_true(panics(set_counter));
	assert_true(panics(observe_gauge));
	assert_true(panics(add_to_histogram));
	assert_true(panics(one_name_twice));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_page_is_prometheus_text_by_name),
		cmocka_unit_test(a_full_buffer_is_told),
		cmocka_unit_test(misuse_panics),
	};
	return cmocka_run_group_tests_name("base/metrics", tests, NULL, NULL);
}
