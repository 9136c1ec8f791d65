/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve_auth.h - what the server's workers share to know who asks: the service that checks
 * tokens, the tables of tickets, resume grants and revocations, and the post between threads.
 */
#pragma once

#include "cmd/auth_service.h"
#include "conf/settings.h"
#include "identity/credential.h"
#include "identity/resume.h"
#include "identity/ticket.h"
#include "stream/engine.h"

#include <pthread.h>

/* As long as the server: no reload touches what they hold. */
struct serve_auth {
	struct tickets *tickets;
	struct resumes *resumes;
	struct revocations *revocations;
	int stop_fd; /* readable: nobody waits any more for keys that are fetched at the start */
};

/* `hash` is that of all principals; `stop_fd` stays the caller's. Errors: E_NOMEM. */
enum err serve_auth_init(struct serve_auth *a, const struct settings *conf, struct siphash_key hash,
			 int stop_fd);
/* After the engines and the validators. Harmless on a zeroed one. */
void serve_auth_fini(struct serve_auth *a);

/* What checks credentials by one configuration, and what it found good a moment ago. */
struct serve_validators {
	struct auth_service *service; /* NULL: neither tokens nor introspection are configured */
	struct token_cache *cache;
	/* what the service's configuration points to */
	struct auth_config config;
	struct auth_jwt jwt;
	struct auth_introspection introspection;
	struct slice key_file;
	struct slice types[8];
};

/*
 * Starts the service on a zeroed `v`. `conf` and `a` must outlive it. On error `why` has a line
 * for the person, and `v` must be ended. Errors: E_NOMEM, and those of auth_service_new.
 */
enum err serve_validators_init(struct serve_validators *v, const struct serve_auth *a,
			       const struct settings *conf, struct siphash_key hash,
			       struct writer *why);
/* No verdict comes after it; waits for the threads of the service. Harmless on a zeroed one. */
void serve_validators_fini(struct serve_validators *v);

/* Verdicts on their way to one worker. */
struct auth_post {
	pthread_mutex_t lock;
	struct auth_letter *letters;
};

void auth_post_init(struct auth_post *post);
/* Drops what nobody has taken. */
void auth_post_fini(struct auth_post *post);

/* Takes the verdicts that have come and hands them to the engine. The worker's thread. */
void auth_post_deliver(struct auth_post *post, struct engine *e);
/*
 * Asks who sent the credential of `conn`; as engine_io.authenticate. `wake` is called from a
 * thread of the service once the verdict is in `post`.
 */
enum auth_step serve_auth_ask(struct serve_validators *v, struct auth_post *post,
			      void (*wake)(void *), void *wake_ctx, struct conn *conn,
			      uint64_t request_id, const struct credential *credential,
			      uint64_t unix_ms, struct principal **ret_principal,
			      enum auth_fault *ret_fault);
