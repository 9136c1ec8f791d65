/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth_service.h - tells who sent a credential, on threads of its own: checking a signature, and
 * asking an application over the network, would stop the streams of a loop.
 *
 * With both validators configured, a credential of three parts with dots between them goes to the
 * JWT check, all others go to introspection. Static keys and tickets are quick and never come
 * here.
 */
#pragma once

#include "cmd/auth_introspect.h"
#include "cmd/auth_keys.h"
#include "identity/jwt.h"
#include "identity/revocation.h"

#define AUTH_MAX_JOBS    1024u /* credentials under way at once, whatever for */
#define AUTH_THREADS     2u    /* default of those that check tokens */
#define AUTH_MAX_THREADS 64u

struct auth_jwt {
	struct slice url;          /* of a JWKS; ptr NULL: files */
	const struct slice *files; /* NUL-terminated paths of PEM, JWK or JWKS files */
	size_t file_count;
	struct jwt_rules rules;
	bool required;       /* no start without the keys; files are always required */
	uint64_t overlap_ms; /* how long a replaced set stays good */
	uint64_t timeout_ms; /* of one fetch */
	int stop_fd;         /* readable: gives up the fetch that the start waits for; -1: none */
	struct refresh_pace pace;
};

/* Overlap, timeout and pace as documented; rules as of jwt_rules_init. */
void auth_jwt_init(struct auth_jwt *jwt);

struct auth_introspection {
	struct slice url;
	struct slice cookie; /* name of the session cookie */
	uint64_t timeout_ms; /* 0: INTROSPECT_TIMEOUT_MS */
	unsigned threads;    /* 0: INTROSPECT_THREADS */
};

struct auth_config {
	const struct auth_jwt *jwt;                     /* NULL: no tokens */
	const struct auth_introspection *introspection; /* NULL: no application */
	unsigned threads;                               /* 0: AUTH_THREADS */
	size_t max_jobs;                                /* 0: AUTH_MAX_JOBS */
	const char *ca_file;                            /* PEM; NULL: the system's authorities */
	const char *servers;                            /* name servers, as in os/resolver.h */
	struct token_cache *cache;                      /* NULL: none */
	struct revocations *revocations;                /* NULL: none */
	struct siphash_key key; /* random; that of all principals of the program */
	void *ctx;
	/*
	 * The verdict, once for every job that was taken: on AUTH_OK with a reference to the
	 * principal, which the callee then owns, else with NULL. From a thread of the service, or
	 * from within auth_service_free. Must not block.
	 */
	void (*done)(void *ctx, void *owner, uint64_t id, struct principal *principal,
		     enum auth_fault fault);
	/* One line for the operator, without a line end and without secrets. Any thread. */
	void (*log)(void *ctx, struct slice line);
};

struct auth_service;

/*
 * Starts the service. What `config` points to must outlive it. On error `why` has one line for
 * the person. Errors: E_SYNTAX (a URL that may not be asked), E_NOT_FOUND (required keys cannot be
 * loaded), E_NOMEM, E_IO.
 */
enum err auth_service_new(const struct auth_config *config, struct auth_service **ret_service,
			  struct writer *why);
/* Reads the keys of tokens again: rotation. Harmless without any. Any thread. */
void auth_service_reload(struct auth_service *s);
/* Gives up what is under way, answers all jobs that are left with AUTH_OVERLOADED. NULL-safe. */
void auth_service_free(struct auth_service *s);
/*
 * Any thread. The credential is copied, and wiped after use. Errors: E_FULL (answer AUTH_OVERLOADED
 * at once), E_TOO_BIG, E_NOMEM; then `done` is not called.
 */
enum err auth_service_submit(struct auth_service *s, const struct auth_ask *ask);
/*
 * Somebody whose credential was found good a moment ago: a reference that the caller owns, or
 * NULL: submit it. Any thread; never waits for more than a table.
 */
struct principal *auth_service_find(struct auth_service *s, const struct auth_ask *ask,
				    uint64_t now_unix_ms);
