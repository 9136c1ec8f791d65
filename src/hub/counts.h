/* SPDX-License-Identifier: Apache-2.0 */
/*
 * counts.h - how many hold each key: streams of an address, of a user, of a token, of a route.
 *
 * A key is there as long as somebody holds it. Counting does not depend on limits: so they may
 * change while streams are open, and what was taken is what is given back. No locks: the owner's.
 */
#pragma once

#include "base/table.h"

#include <stdint.h>

#define COUNTS_MAX     (4u << 20) /* keys of all kinds */
#define COUNTS_MAX_KEY 1024u      /* bytes of one */

enum count_kind {
	COUNT_ADDRESS,
	COUNT_USER,
	COUNT_TOKEN,
	COUNT_ROUTE,
};

struct counts {
	struct table table;
};

void counts_init(struct counts *c, struct siphash_key key);
void counts_fini(struct counts *c);
/*
 * One more of the key, if that is at most `limit` (0: no limit). Errors: E_RANGE (the limit),
 * E_FULL, E_NOMEM, E_TOO_BIG; nothing was taken then.
 */
enum err counts_take(struct counts *c, enum count_kind kind, struct slice key, uint64_t limit);
/* One less; it was taken. */
void counts_give(struct counts *c, enum count_kind kind, struct slice key);
