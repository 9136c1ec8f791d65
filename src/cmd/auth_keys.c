/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/auth_keys.h"

#include "base/require.h"
#include "os/monotonic.h"
#include "os/wakeup.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct old_set {
	struct jwks *set;
	uint64_t until_ms;
};

struct auth_keys {
	struct auth_keys_config config;
	struct wakeup stop; /* readable at the end: a load is given up */
	pthread_t thread;
	bool started;
	struct rng rng; /* of the thread */

	pthread_mutex_t lock; /* for all below */
	pthread_cond_t changed;
	bool stopping;
	struct refresh refresh;
	struct jwks *current; /* NULL: not loaded yet */
	struct digest digest; /* of current */
	struct old_set old[AUTH_KEYS_OLD];
	uint64_t finished;
	struct list waiting;
};

#define NO_MORE UINT64_MAX

static uint64_t now_ms(void)
{
	return monotonic_ns() / 1000000;
}

static void lock(struct auth_keys *k)
{
	require(pthread_mutex_lock(&k->lock) == 0);
}

static void unlock(struct auth_keys *k)
{
	require(pthread_mutex_unlock(&k->lock) == 0);
}

static enum err init_sync(struct auth_keys *k)
{
	if (pthread_mutex_init(&k->lock, NULL) != 0)
		return E_NOMEM;
	/* The wall clock may jump; a refresh must not. */
	enum err err = monotonic_cond_init(&k->changed);
	if (err)
		goto no_condition;
	err = wakeup_init(&k->stop);
	if (!err)
		return OK;
	(void)pthread_cond_destroy(&k->changed);
no_condition:
	(void)pthread_mutex_destroy(&k->lock);
	return err;
}

struct auth_keys *auth_keys_new(const struct auth_keys_config *config)
{
	struct auth_keys *k = calloc(1, sizeof(*k));

	if (!k || init_sync(k)) {
		free(k);
		return NULL;
	}
	k->config = *config;
	k->rng.state = config->seed;
	list_init(&k->waiting);
	refresh_init(&k->refresh, config->pace, now_ms());
	return k;
}

static void move_all(struct list *from, struct list *to)
{
	while (!list_is_empty(from)) {
		struct list *node = from->next;

		list_remove(node);
		list_append(to, node);
	}
}

void auth_keys_free(struct auth_keys *k)
{
	struct list jobs;

	if (!k)
		return;
	lock(k);
	k->stopping = true;
	(void)pthread_cond_signal(&k->changed);
	unlock(k);
	wakeup_send(&k->stop);
	if (k->started)
		(void)pthread_join(k->thread, NULL);
	list_init(&jobs);
	move_all(&k->waiting, &jobs);
	k->config.on_loaded(k->config.ctx, &jobs);
	jwks_unref(k->current);
	for (size_t i = 0; i < AUTH_KEYS_OLD; i++)
		jwks_unref(k->old[i].set);
	wakeup_fini(&k->stop);
	(void)pthread_cond_destroy(&k->changed);
	(void)pthread_mutex_destroy(&k->lock);
	free(k);
}

/* What a load changes. With the lock. */

static void retire_current(struct auth_keys *k, uint64_t now)
{
	if (!k->current)
		return;
	jwks_unref(k->old[AUTH_KEYS_OLD - 1].set);
	memmove(&k->old[1], &k->old[0], (AUTH_KEYS_OLD - 1) * sizeof(k->old[0]));
	k->old[0] = (struct old_set){k->current, now + k->config.overlap_ms};
}

/* True where the set is another one than before. Takes the reference in `loaded`. */
static bool take(struct auth_keys *k, const struct auth_loaded *loaded, uint64_t now)
{
	if (k->current && memcmp(&k->digest, &loaded->digest, sizeof(k->digest)) == 0) {
		jwks_unref(loaded->set);
		return false;
	}
	retire_current(k, now);
	k->current = loaded->set;
	k->digest = loaded->digest;
	return true;
}

/* One load. */

/* A reason names the file, if it is one, by itself. */
static void put_failure(struct writer *w, const struct auth_keys *k, struct slice why)
{
	put(w, SLICE("auth.jwt: "));
	if (k->config.source.url) {
		auth_put_url(w, k->config.source.url);
		put(w, SLICE(": "));
	}
	put(w, why);
}

static void log_failure(const struct auth_keys *k, struct slice why, uint64_t again_ms)
{
	char room[AUTH_LOG_LINE];
	struct writer w;

	writer_init(&w, room, sizeof(room));
	put_failure(&w, k, why);
	put(&w, SLICE("; next try in "));
	put_u64(&w, (again_ms + 999) / 1000);
	put(&w, SLICE(" s"));
	k->config.log(k->config.ctx, writer_slice(&w));
}

static void log_success(const struct auth_keys *k, size_t count, size_t skipped)
{
	char room[AUTH_LOG_LINE];
	struct writer w;

	writer_init(&w, room, sizeof(room));
	put(&w, SLICE("auth.jwt: "));
	auth_put_source(&w, &k->config.source);
	put(&w, SLICE(": "));
	put_u64(&w, count);
	put(&w, count == 1 ? SLICE(" key") : SLICE(" keys"));
	if (skipped > 0) {
		put(&w, SLICE(", "));
		put_u64(&w, skipped);
		put(&w, SLICE(" of another kind skipped"));
	}
	k->config.log(k->config.ctx, writer_slice(&w));
}

static void succeed(struct auth_keys *k, const struct auth_loaded *loaded, struct list *jobs)
{
	size_t count = loaded->set->count, skipped = loaded->set->skipped;

	lock(k);
	uint64_t now = now_ms();
	bool failed_before = k->refresh.failures > 0;
	bool is_new = take(k, loaded, now);
	refresh_succeed(&k->refresh, now, loaded->max_age_ms);
	k->finished++;
	move_all(&k->waiting, jobs);
	unlock(k);
	if (is_new || failed_before)
		log_success(k, count, skipped);
}

/* Milliseconds until the next try; NO_MORE: there is none. */
static uint64_t fail(struct auth_keys *k, struct list *jobs)
{
	lock(k);
	uint64_t now = now_ms();
	refresh_fail(&k->refresh, now, &k->rng);
	uint64_t again_ms = k->stopping ? NO_MORE : k->refresh.due_ms - now;
	k->finished++;
	move_all(&k->waiting, jobs);
	unlock(k);
	return again_ms;
}

/* False: `why` has the reason, and *ret_again_ms is as of fail. The refresh must have begun. */
static bool load(struct auth_keys *k, struct writer *why, uint64_t *ret_again_ms)
{
	struct auth_loaded loaded;
	struct list jobs;

	list_init(&jobs);
	bool good = auth_load(&k->config.source, &loaded, why);
	if (good)
		succeed(k, &loaded, &jobs);
	else
		*ret_again_ms = fail(k, &jobs);
	k->config.on_loaded(k->config.ctx, &jobs);
	return good;
}

/* False: it is over. */
static bool wait_for_turn(struct auth_keys *k)
{
	lock(k);
	while (!k->stopping && !refresh_is_due(&k->refresh, now_ms()))
		monotonic_cond_wait(&k->changed, &k->lock, k->refresh.due_ms);
	bool go = !k->stopping;
	if (go)
		refresh_begin(&k->refresh, now_ms());
	unlock(k);
	return go;
}

static void *run(void *arg)
{
	struct auth_keys *k = arg;

	while (wait_for_turn(k)) {
		char room[AUTH_LOG_LINE];
		struct writer why;
		uint64_t again_ms;

		writer_init(&why, room, sizeof(room));
		if (!load(k, &why, &again_ms) && again_ms != NO_MORE)
			log_failure(k, writer_slice(&why), again_ms);
	}
	return NULL;
}

/* Where it fails, the caller tells why, and nobody tries again. */
static bool load_first(struct auth_keys *k, struct writer *why)
{
	char room[AUTH_LOG_LINE];
	struct writer reason;
	uint64_t again_ms;

	writer_init(&reason, room, sizeof(room));
	refresh_begin(&k->refresh, now_ms());
	if (load(k, &reason, &again_ms))
		return true;
	put_failure(why, k, writer_slice(&reason));
	return false;
}

enum err auth_keys_start(struct auth_keys *k, bool wait, struct writer *why)
{
	if (wait && !load_first(k, why))
		return E_NOT_FOUND;
	k->config.source.stop_fd = k->stop.fd;
	if (pthread_create(&k->thread, NULL, run, k) != 0)
		return E_IO;
	k->started = true;
	return OK;
}

void auth_keys_refresh(struct auth_keys *k)
{
	lock(k);
	k->refresh.due_ms = now_ms();
	(void)pthread_cond_signal(&k->changed);
	unlock(k);
}

/* Users. */

void auth_keys_look(struct auth_keys *k, uint64_t now, struct auth_keys_view *ret_view)
{
	struct auth_keys_view view = {0};

	lock(k);
	view.finished = k->finished;
	if (k->current)
		view.sets[view.count++] = jwks_ref(k->current);
	for (size_t i = 0; i < AUTH_KEYS_OLD; i++) {
		if (k->old[i].set && now < k->old[i].until_ms)
			view.sets[view.count++] = jwks_ref(k->old[i].set);
	}
	unlock(k);
	*ret_view = view;
}

void auth_keys_view_end(struct auth_keys_view *view)
{
	while (view->count > 0)
		jwks_unref(view->sets[--view->count]);
}

enum auth_keys_wait auth_keys_wait(struct auth_keys *k, const struct auth_keys_view *view,
				   struct list *job, uint64_t now)
{
	enum auth_keys_wait result = AUTH_KEYS_REFUSED;

	lock(k);
	if (k->finished != view->finished) {
		result = AUTH_KEYS_CHANGED;
	} else if (!k->stopping && refresh_hurry(&k->refresh, now)) {
		list_append(&k->waiting, job);
		(void)pthread_cond_signal(&k->changed);
		result = AUTH_KEYS_WAITING;
	}
	unlock(k);
	return result;
}
