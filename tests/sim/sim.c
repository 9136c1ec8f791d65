/* SPDX-License-Identifier: Apache-2.0 */
#include "sim.h"

#include "base/require.h"
#include "sim_auth.h"
#include "sim_io.h"

#include <stdlib.h>

#define MAX_PASSES 1000000u /* of one sim_run: past it the engine spins without getting on */
#define KEY        ((struct siphash_key){1, 2})

/* The world. */

static void make_engine(struct sim *sim, size_t index)
{
	const struct sim_options *o = &sim->options;
	struct sim_worker *w = &sim->workers[index];
	struct engine_config config = {
		.settings = &o->settings,
		.log = sim->log,
		.admit = sim->admit,
		.tickets = sim->tickets,
		.resumes = sim->resumes,
		.revocations = sim->revocations,
		.io = sim_io(w),
		.key = KEY,
		.seed = o->seed + index,
		.max_connections = o->max_connections,
		.max_requests = o->max_requests,
	};

	w->sim = sim;
	w->index = index;
	w->engine = engine_new(&config, sim->now_ms, SIM_UNIX_MS);
	require(w->engine);
}

static void make_keys(struct sim *sim)
{
	keys_init(&sim->subscribers);
	keys_init(&sim->publishers);
	enum err err = keys_add(&sim->subscribers, SLICE("alice"), SLICE(SIM_SUBSCRIBER_KEY));
	require(err == OK);
	err = keys_add(&sim->publishers, SLICE(""), SLICE(SIM_PUBLISHER_KEY));
	require(err == OK);
	err = keys_bind(&sim->subscribers, false, KEY);
	require(err == OK);
	err = keys_bind(&sim->publishers, true, KEY);
	require(err == OK);
	sim->options.settings.authenticates = true;
	sim->options.settings.subscribers = &sim->subscribers;
	sim->options.settings.publishers = &sim->publishers;
}

struct sim *sim_new(const struct sim_options *options)
{
	struct sim *sim = calloc(1, sizeof(*sim));

	require(sim && options->workers >= 1 && options->workers <= SIM_WORKERS);
	sim->options = *options;
	sim->now_ms = SIM_START_MS;
	make_keys(sim);
	sim_make_tables(sim, KEY);
	buf_init(&sim->records, SIM_RECORDS);
	buf_init(&sim->record_text, SIM_RECORDS);
	sim->log = log_new(options->log, options->epoch_ms, KEY);
	sim->admit = admit_new(options->limits, KEY);
	require(sim->log && sim->admit);
	for (size_t i = 0; i < options->workers; i++)
		make_engine(sim, i);
	return sim;
}

void sim_free(struct sim *sim)
{
	for (size_t i = 0; i < sim->peer_end; i++) {
		if (sim->peers[i])
			sim_forget(sim->peers[i]);
	}
	require(admit_streams(sim->admit) == 0);
	require(admit_keys(sim->admit) == 0);
	require(admit_connections(sim->admit) == 0);
	for (size_t i = 0; i < sim->options.workers; i++) {
		require(engine_streams(sim->workers[i].engine) == 0);
		engine_free(sim->workers[i].engine);
	}
	sim_free_tables(sim);
	admit_free(sim->admit);
	log_free(sim->log);
	keys_fini(&sim->subscribers);
	keys_fini(&sim->publishers);
	buf_free(&sim->records);
	buf_free(&sim->record_text);
	free(sim);
}

/* Peers. */

static void refuse_at_the_door(struct sim_peer *p)
{
	char text[POLICY_MAX_HEAD + 512];
	struct writer w;

	writer_init(&w, text, sizeof(text));
	engine_put_refusal(p->sim->workers[p->worker].engine, &w);
	require(!w.overflow);
	sim_keep(&p->socket, writer_slice(&w));
	p->refused = true;
	p->closed = true;
}

static void dial(struct sim_peer *p, size_t worker)
{
	require(worker < p->sim->options.workers);
	p->worker = worker;
	p->interest = WANT_READ;
	sim_tell(p->sim, true);
	struct arrival arrival = {.addr = p->addr,
				  .https = p->https,
				  .handshake = p->handshake != NULL,
				  .h2c = !p->sim->options.http1};
	p->conn = engine_accept(p->sim->workers[worker].engine, p->io, &arrival);
	sim_tell(p->sim, false);
	if (!p->conn && !arrival.handshake)
		refuse_at_the_door(p);
	p->closed |= !p->conn;
}

static struct sim_peer *new_peer(struct sim *sim, const struct addr *addr)
{
	struct sim_peer *p = calloc(1, sizeof(*p));
	size_t io = 0;

	while (io < SIM_PEERS && sim->peers[io])
		io++;
	require(p && io < SIM_PEERS);
	sim->peers[io] = p;
	if (io >= sim->peer_end)
		sim->peer_end = io + 1;
	p->sim = sim;
	p->io = (int)io;
	p->addr = *addr;
	p->capacity = SIM_SOCKET;
	p->max_send = SIZE_MAX;
	p->max_recv = SIZE_MAX;
	buf_init(&p->to_server, CLIENT_MAX_INPUT);
	buf_init(&p->socket, CLIENT_MAX_INPUT);
	client_init(&p->client);
	p->client.now_ms = sim->now_ms;
	return p;
}

struct sim_peer *sim_connect_from(struct sim *sim, size_t worker, const struct addr *addr)
{
	struct sim_peer *p = new_peer(sim, addr);

	dial(p, worker);
	return p;
}

struct sim_peer *sim_connect_https(struct sim *sim, size_t worker)
{
	const struct addr addr = addr_v4((const uint8_t[]){192, 0, 2, 1});
	struct sim_peer *p = new_peer(sim, &addr);

	p->https = true;
	dial(p, worker);
	return p;
}

struct sim_peer *sim_connect_shaking(struct sim *sim, size_t worker, const char *steps)
{
	const struct addr addr = addr_v4((const uint8_t[]){192, 0, 2, 1});
	struct sim_peer *p = new_peer(sim, &addr);

	p->handshake = steps;
	dial(p, worker);
	return p;
}

struct sim_peer *sim_connect(struct sim *sim, size_t worker)
{
	const struct addr addr = addr_v4((const uint8_t[]){192, 0, 2, 1});

	return sim_connect_from(sim, worker, &addr);
}

/* The engine hears of a reset at once and lets go of the connection. */
static void cut(struct sim_peer *p)
{
	p->reset = true;
	sim_tell(p->sim, true);
	if (p->conn)
		engine_gone(p->sim->workers[p->worker].engine, p->conn);
	sim_tell(p->sim, false);
	require(p->closed && !p->client.malformed);
}

void sim_reconnect(struct sim_peer *p, size_t worker)
{
	cut(p);
	buf_reset(&p->to_server);
	p->received = 0;
	buf_reset(&p->socket);
	client_restart(&p->client);
	p->reset = false;
	p->half_closed = false;
	p->refused = false;
	p->shut = false;
	p->closed = false;
	dial(p, worker);
}

void sim_forget(struct sim_peer *p)
{
	cut(p);
	p->sim->peers[p->io] = NULL;
	buf_free(&p->to_server);
	buf_free(&p->socket);
	client_fini(&p->client);
	free(p);
}

void sim_send_slice(struct sim_peer *p, struct slice bytes)
{
	sim_keep(&p->to_server, bytes);
}

void sim_send(struct sim_peer *p, const char *text)
{
	sim_send_slice(p, slice_of(text));
}

void sim_trickle(struct sim_peer *p, struct slice bytes)
{
	for (size_t i = 0; i < bytes.len; i++) {
		sim_send_slice(p, (struct slice){bytes.ptr + i, 1});
		sim_run(p->sim);
	}
}

size_t sim_read(struct sim_peer *p, size_t n)
{
	struct slice bytes = slice_upto(buf_slice(&p->socket), n);

	n = bytes.len;
	p->client.now_ms = p->sim->now_ms;
	client_feed(&p->client, bytes);
	buf_consume(&p->socket, n);
	if (p->socket.len == 0 && (p->closed || p->shut))
		client_end(&p->client);
	return n;
}

void sim_reset(struct sim_peer *p)
{
	p->reset = true;
}

void sim_hang_up(struct sim_peer *p)
{
	p->half_closed = true;
}

/* Time. */

static bool is_readable(const struct sim_peer *p)
{
	return p->reset || ((p->interest & WANT_READ) && (p->to_server.len > 0 || p->half_closed));
}

static bool is_writable(const struct sim_peer *p)
{
	return p->reset || ((p->interest & WANT_WRITE) && p->socket.len < p->capacity);
}

/* What epoll would report of one connection; true if it reported something. */
static bool report(struct sim_peer *p)
{
	struct engine *engine = p->sim->workers[p->worker].engine;
	bool moved = false;

	sim_tell(p->sim, true);
	if (p->conn && is_readable(p)) {
		engine_readable(engine, p->conn);
		moved = true;
	}
	if (p->conn && is_writable(p)) {
		engine_writable(engine, p->conn);
		moved = true;
	}
	sim_tell(p->sim, false);
	return moved;
}

static bool run_peers(struct sim *sim)
{
	bool moved = false;

	for (size_t i = 0; i < sim->peer_end; i++) {
		struct sim_peer *p = sim->peers[i];

		if (!p)
			continue;
		moved |= report(p);
		if (!p->stalled)
			moved |= sim_read(p, SIZE_MAX) > 0;
	}
	return moved;
}

/* Returns after how many milliseconds some engine wants to be woken. */
static uint64_t run_engines(struct sim *sim)
{
	uint64_t wait_ms = UINT64_MAX;

	for (size_t i = 0; i < sim->options.workers; i++) {
		struct sim_worker *w = &sim->workers[i];

		sim_tell(sim, true);
		uint64_t wanted_ms = engine_turn(w->engine, sim->options.turn);
		sim_tell(sim, false);
		if (engine_has_news(w->engine))
			wanted_ms = 0;
		wait_ms = wanted_ms < wait_ms ? wanted_ms : wait_ms;
	}
	return wait_ms;
}

static uint64_t settle(struct sim *sim)
{
	uint64_t wait_ms = 0;

	for (unsigned pass = 0;; pass++) {
		bool moved = run_peers(sim);

		require(pass < MAX_PASSES);
		wait_ms = run_engines(sim);
		if (!moved && wait_ms > 0 && !run_peers(sim))
			return wait_ms;
	}
}

static void tell_time(struct sim *sim)
{
	for (size_t i = 0; i < sim->options.workers; i++)
		engine_time(sim->workers[i].engine, sim->now_ms,
			    SIM_UNIX_MS + (sim->now_ms - SIM_START_MS));
}

void sim_run(struct sim *sim)
{
	(void)settle(sim);
}

void sim_pass(struct sim *sim, uint64_t ms)
{
	uint64_t end_ms = sim->now_ms + ms;

	uint64_t wait_ms = settle(sim);
	while (sim->now_ms < end_ms) {
		uint64_t left_ms = end_ms - sim->now_ms;

		sim->now_ms += wait_ms < left_ms ? wait_ms : left_ms;
		tell_time(sim);
		wait_ms = settle(sim);
	}
}

void sim_publish(struct sim *sim, const char *topic, const char *id, struct slice data)
{
	struct log_event event = {.topics = {slice_of(topic)}, .topic_count = 1, .sse.data = data};
	struct log_receipt receipt;

	event.sse.id = id ? slice_of(id) : SLICE_NONE;
	enum err err = log_publish(sim->log, &event, sim->now_ms, &receipt);
	require(err == OK);
}

/* Short forms. */

void sim_ask(struct sim_peer *p, const char *target, const char *fields)
{
	sim_send(p, "GET ");
	sim_send(p, target);
	sim_send(p, " HTTP/1.1\r\nHost: sluice.test\r\nAccept: text/event-stream\r\n");
	sim_send(p, fields);
	sim_send(p, "\r\n");
	sim_run(p->sim);
}

struct sim_peer *sim_get(struct sim *sim, size_t worker, const char *target, const char *fields)
{
	struct sim_peer *p = sim_connect(sim, worker);

	sim_ask(p, target, fields);
	return p;
}

struct sim_peer *sim_post(struct sim *sim, const char *content_type, struct slice body)
{
	struct sim_peer *p = sim_connect(sim, 0);
	char number[32];
	struct writer w;

	writer_init(&w, number, sizeof(number));
	put_u64(&w, body.len);
	sim_send(p, "POST /publish HTTP/1.1\r\nHost: sluice.test\r\n"
		    "Authorization: Bearer " SIM_PUBLISHER_KEY "\r\nContent-Type: ");
	sim_send(p, content_type);
	sim_send(p, "\r\nContent-Length: ");
	sim_send_slice(p, writer_slice(&w));
	sim_send(p, "\r\n\r\n");
	sim_send_slice(p, body);
	sim_run(sim);
	return p;
}

const struct engine_counters *sim_counters(const struct sim *sim, size_t worker)
{
	return engine_counters(sim->workers[worker].engine);
}
