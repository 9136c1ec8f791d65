/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth_keys.h - the key sets that tokens are checked with now, kept fresh by a thread.
 *
 * A set that was replaced stays good for a while (overlap), because tokens that its keys signed
 * are still under way. Where loading fails, the last set stays. All functions but start and
 * free may be called from any thread.
 */
#pragma once

#include "base/list.h"
#include "cmd/auth_load.h"
#include "cmd/auth_refresh.h"

#define AUTH_OVERLAP_MS 600000u /* default of auth.jwt.jwks-overlap */
#define AUTH_KEYS_OLD   4u /* replaced sets; more rotations within the overlap drop the oldest */

struct auth_keys_config {
	struct auth_source source; /* its stop_fd is for the load that start waits for */
	struct refresh_pace pace;
	uint64_t overlap_ms;
	uint64_t seed; /* of the jitter */
	void *ctx;
	/* Jobs that waited for a load which has now ended. From the thread. */
	void (*on_loaded)(void *ctx, struct list *jobs);
	/* One line, without a line end; valid during the call. From the thread, or from start. */
	void (*log)(void *ctx, struct slice line);
};

struct auth_keys;

/* Copies `config`, not what it points to. NULL when out of memory. */
struct auth_keys *auth_keys_new(const struct auth_keys_config *config);
/* Gives up a load, hands the jobs that still wait to on_loaded, and frees. NULL-safe. */
void auth_keys_free(struct auth_keys *k);
/*
 * Starts the thread. With `wait` the first load is made before this returns, and its failure is
 * E_NOT_FOUND, with the reason in `why`. Errors: E_IO (no thread).
 */
enum err auth_keys_start(struct auth_keys *k, bool wait, struct writer *why);

/* Loads again as soon as it can: the operator says that the keys have changed. */
void auth_keys_refresh(struct auth_keys *k);

/* References to the sets that are good now, newest first. */
struct auth_keys_view {
	struct jwks *sets[1 + AUTH_KEYS_OLD];
	size_t count;      /* 0: nothing has been loaded yet */
	uint64_t finished; /* loads that had ended: what auth_keys_wait compares */
};

void auth_keys_look(struct auth_keys *k, uint64_t now_ms, struct auth_keys_view *ret_view);
void auth_keys_view_end(struct auth_keys_view *view);

enum auth_keys_wait {
	AUTH_KEYS_WAITING, /* the job is linked, and comes back through on_loaded */
	AUTH_KEYS_CHANGED, /* a load has ended since the view was taken: look again */
	AUTH_KEYS_REFUSED, /* there is no load to wait for, and none may be made now */
};

/* What to do with a job whose key is not in the view: hurries a load where one may be made. */
enum auth_keys_wait auth_keys_wait(struct auth_keys *k, const struct auth_keys_view *view,
				   struct list *job, uint64_t now_ms);
