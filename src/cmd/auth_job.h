/* SPDX-License-Identifier: Apache-2.0 */
/* auth_job.h - one credential on its way through the authentication service. */
#pragma once

#include "base/list.h"
#include "identity/auth_fault.h"
#include "identity/credential.h"
#include "identity/digest.h"
#include "identity/principal.h"

#define AUTH_MAX_CREDENTIAL 8192u /* bytes */

/* What a loop wants to know; owner and id come back with the verdict. */
struct auth_ask {
	void *owner;
	uint64_t id;
	enum credential_source source; /* CREDENTIAL_BEARER or CREDENTIAL_COOKIE */
	struct slice credential;
};

struct auth_job {
	struct list node;      /* in the one place where the job waits */
	struct list followers; /* jobs with the same credential, answered together with this one */
	struct auth_ask ask;   /* the credential is the job's own copy */
	struct digest key;     /* of the cache */
	bool waited;           /* for the keys: it does not do so twice */
	char bytes[];
};

/* NULL when out of memory. */
struct auth_job *auth_job_new(const struct auth_ask *ask);
/* Wipes the credential. */
void auth_job_free(struct auth_job *job);
/* The job that has this node. */
struct auth_job *auth_job_of(struct list *node);
