#include "api/match.h"

#include <stdio.h>
#include <string.h>

static const char *const method_names[HTTP_METHOD_N] = {
	[HTTP_GET] = "GET", [HTTP_HEAD] = "HEAD",   [HTTP_POST] = "POST",
	[HTTP_PUT] = "PUT", [HTTP_PATCH] = "PATCH", [HTTP_DELETE] = "DELETE",
};

/* As strcmp: the order in which the generator sorted. */
static int compare(struct str a, const char *b)
{
	size_t n = strlen(b);
	int order = memcmp(a.p, b, a.n < n ? a.n : n);
	if (order)
		return order;
	return a.n < n ? -1 : a.n > n;
}

static const struct api_node *literal_child(const struct api_node *node, struct str segment)
{
	unsigned low = 0, high = node->n;
	while (low < high) {
		unsigned mid = (low + high) / 2;
		const struct api_node *child = &api_nodes[node->first + mid];
		int order = compare(segment, child->segment);
		if (!order)
			return child;
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

/* Takes "/segment" off the front of path; an empty segment is none. */
static bool next_segment(struct str *path, struct str *segment_out)
{
	if (path->n < 2 || path->p[0] != '/')
		return false;
	const char *end = memchr(path->p + 1, '/', path->n - 1);
	size_t n = end ? (size_t)(end - path->p) - 1 : path->n - 1;
	if (!n)
		return false;
	*segment_out = (struct str){path->p + 1, n};
	*path = (struct str){path->p + 1 + n, path->n - 1 - n};
	return true;
}

/* The node where path ends, or NULL. */
static const struct api_node *walk(struct str path, struct str params_out[API_PARAMS_MAX])
{
	struct str base = STR(API_BASE);
	if (path.n <= base.n || memcmp(path.p, base.p, base.n) != 0)
		return NULL;
	path = (struct str){path.p + base.n, path.n - base.n};
	const struct api_node *node = &api_nodes[0];
	unsigned n = 0;
	while (path.n) {
		struct str segment;
		if (!next_segment(&path, &segment))
			return NULL;
		const struct api_node *child = literal_child(node, segment);
		if (!child) {
			if (!node->param)
				return NULL;
			child = &api_nodes[node->param];
			SG_ASSERT(n < API_PARAMS_MAX);
			params_out[n++] = segment;
		}
		node = child;
	}
	return node;
}

enum sg_status api_match(enum http_method method, struct str path, enum api_op *op_out,
			 struct str params_out[API_PARAMS_MAX])
{
	SG_ASSERT((unsigned)method < HTTP_METHOD_N);
	struct str params[API_PARAMS_MAX] = {{NULL, 0}};
	const struct api_node *node = walk(path, params);
	if (!node)
		return SG_E_NOT_FOUND;
	unsigned op = node->ops[method == HTTP_HEAD ? HTTP_GET : method];
	if (!op)
		return api_methods(path) ? SG_E_STATE : SG_E_NOT_FOUND;
	*op_out = (enum api_op)(op - 1);
	memcpy(params_out, params, sizeof(params));
	return SG_OK;
}

unsigned api_methods(struct str path)
{
	struct str params[API_PARAMS_MAX];
	const struct api_node *node = walk(path, params);
	unsigned methods = 0;
	for (unsigned m = 0; node && m < HTTP_METHOD_N; m++)
		if (node->ops[m])
			methods |= 1u << m;
	if (methods & 1u << HTTP_GET)
		methods |= 1u << HTTP_HEAD;
	return methods;
}

void api_methods_text(unsigned methods, char *out, size_t cap)
{
	SG_ASSERT(cap > 0);
	size_t n = 0;
	out[0] = 0;
	for (unsigned m = 0; m < HTTP_METHOD_N && n < cap; m++) {
		if (!(methods & 1u << m))
			continue;
		int written = snprintf(out + n, cap - n, "%s%s", n ? ", " : "", method_names[m]);
		SG_ASSERT(written > 0);
		n += (size_t)written;
	}
}

enum sg_status api_op_by_name(struct str name, enum api_op *op_out)
{
	unsigned low = 0, high = API_OP_N;
	if (!name.n)
		return SG_E_NOT_FOUND;
	while (low < high) {
		unsigned mid = (low + high) / 2;
		enum api_op op = (enum api_op)api_by_name[mid];
		int order = compare(name, api_operations[op].name);
		if (!order) {
			*op_out = op;
			return SG_OK;
		}
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return SG_E_NOT_FOUND;
}
