/* SPDX-License-Identifier: Apache-2.0 */
#include "base/slab.h"

#include "base/require.h"

#include <stdlib.h>
#include <string.h>

#define SLAB_PAGE 32768u /* bytes of objects in a page */
#define SLAB_LINE 64u    /* bytes of a cache line: an object's first fields share one */

struct slab_page {
	struct slab_page *next;
	size_t used; /* objects ever handed out of this page */
	_Alignas(SLAB_LINE) char data[];
};

static size_t per_page(const struct slab *s)
{
	return s->size < SLAB_PAGE ? SLAB_PAGE / s->size : 1;
}

void slab_init(struct slab *s, size_t object_size, size_t max_objects)
{
	require(object_size >= sizeof(void *));
	*s = (struct slab){
		.size = (object_size + SLAB_LINE - 1) / SLAB_LINE * SLAB_LINE,
		.max = max_objects,
	};
}

void slab_fini(struct slab *s)
{
	struct slab_page *next;

	for (struct slab_page *p = s->pages; p; p = next) {
		next = p->next;
		free(p);
	}
	s->pages = NULL;
	s->free = NULL;
	s->page_count = 0;
	s->count = 0;
}

size_t slab_spare(const struct slab *s)
{
	return (s->page_count * per_page(s) - s->count) * s->size;
}

static void *take_fresh(struct slab *s)
{
	if (!s->pages || s->pages->used == per_page(s)) {
		struct slab_page *p = aligned_alloc(SLAB_LINE, sizeof(*p) + per_page(s) * s->size);

		if (!p)
			return NULL;
		p->used = 0;
		p->next = s->pages;
		s->pages = p;
		s->page_count++;
	}
	return s->pages->data + s->pages->used++ * s->size;
}

void *slab_alloc(struct slab *s)
{
	if (s->count == s->max)
		return NULL;

	void *object = s->free;
	if (object)
		memcpy(&s->free, object, sizeof(s->free));
	else
		object = take_fresh(s);
	if (!object)
		return NULL;
	s->count++;
	memset(object, 0, s->size);
	return object;
}

void slab_release(struct slab *s, void *object)
{
	if (!object)
		return;
	require(s->count > 0);
	memcpy(object, &s->free, sizeof(s->free));
	s->free = object;
	s->count--;
}
