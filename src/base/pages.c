/* SPDX-License-Identifier: Apache-2.0 */
#define _DEFAULT_SOURCE /* MAP_ANONYMOUS and madvise, which C11 alone does not name */

#include "base/pages.h"

#include <sys/mman.h>

void *pages_take(size_t size)
{
	void *block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (block == MAP_FAILED)
		return NULL;
	/* Else the kernel may fill 2 MiB of such blocks for what one of them has written. */
	(void)madvise(block, size, MADV_NOHUGEPAGE);
	return block;
}

void pages_give_back(void *block, size_t size)
{
	(void)munmap(block, size);
}
