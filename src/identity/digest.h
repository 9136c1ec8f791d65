/* SPDX-License-Identifier: Apache-2.0 */
/* digest.h - SHA-256 of secrets: what is kept and looked up in their place. */
#pragma once

#include "base/err.h"
#include "base/slice.h"

#include <stdint.h>

#define DIGEST_SIZE 32u

struct digest {
	uint8_t bytes[DIGEST_SIZE];
};

/*
 * Over all parts, each with its length before it (8 bytes, most significant first), so that no
 * two lists of parts are the same bytes. Errors: E_NOMEM.
 */
enum err digest_parts(const struct slice *parts, size_t count, struct digest *ret_digest);
struct slice digest_slice(const struct digest *digest);
