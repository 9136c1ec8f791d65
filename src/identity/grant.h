/* SPDX-License-Identifier: Apache-2.0 */
/*
 * grant.h - secrets that we hand out: what tickets and resume cookies have in common.
 *
 * A grant is 128 random bits or more, given out as base64url and kept as a SHA-256 hash with the
 * principal that it stands for and the route that it is good on. What it allows is what its
 * principal may subscribe to. The store is bounded and evicts nothing that is good: at the maximum
 * a new grant is refused. Past its expiry a grant is remembered for a while, as long as there is
 * room, so that the log can tell an old one from a forged one. Times are Unix milliseconds.
 * All functions but init and fini may be called from any thread.
 */
#pragma once

#include "base/base64url.h"
#include "base/table.h"
#include "base/wheel.h"
#include "identity/revocation.h"

#include <pthread.h>

#define GRANT_MIN_RANDOM  16u /* bytes: 128 bits cannot be guessed */
#define GRANT_MAX_RANDOM  32u
#define GRANT_MAX_TEXT    BASE64URL_CHARS(GRANT_MAX_RANDOM)
#define GRANT_MAX_ROUTE   256u   /* bytes of a route's path */
#define GRANT_REMEMBER_MS 60000u /* past the expiry */

enum grant_verdict {
	GRANT_OK,
	GRANT_MALFORMED, /* no text that we ever gave out looks like that */
	GRANT_UNKNOWN,
	GRANT_SPENT,
	GRANT_EXPIRED,
	GRANT_REVOKED,
	GRANT_ROUTE,  /* good, but on another route */
	GRANT_TOPICS, /* good, but not for these topics */
	GRANT_NO_MEMORY,
	GRANT_VERDICT_COUNT,
};

struct grants {
	pthread_mutex_t lock;
	struct slice domain; /* static; keeps the hashes of one kind from those of another */
	struct table table;  /* live, spent and remembered ones */
	struct wheel expiries;
	struct list lapsed; /* expired ones, oldest first */
};

/* What is to be granted. */
struct grant_order {
	struct principal *principal; /* a reference is taken */
	struct slice route;
	uint64_t now_ms;
	uint64_t ttl_ms; /* cut at the principal's own expiry */
};

/* What a grant is shown for. */
struct grant_ask {
	struct slice text;
	struct slice route;
	const struct slice *topics; /* topics or valid patterns */
	size_t topic_count;
	uint64_t now_ms;
};

void grants_init(struct grants *g, struct slice domain, size_t max, struct siphash_key key);
void grants_fini(struct grants *g);
/*
 * Makes a grant of `random`, which comes from the kernel and is used for nothing else, and writes
 * its text. Errors: E_RANGE (too few or too many random bytes, a principal that has expired, no
 * ttl), E_TOO_BIG (route), E_NO_SPACE, E_FULL, E_EXISTS (the randomness repeats itself), E_NOMEM.
 */
enum err grants_make(struct grants *g, const struct grant_order *order, struct slice random,
		     struct writer *w);
/*
 * Judges a grant; on GRANT_OK *ret_principal is a reference that the caller owns. With `spend` it
 * is good for no second time, whoever races, and whatever the verdict: a one-time secret that was
 * shown in the wrong place has leaked.
 */
enum grant_verdict grants_use(struct grants *g, const struct grant_ask *ask, bool spend,
			      struct principal **ret_principal);
/* Takes back all whose principal the revocation hits; returns how many. */
size_t grants_revoke(struct grants *g, const struct revocation *revocation);
/* Takes back one; harmless on any other text. */
void grants_end(struct grants *g, struct slice text);
/* All that take up room, the remembered ones too. */
size_t grants_count(struct grants *g);
