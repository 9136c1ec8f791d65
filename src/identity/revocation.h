/* SPDX-License-Identifier: Apache-2.0 */
/*
 * revocation.h - who may no longer watch (SPEC 6): a bounded table for all workers together.
 *
 * A revocation is kept until the last credential that it can hit has expired by itself, and is
 * never forgotten before: at the maximum a new one is refused with E_FULL. Times are Unix
 * milliseconds. All functions but revocations_free may be called from any thread.
 */
#pragma once

#include "identity/principal.h"

#define REVOCATIONS_MAX_AHEAD 300000u               /* ms from now to the instant: clocks differ */
#define REVOCATIONS_MAX       65536u                /* entries, unless told otherwise */
#define REVOCATIONS_MAX_ID    PRINCIPAL_MAX_SUBJECT /* bytes of a subject, sid or jti */

enum revocation_kind {
	REVOKE_SUBJECT, /* hits credentials issued before the instant: who logs in anew is back */
	REVOKE_SID,     /* hits always */
	REVOKE_JTI,     /* hits always */
};

struct revocation {
	enum revocation_kind kind;
	struct slice id;
	uint64_t at_ms; /* the instant */
};

/* "subject", "sid", "jti". */
struct slice revocation_kind_name(enum revocation_kind kind);
/* True where this one revocation hits this principal. */
bool revocation_hits(const struct revocation *revocation, const struct principal *p);

struct revocations;

/*
 * `keep_ms` is the longest life of a credential that is accepted; 0 keeps revocations for ever,
 * as credentials without an expiry need it. NULL when out of memory.
 */
struct revocations *revocations_new(size_t max, uint64_t keep_ms, struct siphash_key key);
/* NULL-safe. */
void revocations_free(struct revocations *r);
/*
 * Adds one, or moves the instant of the one that is there forward; forgets those whose time is
 * over. Errors: E_RANGE (no id, or an instant past REVOCATIONS_MAX_AHEAD), E_TOO_BIG, E_FULL,
 * E_NOMEM: nothing is revoked then.
 */
enum err revocations_add(struct revocations *r, const struct revocation *revocation,
			 uint64_t now_ms);
bool revocations_hit(struct revocations *r, const struct principal *p);
/*
 * Rises with every add. Read it before a check of all streams: as long as it stays the same there
 * is nothing to check again. One atomic load.
 */
uint64_t revocations_generation(const struct revocations *r);
size_t revocations_count(struct revocations *r);
/*
 * Shows each entry to `visit`, oldest change first, with the table locked: `visit` calls nothing
 * of this file. The id is valid during the call.
 */
void revocations_each(struct revocations *r,
		      void (*visit)(void *arg, const struct revocation *revocation), void *arg);
