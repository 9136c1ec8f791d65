/* SPDX-License-Identifier: Apache-2.0 */
/* auth_queue.h - list nodes from any thread to a few threads that wait for them, in order. */
#pragma once

#include "base/err.h"
#include "base/list.h"

#include <pthread.h>

struct auth_queue {
	pthread_mutex_t lock;
	pthread_cond_t filled;
	struct list nodes;
	bool stopping;
};

/* Errors: E_NOMEM. */
enum err auth_queue_init(struct auth_queue *q);
/* After the last thread has left; the nodes are the caller's still. */
void auth_queue_fini(struct auth_queue *q);
void auth_queue_push(struct auth_queue *q, struct list *node);
/* Waits for a node; NULL once the queue was stopped, even if nodes are left. */
struct list *auth_queue_pop(struct auth_queue *q);
/* The first of those that nobody will take any more; NULL: none. */
struct list *auth_queue_rest(struct auth_queue *q);
void auth_queue_stop(struct auth_queue *q);
