#include "core/feedback.h"

static bool on_scale(int64_t score)
{
	return score >= FEEDBACK_WORST && score <= FEEDBACK_BEST;
}

const char *feedback_fault(const struct facts *f)
{
	if (!on_scale(f->outcome_score))
		return "outcome_score";
	if (!on_scale(f->feeling_score))
		return "feeling_score";
	return NULL;
}

bool feedback_needs_attention(const struct facts *f)
{
	const int64_t bad = FEEDBACK_WORST + 1;

	return f->follow_up || f->outcome_score <= bad || f->feeling_score <= bad;
}
