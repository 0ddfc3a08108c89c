/* reservation.h - the offer of one interaction to one agent, until it is answered.
 *
 * offered -> accepted | rejected | expired | withdrawn. Each answer is final: what comes later
 * answers an older offer. It has no stream of its own; it lives in its interaction under offer_no.
 */
#ifndef SG_CORE_RESERVATION_H
#define SG_CORE_RESERVATION_H

#include "core/event.h"

enum reservation_state {
	RESERVATION_OFFERED,
	RESERVATION_ACCEPTED,
	RESERVATION_REJECTED,  /* the agent said no */
	RESERVATION_EXPIRED,   /* the agent said nothing in time */
	RESERVATION_WITHDRAWN, /* taken back: the agent left, or it was sent elsewhere */
	RESERVATION_STATE_N
};

bool reservation_move_ok(enum reservation_state from, enum reservation_state to);

/* What ends the offer this way: EVENT_OFFER_ACCEPTED or EVENT_OFFER_ENDED, and the reason it names.
 */
enum event_kind reservation_event(enum reservation_state to);
enum reason reservation_reason(enum reservation_state to);

/* May the agent of the offer answer so, or is it for Segue alone? */
bool reservation_is_agents_answer(enum reservation_state to);

#endif
