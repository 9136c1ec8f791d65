/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/serve_auth.h"

#include "conf/form.h"

#include <stdio.h>
#include <stdlib.h>

/* One question and its answer: lives from the ask to the delivery. */
struct auth_letter {
	struct auth_letter *next;
	struct auth_post *post;
	void (*wake)(void *);
	void *wake_ctx;
	struct conn *conn;
	uint64_t request_id;
	struct principal *principal;
	enum auth_fault fault;
};

void auth_post_init(struct auth_post *post)
{
	(void)pthread_mutex_init(&post->lock, NULL); /* default attributes cannot fail */
	post->letters = NULL;
}

static struct auth_letter *take_all(struct auth_post *post)
{
	(void)pthread_mutex_lock(&post->lock);
	struct auth_letter *letters = post->letters;
	post->letters = NULL;
	(void)pthread_mutex_unlock(&post->lock);
	return letters;
}

void auth_post_deliver(struct auth_post *post, struct engine *e)
{
	struct auth_letter *next;

	for (struct auth_letter *l = take_all(post); l; l = next) {
		next = l->next;
		engine_authenticated(e, l->conn, l->request_id, l->principal, l->fault);
		free(l);
	}
}

void auth_post_fini(struct auth_post *post)
{
	struct auth_letter *next;

	for (struct auth_letter *l = take_all(post); l; l = next) {
		next = l->next;
		principal_unref(l->principal);
		free(l);
	}
	(void)pthread_mutex_destroy(&post->lock);
}

/* In a thread of the service. */
static void done(void *ctx, void *owner, uint64_t id, struct principal *principal,
		 enum auth_fault fault)
{
	struct auth_letter *l = owner;
	struct auth_post *post = l->post;
	void (*wake)(void *) = l->wake;
	void *wake_ctx = l->wake_ctx;

	(void)ctx;
	(void)id;
	l->principal = principal;
	l->fault = fault;
	(void)pthread_mutex_lock(&post->lock);
	l->next = post->letters;
	post->letters = l;
	(void)pthread_mutex_unlock(&post->lock);
	wake(wake_ctx);
}

static void log_line(void *ctx, struct slice line)
{
	(void)ctx;
	(void)fprintf(stderr, "sluice serve: %.*s\n", SLICE_ARG(line));
}

/* Settings. */

static void take_types(struct serve_auth *a, const struct jwt_settings *conf)
{
	size_t n = 0;

	a->types[n++] = SLICE_NONE; /* absent is allowed */
	for (size_t i = 0; i < conf->type_count && n < sizeof(a->types) / sizeof(a->types[0]); i++)
		a->types[n++] = conf->types[i];
	a->jwt.rules.types = a->types;
	a->jwt.rules.type_count = n;
}

static void take_jwt(struct serve_auth *a, const struct jwt_settings *conf)
{
	if (!conf->keys.ptr)
		return;
	auth_jwt_init(&a->jwt);
	if (conf_is_url(conf->keys)) {
		a->jwt.url = conf->keys;
	} else {
		a->key_file = conf->keys;
		a->jwt.files = &a->key_file;
		a->jwt.file_count = 1;
	}
	a->jwt.required = conf->required;
	a->jwt.rules.algs = conf->algorithms;
	a->jwt.rules.issuer = conf->issuer;
	a->jwt.rules.audiences = conf->audiences;
	a->jwt.rules.audience_count = conf->audience_count;
	a->jwt.rules.skew_s = (uint32_t)(conf->clock_skew_ms / 1000);
	a->jwt.rules.max_lifetime_s = (uint32_t)(conf->max_lifetime_ms / 1000);
	take_types(a, conf);
	a->config.jwt = &a->jwt;
	a->config.ca_file = conf->ca_file.ptr;
}

static void take_introspection(struct serve_auth *a, const struct auth_settings *conf)
{
	if (!conf->introspect.url.ptr)
		return;
	a->introspection = (struct auth_introspection){
		.url = conf->introspect.url,
		.cookie = conf->cookie,
		.timeout_ms = conf->introspect.timeout_ms,
	};
	a->config.introspection = &a->introspection;
	if (conf->introspect.ca_file.ptr)
		a->config.ca_file = conf->introspect.ca_file.ptr;
}

static enum err make_tables(struct serve_auth *a, const struct auth_settings *conf,
			    struct siphash_key hash)
{
	a->revocations = revocations_new((size_t)conf->revoke.max, conf->revoke.keep_ms, hash);
	a->tickets = tickets_new((size_t)conf->ticket.max, hash);
	a->resumes = resumes_new((size_t)conf->ticket.max, hash);
	a->cache = token_cache_new(TOKEN_CACHE_MAX, conf->cache_ms, hash);
	return a->revocations && a->tickets && a->resumes && a->cache ? OK : E_NOMEM;
}

enum err serve_auth_init(struct serve_auth *a, const struct settings *conf, struct siphash_key hash,
			 struct writer *why)
{
	enum err err = make_tables(a, &conf->auth, hash);

	if (err) {
		put(why, slice_of(err_text(err)));
		return err;
	}
	a->config = (struct auth_config){
		.cache = a->cache,
		.revocations = a->revocations,
		.key = hash,
		.done = done,
		.log = log_line,
	};
	take_jwt(a, &conf->auth.jwt);
	take_introspection(a, &conf->auth);
	if (!a->config.jwt && !a->config.introspection)
		return OK;
	return auth_service_new(&a->config, &a->service, why);
}

void serve_auth_stop(struct serve_auth *a)
{
	auth_service_free(a->service);
	a->service = NULL;
}

void serve_auth_fini(struct serve_auth *a)
{
	serve_auth_stop(a);
	token_cache_free(a->cache);
	tickets_free(a->tickets);
	resumes_free(a->resumes);
	revocations_free(a->revocations);
	*a = (struct serve_auth){0};
}

/* Asking. */

static struct auth_letter *letter_new(struct auth_post *post, void (*wake)(void *), void *wake_ctx,
				      struct conn *conn, uint64_t request_id)
{
	struct auth_letter *l = calloc(1, sizeof(*l));

	if (!l)
		return NULL;
	l->post = post;
	l->wake = wake;
	l->wake_ctx = wake_ctx;
	l->conn = conn;
	l->request_id = request_id;
	return l;
}

static enum auth_step known(enum auth_fault fault, enum auth_fault *ret_fault)
{
	*ret_fault = fault;
	return AUTH_STEP_KNOWN;
}

enum auth_step serve_auth_ask(struct serve_auth *a, struct auth_post *post, void (*wake)(void *),
			      void *wake_ctx, struct conn *conn, uint64_t request_id,
			      const struct credential *credential, uint64_t unix_ms,
			      struct principal **ret_principal, enum auth_fault *ret_fault)
{
	struct auth_ask ask = {
		.id = request_id,
		.source = credential->source,
		.credential = credential->value,
	};

	if (!a->service)
		return known(AUTH_UNKNOWN_KEY, ret_fault);
	struct principal *cached = auth_service_find(a->service, &ask, unix_ms);
	if (cached) {
		*ret_principal = cached;
		return known(AUTH_OK, ret_fault);
	}
	struct auth_letter *l = letter_new(post, wake, wake_ctx, conn, request_id);
	if (!l)
		return known(AUTH_NO_MEMORY, ret_fault);
	ask.owner = l;
	enum err err = auth_service_submit(a->service, &ask);
	if (!err)
		return AUTH_STEP_PENDING;
	free(l);
	return known(err == E_TOO_BIG ? AUTH_TOO_LARGE : AUTH_OVERLOADED, ret_fault);
}
