/* static_files.h - the built web pages, served from a table made at start: a path not in the table
 * does not exist, so no request names a file. ETag (content hash), If-None-Match, precompressed .br
 * and .gz bodies, long caching for hashed asset names, no-cache for pages. */
#ifndef SG_NET_STATIC_FILES_H
#define SG_NET_STATIC_FILES_H

#include "net/http.h"

struct static_files;

/* Reads the folder tree under root (at most 2,000 files, 64 MiB). SG_E_NOT_FOUND: no such folder.
 */
SG_CHECKED enum sg_status static_files_open(const char *root, struct static_files **out);
void static_files_free(struct static_files *f);

/* Answers rq (GET, HEAD) for the file at `path` in the table ("/desk/" means "/desk/index.html"),
 * with these extra headers. SG_E_NOT_FOUND: not in the table, nothing was answered. */
SG_CHECKED enum sg_status static_files_answer(struct static_files *f, struct http_server *s,
					      const struct http_request *rq, struct str path,
					      const struct http_header_out *headers,
					      unsigned n_headers);

#endif
