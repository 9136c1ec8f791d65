/* SPDX-License-Identifier: Apache-2.0 */
/* serve.c - sluice serve: opens the ports, starts the workers, waits for signals, drains. */
#include "cmd/command.h"

#include "cmd/serve.h"
#include "cmd/serve_canary.h"
#include "cmd/serve_demo.h"
#include "cmd/serve_notify.h"
#include "os/entropy.h"
#include "os/fdlimit.h"
#include "os/interrupt.h"
#include "os/monotonic.h"
#include "os/peer.h"
#include "os/wallclock.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NEVER_MS     (UINT64_MAX / 1000000)
#define RESERVED_FDS 64u /* for listeners, loops, logs and files, beside connections */

const struct option_row serve_options[] = {
	[SERVE_CONFIG] = {"config", 'c', "FILE", "Read this sluice.yaml (default: loopback only)"},
	[SERVE_LISTEN] = {"listen", 'l', "ADDR:PORT", "Listen here instead of what the file says",
			  .repeat = true},
	[SERVE_WORKERS] = {"workers", 0, "N", "Threads, 1 to 256 (default: one a core)"},
	[SERVE_TLS_SELF_SIGNED] = {"tls-self-signed", 0, NULL,
				   "Speak TLS on loopback with a certificate made for this run"},
	[SERVE_TAKE_OVER] = {"take-over", 0, NULL,
			     "Join the ports of the server that runs, which is ended afterwards"},
	[SERVE_DEMO] = {"demo", 0, NULL, "Serve a ticking public topic and a page that shows it"},
	[SERVE_CANARY] = {"canary", 0, NULL,
			  "Serve " SERVE_CANARY_PATH ", whose events say when they were sent"},
	[SERVE_CHECK] = {"check", 0, NULL, "Judge the configuration and end; 2 if it is refused"},
	[SERVE_NO_SANDBOX] = {"no-sandbox", 0, NULL, "Keep all rights of the process, to debug"},
	{NULL},
};

static uint64_t now_ms(void)
{
	return monotonic_ns() / 1000000;
}

/* Starting. */

static size_t worker_count(const struct settings *conf)
{
	long cores = sysconf(_SC_NPROCESSORS_ONLN);
	uint64_t n = conf->workers > 0 ? conf->workers : cores > 0 ? (uint64_t)cores : 1;

	return n < SERVE_MAX_WORKERS ? (size_t)n : SERVE_MAX_WORKERS;
}

/* Connections that the descriptor limit leaves room for. */
static uint64_t descriptor_room(const struct settings *conf, size_t workers)
{
	uint64_t reserved = RESERVED_FDS + workers * (2 + conf->listen_count);
	if (conf->admin.address.ptr)
		reserved += SERVE_ADMIN_CONNECTIONS + 2;
	uint64_t fds = fdlimit_raise();

	return fds > 2 * reserved ? fds - reserved : fds / 2;
}

/* Without descriptors nobody is told why, the admin listener is silent and no file can be read. */
static void warn_of_descriptors(const struct settings *conf, size_t workers)
{
	uint64_t room = descriptor_room(conf, workers);

	if (conf->limits.connections > room)
		(void)fprintf(stderr,
			      "sluice serve: warning: limits.connections is %" PRIu64
			      ", but the descriptors of this process are enough for %" PRIu64
			      ": raise LimitNOFILE\n",
			      conf->limits.connections, room);
}

struct admit_limits serve_limits(const struct settings *conf, size_t workers)
{
	uint64_t connections = conf->limits.connections ? conf->limits.connections
							: descriptor_room(conf, workers);

	return (struct admit_limits){
		.connections = connections,
		.streams = conf->limits.streams ? conf->limits.streams : connections,
		.per_address = conf->limits.per_address,
		.per_user = conf->limits.per_user,
		.per_token = conf->limits.per_token,
		.connect_rate = conf->limits.connect_rate,
		.connect_burst = conf->limits.connect_burst,
		.publish_rate = conf->publish.rate,
		.memory = conf->limits.memory,
	};
}

static enum err make_shared(struct server *s)
{
	struct serve_shared *shared = &s->shared;
	const struct settings *conf = &s->generation->setup.conf;
	struct log_limits limits = {(size_t)conf->history.memory, (size_t)conf->publish.max_event};
	struct siphash_key key;

	if (entropy_hash_key(&key))
		return E_IO;
	serve_current_init(&shared->current, s->generation);
	shared->loads.at_unix_ms = wallclock_ms();
	shared->worker_count = worker_count(conf);
	shared->workers = calloc(shared->worker_count, sizeof(*shared->workers));
	shared->log = log_new(limits, wallclock_ms(), key);
	shared->admit = admit_new(serve_limits(conf, shared->worker_count), key);
	shared->auth = &s->auth;
	if (!shared->workers || !shared->log || !shared->admit)
		return E_NOMEM;
	return wakeup_init(&shared->done);
}

static int init_workers(struct server *s)
{
	struct admit_limits limits =
		serve_limits(&s->generation->setup.conf, s->shared.worker_count);
	enum err err = OK;

	warn_of_descriptors(&s->generation->setup.conf, s->shared.worker_count);
	for (size_t i = 0; !err && i < s->shared.worker_count; i++)
		err = worker_init(&s->shared.workers[i], &limits);
	if (!err)
		return EXIT_OK;
	(void)fprintf(stderr, "sluice serve: cannot start a worker: %s\n", strerror(errno));
	return EXIT_USAGE;
}

/* Before the workers: their engines look at its tables. */
static int init_auth(struct server *s)
{
	const struct serve_setup *setup = &s->generation->setup;
	enum err err = serve_auth_init(&s->auth, &setup->conf, setup->hash, s->signal_fd);

	if (err) {
		(void)fprintf(stderr, "sluice serve: cannot start: %s\n", err_text(err));
		return EXIT_USAGE;
	}
	int code = serve_generation_start(s->generation, &s->auth, NULL);
	return code == EXIT_OK ? init_workers(s) : code;
}

/*
 * Ports are bound with the rights of the start, which then go, before the first thread: rights
 * belong to threads. Files that only the start may read have been read by serve_setup.
 */
static int enter(struct server *s)
{
	serve_notify_open(s);
	int code = serve_listen(s);
	if (code == EXIT_OK)
		code = serve_listen_admin(s);
	if (code == EXIT_OK)
		code = serve_sandbox_enter(&s->sandbox, &s->generation->setup);
	if (code != EXIT_OK)
		return code;
	s->shared.sandbox = &s->sandbox.state;
	s->shared.sink = logsink_new(STDOUT_FILENO);
	if (s->shared.sink)
		return init_auth(s);
	(void)fprintf(stderr, "sluice serve: cannot start: %s\n", err_text(E_NOMEM));
	return EXIT_USAGE;
}

static int init(struct server *s)
{
	struct serve_shared *shared = &s->shared;

	serve_admin_init(&s->admin);
	serve_memory_init(&s->memory, s->generation->setup.conf.limits.memory);
	s->started_ms = now_ms();
	s->canary.origin_ns = monotonic_ns();
	s->canary.seq = 1;
	s->set.fd = -1;
	s->signal_fd = -1;
	s->hangup_fd = -1;
	s->notify_fd = -1;
	shared->done.fd = -1;
	(void)signal(SIGPIPE, SIG_IGN);
	/* Before the first thread, so that all of them leave the signals to us. */
	enum err err = interrupt_open(&s->signal_fd);
	if (!err)
		err = interrupt_open_hangup(&s->hangup_fd);
	if (!err)
		err = make_shared(s);
	for (size_t i = 0; !err && i < shared->worker_count; i++) {
		shared->workers[i].shared = shared;
		auth_post_init(&shared->workers[i].post);
		serve_counters_init(&shared->workers[i].counters);
		shared->workers[i].wakeup.fd = -1;
		shared->workers[i].set.fd = -1;
	}
	if (!err)
		err = waitset_init(&s->set);
	if (!err)
		err = waitset_add(&s->set, s->signal_fd, &s->signal_fd, WAITSET_READ);
	if (!err)
		err = waitset_add(&s->set, s->hangup_fd, &s->hangup_fd, WAITSET_READ);
	if (!err)
		err = waitset_add(&s->set, shared->done.fd, &shared->done, WAITSET_READ);
	if (!err)
		return enter(s);
	(void)fprintf(stderr, "sluice serve: cannot start: %s\n", err_text(err));
	return EXIT_USAGE;
}

static void end(struct server *s)
{
	serve_admin_end(&s->admin);
	serve_memory_end(&s->memory);
	/* Verdicts wake workers: there must be none any more before these go. */
	for (struct serve_generation *g = s->generation; g; g = g->older)
		serve_validators_fini(&g->validators);
	for (size_t i = 0; s->shared.workers && i < s->shared.worker_count; i++)
		worker_fini(&s->shared.workers[i]);
	free(s->shared.workers);
	serve_auth_fini(&s->auth);
	logsink_free(s->shared.sink);
	admit_free(s->shared.admit);
	log_free(s->shared.log);
	serve_current_fini(&s->shared.current);
	wakeup_fini(&s->shared.done);
	waitset_fini(&s->set);
	if (s->signal_fd >= 0)
		peer_close(s->signal_fd);
	if (s->hangup_fd >= 0)
		peer_close(s->hangup_fd);
	if (s->notify_fd >= 0)
		peer_close(s->notify_fd);
}

/* Running. */

static void wake_workers(struct server *s)
{
	for (size_t i = 0; i < s->shared.worker_count; i++)
		worker_wake(&s->shared.workers[i]);
}

static void set_phase(struct server *s, enum serve_phase phase)
{
	atomic_store(&s->shared.phase, (int)phase);
	wake_workers(s);
}

static void follow_drain(struct server *s)
{
	uint64_t now = now_ms();
	int phase = atomic_load(&s->shared.phase);

	if (s->deadline_ms == 0)
		return;
	if (phase < SERVE_DRAINING && now >= s->leave_ms) {
		(void)fprintf(stderr,
			      "sluice serve: draining %" PRIu64 " streams (again: stop at once)\n",
			      admit_streams(s->shared.admit));
		set_phase(s, SERVE_DRAINING);
	}
	if (phase < SERVE_STOPPING && now >= s->deadline_ms)
		set_phase(s, SERVE_STOPPING);
}

/* When follow_drain has something to do. */
static uint64_t drain_due_ms(const struct server *s)
{
	switch ((enum serve_phase)atomic_load(&s->shared.phase)) {
	case SERVE_LEAVING:
		return s->leave_ms;
	case SERVE_DRAINING:
		return s->deadline_ms;
	case SERVE_RUNNING:
	case SERVE_STOPPING:
		break;
	}
	return NEVER_MS;
}

/* The first signal drains, a second one does not wait. */
static void on_signal(struct server *s)
{
	if (!interrupt_take(s->signal_fd))
		return;
	if (s->deadline_ms > 0) {
		set_phase(s, SERVE_STOPPING);
		return;
	}
	const struct drain_settings *conf = &s->generation->setup.conf.drain;
	s->leave_ms = now_ms() + conf->delay_ms;
	s->deadline_ms = s->leave_ms + conf->deadline_ms;
	s->shared.drain_window_ms = conf->window_ms;
	if (conf->delay_ms > 0) {
		(void)fprintf(stderr,
			      "sluice serve: not ready any more; drains in %" PRIu64 " ms\n",
			      conf->delay_ms);
		set_phase(s, SERVE_LEAVING);
	}
	serve_notify_stopping(s);
	follow_drain(s);
}

static void on_hangup(struct server *s)
{
	if (interrupt_take(s->hangup_fd))
		serve_reload_want(s);
}

static void rotate(struct server *s)
{
	if (now_ms() < s->rotate_ms)
		return;
	if (s->rotate_ms > 0)
		serve_tls_rotate(&s->generation->setup.tls);
	s->rotate_ms = now_ms() + TLS_ROTATE_MS;
}

static uint64_t canary_due_ns(const struct server *s)
{
	return s->canary.origin_ns + s->canary.seq * SERVE_CANARY_PERIOD_MS * 1000000;
}

/* By the schedule, not by what was sent before: a late event delays no other. */
static void tick_canary(struct server *s)
{
	uint64_t now_ns = monotonic_ns();

	if (!s->generation->setup.canary || s->deadline_ms > 0 || now_ns < canary_due_ns(s))
		return;
	serve_canary_tick(s->shared.log, s->canary.seq++, now_ns / 1000000,
			  now_ns - s->canary.origin_ns, wallclock_ns());
	wake_workers(s);
}

static void tick(struct server *s)
{
	uint64_t now = now_ms();

	if (!s->generation->setup.demo || s->deadline_ms > 0 || now < s->next_tick_ms)
		return;
	s->next_tick_ms = now + SERVE_DEMO_PERIOD_MS;
	serve_demo_tick(s->shared.log, ++s->ticks, now, s->started_ms, wallclock_ms(),
			admit_streams(s->shared.admit));
	wake_workers(s);
}

/* Where nobody asks and nothing follows from it, an idle server sleeps. */
static bool is_watching(const struct server *s)
{
	const struct settings *conf = &s->generation->setup.conf;

	return s->memory.fd >= 0 && (conf->limits.memory > 0 || conf->admin.address.ptr);
}

static uint64_t next_deadline_ns(const struct server *s)
{
	uint64_t due_ms = NEVER_MS;

	if (s->deadline_ms > 0)
		due_ms = drain_due_ms(s);
	else if (s->generation->setup.demo)
		due_ms = s->next_tick_ms;
	if (s->admin.due_ms < due_ms)
		due_ms = s->admin.due_ms;
	if (is_watching(s) && s->memory.due_ms < due_ms)
		due_ms = s->memory.due_ms;
	if (s->generation->setup.tls.tickets && s->rotate_ms < due_ms)
		due_ms = s->rotate_ms;
	uint64_t due_ns = due_ms < NEVER_MS ? due_ms * 1000000 : UINT64_MAX;
	if (s->generation->setup.canary && s->deadline_ms == 0 && canary_due_ns(s) < due_ns)
		due_ns = canary_due_ns(s);
	return due_ns;
}

static void handle(struct server *s, const void *owner)
{
	if (owner == &s->shared.done)
		wakeup_take(&s->shared.done);
	else if (owner == &s->hangup_fd)
		on_hangup(s);
	else if (owner == &s->signal_fd)
		on_signal(s);
	/* The admin's turn comes after each wait. */
}

static void wait_for_end(struct server *s)
{
	struct waitset_event events[WAITSET_BATCH];

	while (atomic_load(&s->shared.drained) < s->shared.worker_count) {
		size_t n = waitset_wait(&s->set, next_deadline_ns(s), events);

		for (size_t i = 0; i < n; i++)
			handle(s, events[i].owner);
		serve_reload_turn(s);
		serve_admin_turn(&s->admin);
		if (is_watching(s))
			serve_memory_turn(&s->memory, &s->shared, now_ms());
		rotate(s);
		tick(s);
		tick_canary(s);
		follow_drain(s);
	}
}

static int run(struct server *s)
{
	int code = EXIT_OK;
	size_t started = 0;

	for (; started < s->shared.worker_count; started++) {
		if (worker_start(&s->shared.workers[started]))
			break;
	}
	if (started == s->shared.worker_count) {
		serve_say_start(s);
		serve_notify_ready(s);
		wait_for_end(s);
	} else {
		(void)fprintf(stderr, "sluice serve: cannot start thread %zu: %s\n", started + 1,
			      strerror(errno));
		code = EXIT_USAGE;
		set_phase(s, SERVE_STOPPING);
	}
	for (size_t i = 0; i < started; i++)
		(void)pthread_join(s->shared.workers[i].thread, NULL);
	if (code == EXIT_OK)
		serve_say_summary(s, now_ms() - s->started_ms);
	return code;
}

static int serve(struct server *s)
{
	int code = init(s);

	if (code == EXIT_OK)
		code = serve_listen_start(s);
	if (code == EXIT_OK)
		serve_sandbox_filter(&s->sandbox);
	if (code == EXIT_OK)
		code = run(s);
	end(s);
	return code;
}

static void free_generations(struct server *s)
{
	while (s->generation) {
		struct serve_generation *g = s->generation;

		s->generation = g->older;
		serve_generation_free(g);
	}
}

int serve_run(const struct args *args)
{
	struct server *s = calloc(1, sizeof(*s));

	if (!s)
		return EXIT_USAGE;
	s->args = args;
	s->generation = serve_generation_new();
	int code = s->generation ? serve_setup(args, NULL, &s->generation->setup) : EXIT_USAGE;
	if (code == EXIT_OK && s->generation->setup.check)
		(void)printf("%s: ok\n", args_get(args, SERVE_CONFIG) ? args_get(args, SERVE_CONFIG)
								      : "defaults");
	else if (code == EXIT_OK)
		code = serve(s);
	free_generations(s);
	free(s);
	return code;
}
