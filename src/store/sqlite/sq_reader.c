#include "store/sqlite/sqlite_priv.h"

#include <pthread.h>
#include <stdlib.h>

enum { READERS_MAX = 8 };

struct sq_readers {
	struct sq_place place;
	struct sq_mail *mail;
	unsigned queue_max, n_threads;
	pthread_t thread[READERS_MAX];
	pthread_mutex_t lock;
	pthread_cond_t came;
	struct sq_read *first, *last; /* linked by mail.next */
	unsigned n;
	bool stop;
};

/* NULL: stopped and nothing left. */
static struct sq_read *read_take(struct sq_readers *rs)
{
	pthread_mutex_lock(&rs->lock);
	while (!rs->first && !rs->stop)
		pthread_cond_wait(&rs->came, &rs->lock);
	struct sq_read *r = rs->first;

	if (r) {
		rs->first = (struct sq_read *)r->mail.next;
		if (!rs->first)
			rs->last = NULL;
		rs->n--;
	}
	pthread_mutex_unlock(&rs->lock);
	return r;
}

static void *reader_main(void *arg)
{
	struct sq_readers *rs = arg;
	struct sq_query *query = NULL;
	struct sq_read *r;
	sqlite3 *db = NULL;

	while ((r = read_take(rs)) != NULL) {
		if (!query && sq_conn_open(&rs->place, &db) == SG_OK)
			query = sq_query_new(db);
		r->st = SG_E_IO;
		if (query && sq_query_run(query, r) != SG_OK) {
			sq_query_free(query);
			sq_conn_close(db);
			query = NULL;
			db = NULL;
		}
		sq_mail_send(rs->mail, &r->mail, &r->mail);
	}
	sq_query_free(query);
	sq_conn_close(db);
	return NULL;
}

struct sq_readers *sq_readers_new(const struct sq_place *place, struct sq_mail *mail, unsigned n,
				  unsigned queue_max)
{
	struct sq_readers *rs = calloc(1, sizeof(*rs));

	SG_ASSERT(rs != NULL);
	SG_ASSERT(n >= 1 && n <= READERS_MAX);
	rs->place = *place;
	rs->mail = mail;
	rs->queue_max = queue_max;
	pthread_mutex_init(&rs->lock, NULL);
	pthread_cond_init(&rs->came, NULL);
	for (; rs->n_threads < n; rs->n_threads++) {
		SG_ASSERT(pthread_create(&rs->thread[rs->n_threads], NULL, reader_main, rs) == 0);
		pthread_setname_np(rs->thread[rs->n_threads], "store-read");
	}
	return rs;
}

enum sg_status sq_readers_give(struct sq_readers *rs, struct sq_read *r)
{
	enum sg_status st = SG_OK;

	pthread_mutex_lock(&rs->lock);
	if (rs->n >= rs->queue_max) {
		st = SG_E_LIMIT;
	} else {
		r->mail.next = NULL;
		if (rs->last)
			rs->last->mail.next = &r->mail;
		else
			rs->first = r;
		rs->last = r;
		rs->n++;
		pthread_cond_signal(&rs->came);
	}
	pthread_mutex_unlock(&rs->lock);
	return st;
}

void sq_readers_stop(struct sq_readers *rs)
{
	pthread_mutex_lock(&rs->lock);
	rs->stop = true;
	pthread_cond_broadcast(&rs->came);
	pthread_mutex_unlock(&rs->lock);
	for (unsigned i = 0; i < rs->n_threads; i++)
		pthread_join(rs->thread[i], NULL);
	pthread_cond_destroy(&rs->came);
	pthread_mutex_destroy(&rs->lock);
	free(rs);
}
