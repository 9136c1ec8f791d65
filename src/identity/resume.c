/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/resume.h"

#include <stdlib.h>

struct resumes {
	struct grants grants;
};

struct resumes *resumes_new(size_t max, struct siphash_key key)
{
	struct resumes *r = calloc(1, sizeof(*r));

	if (r)
		grants_init(&r->grants, SLICE("resume"), max, key);
	return r;
}

void resumes_free(struct resumes *r)
{
	if (!r)
		return;
	grants_fini(&r->grants);
	free(r);
}

enum err resume_mint(struct resumes *r, const struct grant_order *order, struct slice random,
		     struct writer *w)
{
	const struct rights *rights = &order->principal->facts.subscribe;
	struct grant_order again = *order;

	if (order->ttl_ms > RESUME_MAX_TTL)
		return E_RANGE;
	enum err err = principal_narrow(order->principal, METHOD_RESUME, rights->patterns,
					rights->count, &again.principal);
	if (err)
		return err;
	err = grants_make(&r->grants, &again, random, w);
	principal_unref(again.principal);
	return err;
}

enum auth_fault resume_use(struct resumes *r, const struct grant_ask *ask,
			   struct principal **ret_principal)
{
	static const enum auth_fault faults[GRANT_VERDICT_COUNT] = {
		[GRANT_OK] = AUTH_OK,
		[GRANT_MALFORMED] = AUTH_RESUME_MALFORMED,
		[GRANT_UNKNOWN] = AUTH_RESUME_UNKNOWN,
		[GRANT_SPENT] = AUTH_RESUME_UNKNOWN, /* not reached: nothing here is spent */
		[GRANT_EXPIRED] = AUTH_RESUME_EXPIRED,
		[GRANT_REVOKED] = AUTH_REVOKED,
		[GRANT_ROUTE] = AUTH_RESUME_ROUTE,
		[GRANT_TOPICS] = AUTH_RESUME_TOPICS,
		[GRANT_NO_MEMORY] = AUTH_NO_MEMORY,
	};

	return faults[grants_use(&r->grants, ask, false, ret_principal)];
}

size_t resumes_revoke(struct resumes *r, const struct revocation *revocation)
{
	return grants_revoke(&r->grants, revocation);
}

void resume_end(struct resumes *r, struct slice text)
{
	grants_end(&r->grants, text);
}

size_t resumes_count(struct resumes *r)
{
	return grants_count(&r->grants);
}
