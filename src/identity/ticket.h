/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ticket.h - one-time tickets for URLs, where an EventSource cannot send a header (SPEC 6).
 *
 * The peer is told nothing but 401, whatever the fault; the fault is for the log. Who redeems
 * checks the principal against the revocations of now. All functions but tickets_free may be
 * called from any thread.
 */
#pragma once

#include "identity/auth_fault.h"
#include "identity/grant.h"

#define TICKETS_MAX    100000u /* unless told otherwise */
#define TICKET_MAX_TTL 60000u  /* ms: a URL ends up in histories and logs */

struct tickets;

/* NULL when out of memory. */
struct tickets *tickets_new(size_t max, struct siphash_key key);
/* NULL-safe. */
void tickets_free(struct tickets *t);
/*
 * A ticket for the person of `order`, good once, on one route, for `topics` and what they cover.
 * Errors: E_NOT_FOUND (topics that the person may not see), E_RANGE (besides: a ttl of 0 or past
 * TICKET_MAX_TTL), those of principal_narrow and grants_make.
 */
enum err ticket_mint(struct tickets *t, const struct grant_order *order, const struct slice *topics,
		     size_t topic_count, struct slice random, struct writer *w);
/*
 * Spends the ticket. On AUTH_OK *ret_principal is a reference that the caller owns: the
 * person, by METHOD_TICKET, with the right to the ticket's topics alone.
 */
enum auth_fault ticket_redeem(struct tickets *t, const struct grant_ask *ask,
			      struct principal **ret_principal);
/* Takes back the tickets that the revocation hits; returns how many. */
size_t tickets_revoke(struct tickets *t, const struct revocation *revocation);
size_t tickets_count(struct tickets *t);
