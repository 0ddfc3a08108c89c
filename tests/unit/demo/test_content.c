#include "check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "segue/demo/demo_content.h"

static const char *const names[] = {"company",  "names",    "queues", "agents",    "topics",
				    "products", "articles", "canned", "dialogues", "feedback"};

enum { FILES = sizeof(names) / sizeof(names[0]), PATH_SIZE = 600 };

static char *slurp(const char *path)
{
	FILE *f = fopen(path, "rb");
	char *text = NULL;
	size_t size = 0;

	assert_non_null(f);
	assert_true(getdelim(&text, &size, '\0', f) > 0);
	(void)fclose(f);
	return text;
}

static void spill(const char *path, const char *text)
{
	FILE *f = fopen(path, "wb");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

/* A copy of the content in which the first `from` of one file reads `to`. */
static enum sg_status load_with(const char *file, const char *from, const char *to,
				char fault_out[256])
{
	char folder[] = "/tmp/segue-demo-XXXXXX", path[PATH_SIZE];
	struct demo_content *c = calloc(1, sizeof(*c));

	assert_non_null(mkdtemp(folder));
	for (unsigned i = 0; i < FILES; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s.json", DEMO_CONTENT, names[i]);
		char *text = slurp(path),
		     *at = strcmp(names[i], file) == 0 ? strstr(text, from) : NULL;
		char *changed = malloc(strlen(text) + strlen(to) + 1);

		assert_true(at || strcmp(names[i], file) != 0);
		if (at)
			(void)sprintf(changed, "%.*s%s%s", (int)(at - text), text, to,
				      at + strlen(from));
		(void)snprintf(path, sizeof(path), "%s/%s.json", folder, names[i]);
		spill(path, at ? changed : text);
		free(changed);
		free(text);
	}
	enum sg_status st = demo_content_load(c, folder);

	memcpy(fault_out, c->fault, 256);
	demo_content_fini(c);
	free(c);
	for (unsigned i = 0; i < FILES; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s.json", folder, names[i]);
		(void)unlink(path);
	}
	(void)rmdir(folder);
	return st;
}

static void the_content_is_read_whole(void **unused)
{
	(void)unused;
	struct demo_content *c = calloc(1, sizeof(*c));

	assert_status(demo_content_load(c, DEMO_CONTENT), SG_OK);
	assert_string_equal(c->fault, "");
	assert_int_equal(c->n_queues, 4);
	assert_int_equal(c->n_agents, 20);
	assert_int_equal(c->n_topics, 60);
	assert_int_equal(c->n_articles, 72);
	assert_int_equal(c->n_canned, 24);
	assert_int_equal(c->n_given, 200);
	demo_content_fini(c);
	free(c);
}

static void a_child_topic_takes_its_parents_queue_but_speaks_for_its_own_urgency(void **unused)
{
	(void)unused;
	struct demo_content *c = calloc(1, sizeof(*c));
	unsigned own_queues = 0, urgent = 0;

	assert_status(demo_content_load(c, DEMO_CONTENT), SG_OK);
	for (unsigned i = 0; i < c->n_topics; i++) {
		const struct demo_topic *t = &c->topics[i];

		if (!t->has_parent)
			continue;
		assert_false(c->topics[t->parent].has_parent);
		assert_true(t->parent < i);
		own_queues += t->queue != c->topics[t->parent].queue;
		urgent += t->urgent && !c->topics[t->parent].urgent;
	}
	assert_true(own_queues > 0 && own_queues < 10);
	assert_true(urgent > 0);
	demo_content_fini(c);
	free(c);
}

static void a_fault_names_the_file_the_row_and_the_key(void **unused)
{
	(void)unused;
	char fault[256];

	assert_status(load_with("agents", "\"maya@halden.example\"", "12", fault), SG_E_INPUT);
	assert_string_equal(fault, "agents.json, maya: email is not a text");
	assert_status(load_with("topics", "\"queue\": \"technical\"", "\"queue\": \"x\"", fault),
		      SG_E_INPUT);
	assert_string_equal(fault, "topics.json, fault: queue is not known");
	assert_status(load_with("dialogues", "\"topic\": \"no-heat\"", "\"topic\": \"x\"", fault),
		      SG_E_INPUT);
	assert_string_equal(fault, "dialogues.json, x: topic is not known");
	assert_status(load_with("queues", "20000", "0", fault), SG_E_INPUT);
	assert_string_equal(fault, "queues.json, billing: offer_ms is not a number in its bounds");
	assert_status(load_with("products", "\"price_cents\"", "\"cents\"", fault), SG_E_INPUT);
	assert_string_equal(fault, "products.json, th-4: price_cents is missing");
	assert_status(load_with("products", "heat-pumps", "\\\"", fault), SG_E_INPUT);
	assert_string_equal(fault, "products.json, th-4: category is not of a-z, 0-9 and -");
	assert_status(load_with("company", "0.45,", "0,", fault), SG_E_INPUT);
	assert_string_equal(fault,
			    "company.json: weekday_hour_curve is not 7 x 24 weights above 0");
}

static void broken_json_and_missing_files_are_told_apart(void **unused)
{
	(void)unused;
	struct demo_content *c = calloc(1, sizeof(*c));
	char fault[256];

	assert_status(load_with("canned", "[", "", fault), SG_E_INPUT);
	assert_non_null(strstr(fault, "canned.json"));
	assert_status(demo_content_load(c, "/nowhere"), SG_E_IO);
	assert_string_equal(c->fault, "company.json: the file cannot be read");
	demo_content_fini(c);
	free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_content_is_read_whole),
		cmocka_unit_test(
			a_child_topic_takes_its_parents_queue_but_speaks_for_its_own_urgency),
		cmocka_unit_test(a_fault_names_the_file_the_row_and_the_key),
		cmocka_unit_test(broken_json_and_missing_files_are_told_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
