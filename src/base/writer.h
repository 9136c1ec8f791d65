/* SPDX-License-Identifier: Apache-2.0 */
/*
 * writer.h - writes into fixed memory and remembers the first overflow.
 *
 * After an overflow every put is a no-op, so a body reads like the wire format
 * and checks `overflow` once at the end.
 */
#pragma once

#include "base/slice.h"

#include <stdint.h>

struct writer {
	char *ptr;
	size_t cap;
	size_t len;
	bool overflow;
};

void writer_init(struct writer *w, char *ptr, size_t cap);
void put(struct writer *w, struct slice s);
void put_char(struct writer *w, char c);
void put_u64(struct writer *w, uint64_t n);
/* Lower-case, without leading zeros. */
void put_hex(struct writer *w, uint64_t n);
/*
 * A JSON string with quotes (RFC 8259 7). Controls, DEL, C1 and U+2028/2029 leave as
 * escapes; bytes that are not UTF-8 leave as U+FFFD, so the line is always valid JSON.
 */
void put_json(struct writer *w, struct slice s);
/* What has been written so far. */
struct slice writer_slice(const struct writer *w);
