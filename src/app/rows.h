/* rows.h - stored rows as the core's states, and small views of a row. */
#ifndef SG_APP_ROWS_H
#define SG_APP_ROWS_H

#include "core/agent.h"
#include "core/case.h"
#include "core/interaction.h"
#include "store/table.h"

void rows_interaction(const struct row *r, struct interaction *out);
void rows_case(const struct row *r, struct case_ *out);
void rows_agent(const struct row *r, struct agent *out);

#endif
