/* case.h - what the customer tracks: number, status, summary, next step, its contacts and feedback.
 *
 * Status: open -> waiting_customer | waiting_company | resolved -> closed; contact again reopens
 * it. A wrap-up sets status from the outcome (case_status_after), so agents answer one question,
 * not two.
 */
#ifndef SG_CORE_CASE_H
#define SG_CORE_CASE_H

#include "core/decision.h"

struct case_ {
	struct sg_id id;
	uint64_t seq;
	int64_t number;
	struct sg_id person, item, topic;
	struct sg_id last_interaction;
	enum case_status status;
	uint32_t contacts;
	uint32_t feedback_version; /* answers so far */
};

enum case_cmd_kind {
	CASE_OPEN,     /* f: number person item topic title interaction channel */
	CASE_CONTACT,  /* f: interaction channel; reopens a resolved or closed case */
	CASE_UPDATE,   /* f: outcome summary next_step due_at interaction topic; status from outcome
			  unless given */
	CASE_FEEDBACK, /* f: outcome_score feeling_score text follow_up interaction */
	CASE_CMD_N
};

struct case_cmd {
	enum case_cmd_kind kind;
	struct sg_id id;
	struct actor actor;
	int64_t now_ms;
	struct facts f;
};

/* Statuses as in interaction.h. CASE_OPEN gives case_opened + case_contact_added; CASE_CONTACT
 * gives case_contact_added and case_reopened where it was resolved or closed. Feedback: by the
 * case's person only, scores 1..5 (SG_E_INPUT else), at most CASE_FEEDBACK_MAX versions
 * (SG_E_LIMIT). */
SG_CHECKED enum sg_status case_decide(const struct case_ *before, const struct case_cmd *cmd,
				      struct decision *out);
void case_apply(struct case_ *state, const struct event *ev);
bool case_is_sound(const struct case_ *c);
bool case_may_see(const struct case_ *c, struct actor actor);

/* resolved -> resolved; partly -> waiting_company; unresolved -> open; follow_up ->
 * waiting_company. */
enum case_status case_status_after(enum outcome outcome);

enum { CASE_FEEDBACK_MAX = 100 };

#endif
