/* SPDX-License-Identifier: Apache-2.0 */
/*
 * intern.h - one counted copy of a string that many records share.
 *
 * Ten thousand browsers have a handful of origins and user agents. One thread.
 */
#pragma once

#include "base/table.h"

#include <stdint.h>

struct istr {
	uint32_t refs;
	uint32_t len;
	char bytes[];
};

struct intern {
	struct table table;
	size_t max_len; /* bytes; longer strings are cut at a character */
};

void intern_init(struct intern *in, struct siphash_key key, size_t max_strings, size_t max_len);
/* Frees all strings, whatever their count. */
void intern_fini(struct intern *in);
/*
 * A counted reference to the string `s`; give it back with intern_drop. NULL when
 * `s` is empty, the table is full or memory is out: callers show it as unknown.
 */
struct istr *intern_get(struct intern *in, struct slice s);
/* NULL-safe. */
void intern_drop(struct intern *in, struct istr *str);
/* Empty for NULL. */
struct slice istr_slice(const struct istr *str);
