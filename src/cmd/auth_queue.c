/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/auth_queue.h"

#include "base/require.h"

static void lock(struct auth_queue *q)
{
	require(pthread_mutex_lock(&q->lock) == 0);
}

static void unlock(struct auth_queue *q)
{
	require(pthread_mutex_unlock(&q->lock) == 0);
}

enum err auth_queue_init(struct auth_queue *q)
{
	*q = (struct auth_queue){.stopping = false};
	list_init(&q->nodes);
	if (pthread_mutex_init(&q->lock, NULL) != 0)
		return E_NOMEM;
	if (pthread_cond_init(&q->filled, NULL) == 0)
		return OK;
	(void)pthread_mutex_destroy(&q->lock);
	return E_NOMEM;
}

void auth_queue_fini(struct auth_queue *q)
{
	(void)pthread_cond_destroy(&q->filled);
	(void)pthread_mutex_destroy(&q->lock);
}

void auth_queue_push(struct auth_queue *q, struct list *node)
{
	lock(q);
	list_append(&q->nodes, node);
	(void)pthread_cond_signal(&q->filled);
	unlock(q);
}

/* With the lock. */
static struct list *take_first(struct auth_queue *q)
{
	if (list_is_empty(&q->nodes))
		return NULL;
	struct list *node = q->nodes.next;
	list_remove(node);
	return node;
}

struct list *auth_queue_pop(struct auth_queue *q)
{
	lock(q);
	while (!q->stopping && list_is_empty(&q->nodes))
		(void)pthread_cond_wait(&q->filled, &q->lock);
	struct list *node = q->stopping ? NULL : take_first(q);
	unlock(q);
	return node;
}

struct list *auth_queue_rest(struct auth_queue *q)
{
	lock(q);
	struct list *node = take_first(q);
	unlock(q);
	return node;
}

void auth_queue_stop(struct auth_queue *q)
{
	lock(q);
	q->stopping = true;
	(void)pthread_cond_broadcast(&q->filled);
	unlock(q);
}
