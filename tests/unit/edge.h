/* SPDX-License-Identifier: Apache-2.0 */
/* edge.h - puts bytes against an unreadable page, so that any over-read crashes. */
#pragma once

#include "base/slice.h"

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A copy of `s` that ends where memory ends. Never freed: test programs are short. */
static inline struct slice place_at_edge(struct slice s)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t room = (s.len + page - 1) / page * page;
	char *base =
		mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED)
		return SLICE_NONE;
	(void)mprotect(base + room, page, PROT_NONE);
	if (s.len > 0)
		memcpy(base + room - s.len, s.ptr, s.len);
	return (struct slice){base + room - s.len, s.len};
}
