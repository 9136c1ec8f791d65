/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/serve_admin.h"

#include "cmd/serve_io.h"
#include "cmd/serve_setup.h"
#include "os/entropy.h"
#include "os/listener.h"
#include "os/monotonic.h"
#include "os/peer.h"
#include "os/wallclock.h"
#include "stream/metrics.h"

#define ADMIN_SENDS    16u  /* of one turn: there is nothing to fan out */
#define ACCEPT_REST_MS 100u /* while there are no descriptors */

_Static_assert(METRICS_MAX_TEXT <= ENGINE_MAX_CONTENT, "the metrics are one body");

static uint64_t now_ms(void)
{
	return monotonic_ns() / 1000000;
}

/* What is served. */

static unsigned put_metrics(const struct serve_shared *shared, struct buf *body)
{
	struct engine_counters sum = {0};
	struct metrics_state state = {
		.streams_open = admit_streams(shared->admit),
		.connections_open = admit_connections(shared->admit),
		.memory = admit_resident(shared->admit),
		.strangers = atomic_load(&shared->strangers),
		.log_lines_lost = logsink_lost(shared->sink),
		.reloads = shared->loads.done,
		.reload_failures = shared->loads.failed,
		.loaded_s = shared->loads.at_unix_ms / 1000,
		.landlock = shared->sandbox->landlock,
		.system_calls = shared->sandbox->system_calls,
		.version = SLICE(SLUICE_VERSION),
		.tls_handshakes = atomic_load(&shared->tls.handshakes),
		.tls_resumed = atomic_load(&shared->tls.resumed),
		.tls_ktls = atomic_load(&shared->tls.ktls),
		/* The main thread sets the generation, and it is the main thread that asks. */
		.tls_expires = serve_tls_expires(&shared->current.generation->setup.tls),
	};
	struct writer w;

	for (size_t i = 0; i < shared->worker_count; i++)
		serve_counters_add(&shared->workers[i].counters, &sum);
	if (buf_reserve(body, METRICS_MAX_TEXT))
		return 503;
	writer_init(&w, body->ptr, METRICS_MAX_TEXT);
	metrics_put(&w, &sum, &state);
	body->len = w.len;
	return 200;
}

static unsigned put_ready(const struct serve_shared *shared, struct buf *body)
{
	bool ready = atomic_load(&shared->phase) == SERVE_RUNNING;

	if (buf_append(body, ready ? SLICE("{\"status\":\"ready\"}\n")
				   : SLICE("{\"status\":\"draining\"}\n")))
		return 503;
	return ready ? 200 : 503;
}

static unsigned io_content(void *ctx, const struct route *route, struct buf *ret_body)
{
	const struct serve_admin *a = ctx;

	return slice_eq(route->path, SLICE("/metrics")) ? put_metrics(a->shared, ret_body)
							: put_ready(a->shared, ret_body);
}

static void io_want(void *ctx, int io, struct conn *conn, unsigned interest)
{
	struct serve_admin *a = ctx;

	/* Cannot fail for a descriptor that is in the set. */
	(void)waitset_change(&a->set, io, conn, interest);
}

static void io_record(void *ctx, const struct stream_record *record)
{
	const struct serve_admin *a = ctx;

	serve_io_record(a->shared->sink, record);
}

/* Starting and ending. */

void serve_admin_init(struct serve_admin *a)
{
	*a = (struct serve_admin){.set = {.fd = -1}, .listener = -1, .due_ms = UINT64_MAX};
}

/* The deadlines are those of the public listeners; no other site is let in. */
static void make_settings(struct serve_admin *a, const struct stream_settings *public)
{
	a->routes[0] = (struct route){.kind = ROUTE_DYNAMIC,
				      .path = SLICE("/metrics"),
				      .content_type = SLICE(METRICS_CONTENT_TYPE)};
	a->routes[1] = (struct route){.kind = ROUTE_DYNAMIC,
				      .path = SLICE("/readyz"),
				      .content_type = SLICE("application/json")};
	a->routes[2] = (struct route){.kind = ROUTE_HEALTH, .path = SLICE("/healthz")};
	a->settings = *public;
	a->settings.hosts = serve_setup_loopback();
	a->settings.cors = (struct cors_rules){0};
	a->settings.head = (struct head_rules){.charset = a->settings.head.charset};
	a->settings.routes = a->routes;
	a->settings.route_count = SERVE_ADMIN_ROUTES;
}

static enum err make_engine(struct serve_admin *a)
{
	struct engine_config config = {
		.settings = &a->settings,
		.io = {.ctx = a, .content = io_content, .want = io_want, .record = io_record},
		.max_connections = SERVE_ADMIN_CONNECTIONS,
	};

	serve_io_fill(&config.io);
	if (entropy_hash_key(&config.key) || entropy_get(&config.seed, sizeof(config.seed)))
		return E_IO;
	a->log = log_new((struct log_limits){0}, wallclock_ms(), config.key);
	a->admit = admit_new((struct admit_limits){.connections = SERVE_ADMIN_CONNECTIONS},
			     config.key);
	if (!a->log || !a->admit)
		return E_NOMEM;
	config.log = a->log;
	config.admit = a->admit;
	a->engine = engine_new(&config, now_ms(), wallclock_ms());
	return a->engine ? OK : E_NOMEM;
}

enum err serve_admin_start(struct serve_admin *a, const struct serve_shared *shared,
			   const struct stream_settings *settings, int listener)
{
	a->shared = shared;
	a->listener = listener;
	a->due_ms = 0;
	make_settings(a, settings);
	enum err err = make_engine(a);
	if (!err)
		err = waitset_init(&a->set);
	return err ? err : waitset_add(&a->set, listener, &a->listener, WAITSET_READ);
}

void serve_admin_reload(struct serve_admin *a, const struct stream_settings *settings)
{
	/* In place: between two turns nobody looks. */
	if (a->engine)
		make_settings(a, settings);
}

void serve_admin_end(struct serve_admin *a)
{
	engine_free(a->engine);
	admit_free(a->admit);
	log_free(a->log);
	waitset_fini(&a->set);
	if (a->listener >= 0)
		peer_close(a->listener);
	serve_admin_init(a);
}

/* Running. */

static void accept_one(struct serve_admin *a)
{
	struct arrival arrival = {.h2c = false};
	int fd;

	switch (listener_accept(a->listener, &fd, &arrival.addr)) {
	case ACCEPT_GOT:
		serve_io_take(a->engine, &a->set, fd, &arrival);
		break;
	case ACCEPT_EXHAUSTED:
		a->accept_wait_ms = now_ms() + ACCEPT_REST_MS;
		(void)waitset_change(&a->set, a->listener, &a->listener, 0);
		break;
	case ACCEPT_NONE:
		break;
	}
}

static void resume_accepting(struct serve_admin *a)
{
	if (a->accept_wait_ms == 0 || now_ms() < a->accept_wait_ms)
		return;
	a->accept_wait_ms = 0;
	(void)waitset_change(&a->set, a->listener, &a->listener, WAITSET_READ);
}

static void handle(struct serve_admin *a, const struct waitset_event *event)
{
	if (event->owner == &a->listener) {
		accept_one(a);
		return;
	}
	if (event->flags & WAITSET_READ)
		engine_readable(a->engine, event->owner);
	if (event->flags & WAITSET_WRITE)
		engine_writable(a->engine, event->owner);
}

void serve_admin_turn(struct serve_admin *a)
{
	struct waitset_event events[WAITSET_BATCH];

	if (!a->engine)
		return;
	size_t n = waitset_wait(&a->set, 0, events);
	engine_time(a->engine, now_ms(), wallclock_ms());
	for (size_t i = 0; i < n; i++)
		handle(a, &events[i]);
	resume_accepting(a);
	a->due_ms = now_ms() + engine_turn(a->engine, ADMIN_SENDS);
	if (a->accept_wait_ms > 0 && a->due_ms > a->accept_wait_ms)
		a->due_ms = a->accept_wait_ms;
}
