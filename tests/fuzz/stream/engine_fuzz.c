/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes are a script of a small world: peers dial, send, read, stall, leave; time passes; events
 * are published; the server drains. Whatever happens, what the peers receive is well-formed HTTP
 * and whole frames, and all counts are zero at the end (sim_free requires it).
 *
 * One step is a byte that names it, a byte that names the peer, and what the step wants:
 *   c         dials (again)
 *   s TEXT    sends TEXT up to '|' as it stands
 *   h TEXT    sends "GET TEXT HTTP/1.1", Host and Accept
 *   r N  w N  reads N bytes; gives the socket a capacity of N
 *   f         reads freely from now on
 *   e  x      ends its input; resets
 *   t N       N * N milliseconds pass
 *   p TEXT    publishes TEXT on "open"
 *   d  q      drains over a second; stops
 */
#include "base/require.h"
#include "sim.h"

#define PEERS     4u
#define MAX_STEPS 200u
#define MAX_BYTES 4096u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct script {
	struct slice rest;
	struct sim *sim;
	struct sim_peer *peers[PEERS];
	unsigned heads[PEERS]; /* letters of "HEAD" that the peer sent last */
};

static uint8_t next(struct script *s)
{
	uint8_t byte = s->rest.len > 0 ? (uint8_t)*s->rest.ptr : 0;

	s->rest = slice_from(s->rest, 1);
	return byte;
}

static struct slice next_text(struct script *s)
{
	size_t len = slice_find(s->rest, '|');
	struct slice text = slice_upto(s->rest, len);

	s->rest = slice_from(s->rest, len + 1);
	return text;
}

/*
 * Where an answer ends is known only to who knows whether it asked with HEAD: a peer that may
 * have done so reads no more answers.
 */
static void send_text(struct script *s, struct sim_peer *p, struct slice text)
{
	unsigned *seen = &s->heads[p->io];

	for (size_t i = 0; i < text.len; i++) {
		*seen = text.ptr[i] == "HEAD"[*seen] ? *seen + 1 : text.ptr[i] == 'H';
		if (*seen == 4) {
			p->client.state = CLIENT_OVER;
			*seen = 0;
		}
	}
	sim_send_slice(p, text);
}

static void send_get(struct script *s, struct sim_peer *p, struct slice text)
{
	sim_send(p, "GET ");
	send_text(s, p, text);
	sim_send(p, " HTTP/1.1\r\nHost: sluice.test\r\nAccept: text/event-stream\r\n\r\n");
}

static void publish(struct script *s)
{
	struct slice text = next_text(s);
	struct log_event event = {.topics = {SLICE("open")}, .topic_count = 1, .sse.data = text};
	struct log_receipt receipt;

	/* What is not UTF-8 is refused: that is the log's business, not this target's. */
	(void)log_publish(s->sim->log, &event, s->sim->now_ms, &receipt);
}

static void reconnect(struct sim_peer *p)
{
	sim_reconnect(p, 0);
	p->stalled = false;
	p->capacity = SIM_SOCKET;
}

static void do_to_peer(struct script *s, uint8_t what, struct sim_peer *p)
{
	switch (what) {
	case 'c':
		reconnect(p);
		break;
	case 's':
		send_text(s, p, next_text(s));
		break;
	case 'h':
		send_get(s, p, next_text(s));
		break;
	case 'r':
		(void)sim_read(p, next(s));
		break;
	case 'w':
		p->stalled = true;
		p->capacity = next(s);
		break;
	case 'f':
		p->stalled = false;
		break;
	case 'e':
		sim_hang_up(p);
		break;
	case 'x':
		sim_reset(p);
		break;
	default:
		break;
	}
}

static void step(struct script *s)
{
	uint8_t what = next(s);
	uint64_t n;

	switch (what) {
	case 't':
		n = next(s);
		sim_pass(s->sim, n * n);
		return;
	case 'p':
		publish(s);
		break;
	case 'd':
		engine_drain(s->sim->workers[0].engine, 1000);
		break;
	case 'q':
		engine_stop(s->sim->workers[0].engine);
		break;
	default:
		do_to_peer(s, what, s->peers[next(s) % PEERS]);
		break;
	}
	sim_run(s->sim);
}

/* A stream that the server ended was ended between frames. */
static void check_peer(const struct sim_peer *p)
{
	require(!p->client.malformed);
	if (p->closed && !p->reset && p->socket.len == 0 && p->client.complete)
		require(!p->client.is_stream || client_is_between_events(&p->client));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct network trusted = {{ADDR_V4, {192, 0, 2, 1}}, 32};
	struct sim_options o = sim_defaults();
	struct script s = {.rest = {(const char *)data, size > MAX_BYTES ? MAX_BYTES : size}};

	/* The peers read HTTP/1.x; frames of HTTP/2 have a target of their own. */
	o.http1 = true;
	o.limits.streams = 3;
	/* Every other script meets the other limits too. */
	if (size % 2 > 0) {
		o.limits.per_address = 2;
		o.limits.connect_rate = 2;
		o.limits.connect_burst = 6;
		o.settings.emission_rate = 5;
		o.settings.emission_burst = 3;
		o.settings.proxies = (struct forwarded_rules){FORWARDED_FIELD_X, &trusted, 1};
	}
	o.log.memory = LOG_MIN_MEMORY;
	s.sim = sim_new(&o);
	for (size_t i = 0; i < PEERS; i++)
		s.peers[i] = sim_connect(s.sim, 0);
	for (unsigned n = 0; n < MAX_STEPS && s.rest.len > 0; n++)
		step(&s);
	for (size_t i = 0; i < PEERS; i++)
		check_peer(s.peers[i]);
	sim_free(s.sim);
	return 0;
}
