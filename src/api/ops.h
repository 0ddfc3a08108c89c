/* ops.h - every operation's function, by the name it has in schema/api/operations.json: op_NAME in ops_*.c.
 *
 * Each gets a checked call (api/call.h) and answers it exactly once, now or later. */
#ifndef SG_API_OPS_H
#define SG_API_OPS_H

#include "api/call.h"

call_fn op_get_session;
call_fn op_sign_in;
call_fn op_ask_link;
call_fn op_redeem_link;
call_fn op_host_sign_in;
call_fn op_sign_out;
call_fn op_list_stuff;
call_fn op_open_now;
call_fn op_get_item;
call_fn op_list_topics;
call_fn op_list_articles;
call_fn op_get_article;
call_fn op_list_offers;
call_fn op_start_interaction;
call_fn op_get_interaction;
call_fn op_list_events;
call_fn op_send_message;
call_fn op_mark_read;
call_fn op_typing;
call_fn op_end_interaction;
call_fn op_accept_offer;
call_fn op_reject_offer;
call_fn op_add_note;
call_fn op_transfer;
call_fn op_wrap_up;
call_fn op_upload_file;
call_fn op_get_file;
call_fn op_list_cases;
call_fn op_get_case;
call_fn op_give_feedback;
call_fn op_find_persons;
call_fn op_get_person;
call_fn op_get_timeline;
call_fn op_list_queues;
call_fn op_list_agents;
call_fn op_list_canned;
call_fn op_get_desk;
call_fn op_set_presence;
call_fn op_get_board;
call_fn op_put_person;
call_fn op_put_item;

extern call_fn *const ops[API_OP_N];

#endif
