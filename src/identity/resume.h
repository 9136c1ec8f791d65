/* SPDX-License-Identifier: Apache-2.0 */
/*
 * resume.h - what a ticket is exchanged for, so that an EventSource that redials the same URL
 * comes back in (SPEC 2.9): a cookie for the stream's path.
 *
 * Good many times until it expires, which no use puts off: only a new ticket does. All functions
 * but resumes_free may be called from any thread.
 */
#pragma once

#include "identity/auth_fault.h"
#include "identity/grant.h"

#define RESUMES_MAX        100000u              /* unless told otherwise */
#define RESUME_DEFAULT_TTL (15u * 60000u)       /* ms */
#define RESUME_MAX_TTL     (24u * 60u * 60000u) /* ms */

struct resumes;

/* NULL when out of memory. */
struct resumes *resumes_new(size_t max, struct siphash_key key);
/* NULL-safe. */
void resumes_free(struct resumes *r);
/*
 * A grant for what the principal of a redeemed ticket may see; writes the cookie's value.
 * Errors: E_RANGE (besides: a ttl of 0 or past RESUME_MAX_TTL), those of grants_make.
 */
enum err resume_mint(struct resumes *r, const struct grant_order *order, struct slice random,
		     struct writer *w);
/*
 * On AUTH_OK *ret_principal is a reference that the caller owns, by METHOD_RESUME.
 */
enum auth_fault resume_use(struct resumes *r, const struct grant_ask *ask,
			   struct principal **ret_principal);
/* Takes back the grants that the revocation hits; returns how many. */
size_t resumes_revoke(struct resumes *r, const struct revocation *revocation);
/* The person logs out. Harmless on a text that is no grant. */
void resume_end(struct resumes *r, struct slice text);
size_t resumes_count(struct resumes *r);
