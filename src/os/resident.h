/* SPDX-License-Identifier: Apache-2.0 */
/* resident.h - how much memory this process holds. */
#pragma once

#include "base/err.h"

#include <stdint.h>

/*
 * Opens /proc/self/statm, so that it can be read when files can no longer be opened. The
 * descriptor is the caller's. Errors: E_IO (errno says why).
 */
enum err resident_open(int *ret_fd);
/* Resident bytes, pages of files among them. Errors: E_IO. */
enum err resident_read(int fd, uint64_t *ret_bytes);
/*
 * Gives freed memory back to the kernel, as far as the allocator can: it keeps what it may need
 * again, and that counts as resident. Takes some milliseconds for a large heap.
 */
void resident_trim(void);
