/* walk_interaction.h - a random walk of commands through one interaction, drawn from a tape. */
#ifndef SG_TESTS_WALK_INTERACTION_H
#define SG_TESTS_WALK_INTERACTION_H

#include "base/tape.h"
#include "core/interaction.h"

struct walk_result {
	unsigned taken, refused;
	unsigned reached[INTERACTION_STATE_N]; /* times each state was entered or stayed in */
};

/* Ends with the tape. Checks after each command, by assertion, what must hold on every walk. */
struct walk_result walk_interaction(struct tape *t);

#endif
