#include "store/sqlite/sqlite_priv.h"

#include <pthread.h>
#include <stdlib.h>

/* Owned by the store and, while a post is under way, by that post: a store can be closed with a
 * post still in the loop's queue. */
struct sq_mail {
	pthread_mutex_t lock;
	struct poster poster;
	struct sq_mail_item *first, *last;
	unsigned owners;
	bool posted;
};

struct sq_mail *sq_mail_new(const struct poster *poster)
{
	struct sq_mail *m = malloc(sizeof(*m));

	SG_ASSERT(m != NULL);
	*m = (struct sq_mail){.poster = *poster, .owners = 1};
	pthread_mutex_init(&m->lock, NULL);
	return m;
}

static void mail_unref(struct sq_mail *m)
{
	pthread_mutex_lock(&m->lock);
	unsigned left = --m->owners;

	pthread_mutex_unlock(&m->lock);
	if (left == 0) {
		SG_ASSERT(m->first == NULL);
		pthread_mutex_destroy(&m->lock);
		free(m);
	}
}

static struct sq_mail_item *mail_take(struct sq_mail *m)
{
	pthread_mutex_lock(&m->lock);
	struct sq_mail_item *it = m->first;

	if (it) {
		m->first = it->next;
		if (!m->first)
			m->last = NULL;
	}
	pthread_mutex_unlock(&m->lock);
	return it;
}

/* On the loop thread. Delivers what was there when it began; what came since gets a post of its
 * own, so that a busy store cannot hold the loop. */
static void mail_run(void *arg)
{
	struct sq_mail *m = arg;
	struct sq_mail_item *it, *until;

	pthread_mutex_lock(&m->lock);
	until = m->last;
	m->posted = false;
	pthread_mutex_unlock(&m->lock);
	while (until && (it = mail_take(m)) != NULL) {
		if (it == until)
			until = NULL;
		it->deliver(it);
	}
	mail_unref(m);
}

void sq_mail_send(struct sq_mail *m, struct sq_mail_item *first, struct sq_mail_item *last)
{
	pthread_mutex_lock(&m->lock);
	last->next = NULL;
	if (m->last)
		m->last->next = first;
	else
		m->first = first;
	m->last = last;
	bool post = !m->posted;

	m->posted = true;
	m->owners += post;
	pthread_mutex_unlock(&m->lock);
	if (post)
		m->poster.post(m->poster.self, mail_run, m);
}

void sq_mail_close(struct sq_mail *m)
{
	struct sq_mail_item *it;

	while ((it = mail_take(m)) != NULL)
		it->deliver(it);
	mail_unref(m);
}
