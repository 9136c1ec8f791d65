/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/ticket.h"

#include <stdlib.h>

struct tickets {
	struct grants grants;
};

struct tickets *tickets_new(size_t max, struct siphash_key key)
{
	struct tickets *t = calloc(1, sizeof(*t));

	if (t)
		grants_init(&t->grants, SLICE("ticket"), max, key);
	return t;
}

void tickets_free(struct tickets *t)
{
	if (!t)
		return;
	grants_fini(&t->grants);
	free(t);
}

enum err ticket_mint(struct tickets *t, const struct grant_order *order, const struct slice *topics,
		     size_t topic_count, struct slice random, struct writer *w)
{
	struct grant_order narrow = *order;

	if (order->ttl_ms > TICKET_MAX_TTL)
		return E_RANGE;
	enum err err = principal_narrow(order->principal, METHOD_TICKET, topics, topic_count,
					&narrow.principal);
	if (err)
		return err;
	err = grants_make(&t->grants, &narrow, random, w);
	principal_unref(narrow.principal);
	return err;
}

enum auth_fault ticket_redeem(struct tickets *t, const struct grant_ask *ask,
			      struct principal **ret_principal)
{
	static const enum auth_fault faults[GRANT_VERDICT_COUNT] = {
		[GRANT_OK] = AUTH_OK,
		[GRANT_MALFORMED] = AUTH_TICKET_MALFORMED,
		[GRANT_UNKNOWN] = AUTH_TICKET_UNKNOWN,
		[GRANT_SPENT] = AUTH_TICKET_SPENT,
		[GRANT_EXPIRED] = AUTH_TICKET_EXPIRED,
		[GRANT_REVOKED] = AUTH_REVOKED,
		[GRANT_ROUTE] = AUTH_TICKET_ROUTE,
		[GRANT_TOPICS] = AUTH_TICKET_TOPICS,
		[GRANT_NO_MEMORY] = AUTH_NO_MEMORY,
	};

	return faults[grants_use(&t->grants, ask, true, ret_principal)];
}

size_t tickets_revoke(struct tickets *t, const struct revocation *revocation)
{
	return grants_revoke(&t->grants, revocation);
}

size_t tickets_count(struct tickets *t)
{
	return grants_count(&t->grants);
}
