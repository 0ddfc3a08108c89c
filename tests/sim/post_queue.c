#include "sim/post_queue.h"

#include <stdlib.h>
#include <time.h>

struct post_item {
	struct post_item *next;
	void (*run)(void *arg);
	void *arg;
};

static void queue_post(void *self, void (*run)(void *arg), void *arg)
{
	struct post_queue *q = self;
	struct post_item *it = malloc(sizeof(*it));

	SG_ASSERT(it != NULL);
	*it = (struct post_item){.run = run, .arg = arg};
	pthread_mutex_lock(&q->lock);
	if (q->last)
		q->last->next = it;
	else
		q->first = it;
	q->last = it;
	pthread_cond_signal(&q->came);
	pthread_mutex_unlock(&q->lock);
}

void post_queue_init(struct post_queue *q)
{
	pthread_condattr_t attr;

	*q = (struct post_queue){.poster = {.post = queue_post, .self = q}};
	pthread_mutex_init(&q->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&q->came, &attr);
	pthread_condattr_destroy(&attr);
}

void post_queue_fini(struct post_queue *q)
{
	for (struct post_item *it = q->first, *next; it; it = next) {
		next = it->next;
		free(it);
	}
	pthread_cond_destroy(&q->came);
	pthread_mutex_destroy(&q->lock);
}

/* NULL: the deadline passed. */
static struct post_item *queue_take(struct post_queue *q, const struct timespec *deadline)
{
	struct post_item *it;
	int rc = 0;

	pthread_mutex_lock(&q->lock);
	while (!q->first && rc == 0)
		rc = pthread_cond_timedwait(&q->came, &q->lock, deadline);
	it = q->first;
	if (it) {
		q->first = it->next;
		if (!q->first)
			q->last = NULL;
	}
	pthread_mutex_unlock(&q->lock);
	return it;
}

bool post_queue_run(struct post_queue *q, int64_t within_ms, bool (*done)(void *arg), void *arg)
{
	struct timespec deadline;

	clock_gettime(CLOCK_MONOTONIC, &deadline);
	deadline.tv_sec += within_ms / 1000;
	deadline.tv_nsec += (long)(within_ms % 1000) * 1000000;
	if (deadline.tv_nsec >= 1000000000) {
		deadline.tv_sec++;
		deadline.tv_nsec -= 1000000000;
	}
	while (!done(arg)) {
		struct post_item *it = queue_take(q, &deadline);

		if (!it)
			return false;
		it->run(it->arg);
		free(it);
	}
	return true;
}
