/* SPDX-License-Identifier: Apache-2.0 */
/* entropy.h - random bytes of the kernel, for keys and seeds. */
#pragma once

#include "base/err.h"
#include "base/siphash.h"

#include <stddef.h>

/* Errors: E_IO. */
enum err entropy_get(void *out, size_t n);
enum err entropy_hash_key(struct siphash_key *ret_key);
