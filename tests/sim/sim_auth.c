/* SPDX-License-Identifier: Apache-2.0 */
#include "sim_auth.h"

#include "base/require.h"
#include "identity/credential.h"

#include <string.h>

#define KEPT_MS    (UINT64_C(24) * 3600000) /* of a revocation */
#define LOG_ID_KEY ((struct siphash_key){3, 4})

void sim_make_tables(struct sim *sim, struct siphash_key key)
{
	sim->tickets = tickets_new(sim->options.tickets, key);
	sim->resumes = resumes_new(sim->options.resumes, key);
	sim->revocations = revocations_new(sim->options.revocations, KEPT_MS, key);
	require(sim->tickets && sim->resumes && sim->revocations);
}

void sim_free_tables(struct sim *sim)
{
	tickets_free(sim->tickets);
	resumes_free(sim->resumes);
	revocations_free(sim->revocations);
}

static const struct sim_person *find_person(const struct sim *sim, struct slice credential)
{
	for (size_t i = 0; i < sim->options.people_count; i++) {
		const struct sim_person *person = &sim->options.people[i];

		if (slice_eq(slice_of(person->credential), credential))
			return person;
	}
	return NULL;
}

static struct principal *principal_of(const struct sim_person *person)
{
	struct principal *p;

	if (person->fault)
		return NULL;
	enum err err = principal_new(&person->facts, LOG_ID_KEY, &p);
	require(err == OK);
	return p;
}

enum auth_step sim_authenticate(void *ctx, struct conn *conn, uint64_t request_id,
				const struct credential *credential,
				struct principal **ret_principal, enum auth_fault *ret_fault)
{
	const struct sim_worker *w = ctx;
	struct sim *sim = w->sim;
	const struct sim_person *person = find_person(sim, credential->value);

	if (!person) {
		*ret_fault = AUTH_UNKNOWN_KEY;
		return AUTH_STEP_KNOWN;
	}
	if (!person->waits) {
		*ret_fault = person->fault;
		*ret_principal = principal_of(person);
		return AUTH_STEP_KNOWN;
	}
	require(sim->question_count < SIM_ASKED);
	sim->questions[sim->question_count++] =
		(struct sim_question){w->index, conn, request_id, person};
	return AUTH_STEP_PENDING;
}

bool sim_random(void *ctx, void *out, size_t n)
{
	const struct sim_worker *w = ctx;
	struct sim *sim = w->sim;

	require(n >= sizeof(sim->secrets));
	if (sim->no_random)
		return false;
	sim->secrets++;
	memset(out, 0, n);
	memcpy(out, &sim->secrets, sizeof(sim->secrets));
	return true;
}

void sim_answer(struct sim *sim, size_t nth)
{
	const struct sim_question *q = &sim->questions[nth];

	require(nth < sim->question_count);
	engine_authenticated(sim->workers[q->worker].engine, q->conn, q->request_id,
			     principal_of(q->person), q->person->fault);
	sim_run(sim);
}
