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

/* Tables. */

enum err serve_auth_init(struct serve_auth *a, const struct settings *conf, struct siphash_key hash,
			 int stop_fd)
{
	const struct auth_settings *auth = &conf->auth;

	a->stop_fd = stop_fd;
	a->revocations = revocations_new((size_t)auth->revoke.max, auth->revoke.keep_ms, hash);
	a->tickets = tickets_new((size_t)auth->ticket.max, hash);
	a->resumes = resumes_new((size_t)auth->ticket.max, hash);
	return a->revocations && a->tickets && a->resumes ? OK : E_NOMEM;
}

void serve_auth_fini(struct serve_auth *a)
{
	tickets_free(a->tickets);
	resumes_free(a->resumes);
	revocations_free(a->revocations);
	*a = (struct serve_auth){0};
}

/* Validators. */

static void take_types(struct serve_validators *v, const struct jwt_settings *conf)
{
	size_t n = 0;

	v->types[n++] = SLICE_NONE; /* absent is allowed */
	for (size_t i = 0; i < conf->type_count && n < sizeof(v->types) / sizeof(v->types[0]); i++)
		v->types[n++] = conf->types[i];
	v->jwt.rules.types = v->types;
	v->jwt.rules.type_count = n;
}

static void take_jwt(struct serve_validators *v, const struct jwt_settings *conf, int stop_fd)
{
	if (!conf->keys.ptr)
		return;
	auth_jwt_init(&v->jwt);
	if (conf_is_url(conf->keys)) {
		v->jwt.url = conf->keys;
	} else {
		v->key_file = conf->keys;
		v->jwt.files = &v->key_file;
		v->jwt.file_count = 1;
	}
	v->jwt.required = conf->required;
	v->jwt.stop_fd = stop_fd;
	v->jwt.rules.algs = conf->algorithms;
	v->jwt.rules.issuer = conf->issuer;
	v->jwt.rules.audiences = conf->audiences;
	v->jwt.rules.audience_count = conf->audience_count;
	v->jwt.rules.skew_s = (uint32_t)(conf->clock_skew_ms / 1000);
	v->jwt.rules.max_lifetime_s = (uint32_t)(conf->max_lifetime_ms / 1000);
	take_types(v, conf);
	v->config.jwt = &v->jwt;
	v->config.ca_file = conf->ca_file.ptr;
}

static void take_introspection(struct serve_validators *v, const struct auth_settings *conf)
{
	if (!conf->introspect.url.ptr)
		return;
	v->introspection = (struct auth_introspection){
		.url = conf->introspect.url,
		.cookie = conf->cookie,
		.timeout_ms = conf->introspect.timeout_ms,
	};
	v->config.introspection = &v->introspection;
	if (conf->introspect.ca_file.ptr)
		v->config.ca_file = conf->introspect.ca_file.ptr;
}

enum err serve_validators_init(struct serve_validators *v, const struct serve_auth *a,
			       const struct settings *conf, struct siphash_key hash,
			       struct writer *why)
{
	v->cache = token_cache_new(TOKEN_CACHE_MAX, conf->auth.cache_ms, hash);
	if (!v->cache) {
		put(why, slice_of(err_text(E_NOMEM)));
		return E_NOMEM;
	}
	v->config = (struct auth_config){
		.cache = v->cache,
		.revocations = a->revocations,
		.key = hash,
		.done = done,
		.log = log_line,
	};
	take_jwt(v, &conf->auth.jwt, a->stop_fd);
	take_introspection(v, &conf->auth);
	if (!v->config.jwt && !v->config.introspection)
		return OK;
	return auth_service_new(&v->config, &v->service, why);
}

void serve_validators_fini(struct serve_validators *v)
{
	auth_service_free(v->service);
	token_cache_free(v->cache);
	*v = (struct serve_validators){0};
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

enum auth_step serve_auth_ask(struct serve_validators *v, struct auth_post *post,
			      void (*wake)(void *), void *wake_ctx, struct conn *conn,
			      uint64_t request_id, const struct credential *credential,
			      uint64_t unix_ms, struct principal **ret_principal,
			      enum auth_fault *ret_fault)
{
	struct auth_ask ask = {
		.id = request_id,
		.source = credential->source,
		.credential = credential->value,
	};

	if (!v->service)
		return known(AUTH_UNKNOWN_KEY, ret_fault);
	struct principal *cached = auth_service_find(v->service, &ask, unix_ms);
	if (cached) {
		*ret_principal = cached;
		return known(AUTH_OK, ret_fault);
	}
	struct auth_letter *l = letter_new(post, wake, wake_ctx, conn, request_id);
	if (!l)
		return known(AUTH_NO_MEMORY, ret_fault);
	ask.owner = l;
	enum err err = auth_service_submit(v->service, &ask);
	if (!err)
		return AUTH_STEP_PENDING;
	free(l);
	return known(err == E_TOO_BIG ? AUTH_TOO_LARGE : AUTH_OVERLOADED, ret_fault);
}
