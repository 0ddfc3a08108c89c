/* walk_route.h - a random world of agents and waiting interactions against a plain model of
 * routing. */
#ifndef SG_TESTS_WALK_ROUTE_H
#define SG_TESTS_WALK_ROUTE_H

#include "base/tape.h"

struct walk_route_result {
	unsigned matches, rejects, wishes; /* wishes: matches with the wanted agent */
	unsigned blocked;                  /* times somebody waited only because all had rejected */
};

/* Ends with the tape. After each step the index must answer every question as the model does. */
struct walk_route_result walk_route(struct tape *t);

#endif
