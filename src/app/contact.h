/* contact.h - the use cases of an interaction and its case: start, everything said and done in it,
 * wrap-up, feedback.
 *
 * Each is one work of the flow (app/flow.h). Facts are copied; `done` is called exactly once, never
 * inside the call.
 */
#ifndef SG_APP_CONTACT_H
#define SG_APP_CONTACT_H

#include "app/app.h"

struct contact_call {
	struct actor actor;
	struct str idem_key; /* absent: not idempotent */
	work_done_fn *done;
	void *arg;
	const struct row_op
		*record; /* also written with it, or NULL (an upload that a message carries) */
};

/* Any command of the core on one interaction. Result: "seq":N,"at":"…" (members of a JSON object).
 */
void contact_command(struct app *a, const struct contact_call *call,
		     const struct interaction_cmd *cmd);

/* f: as INTERACTION_START; case_id none opens a new one titled f.title, or what `subject` says when
 * there is no item. Result: "interaction":"…","case":"…","case_number":N,"seq":N. SG_E_LIMIT
 * "busy": too many open. */
void contact_start(struct app *a, const struct contact_call *call, const struct facts *f,
		   struct str subject);

/* Ends it; the case of one that was still waiting is closed with a word about it. */
void contact_end(struct app *a, const struct contact_call *call, const struct sg_id *interaction,
		 enum reason reason);

/* Interaction and case together. */
void contact_wrap_up(struct app *a, const struct contact_call *call,
		     const struct sg_id *interaction, const struct facts *f);

/* Result: "version":N,"at":"…". */
void contact_feedback(struct app *a, const struct contact_call *call, const struct sg_id *case_id,
		      const struct facts *f);

/* The agent's own word on being there. */
void contact_presence(struct app *a, const struct contact_call *call, const struct sg_id *agent,
		      enum presence presence);

/* Any event of a plain stream (person_put, item_put, topic_put, …), as the next of ev->stream, with
 * more of the same stream behind it (n events). */
void contact_put(struct app *a, const struct contact_call *call, const struct event *ev,
		 unsigned n);

#endif
