/* interaction.h - one engagement about one context, from first contact to wrap-up.
 *
 * States: new -> queued <-> offered -> active -> wrapup -> closed. A reservation
 * (core/reservation.h) lives inside while the state is offered. Legs join and leave while it is
 * active. What is legal when is the table `moves` in interaction.c; who may do it is checked there
 * too, from the actor.
 */
#ifndef SG_CORE_INTERACTION_H
#define SG_CORE_INTERACTION_H

#include "core/decision.h"

enum interaction_state {
	INTERACTION_NEW, /* does not exist yet */
	INTERACTION_QUEUED,
	INTERACTION_OFFERED, /* reserved for `agent` until expires_at */
	INTERACTION_ACTIVE,
	INTERACTION_WRAPUP,
	INTERACTION_CLOSED,
	INTERACTION_STATE_N
};

/* "new", "queued", … as stored and shown in the API. */
extern const char *const interaction_state_names[INTERACTION_STATE_N];

struct interaction {
	struct sg_id id;
	uint64_t seq; /* of its last event; 0: does not exist */
	enum interaction_state state;
	struct sg_id person, case_id, item, topic, queue;
	struct sg_id agent;        /* set in offered, active, wrapup */
	struct sg_id wanted_agent; /* while queued: for this agent only (a transfer to a person) */
	enum channel channel;
	uint32_t offer_no; /* counts offers; an answer to an older one is SG_E_AGAIN */
	uint32_t legs;     /* bit (1 << enum leg) */
	int32_t priority;
	bool urgent;
	int64_t queued_at_ms; /* place in line */
	int64_t since_ms;     /* when this state was entered */
	int64_t expires_at_ms;
	uint64_t read_person, read_agent; /* read up to this seq */
	uint32_t messages;
};

enum interaction_cmd_kind {
	INTERACTION_START,    /* f: person case item topic queue channel page articles text priority
				 urgent */
	INTERACTION_OFFER,    /* f: agent expires_at */
	INTERACTION_ACCEPT,   /* f: offer_no, name (shown to the person) */
	INTERACTION_REJECT,   /* f: offer_no */
	INTERACTION_EXPIRE,   /* f: offer_no */
	INTERACTION_WITHDRAW, /* f: offer_no, reason; the agent left before answering */
	INTERACTION_MESSAGE,  /* f: leg, text and/or file name mime size */
	INTERACTION_NOTE,     /* f: text */
	INTERACTION_READ,     /* f: read_seq; SG_E_AGAIN when already read that far */
	INTERACTION_LEG_JOIN, /* f: leg */
	INTERACTION_LEG_LEAVE, /* f: leg */
	INTERACTION_TRANSFER,  /* f: queue or agent (+ queue), text */
	INTERACTION_REQUEUE,   /* f: reason; Segue takes it back (agent gone); its place in line is
				  its start */
	INTERACTION_END,       /* f: reason */
	INTERACTION_WRAP_UP,   /* f: summary outcome next_step due_at topic */
	INTERACTION_CMD_N
};

struct interaction_cmd {
	enum interaction_cmd_kind kind;
	struct sg_id id; /* the interaction */
	struct actor actor;
	int64_t now_ms; /* wall clock */
	struct facts f; /* texts lent until the decision has been encoded */
};

/* SG_E_STATE: not legal now (why says "closed", "not_active", …). SG_E_NOT_FOUND: it does not exist
 * or is not this actor's (one answer for both, so that ids cannot be guessed). SG_E_AGAIN: answers
 * an older offer, or changes nothing. SG_E_INPUT: a fact is missing. SG_E_LIMIT:
 * INTERACTION_MESSAGES_MAX. out->n is 0 unless SG_OK.
 *
 * Who may do what: the person: start, message, read, end, on their own. An agent: message, read,
 * legs, transfer, end, wrap-up where they are `agent`; accept and reject where offered to them;
 * note on any. A manager or admin: note, transfer, end on any. ROLE_NONE: offer, expire, withdraw,
 * requeue, end.
 *
 * A transfer, requeue or untaken offer keeps queued_at: nobody waits anew. What the wanted agent
 * does not take is anybody's. An end in wrapup (the agent is gone) closes without a summary. */
SG_CHECKED enum sg_status interaction_decide(const struct interaction *before,
					     const struct interaction_cmd *cmd,
					     struct decision *out);

/* Asserts ev->seq == state->seq + 1. */
void interaction_apply(struct interaction *state, const struct event *ev);

/* The agent whose capacity it uses (offered, active, wrapup), or none. */
struct sg_id interaction_holder(const struct interaction *it);

bool interaction_is_open(const struct interaction *it); /* exists and is not closed */
bool interaction_is_sound(const struct interaction *it);

/* Read access: may this actor see this interaction (and which events: event_desc[].audience)? A
 * person their own; agents, managers, admins all. */
bool interaction_may_see(const struct interaction *it, struct actor actor);

enum { INTERACTION_MESSAGES_MAX = 10000 };

#endif
