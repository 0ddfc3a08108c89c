/* live_priv.h - shared by live.c (sockets and frames), live_watch.c (interactions, lossless) and
 * live_push.c (desk, board, me: snapshots and changes). */
#ifndef SG_API_LIVE_PRIV_H
#define SG_API_LIVE_PRIV_H

#include "api/api_priv.h"
#include "base/idmap.h"

enum { FRAME_MAX = 2 << 20, WATCHES_MAX = 200 };

/* One interaction that somebody watches. */
struct topic {
	struct live *live;
	struct sg_id id;
	struct watch *first;
	uint64_t head; /* newest seq published since it is watched */
	char person_name[208];
	struct dispatch_place place; /* last told */
};

struct watch {
	struct socket *socket;
	struct topic *topic;
	uint64_t last; /* sent up to here */
	bool reading;  /* a read of the log is under way */
	bool behind;   /* must read before anything goes out */
	bool stopped;  /* ended while reading: freed when the read answers */
	struct watch *next_in_topic, *next_in_socket;
};

struct socket {
	struct live *live;
	uint64_t ws;
	struct viewer viewer;
	struct watch *watches;
	unsigned n_watches;
	bool desk, board, me;
	bool slow;                /* its queue is above half: nothing more until drained */
	struct socket *next_same; /* of the same person or agent */
};

struct live {
	struct api *api;
	struct ws_handlers handlers;
	struct idmap sockets;  /* by live_key(ws) */
	struct idmap subjects; /* first socket of a person or agent */
	struct idmap topics;   /* by interaction */
	struct idmap holders;  /* interaction -> struct holder */
	bool board_due, places_due;
	uint64_t sweep;   /* timer */
	unsigned pushing; /* pushes that wait for the store */
};

struct frame {
	struct buf buf;
	struct json j;
};

void frame_begin(struct frame *f, const char *type);
enum sg_status frame_send(struct frame *f, const struct live *l, uint64_t ws);
struct sg_id live_key(uint64_t ws);
struct socket *live_socket(const struct live *l, uint64_t ws);
void live_goodbye(struct live *l, struct socket *s, const char *reason);

/* live_watch.c */
/* SG_E_NOT_FOUND: no such topic, or not theirs (told later, as an error frame, where the store must
 * be asked first). */
SG_CHECKED enum sg_status watch_start(struct socket *s, struct str topic, uint64_t after);
SG_CHECKED enum sg_status watch_stop(struct socket *s, struct str topic);
void watch_stop_all(struct socket *s);
void watch_resume(struct socket *s); /* it has room again */
void watch_event(struct live *l, const struct log_event *ev);
void watch_places(struct live *l); /* tells positions that have changed */

/* live_push.c */
void push_init(struct live *l);
void push_fini(struct live *l);
void push_snapshot(struct socket *s, const char *topic);

#endif
