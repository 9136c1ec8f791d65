/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/serve_worker.h"

#include "base/require.h"
#include "cmd/serve_io.h"
#include "os/entropy.h"
#include "os/listener.h"
#include "os/monotonic.h"
#include "os/peer.h"
#include "os/wallclock.h"

#include <stdio.h>

#define WORKER_SENDS    512u /* sends of one turn, so that accepts and reads are never starved */
#define WORKER_ACCEPTS  64u  /* connections taken in a row from one listener */
#define WORKER_REQUESTS (1u << 16) /* by HTTP/2 and not yet streams, at a time */
#define ACCEPT_REST_MS  100u       /* while there are no descriptors */

static uint64_t now_ms(void)
{
	return monotonic_ns() / 1000000;
}

/* The engine's way out. */

static enum handshake_step io_handshake(void *ctx, int io, struct arrival *arrival)
{
	struct worker *w = ctx;

	return serve_peers_handshake(&w->peers, io, arrival);
}

static ptrdiff_t io_recv(void *ctx, int io, char *buf, size_t cap)
{
	struct worker *w = ctx;

	return serve_peers_recv(&w->peers, io, buf, cap);
}

static ptrdiff_t io_send(void *ctx, int io, const struct slice *parts, size_t n)
{
	struct worker *w = ctx;

	return serve_peers_send(&w->peers, io, parts, n);
}

static void io_send_last(void *ctx, int io, struct slice bytes)
{
	struct worker *w = ctx;

	serve_peers_send_last(&w->peers, io, bytes);
}

static void io_want(void *ctx, int io, struct conn *conn, unsigned interest)
{
	struct worker *w = ctx;

	serve_peers_want(&w->peers, io, conn, interest);
}

static void io_shut(void *ctx, int io)
{
	struct worker *w = ctx;

	serve_peers_shut(&w->peers, io);
}

static void io_close(void *ctx, int io)
{
	struct worker *w = ctx;

	serve_peers_close(&w->peers, io);
}

void worker_wake(struct worker *w)
{
	wakeup_send(&w->wakeup);
}

static void io_published(void *ctx)
{
	const struct worker *me = ctx;

	for (size_t i = 0; i < me->shared->worker_count; i++) {
		if (&me->shared->workers[i] != me)
			worker_wake(&me->shared->workers[i]);
	}
}

static void io_record(void *ctx, const struct stream_record *record)
{
	const struct worker *w = ctx;

	serve_io_record(w->shared->sink, record);
}

static void wake_me(void *ctx)
{
	worker_wake(ctx);
}

static enum auth_step io_authenticate(void *ctx, struct conn *conn, uint64_t request_id,
				      const struct credential *credential,
				      struct principal **ret_principal, enum auth_fault *ret_fault)
{
	struct worker *w = ctx;

	return serve_auth_ask(&w->generations[0]->checker->validators, &w->post, wake_me, w, conn,
			      request_id, credential, wallclock_ms(), ret_principal, ret_fault);
}

static void use_peers(struct engine_io *io)
{
	io->handshake = io_handshake;
	io->recv = io_recv;
	io->send = io_send;
	io->send_last = io_send_last;
	io->shut = io_shut;
	io->close = io_close;
}

static enum err make_engine(struct worker *w, const struct admit_limits *limits)
{
	struct serve_generation *g = serve_current_get(&w->shared->current, &w->seen_version);
	struct engine_config config = {
		.settings = &g->setup.stream,
		.log = w->shared->log,
		.admit = w->shared->admit,
		.tickets = w->shared->auth->tickets,
		.resumes = w->shared->auth->resumes,
		.revocations = w->shared->auth->revocations,
		.io = {.ctx = w,
		       .authenticate = io_authenticate,
		       .want = io_want,
		       .published = io_published,
		       .record = io_record},
		.max_connections = (size_t)limits->connections,
		.max_requests = (size_t)limits->streams + WORKER_REQUESTS,
	};

	w->generations[0] = g;
	serve_peers_init(&w->peers, &w->set, &w->shared->tls, w->shared->sink);
	w->peers.hash = g->setup.hash;
	serve_io_fill(&config.io);
	use_peers(&config.io);
	if (entropy_hash_key(&config.key) || entropy_get(&config.seed, sizeof(config.seed)))
		return E_IO;
	w->engine = engine_new(&config, now_ms(), wallclock_ms());
	return w->engine ? OK : E_NOMEM;
}

static enum err watch_listeners(struct worker *w, unsigned flags)
{
	for (size_t i = 0; i < w->port_count; i++) {
		enum err err = waitset_change(&w->set, w->ports[i].fd, &w->ports[i], flags);

		if (err)
			return err;
	}
	return OK;
}

enum err worker_init(struct worker *w, const struct admit_limits *limits)
{
	w->wakeup.fd = -1;
	w->set.fd = -1;
	enum err err = make_engine(w, limits);
	if (!err)
		err = waitset_init(&w->set);
	if (!err)
		err = wakeup_init(&w->wakeup);
	if (!err)
		err = waitset_add(&w->set, w->wakeup.fd, &w->wakeup, WAITSET_READ);
	for (size_t i = 0; !err && i < w->port_count; i++)
		err = waitset_add(&w->set, w->ports[i].fd, &w->ports[i], WAITSET_READ);
	return err;
}

static void close_listeners(struct worker *w)
{
	for (size_t i = 0; i < w->port_count; i++)
		peer_close(w->ports[i].fd);
	w->port_count = 0;
}

void worker_fini(struct worker *w)
{
	engine_free(w->engine);
	serve_peers_fini(&w->peers);
	for (size_t i = 0; i < SERVE_MAX_GENERATIONS; i++) {
		if (w->generations[i])
			serve_generation_leave(w->generations[i]);
	}
	auth_post_fini(&w->post);
	serve_counters_fini(&w->counters);
	close_listeners(w);
	waitset_fini(&w->set);
	wakeup_fini(&w->wakeup);
}

/* Accepting. */

/* Streams that are open go on; who waits to be accepted waits a little longer. */
static void rest_accepting(struct worker *w)
{
	if (!atomic_exchange(&w->shared->exhausted, true))
		(void)fprintf(stderr, "sluice serve: out of descriptors: accepting pauses until "
				      "some are free (raise LimitNOFILE)\n");
	w->accept_again_ms = now_ms() + ACCEPT_REST_MS;
	(void)watch_listeners(w, 0);
}

static void resume_accepting(struct worker *w)
{
	if (w->accept_again_ms == 0 || now_ms() < w->accept_again_ms)
		return;
	w->accept_again_ms = 0;
	(void)watch_listeners(w, WAITSET_READ);
}

/* Before the handshake there is no way to say why a connection is refused. */
static void take_shaking(struct worker *w, struct tls_server *tls, bool header, int fd,
			 struct arrival *arrival)
{
	if (serve_peers_add(&w->peers, fd, tls, header)) {
		peer_close(fd);
		return;
	}
	arrival->handshake = true;
	struct conn *c = engine_accept(w->engine, fd, arrival);
	if (!c) {
		serve_peers_close(&w->peers, fd);
		return;
	}
	serve_peers_name(&w->peers, fd, c);
	if (waitset_add(&w->set, fd, c, WAITSET_READ))
		engine_gone(w->engine, c);
}

/*
 * The kernel gives up later than the engine: our last words may be on their way to a reader that
 * has not taken a byte for the write deadline.
 */
static void be_patient(int fd, uint64_t write_timeout_ms)
{
	uint64_t ms = 3 * write_timeout_ms;

	if (ms != LISTENER_PATIENCE_MS)
		peer_set_patience(fd, ms);
}

/* The certificates are those of the generation that serves now. */
static void take(struct worker *w, const struct serve_port *port, int fd, struct arrival *arrival)
{
	const struct serve_setup *setup = &w->generations[0]->setup;
	struct tls_server *tls = setup->tls.servers[port->listener];
	bool header = setup->conf.listen[port->listener].proxy_protocol;

	/* Whom to believe is not for the header to say. */
	if (header && !forwarded_trusts(&setup->stream.proxies, &arrival->addr)) {
		atomic_fetch_add(&w->shared->strangers, 1);
		peer_close(fd);
		return;
	}
	be_patient(fd, setup->conf.limits.write_timeout_ms);
	if (tls || header)
		take_shaking(w, tls, header, fd, arrival);
	else
		serve_io_take(w->engine, &w->set, fd, arrival);
}

static enum accept_result accept_one(struct worker *w, const struct serve_port *port)
{
	struct arrival arrival = {.h2c = port->h2c};
	int fd;
	enum accept_result result = listener_accept(port->fd, &fd, &arrival.addr);

	if (result == ACCEPT_GOT) {
		atomic_store(&w->shared->exhausted, false);
		take(w, port, fd, &arrival);
	}
	return result;
}

static void accept_some(struct worker *w, const struct serve_port *port)
{
	enum accept_result result = ACCEPT_GOT;

	for (unsigned i = 0; result == ACCEPT_GOT && i < WORKER_ACCEPTS; i++)
		result = accept_one(w, port);
	if (result == ACCEPT_EXHAUSTED)
		rest_accepting(w);
}

/*
 * Who waits in the queue of a socket that closes is reset, also where another server has the port:
 * the kernel has chosen the socket for good. What is shared with the next server is left to it.
 */
static void accept_rest(struct worker *w)
{
	for (size_t i = 0; i < w->port_count; i++) {
		const struct serve_port *port = &w->ports[i];
		unsigned left = LISTENER_BACKLOG;

		while (!port->inherited && left-- > 0 && accept_one(w, port) == ACCEPT_GOT)
			;
	}
}

/* The loop. */

static bool is_listener(const struct worker *w, const void *owner)
{
	const char *at = owner;

	return at >= (const char *)w->ports && at < (const char *)(w->ports + SERVE_MAX_LISTENERS);
}

static void handle(struct worker *w, const struct waitset_event *event)
{
	if (event->owner == &w->wakeup) {
		wakeup_take(&w->wakeup);
	} else if (is_listener(w, event->owner)) {
		if (w->port_count > 0)
			accept_some(w, event->owner);
	} else {
		serve_peers_event(&w->peers, w->engine, event->owner, event->flags);
	}
}

static void follow_phase(struct worker *w)
{
	int phase = atomic_load(&w->shared->phase);

	if (phase == w->seen_phase)
		return;
	engine_leave(w->engine);
	if (phase >= SERVE_DRAINING && w->seen_phase < SERVE_DRAINING) {
		accept_rest(w);
		close_listeners(w);
		engine_drain(w->engine, w->shared->drain_window_ms);
	}
	if (phase == SERVE_STOPPING)
		engine_stop(w->engine);
	w->seen_phase = phase;
}

/* Tells the main thread which older settings are not looked at any more. */
static void leave_generations(struct worker *w)
{
	for (size_t i = 1; i < SERVE_MAX_GENERATIONS; i++) {
		struct serve_generation *g = w->generations[i];

		if (!g || engine_uses(w->engine, &g->setup.stream))
			continue;
		w->generations[i] = NULL;
		serve_generation_leave(g);
		wakeup_send(&w->shared->done);
	}
}

static size_t free_place(const struct worker *w)
{
	size_t i = 1;

	while (i < SERVE_MAX_GENERATIONS && w->generations[i])
		i++;
	return i;
}

/* Where there is no place, requests of older settings must end first: they have deadlines. */
static void follow_generation(struct worker *w)
{
	struct serve_current *current = &w->shared->current;
	size_t place;

	leave_generations(w);
	if (atomic_load(&current->version) == w->seen_version)
		return;
	place = free_place(w);
	if (place == SERVE_MAX_GENERATIONS)
		return;
	struct serve_generation *g = serve_current_get(current, &w->seen_version);
	/* Cannot be full: the engine has as many places as we have. */
	require(engine_reload(w->engine, &g->setup.stream) == OK);
	w->generations[place] = w->generations[0];
	w->generations[0] = g;
	leave_generations(w);
}

static bool is_over(const struct worker *w)
{
	return w->seen_phase == SERVE_STOPPING ||
	       (w->seen_phase == SERVE_DRAINING && engine_connections(w->engine) == 0);
}

static uint64_t turn(struct worker *w)
{
	follow_generation(w);
	follow_phase(w);
	resume_accepting(w);
	bool more = serve_peers_run(&w->peers, w->engine);
	uint64_t wait_ms = engine_turn(w->engine, WORKER_SENDS);
	if (more)
		wait_ms = 0;
	if (w->accept_again_ms > 0 && wait_ms > ACCEPT_REST_MS)
		wait_ms = ACCEPT_REST_MS;
	atomic_store_explicit(&w->spare, engine_spare(w->engine), memory_order_relaxed);
	uint64_t note_ms = serve_counters_note(&w->counters, engine_counters(w->engine), now_ms());
	return wait_ms < note_ms ? wait_ms : note_ms;
}

static void *run(void *arg)
{
	struct waitset_event events[WAITSET_BATCH];
	struct worker *w = arg;
	uint64_t wait_ms = turn(w);

	while (!is_over(w)) {
		size_t n = waitset_wait(&w->set, monotonic_ns() + wait_ms * 1000000, events);

		engine_time(w->engine, now_ms(), wallclock_ms());
		for (size_t i = 0; i < n; i++)
			handle(w, &events[i]);
		auth_post_deliver(&w->post, w->engine);
		wait_ms = turn(w);
	}
	serve_counters_keep(&w->counters, engine_counters(w->engine));
	atomic_fetch_add(&w->shared->drained, 1);
	wakeup_send(&w->shared->done);
	return NULL;
}

enum err worker_start(struct worker *w)
{
	w->started = pthread_create(&w->thread, NULL, run, w) == 0;
	return w->started ? OK : E_IO;
}
