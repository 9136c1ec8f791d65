/* SPDX-License-Identifier: Apache-2.0 */
/* list.h - intrusive doubly linked ring. A node knows whether it is linked. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct list {
	struct list *next;
	struct list *prev;
};

#define container_of(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

static inline void list_init(struct list *l)
{
	l->next = l;
	l->prev = l;
}

static inline bool list_is_empty(const struct list *l)
{
	return l->next == l;
}

/* True for a node that is in some list; a zeroed node is not. */
static inline bool list_is_linked(const struct list *node)
{
	return node->next != NULL && node->next != node;
}

static inline void list_append(struct list *head, struct list *node)
{
	node->prev = head->prev;
	node->next = head;
	head->prev->next = node;
	head->prev = node;
}

/* Harmless on a node that is not linked. */
static inline void list_remove(struct list *node)
{
	if (!list_is_linked(node))
		return;
	node->next->prev = node->prev;
	node->prev->next = node->next;
	node->next = NULL;
	node->prev = NULL;
}
