#include "channel/console/console.h"

#include <stdlib.h>

#include <jansson.h>

struct printed {
	enum sg_status st;
	channel_done_cb *done;
	void *arg;
};

static void answer(void *arg)
{
	struct printed *p = arg;

	p->done(p->st, p->arg);
	free(p);
}

/* Control characters of a name or subject must not drive the operator's terminal. */
static void print_clean(FILE *out, const char *text)
{
	for (const char *p = text; *p; p++)
		fputc((unsigned char)*p < 32 && *p != '\n' ? '?' : *p, out);
}

static enum sg_status print_mail(FILE *out, struct str body)
{
	json_t *mail = json_loadb(body.p, body.n, 0, NULL);
	const char *to, *subject, *text;
	enum sg_status st = SG_E_INPUT;

	if (mail && json_unpack(mail, "{s:s,s:s,s:s}", "to", &to, "subject", &subject, "text", &text) == 0) {
		fputs("\n--- e-mail to ", out);
		print_clean(out, to);
		fputs("\n    ", out);
		print_clean(out, subject);
		fputs("\n", out);
		print_clean(out, text);
		fputs("\n---\n", out);
		st = fflush(out) == 0 ? SG_OK : SG_E_IO;
	}
	json_decref(mail);
	return st;
}

static void deliver(void *self, const struct delivery *d, channel_done_cb *done, void *arg)
{
	struct console *c = self;
	struct printed *p = malloc(sizeof(*p));

	SG_ASSERT(p != NULL);
	*p = (struct printed){.st = print_mail(c->out, d->body), .done = done, .arg = arg};
	sched_after(c->sched, 0, answer, p);
}

void console_init(struct console *c, struct sched *sched, FILE *out)
{
	*c = (struct console){
		.port = {.name = "email", .deliver = deliver, .self = c},
		.sched = sched,
		.out = out,
	};
}
