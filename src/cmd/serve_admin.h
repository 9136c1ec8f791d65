/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve_admin.h - the listener for operators: /metrics, /healthz and /readyz.
 *
 * An engine of its own in the main thread, with its own counts: it answers when the workers are
 * full or drain, and nothing of it can be reached through a public listener.
 */
#pragma once

#include "cmd/serve_worker.h"

#define SERVE_ADMIN_CONNECTIONS 32u
#define SERVE_ADMIN_ROUTES      3u

struct serve_admin {
	const struct serve_shared *shared;
	struct stream_settings settings;
	struct route routes[SERVE_ADMIN_ROUTES];
	struct log *log; /* empty: there are no streams here */
	struct admit *admit;
	struct engine *engine;   /* NULL: off */
	struct waitset set;      /* its descriptor is readable where there is work */
	int listener;            /* -1: none */
	uint64_t due_ms;         /* monotonic: the next turn at the latest */
	uint64_t accept_wait_ms; /* accepting rests until then; 0: it does not */
};

/* Off; it may end at once. */
void serve_admin_init(struct serve_admin *a);
/*
 * Serves what `listener` accepts, which belongs to `a` from now on, with the deadlines of
 * `settings`. `shared` outlives it; `settings` until serve_admin_reload. Errors: E_NOMEM, E_IO.
 */
enum err serve_admin_start(struct serve_admin *a, const struct serve_shared *shared,
			   const struct stream_settings *settings, int listener);
/* Takes the deadlines of new settings. */
void serve_admin_reload(struct serve_admin *a, const struct stream_settings *settings);
/* Does what there is to do, without waiting. */
void serve_admin_turn(struct serve_admin *a);
void serve_admin_end(struct serve_admin *a);
