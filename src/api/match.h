/* match.h - which operation is meant: by method and path, or by the name of a live command.
 *
 * The tables are generated (api/api.gen.h); one step a segment, whatever the number of operations.
 */
#ifndef SG_API_MATCH_H
#define SG_API_MATCH_H

#include "api/api.gen.h"

/* path is percent-decoded and begins with API_BASE. params_out holds the operation's path
 * parameters in order, lent from path. HEAD finds what GET finds. SG_E_NOT_FOUND: no such path
 * (404). SG_E_STATE: the path is known, the method is not (405; api_methods says which are). */
SG_CHECKED enum sg_status api_match(enum http_method method, struct str path, enum api_op *op_out,
				    struct str params_out[API_PARAMS_MAX]);

/* Bit (1u << enum http_method) for each that the path takes; 0: no such path. */
unsigned api_methods(struct str path);

/* The same as a value of the header Allow: "GET, HEAD, POST". Cut at cap. */
void api_methods_text(unsigned methods, char *out, size_t cap);

/* SG_E_NOT_FOUND. Live or not: that is in the table. */
SG_CHECKED enum sg_status api_op_by_name(struct str name, enum api_op *op_out);

#endif
