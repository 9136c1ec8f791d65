/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth_introspect.h - asks the application about credentials (auth.introspect): a POST to its URL
 * with the session cookie or the bearer token, as a browser would send it.
 *
 * Jobs with one and the same credential become one call. An application that does not answer is
 * left alone for a while (cmd/auth_breaker.h). 401 and 403 refuse the credential, 2xx with the
 * JSON of cmd/auth_answer.h vouches for it, all else is a failure.
 */
#pragma once

#include "cmd/auth_job.h"
#include "cmd/fetch.h"
#include "identity/token_cache.h"

#define INTROSPECT_TIMEOUT_MS  2000u /* default, for a whole call */
#define INTROSPECT_THREADS     4u    /* default: calls at the same time */
#define INTROSPECT_MAX_THREADS 64u

struct introspect_config {
	const struct url *url;
	struct slice cookie; /* name of the session cookie */
	uint64_t timeout_ms;
	unsigned threads;
	size_t max_jobs;
	const struct tls_trust *trust;
	const char *servers;
	struct token_cache *cache; /* NULL: none */
	struct siphash_key key;    /* random, of tables and log ids */
	void *ctx;
	/* Gives the job back, with a reference to the principal on AUTH_OK. Any thread of ours. */
	void (*done)(void *ctx, struct auth_job *job, struct principal *principal,
		     enum auth_fault fault);
	/* One line, without a line end; valid during the call. */
	void (*log)(void *ctx, struct slice line);
};

struct introspect;

/* Copies `config`, not what it points to. NULL when out of memory. */
struct introspect *introspect_new(const struct introspect_config *config);
/* Errors: E_IO (no thread). */
enum err introspect_start(struct introspect *in);
/* Gives up the calls, gives the jobs back that are left (AUTH_OVERLOADED), frees. NULL-safe. */
void introspect_free(struct introspect *in);
/* Takes the job, whose key is set. Errors: E_FULL, E_NOMEM: it is the caller's still. */
enum err introspect_submit(struct introspect *in, struct auth_job *job);
