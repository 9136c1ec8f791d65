/* SPDX-License-Identifier: Apache-2.0 */
#include "base/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_BLOCK 4096u /* bytes of payload of an ordinary block */

struct arena_block {
	struct arena_block *next;
	size_t used;
	size_t cap;
	max_align_t data[];
};

void arena_init(struct arena *a, size_t max)
{
	*a = (struct arena){.max = max};
}

void arena_free(struct arena *a)
{
	struct arena_block *next;

	for (struct arena_block *b = a->blocks; b; b = next) {
		next = b->next;
		free(b);
	}
	arena_init(a, a->max);
}

static struct arena_block *block_new(struct arena *a, size_t need)
{
	size_t cap = need > ARENA_BLOCK ? need : ARENA_BLOCK;
	struct arena_block *b = calloc(1, sizeof(*b) + cap);

	if (!b)
		return NULL;
	b->cap = cap;
	b->next = a->blocks;
	a->blocks = b;
	return b;
}

void *arena_alloc(struct arena *a, size_t size)
{
	const size_t align = _Alignof(max_align_t);

	if (size > a->max - a->used || size > SIZE_MAX - align)
		return NULL;
	size_t need = (size + align - 1) / align * align;
	if (need == 0)
		need = align;
	struct arena_block *b = a->blocks;
	if (!b || b->cap - b->used < need)
		b = block_new(a, need);
	if (!b)
		return NULL;
	void *p = (char *)b->data + b->used;
	b->used += need;
	a->used += size;
	return p;
}

struct slice arena_copy(struct arena *a, struct slice s)
{
	char *p = arena_alloc(a, s.len + 1);

	if (!p)
		return SLICE_NONE;
	if (s.len > 0)
		memcpy(p, s.ptr, s.len);
	return (struct slice){p, s.len};
}
