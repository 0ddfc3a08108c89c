/* resource.h - stored rows as the API's resources (schema/api/types.json). Each writes one object.
 */
#ifndef SG_API_RESOURCE_H
#define SG_API_RESOURCE_H

#include "app/app.h"
#include "base/json.h"

void resource_interaction(struct json *j, const char *key, const struct app *a,
			  const struct row *r);
void resource_case(struct json *j, const char *key, const struct row *r);
void resource_item(struct json *j, const char *key, const struct row *r);
void resource_stuff(struct json *j, const char *key, const struct row *r);
/* For the staff. Opens the object and leaves it open when `open`, so that more may follow. */
void resource_person(struct json *j, const char *key, const struct row *r, bool open);
/* For the person: without what we keep for ourselves about them. */
void resource_own_person(struct json *j, const char *key, const struct row *r);
void resource_feedback(struct json *j, const char *key, const struct row *r);
void resource_topic(struct json *j, const char *key, const struct row *r);
void resource_article(struct json *j, const char *key, const struct row *r);
void resource_agent(struct json *j, const char *key, const struct app *a, const struct row *r);
void resource_actor(struct json *j, const char *key, const struct app *a, struct actor actor,
		    struct str person_name);
/* ev->body goes out as facts. viewer decides `mine`. */
void resource_event(struct json *j, const char *key, const struct app *a,
		    const struct log_event *ev, struct actor viewer, struct str person_name);
/* May this viewer see this event of a stream they may see? */
bool resource_event_visible(const struct log_event *ev, struct actor viewer);
void resource_session(struct json *j, const char *key, const struct app *a, const struct viewer *v,
		      struct str name, struct str email);
void resource_board_queue(struct json *j, const char *key, const struct app *a,
			  const struct row *queue, const struct row *day);

#endif
