/* api.h - the HTTP and WebSocket front: who asks, may they, is it well-formed; then a use case or a query.
 *
 * One table of operations (schema/api/operations.json) serves REST under /api/v1 and the commands of
 * /api/v1/live. Around it stand the pages, the probes and the documents.
 */
#ifndef SG_API_API_H
#define SG_API_API_H

#include "app/app.h"
#include "net/http.h"
#include "net/static_files.h"

struct api;

struct api_options {
	const char *company;
	const char *public_url;      /* the Origin that is ours; unknown Hosts get 421 */
	const char *const *hosts;    /* Host values that are ours, NULL-ended */
	const char *const *origins;  /* Origins that are ours, NULL-ended */
	const char *files_dir;       /* uploads lie here */
	const char *portal_dir, *desk_dir, *console_dir; /* built pages; missing ones answer 404 */
	unsigned live_per_s;         /* frames a second from one socket */
	bool secure_cookies;
	bool conformance;            /* echo at /conformance/ws for loopback clients */
};

struct api *api_new(struct app *app, const struct api_options *opt);
struct http_handlers api_handlers(struct api *a);
/* After http_server_open; before any request is handled. */
void api_attach(struct api *a, struct http_server *s);
/* Until then everything but /healthz is answered 503 (start-up), and again from drain on. */
void api_set_ready(struct api *a, bool ready);
/* Says goodbye on every live connection ("restart"). */
void api_drain(struct api *a);
/* Calls under way. */
unsigned api_busy(const struct api *a);
void api_free(struct api *a);

#endif
