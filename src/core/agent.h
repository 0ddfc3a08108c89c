/* agent.h - an account that works here: role, queues, capacity, and what it says of being there.
 *
 * Presence moves among offline, available, busy and away; which moves exist and who may make them
 * is the table `moves` in agent.c. A switched-off account is offline.
 */
#ifndef SG_CORE_AGENT_H
#define SG_CORE_AGENT_H

#include "core/decision.h"
#include "core/route.h"

struct agent {
	struct sg_id id;
	uint64_t seq; /* 0: does not exist */
	enum role role;
	enum presence presence;
	enum reason presence_reason;
	int64_t presence_at_ms;
	struct sg_id queues[ROUTE_AGENT_QUEUES_MAX];
	uint8_t n_queues;
	uint8_t capacity;
	bool active;
	uint64_t text_hash; /* of name and email, to know a change without keeping them */
};

enum agent_cmd_kind {
	AGENT_PUT,      /* f: name email role capacity queues active; the whole account */
	AGENT_PRESENCE, /* f: presence reason */
	AGENT_CMD_N
};

struct agent_cmd {
	enum agent_cmd_kind kind;
	struct sg_id id;
	struct actor actor;
	int64_t now_ms;
	struct facts f;
};

/* SG_E_NOT_FOUND: no such agent, or not this actor's to change. SG_E_STATE: "not_active" (a
 * switched-off account), "own_account" (admins cannot lock themselves out), "no_such_move".
 * SG_E_AGAIN: changes nothing. SG_E_INPUT: why is the fact.
 *
 * Put: an admin and Segue any; a manager accounts of role agent. Presence: the agent themself; a
 * manager or admin anybody's; Segue takes away only (away after missed offers, offline when gone).
 */
SG_CHECKED enum sg_status agent_decide(const struct agent *before, const struct agent_cmd *cmd,
				       struct decision *out);
void agent_apply(struct agent *state, const struct event *ev);
bool agent_is_sound(const struct agent *a);

/* Takes new work now? */
bool agent_is_available(const struct agent *a);

/* Reads the fact queues: a JSON list of at most ROUTE_AGENT_QUEUES_MAX different ids. SG_E_INPUT
 * else. */
SG_CHECKED enum sg_status agent_queues_parse(struct str json,
					     struct sg_id queues_out[ROUTE_AGENT_QUEUES_MAX],
					     uint8_t *n_out);

/* As routing wants it. */
void agent_to_route(const struct agent *a, struct route_agent *out);

#endif
