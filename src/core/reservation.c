#include "core/reservation.h"

static const struct move {
	enum reservation_state from, to;
	enum event_kind event;
	enum reason reason;
	bool by_agent;
} moves[] = {
	{RESERVATION_OFFERED, RESERVATION_ACCEPTED, EVENT_OFFER_ACCEPTED, REASON_NONE, true},
	{RESERVATION_OFFERED, RESERVATION_REJECTED, EVENT_OFFER_ENDED, REASON_REJECTED, true},
	{RESERVATION_OFFERED, RESERVATION_EXPIRED, EVENT_OFFER_ENDED, REASON_EXPIRED, false},
	{RESERVATION_OFFERED, RESERVATION_WITHDRAWN, EVENT_OFFER_ENDED, REASON_WITHDRAWN, false},
};

static const struct move *move_find(enum reservation_state from, enum reservation_state to)
{
	for (unsigned i = 0; i < sizeof(moves) / sizeof(moves[0]); i++) {
		if (moves[i].from == from && moves[i].to == to)
			return &moves[i];
	}
	return NULL;
}

static const struct move *answer_get(enum reservation_state to)
{
	const struct move *move = move_find(RESERVATION_OFFERED, to);

	SG_ASSERT(move);
	return move;
}

bool reservation_move_ok(enum reservation_state from, enum reservation_state to)
{
	return move_find(from, to) != NULL;
}

enum event_kind reservation_event(enum reservation_state to)
{
	return answer_get(to)->event;
}

enum reason reservation_reason(enum reservation_state to)
{
	return answer_get(to)->reason;
}

bool reservation_is_agents_answer(enum reservation_state to)
{
	return answer_get(to)->by_agent;
}
