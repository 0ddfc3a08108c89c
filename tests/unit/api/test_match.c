#include "check.h"

#include <stdio.h>
#include <string.h>

#include "api/match.h"

static struct str params[API_PARAMS_MAX];

static enum sg_status match(enum http_method method, const char *path, enum api_op *op_out)
{
	return api_match(method, str_from(path), op_out, params);
}

/* The operation's path with "v0", "v1", … for its parameters. */
static unsigned path_of(const struct api_operation *op, char out[200])
{
	char *p = stpcpy(out, API_BASE);
	unsigned n = 0;
	for (unsigned i = 0; i < op->n_segments; i++) {
		*p++ = '/';
		p = op->segments[i][0] == '{' ? p + sprintf(p, "v%u", n++)
					      : stpcpy(p, op->segments[i]);
	}
	return n;
}

static void every_operation_is_found_by_its_method_and_path(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < API_OP_N; i++) {
		const struct api_operation *op = &api_operations[i];
		char path[200];
		unsigned n = path_of(op, path);
		enum api_op got = API_OP_N;
		assert_status(match(op->method, path, &got), SG_OK);
		assert_int_equal(got, i);
		assert_int_equal(n, op->params ? op->params->n : 0);
		for (unsigned k = 0; k < API_PARAMS_MAX; k++) {
			char want[8];
			(void)snprintf(want, sizeof(want), "v%u", k);
			assert_true(k < n ? str_eq(params[k], str_from(want))
					  : params[k].p == NULL);
		}
		assert_true(api_methods(str_from(path)) & 1u << op->method);
	}
}

static void segments_spell_the_path(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < API_OP_N; i++) {
		const struct api_operation *op = &api_operations[i];
		char spelt[200] = "";
		for (unsigned k = 0; k < op->n_segments; k++)
			strcat(strcat(spelt, "/"), op->segments[k]);
		assert_string_equal(spelt, op->path);
	}
}

/* Every path with every method, against a plain reading of the table. */
static void another_method_is_told_from_another_path(void **unused)
{
	(void)unused;
	for (unsigned i = 0; i < API_OP_N; i++) {
		char path[200], other[200];
		path_of(&api_operations[i], path);
		for (unsigned m = 0; m < HTTP_METHOD_N; m++) {
			enum api_op want = API_OP_N, got = API_OP_N;
			for (unsigned k = 0; k < API_OP_N; k++) {
				path_of(&api_operations[k], other);
				if (!strcmp(path, other) &&
				    api_operations[k].method == (m == HTTP_HEAD ? HTTP_GET : m))
					want = (enum api_op)k;
			}
			enum sg_status st = match((enum http_method)m, path, &got);
			assert_status(st, want == API_OP_N ? SG_E_STATE : SG_OK);
			assert_int_equal(got, want);
			assert_int_equal(st == SG_OK, (api_methods(str_from(path)) >> m) & 1);
		}
	}
}

static void what_is_no_path_of_ours_is_not_found(void **unused)
{
	(void)unused;
	static const char *const paths[] = {
		"",
		"/",
		"/api",
		"/api/v1",
		"/api/v1/",
		"/api/v2/session",
		"/api/v1session",
		"/api/v1x/session",
		"/api/v1/session/",
		"/api/v1//session",
		"/api/v1/sessio",
		"/api/v1/sessions",
		"/api/v1/Session",
		"/api/v1/cases/",
		"/api/v1/cases//",
		"/api/v1/cases/x/",
		"/api/v1/cases/x/y",
		"/api/v1/me",
		"/api/v1/me/",
		"/api/v1/me/x",
		"/api/v1/items",
		"/api/v1/items//x",
		"/api/v1/items/a/b/c",
		"/api/v1/cases//feedback",
		"/api/v1/{interaction}",
		"/api/v1/interactions/x/{}",
		"/api/v1/live",
		"session",
	};
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		for (unsigned m = 0; m < HTTP_METHOD_N; m++) {
			enum api_op op = API_OP_N;
			enum sg_status st = match((enum http_method)m, paths[i], &op);
			if (st != SG_E_NOT_FOUND)
				print_error("%s\n", paths[i]);
			assert_status(st, SG_E_NOT_FOUND);
			assert_int_equal(op, API_OP_N);
		}
		assert_int_equal(api_methods(str_from(paths[i])), 0);
	}
	enum api_op op;
	assert_status(api_match(HTTP_GET, (struct str){NULL, 0}, &op, params), SG_E_NOT_FOUND);
	assert_status(api_match(HTTP_GET, STR("/api/v1/session\0"), &op, params), SG_E_NOT_FOUND);
}

static void allowed_methods_are_listed(void **unused)
{
	(void)unused;
	char text[64];
	api_methods_text(api_methods(STR("/api/v1/session")), text, sizeof(text));
	assert_string_equal(text, "GET, HEAD, POST, DELETE");
	api_methods_text(api_methods(STR("/api/v1/persons/x")), text, sizeof(text));
	assert_string_equal(text, "GET, HEAD, PUT");
	api_methods_text(0, text, sizeof(text));
	assert_string_equal(text, "");
	api_methods_text(api_methods(STR("/api/v1/session")), text, 6);
	assert_string_equal(text, "GET, ");
}

static void every_operation_is_found_by_its_name(void **unused)
{
	(void)unused;
	enum api_op op;
	for (unsigned i = 0; i < API_OP_N; i++) {
		const char *name = api_operations[i].name;
		char longer[80];
		assert_status(api_op_by_name(str_from(name), &op), SG_OK);
		assert_int_equal(op, i);
		(void)snprintf(longer, sizeof(longer), "%s_", name);
		assert_status(api_op_by_name(str_from(longer), &op), SG_E_NOT_FOUND);
		assert_status(api_op_by_name((struct str){name, strlen(name) - 1}, &op),
			      SG_E_NOT_FOUND);
	}
	assert_status(api_op_by_name(STR(""), &op), SG_E_NOT_FOUND);
	assert_status(api_op_by_name((struct str){NULL, 0}, &op), SG_E_NOT_FOUND);
	assert_status(api_op_by_name(STR("\xff"), &op), SG_E_NOT_FOUND);
	assert_status(api_op_by_name(STR("typing\0"), &op), SG_E_NOT_FOUND);
}

static void the_table_says_who_and_how(void **unused)
{
	(void)unused;
	const struct api_operation *op = &api_operations[API_OP_SEND_MESSAGE];
	assert_int_equal(op->roles, 1u << ROLE_CUSTOMER | 1u << ROLE_AGENT);
	assert_true(op->live && !op->upload && !op->download);
	assert_int_equal(op->status, 201);
	assert_ptr_equal(op->body, &api_schema_message_send);
	assert_ptr_equal(op->result, &api_schema_sent);
	assert_int_equal(op->command->n, op->params->n + op->body->n);
	assert_null(op->query);
	assert_int_equal(api_operations[API_OP_GET_SESSION].roles, (1u << ROLE_N) - 1);
	assert_true(api_operations[API_OP_GET_SESSION].roles & 1u << ROLE_NONE);
	assert_true(api_operations[API_OP_UPLOAD_FILE].upload &&
		    api_operations[API_OP_UPLOAD_FILE].query);
	assert_true(api_operations[API_OP_GET_FILE].download);
	for (unsigned i = 0; i < API_OP_N; i++)
		assert_int_equal(api_operations[i].live, api_operations[i].command != NULL);
}

static void the_documents_are_embedded_whole(void **unused)
{
	(void)unused;
	const char *json = (const char *)api_openapi_json, *html = (const char *)api_docs_html;
	assert_int_equal(strlen(json), api_openapi_json_len);
	assert_int_equal(strlen(html), api_docs_html_len);
	assert_int_equal(strlen((const char *)api_docs_css), api_docs_css_len);
	assert_non_null(strstr(json, "\"openapi\": \"3.1.0\""));
	assert_non_null(strstr(html, "</html>"));
	for (unsigned i = 0; i < API_OP_N; i++) {
		char id[80];
		(void)snprintf(id, sizeof(id), "\"operationId\": \"%s\"", api_operations[i].name);
		assert_non_null(strstr(json, id));
		(void)snprintf(id, sizeof(id), "id=\"op-%s\"", api_operations[i].name);
		assert_non_null(strstr(html, id));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_operation_is_found_by_its_method_and_path),
		cmocka_unit_test(segments_spell_the_path),
		cmocka_unit_test(another_method_is_told_from_another_path),
		cmocka_unit_test(what_is_no_path_of_ours_is_not_found),
		cmocka_unit_test(allowed_methods_are_listed),
		cmocka_unit_test(every_operation_is_found_by_its_name),
		cmocka_unit_test(the_table_says_who_and_how),
		cmocka_unit_test(the_documents_are_embedded_whole),
	};
	return cmocka_run_group_tests_name("api/match", tests, NULL, NULL);
}
