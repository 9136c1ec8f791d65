/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve_generation.h - one life of the configuration: the settings and what was loaded by them.
 *
 * Immutable once it is current. The main thread makes it and frees it; workers go over to it in
 * their own time, and say when no request of theirs looks at an older one any more.
 */
#pragma once

#include "cmd/serve_auth.h"
#include "cmd/serve_setup.h"

#include <pthread.h>
#include <stdatomic.h>

/* Generations at a time: at the bound a reload waits until requests of an old one have ended. */
#define SERVE_MAX_GENERATIONS ENGINE_MAX_SETTINGS

struct serve_generation {
	struct serve_setup setup;
	struct serve_validators validators;
	/* Whose validators are asked: itself, or an older one with the same auth settings. */
	struct serve_generation *checker;
	atomic_size_t users; /* workers, and younger generations that ask its validators */
	struct serve_generation *older;
};

/* NULL: no memory. The setup is zeroed: serve_setup fills it. */
struct serve_generation *serve_generation_new(void);
/*
 * Starts the validators, or shares those of `before` (NULL: none) where they are the same and
 * cannot have changed unseen. Complaints go to standard error; gives an exit code.
 */
int serve_generation_start(struct serve_generation *g, const struct serve_auth *auth,
			   struct serve_generation *before);
/* Main thread, when it has no users. Waits for the threads of its validators. NULL-safe. */
void serve_generation_free(struct serve_generation *g);
/* Ends a use. Any thread. */
void serve_generation_leave(struct serve_generation *g);

/* Where workers find the current one. */
struct serve_current {
	pthread_mutex_t lock;
	struct serve_generation *generation;
	atomic_uint version; /* of `generation`: changes are seen without the lock */
};

void serve_current_init(struct serve_current *c, struct serve_generation *g);
void serve_current_fini(struct serve_current *c);
/* Main thread: from now on workers go over to `g`. */
void serve_current_set(struct serve_current *c, struct serve_generation *g);
/*
 * The current one, with a use of it that the caller gives back by serve_generation_leave;
 * *ret_version is its version. Any thread.
 */
struct serve_generation *serve_current_get(struct serve_current *c, unsigned *ret_version);
