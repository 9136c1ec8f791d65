/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/auth_introspect.h"

#include "base/ratelimit.h"
#include "base/require.h"
#include "base/table.h"
#include "cmd/auth_answer.h"
#include "cmd/auth_breaker.h"
#include "cmd/auth_load.h"
#include "cmd/auth_queue.h"
#include "http/chars.h"
#include "os/monotonic.h"
#include "os/wakeup.h"
#include "os/wallclock.h"

#include <openssl/crypto.h>

#include <stdlib.h>

#define LOG_BURST 5u /* lines; then one a second */

/* "Bearer " or "name=" stands before the credential. */
#define FIELD_MAX (AUTH_MAX_CREDENTIAL + 512u)

struct introspect {
	struct introspect_config config;
	struct wakeup stop;      /* readable at the end: calls are given up */
	struct auth_queue queue; /* of leaders */
	pthread_t threads[INTROSPECT_MAX_THREADS];
	unsigned started;

	pthread_mutex_t lock; /* for all below, and the followers of leaders */
	struct table leaders; /* jobs that are queued or asked about, by key */
	struct breaker breaker;
	struct ratelimit lines;
};

static uint64_t now_ms(void)
{
	return monotonic_ns() / 1000000;
}

static void lock(struct introspect *in)
{
	require(pthread_mutex_lock(&in->lock) == 0);
}

static void unlock(struct introspect *in)
{
	require(pthread_mutex_unlock(&in->lock) == 0);
}

static struct slice key_of(const void *item)
{
	const struct auth_job *job = item;

	return digest_slice(&job->key);
}

static enum err init_sync(struct introspect *in)
{
	if (pthread_mutex_init(&in->lock, NULL) != 0)
		return E_NOMEM;
	enum err err = auth_queue_init(&in->queue);
	if (err)
		goto no_queue;
	err = wakeup_init(&in->stop);
	if (!err)
		return OK;
	auth_queue_fini(&in->queue);
no_queue:
	(void)pthread_mutex_destroy(&in->lock);
	return err;
}

struct introspect *introspect_new(const struct introspect_config *config)
{
	struct introspect *in = calloc(1, sizeof(*in));

	if (!in || init_sync(in)) {
		free(in);
		return NULL;
	}
	in->config = *config;
	if (in->config.threads > INTROSPECT_MAX_THREADS)
		in->config.threads = INTROSPECT_MAX_THREADS;
	table_init(&in->leaders, config->key, key_of, config->max_jobs);
	ratelimit_init(&in->lines, LOG_BURST, 1, now_ms());
	return in;
}

/* What the log says. */

static void log_line(const struct introspect *in, struct slice text)
{
	char room[AUTH_LOG_LINE];
	struct writer w;

	writer_init(&w, room, sizeof(room));
	put(&w, SLICE("auth.introspect: "));
	auth_put_url(&w, in->config.url);
	put(&w, SLICE(": "));
	put(&w, text);
	in->config.log(in->config.ctx, writer_slice(&w));
}

static void note_success(struct introspect *in)
{
	lock(in);
	bool closed = breaker_succeed(&in->breaker);
	unlock(in);
	if (closed)
		log_line(in, SLICE("it answers again"));
}

static void note_failure(struct introspect *in, struct slice why)
{
	lock(in);
	bool opened = breaker_fail(&in->breaker, now_ms());
	bool may_log = ratelimit_take(&in->lines, 1, now_ms());
	unlock(in);
	if (may_log)
		log_line(in, why);
	/* The breaker itself bounds how often this is said. */
	if (opened)
		log_line(in, SLICE("too many failures in a row: not asked for 5 s"));
}

/* One call. */

/* Before the breaker is asked: what cannot be sent says nothing about the application. */
static enum auth_fault put_credential(struct writer *w, const struct introspect *in,
				      const struct auth_ask *ask)
{
	/* A second field or cookie must not ride along. */
	if (text_run(ask->credential) < ask->credential.len ||
	    (ask->source == CREDENTIAL_COOKIE && slice_has_any(ask->credential, SLICE(";"))))
		return AUTH_MALFORMED;
	if (ask->source == CREDENTIAL_BEARER) {
		put(w, SLICE("Bearer "));
	} else {
		put(w, in->config.cookie);
		put_char(w, '=');
	}
	put(w, ask->credential);
	return w->overflow ? AUTH_TOO_LARGE : AUTH_OK;
}

static struct fetch_why post(const struct introspect *in, enum credential_source source,
			     struct slice value, struct fetch_response *response)
{
	const struct http_field fields[] = {
		{SLICE("Accept"), SLICE("application/json")},
		{source == CREDENTIAL_BEARER ? SLICE("Authorization") : SLICE("Cookie"), value},
	};
	const struct fetch_request request = {
		.url = in->config.url,
		.method = SLICE("POST"),
		.fields = fields,
		.field_count = 2,
		.body = SLICE(""),
		.trust = in->config.trust,
		.servers = in->config.servers,
		.patience = {now_ms() + in->config.timeout_ms, in->stop.fd},
	};

	return fetch(&request, response);
}

/* AUTH_INTROSPECTION_FAILED: `why` says why. */
static enum auth_fault judge(const struct introspect *in, const struct fetch_response *response,
			     struct principal **ret_principal, struct writer *why)
{
	if (response->status == 401 || response->status == 403)
		return AUTH_INTROSPECTION_REFUSED;
	if (response->status < 200 || response->status > 299) {
		put(why, SLICE("the answer has status "));
		put_u64(why, response->status);
		return AUTH_INTROSPECTION_FAILED;
	}
	if (!slice_eq(fetch_response_type(response), SLICE("application/json"))) {
		put(why, SLICE("the answer is not application/json"));
		return AUTH_INTROSPECTION_FAILED;
	}
	enum auth_fault fault = auth_answer_read(buf_slice(&response->body), wallclock_ms(),
						 in->config.key, ret_principal);
	if (fault == AUTH_INTROSPECTION_FAILED)
		put(why, SLICE("the answer is not the JSON that sluice-serve(1) describes"));
	return fault;
}

static enum auth_fault call(const struct introspect *in, enum credential_source source,
			    struct slice value, struct principal **ret_principal,
			    struct writer *why)
{
	enum auth_fault fault = AUTH_INTROSPECTION_FAILED;
	struct fetch_response response;

	fetch_response_init(&response, AUTH_ANSWER_MAX);
	struct fetch_why failure = post(in, source, value, &response);
	if (failure.fault == FETCH_STOPPED)
		fault = AUTH_OVERLOADED;
	else if (failure.fault)
		fetch_put_why(why, failure);
	else
		fault = judge(in, &response, ret_principal, why);
	if (response.body.ptr)
		OPENSSL_cleanse(response.body.ptr, response.body.cap);
	fetch_response_fini(&response);
	return fault;
}

/* Asks unless the breaker is open, and tells it how that went. */
static enum auth_fault call_if_admitted(struct introspect *in, enum credential_source source,
					struct slice value, struct principal **ret_principal)
{
	char room[AUTH_LOG_LINE];
	struct writer why;

	lock(in);
	bool admitted = breaker_admit(&in->breaker, now_ms());
	unlock(in);
	if (!admitted)
		return AUTH_INTROSPECTION_FAILED;
	writer_init(&why, room, sizeof(room));
	enum auth_fault fault = call(in, source, value, ret_principal, &why);
	if (fault == AUTH_INTROSPECTION_FAILED)
		note_failure(in, writer_slice(&why));
	else if (fault != AUTH_OVERLOADED)
		note_success(in);
	return fault;
}

static enum auth_fault ask_application(struct introspect *in, const struct auth_ask *ask,
				       struct principal **ret_principal)
{
	char room[FIELD_MAX];
	struct writer value;

	writer_init(&value, room, sizeof(room));
	enum auth_fault fault = put_credential(&value, in, ask);
	if (!fault)
		fault = call_if_admitted(in, ask->source, writer_slice(&value), ret_principal);
	OPENSSL_cleanse(room, value.len);
	return fault;
}

/* The verdict on a leader, and on all that follow it by then. */

static void finish(struct introspect *in, struct auth_job *leader, struct principal *principal,
		   enum auth_fault fault)
{
	struct list *followers = &leader->followers;

	lock(in);
	(void)table_remove(&in->leaders, digest_slice(&leader->key));
	unlock(in);
	/* Nobody can find the leader any more, so the followers are ours alone. */
	while (!list_is_empty(followers)) {
		struct auth_job *job = auth_job_of(followers->next);

		list_remove(&job->node);
		in->config.done(in->config.ctx, job, principal ? principal_ref(principal) : NULL,
				fault);
	}
	in->config.done(in->config.ctx, leader, principal, fault);
}

static void serve(struct introspect *in, struct auth_job *leader)
{
	struct token_cache *cache = in->config.cache;
	struct principal *principal = NULL;
	enum auth_fault fault = AUTH_OK;

	/* A call for the same credential may have ended just before this one was submitted. */
	if (cache)
		principal = token_cache_find(cache, &leader->key, wallclock_ms());
	if (!principal) {
		fault = ask_application(in, &leader->ask, &principal);
		if (!fault && cache)
			token_cache_put(cache, &leader->key, principal, wallclock_ms());
	}
	finish(in, leader, principal, fault);
}

static void *run(void *arg)
{
	struct introspect *in = arg;
	struct list *node;

	while ((node = auth_queue_pop(&in->queue)))
		serve(in, auth_job_of(node));
	return NULL;
}

enum err introspect_start(struct introspect *in)
{
	while (in->started < in->config.threads) {
		if (pthread_create(&in->threads[in->started], NULL, run, in) != 0)
			return E_IO;
		in->started++;
	}
	return OK;
}

void introspect_free(struct introspect *in)
{
	struct list *node;

	if (!in)
		return;
	auth_queue_stop(&in->queue);
	wakeup_send(&in->stop);
	for (unsigned i = 0; i < in->started; i++)
		(void)pthread_join(in->threads[i], NULL);
	while ((node = auth_queue_rest(&in->queue)))
		finish(in, auth_job_of(node), NULL, AUTH_OVERLOADED);
	wakeup_fini(&in->stop);
	auth_queue_fini(&in->queue);
	table_fini(&in->leaders);
	(void)pthread_mutex_destroy(&in->lock);
	free(in);
}

enum err introspect_submit(struct introspect *in, struct auth_job *job)
{
	lock(in);
	struct auth_job *leader = table_find(&in->leaders, digest_slice(&job->key));
	enum err err = leader ? OK : table_insert(&in->leaders, job);
	if (leader)
		list_append(&leader->followers, &job->node);
	unlock(in);
	if (!err && !leader)
		auth_queue_push(&in->queue, &job->node);
	return err;
}
