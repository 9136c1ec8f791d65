/* SPDX-License-Identifier: Apache-2.0 */
#include "h2/memory.h"

#include "base/pages.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/*
 * From this size on a block has pages of its own. It is the buffer of frames that nghttp2 holds for
 * each session: 16 KiB, of which a head uses some hundred bytes, and events none.
 */
#define SPARSE 16384u

/* Stands before each block: freeing tells no size. */
union header {
	struct {
		size_t size;
		struct list link;
		bool pages; /* not of the heap */
	} block;
	max_align_t aligned;
};

static union header *header_of(void *ptr)
{
	return (union header *)ptr - 1;
}

static union header *block_take(size_t size)
{
	union header *h = size >= SPARSE ? pages_take(sizeof(*h) + size) : NULL;
	bool pages = h;

	if (!h)
		h = malloc(sizeof(*h) + size);
	if (!h)
		return NULL;
	h->block.size = size;
	h->block.pages = pages;
	return h;
}

static void block_give_back(union header *h)
{
	if (h->block.pages)
		pages_give_back(h, sizeof(*h) + h->block.size);
	else
		free(h);
}

static bool fits(const struct h2_memory *m, size_t size)
{
	return !m->failed && size <= SIZE_MAX - sizeof(union header) && m->used <= m->max &&
	       size <= m->max - m->used;
}

static void *take(size_t size, void *ctx)
{
	struct h2_memory *m = ctx;
	union header *h = fits(m, size) ? block_take(size) : NULL;

	if (!h) {
		m->failed = true;
		return NULL;
	}
	list_append(&m->blocks, &h->block.link);
	m->used += size;
	return h + 1;
}

static void give_back(void *ptr, void *ctx)
{
	struct h2_memory *m = ctx;

	if (!ptr || m->failed)
		return;
	list_remove(&header_of(ptr)->block.link);
	m->used -= header_of(ptr)->block.size;
	block_give_back(header_of(ptr));
}

static void *take_zeroed(size_t n, size_t size, void *ctx)
{
	if (size > 0 && n > SIZE_MAX / size)
		return NULL;
	void *ptr = take(n * size, ctx);
	if (ptr)
		memset(ptr, 0, n * size);
	return ptr;
}

static void *take_again(void *ptr, size_t size, void *ctx)
{
	void *grown = take(size, ctx);

	if (!grown || !ptr)
		return grown;
	size_t before = header_of(ptr)->block.size;
	memcpy(grown, ptr, before < size ? before : size);
	give_back(ptr, ctx);
	return grown;
}

void h2_memory_init(struct h2_memory *m, size_t max)
{
	*m = (struct h2_memory){.max = max};
	list_init(&m->blocks);
}

void h2_memory_free(struct h2_memory *m)
{
	struct list *at = m->blocks.next;

	while (at != &m->blocks) {
		union header *h = container_of(at, union header, block.link);

		at = at->next;
		block_give_back(h);
	}
	list_init(&m->blocks);
	m->used = 0;
}

nghttp2_mem h2_memory_functions(struct h2_memory *m)
{
	return (nghttp2_mem){m, take, give_back, take_zeroed, take_again};
}
