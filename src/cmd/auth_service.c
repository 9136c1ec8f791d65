/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/auth_service.h"

#include "cmd/auth_queue.h"
#include "cmd/auth_token.h"
#include "os/entropy.h"
#include "os/monotonic.h"
#include "os/resolver.h"
#include "os/wallclock.h"

#include <stdlib.h>

struct auth_service {
	struct auth_config config;
	struct auth_jwt jwt; /* where config.jwt is not NULL */
	struct url jwks_url;
	struct url introspection_url;
	bool resolver; /* resolver_init has been called */
	struct tls_trust *trust;
	atomic_size_t jobs;
	struct auth_queue queue; /* of jobs for the token threads */
	bool has_queue;
	pthread_t threads[AUTH_MAX_THREADS];
	unsigned started;
	struct auth_keys *keys;        /* NULL: no tokens */
	struct introspect *introspect; /* NULL: no application */
};

void auth_jwt_init(struct auth_jwt *jwt)
{
	*jwt = (struct auth_jwt){
		.overlap_ms = AUTH_OVERLAP_MS,
		.timeout_ms = AUTH_LOAD_MS,
		.stop_fd = -1,
		.pace = refresh_default_pace(),
	};
	jwt_rules_init(&jwt->rules);
}

/* Verdicts. */

static void on_done(void *ctx, struct auth_job *job, struct principal *principal,
		    enum auth_fault fault)
{
	struct auth_service *s = ctx;

	if (principal && s->config.revocations &&
	    revocations_hit(s->config.revocations, principal)) {
		principal_unref(principal);
		principal = NULL;
		fault = AUTH_REVOKED;
	}
	struct auth_ask ask = job->ask;
	auth_job_free(job);
	/* Before the verdict, so that who has it finds the place free. */
	atomic_fetch_sub(&s->jobs, 1);
	s->config.done(s->config.ctx, ask.owner, ask.id, principal, fault);
}

static void on_log(void *ctx, struct slice line)
{
	const struct auth_service *s = ctx;

	s->config.log(s->config.ctx, line);
}

/* Tokens. */

/* False: the job has left for the list of those who wait for keys. */
static bool settle(struct auth_service *s, struct auth_job *job, const struct auth_keys_view *view,
		   enum auth_fault fault, bool *ret_again)
{
	bool keyless = fault == AUTH_UNKNOWN_KEY || fault == AUTH_KEYS_UNAVAILABLE;

	if (!keyless || job->waited)
		return true;
	/* Before the call: once it waits, the job may be on another thread already. */
	job->waited = true;
	switch (auth_keys_wait(s->keys, view, &job->node, monotonic_ns() / 1000000)) {
	case AUTH_KEYS_WAITING:
		return false;
	case AUTH_KEYS_CHANGED:
		*ret_again = true;
		break;
	case AUTH_KEYS_REFUSED:
		break;
	}
	return true;
}

static void check_token(struct auth_service *s, struct auth_job *job)
{
	struct principal *principal = NULL;
	enum auth_fault fault;
	bool again, stays;

	do {
		uint64_t now = wallclock_ms();
		struct auth_keys_view view;

		again = false;
		auth_keys_look(s->keys, monotonic_ns() / 1000000, &view);
		fault = auth_token_check(job->ask.credential, &s->jwt.rules, &view, now,
					 s->config.key, &principal);
		stays = settle(s, job, &view, fault, &again);
		auth_keys_view_end(&view);
		if (principal && s->config.cache)
			token_cache_put(s->config.cache, &job->key, principal, now);
	} while (again);
	if (stays)
		on_done(s, job, principal, fault);
}

static void *run(void *arg)
{
	struct auth_service *s = arg;
	struct list *node;

	while ((node = auth_queue_pop(&s->queue)))
		check_token(s, auth_job_of(node));
	return NULL;
}

static void on_loaded(void *ctx, struct list *jobs)
{
	struct auth_service *s = ctx;

	while (!list_is_empty(jobs)) {
		struct list *node = jobs->next;

		list_remove(node);
		auth_queue_push(&s->queue, node);
	}
}

/* Starting. */

static enum err take_url(const char *option, struct slice text, struct url *ret_url,
			 struct writer *why)
{
	if (url_parse(text, ret_url) == OK && url_is_private(ret_url))
		return OK;
	put(why, slice_of(option));
	put(why, SLICE(" wants an https URL; http is for localhost and loopback addresses only"));
	return E_SYNTAX;
}

static enum err take_urls(struct auth_service *s, struct writer *why)
{
	const struct auth_introspection *in = s->config.introspection;
	enum err err = OK;

	if (s->config.jwt && s->jwt.url.ptr)
		err = take_url("auth.jwt.jwks", s->jwt.url, &s->jwks_url, why);
	if (!err && in)
		err = take_url("auth.introspect", in->url, &s->introspection_url, why);
	return err;
}

static enum err trust(struct auth_service *s, struct writer *why)
{
	const char *text = NULL;

	if (!s->jwks_url.https && !s->introspection_url.https)
		return OK;
	s->trust = tls_trust_new(s->config.ca_file, &text);
	if (s->trust)
		return OK;
	put(why, s->config.ca_file ? slice_of(s->config.ca_file) : SLICE("TLS"));
	put(why, SLICE(": "));
	put(why, slice_of(text));
	return E_IO;
}

static enum err prepare(struct auth_service *s, struct writer *why)
{
	enum err err = take_urls(s, why);

	if (!err)
		err = trust(s, why);
	if (!err)
		err = auth_queue_init(&s->queue);
	s->has_queue = !err;
	if (!err)
		err = resolver_init();
	s->resolver = !err;
	return err;
}

static enum err start_threads(struct auth_service *s)
{
	unsigned wanted = s->config.threads ? s->config.threads : AUTH_THREADS;

	while (s->started < wanted && s->started < AUTH_MAX_THREADS) {
		if (pthread_create(&s->threads[s->started], NULL, run, s) != 0)
			return E_IO;
		s->started++;
	}
	return OK;
}

static enum err start_tokens(struct auth_service *s, struct writer *why)
{
	bool remote = s->jwt.url.ptr != NULL;
	struct auth_keys_config config = {
		.source = {.url = remote ? &s->jwks_url : NULL,
			   .files = s->jwt.files,
			   .file_count = s->jwt.file_count,
			   .trust = s->trust,
			   .servers = s->config.servers,
			   .timeout_ms = s->jwt.timeout_ms,
			   .stop_fd = s->jwt.stop_fd},
		.pace = s->jwt.pace,
		.overlap_ms = s->jwt.overlap_ms,
		.ctx = s,
		.on_loaded = on_loaded,
		.log = on_log,
	};

	if (entropy_get(&config.seed, sizeof(config.seed)))
		return E_IO;
	s->keys = auth_keys_new(&config);
	if (!s->keys)
		return E_NOMEM;
	enum err err = auth_keys_start(s->keys, s->jwt.required || !remote, why);
	return err ? err : start_threads(s);
}

static enum err start_introspection(struct auth_service *s)
{
	const struct auth_introspection *in = s->config.introspection;
	const struct introspect_config config = {
		.url = &s->introspection_url,
		.cookie = in->cookie,
		.timeout_ms = in->timeout_ms ? in->timeout_ms : INTROSPECT_TIMEOUT_MS,
		.threads = in->threads ? in->threads : INTROSPECT_THREADS,
		.max_jobs = s->config.max_jobs,
		.trust = s->trust,
		.servers = s->config.servers,
		.cache = s->config.cache,
		.key = s->config.key,
		.ctx = s,
		.done = on_done,
		.log = on_log,
	};

	s->introspect = introspect_new(&config);
	return s->introspect ? introspect_start(s->introspect) : E_NOMEM;
}

enum err auth_service_new(const struct auth_config *config, struct auth_service **ret_service,
			  struct writer *why)
{
	struct auth_service *s = calloc(1, sizeof(*s));
	size_t start = why->len;

	if (!s) {
		put(why, slice_of(err_text(E_NOMEM)));
		return E_NOMEM;
	}
	s->config = *config;
	if (config->jwt)
		s->jwt = *config->jwt;
	if (s->config.max_jobs == 0)
		s->config.max_jobs = AUTH_MAX_JOBS;
	enum err err = prepare(s, why);
	if (!err && config->jwt)
		err = start_tokens(s, why);
	if (!err && config->introspection)
		err = start_introspection(s);
	if (!err) {
		*ret_service = s;
		return OK;
	}
	if (why->len == start)
		put(why, slice_of(err_text(err)));
	auth_service_free(s);
	return err;
}

void auth_service_reload(struct auth_service *s)
{
	if (s && s->keys)
		auth_keys_refresh(s->keys);
}

void auth_service_free(struct auth_service *s)
{
	struct list *node;

	if (!s)
		return;
	if (s->has_queue)
		auth_queue_stop(&s->queue);
	for (unsigned i = 0; i < s->started; i++)
		(void)pthread_join(s->threads[i], NULL);
	/* After the threads, which look at it; before the queue, which gets what waited. */
	auth_keys_free(s->keys);
	introspect_free(s->introspect);
	while (s->has_queue && (node = auth_queue_rest(&s->queue)))
		on_done(s, auth_job_of(node), NULL, AUTH_OVERLOADED);
	if (s->has_queue)
		auth_queue_fini(&s->queue);
	if (s->resolver)
		resolver_fini();
	tls_trust_free(s->trust);
	free(s);
}

/* Users. */

static bool goes_to_tokens(const struct auth_service *s, struct slice credential)
{
	return s->keys && (!s->introspect || auth_token_is_one(credential));
}

static enum err make_key(const struct auth_service *s, const struct auth_ask *ask,
			 struct digest *ret_key)
{
	bool token = goes_to_tokens(s, ask->credential);
	const struct token_source source = {
		.issuer = token ? s->jwt.rules.issuer : s->config.introspection->url,
		.key_id = token ? SLICE("jwt") : credential_source_name(ask->source),
		.token = ask->credential,
	};

	return token_cache_key(&source, ret_key);
}

static enum err enqueue(struct auth_service *s, struct auth_job *job)
{
	enum err err = make_key(s, &job->ask, &job->key);

	if (err)
		return err;
	if (!goes_to_tokens(s, job->ask.credential))
		return introspect_submit(s->introspect, job);
	auth_queue_push(&s->queue, &job->node);
	return OK;
}

enum err auth_service_submit(struct auth_service *s, const struct auth_ask *ask)
{
	if (ask->credential.len > AUTH_MAX_CREDENTIAL)
		return E_TOO_BIG;
	if (atomic_fetch_add(&s->jobs, 1) >= s->config.max_jobs) {
		atomic_fetch_sub(&s->jobs, 1);
		return E_FULL;
	}
	struct auth_job *job = auth_job_new(ask);
	enum err err = job ? enqueue(s, job) : E_NOMEM;
	if (!err)
		return OK;
	if (job)
		auth_job_free(job);
	atomic_fetch_sub(&s->jobs, 1);
	return err;
}

struct principal *auth_service_find(struct auth_service *s, const struct auth_ask *ask,
				    uint64_t now_unix_ms)
{
	struct digest key;

	if (!s->config.cache || ask->credential.len > AUTH_MAX_CREDENTIAL || make_key(s, ask, &key))
		return NULL;
	struct principal *p = token_cache_find(s->config.cache, &key, now_unix_ms);
	if (p && s->config.revocations && revocations_hit(s->config.revocations, p)) {
		principal_unref(p);
		return NULL;
	}
	return p;
}
