/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pages.h - a block whose pages the kernel gives when they are first written.
 *
 * For a buffer that is large by its contract and nearly empty in fact: the heap would place it
 * where others have written before, and all of it would be resident. Any thread.
 */
#pragma once

#include <stddef.h>

/*
 * Zeroed, at the begin of a page. NULL where there is no memory, or no mapping left: the kernel
 * has a maximum of them (vm.max_map_count), so a caller should have another way.
 */
void *pages_take(size_t size);
/* `size` as it was asked for. */
void pages_give_back(void *block, size_t size);
