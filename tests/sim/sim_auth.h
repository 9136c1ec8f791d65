/* SPDX-License-Identifier: Apache-2.0 */
/* sim_auth.h - what the engines of a sim know of credentials. Inside of sim; tests use sim.h. */
#pragma once

#include "sim.h"

void sim_make_tables(struct sim *sim, struct siphash_key key);
/* Behind the engines: their streams hold principals. */
void sim_free_tables(struct sim *sim);

/* For engine_io; `ctx` is the struct sim_worker. */
enum auth_step sim_authenticate(void *ctx, struct conn *conn, uint64_t request_id,
				const struct credential *credential,
				struct principal **ret_principal, enum auth_fault *ret_fault);
/* A count: no secret of a sim is like another, and every run has the same. */
bool sim_random(void *ctx, void *out, size_t n);
