/* SPDX-License-Identifier: Apache-2.0 */
/*
 * slab.h - equal objects in large pages, with a free list through the unused ones.
 *
 * Objects never move, and begin at a cache line. Pages stay until slab_fini: a server that held n
 * streams will hold n again. One thread.
 */
#pragma once

#include <stddef.h>

struct slab_page;

struct slab {
	struct slab_page *pages;
	void *free;
	size_t page_count;
	size_t size;  /* bytes of one object */
	size_t count; /* objects in use */
	size_t max;   /* objects; at it slab_alloc gives NULL */
};

void slab_init(struct slab *s, size_t object_size, size_t max_objects);
void slab_fini(struct slab *s);
/* A zeroed object; NULL at the maximum or out of memory. */
void *slab_alloc(struct slab *s);
void slab_release(struct slab *s, void *object);
/* Bytes of pages that no object uses. */
size_t slab_spare(const struct slab *s);
