/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/bench_measure.h"

#include "cmd/bench_progress.h"
#include "cmd/bench_stream.h"
#include "load/pacing.h"
#include "load/spread.h"
#include "os/interrupt.h"
#include "os/monotonic.h"
#include "os/procfs.h"
#include "os/waitset.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define REQUEST_MAX 16384u /* bytes of a GET */
#define NS_PER_MS   1000000u

struct bench {
	const struct bench_settings *set;
	struct report *report;
	struct bench_progress progress;
	struct bench_listener listener;
	struct bench_publisher publisher;
	struct waitset waits;
	int interrupt;
	struct bench_route route;
	struct bench_conn *conns;
	struct bench_stream *streams;
	char request[REQUEST_MAX]; /* the GET, the same for all */
	uint64_t run;              /* tells our events from others */
	uint64_t started;          /* streams begun */
	uint64_t sent;             /* events handed to the publisher */
	struct pacing pacing;      /* of the phase */
	uint64_t phase_ns;         /* when the phase began */
	uint64_t now_ns;
	uint64_t progress_ns; /* when something last came */
	uint64_t last_delivery_ns;
	bool interrupted;
	bool failed; /* a complaint is printed */
};

/* One look at the state: does what is due, true when the phase is over; else *ret_wake_ns may be
 * brought forward to when it wants to look again. */
typedef bool (*phase_fn)(struct bench *b, uint64_t *ret_wake_ns);

static void on_event(void *ctx, struct tally_stream *stream, const struct marker *m)
{
	struct bench *b = ctx;

	if (m->run != b->run || m->seq >= b->sent)
		return;
	b->progress_ns = b->now_ns;
	if (tally_take(&b->report->tally, stream, m->seq) == TALLY_DUPLICATE)
		return;
	b->last_delivery_ns = b->now_ns;
	histogram_add(&b->report->latency, b->now_ns > m->due_ns ? b->now_ns - m->due_ns : 0);
}

static void on_bad_event(void *ctx)
{
	struct bench *b = ctx;

	b->report->damaged++;
}

static void fail(struct bench *b, const char *what, const char *why)
{
	if (b->failed)
		return;
	b->failed = true;
	bench_progress_note(&b->progress, "sluice bench: %s: %s", what, why);
}

static struct bench_conn *conn_of(struct bench *b, const struct bench_stream *s)
{
	return &b->conns[(size_t)(s - b->streams) / b->set->per_conn];
}

static void end_stream(struct bench *b, struct bench_stream *s, const char *why)
{
	char what[64];
	bool was_open = s->state == BENCH_OPEN;

	bench_stream_fini(s);
	/* With HTTP/2 there are others on it. */
	if (!b->set->http2)
		bench_conn_close(conn_of(b, s));
	if (was_open)
		return;
	(void)snprintf(what, sizeof(what), "stream %td of %" PRIu64 " did not open",
		       s - b->streams + 1, b->set->streams);
	fail(b, what, why);
}

static void end_conn(struct bench *b, struct bench_conn *c, const char *why)
{
	for (size_t i = 0; i < c->begun; i++) {
		struct bench_stream *s = &c->streams[i];

		if (s->state == BENCH_ENDED)
			continue;
		b->report->closed += s->state == BENCH_OPEN;
		end_stream(b, s, why);
	}
	bench_conn_close(c);
}

static const char *advice(unsigned status)
{
	return status == 429 ? "; all come from one address: limits.per-address and "
			       "limits.connect-rate of the server should be off"
			     : "";
}

static void fault_stream(struct bench *b, struct bench_stream *s, enum bench_fault fault,
			 unsigned status)
{
	char why[160];

	switch (fault) {
	case BENCH_REFUSED:
		(void)snprintf(why, sizeof(why), "the answer is no event stream (status %u)%s",
			       status, advice(status));
		end_stream(b, s, why);
		return;
	case BENCH_NOT_HTTP:
		b->report->broken++;
		end_stream(b, s, "the answer is not well-formed");
		return;
	case BENCH_COMPLETE:
		b->report->closed++;
		end_stream(b, s, "the server ended it");
		return;
	case BENCH_NOMEM:
		fail(b, "receive", "out of memory");
		return;
	case BENCH_FINE:
		return;
	}
}

/* Read for every stream: a turn over thousands of them takes milliseconds. */
static void on_bytes(void *ctx)
{
	struct bench *b = ctx;

	b->now_ns = monotonic_ns();
}

static void on_stream(void *ctx, struct bench_stream *s, enum bench_fault fault, unsigned status)
{
	struct bench *b = ctx;

	if (fault) {
		fault_stream(b, s, fault, status);
		return;
	}
	b->report->open++;
	b->progress_ns = b->now_ns;
}

static uint32_t source_of(const struct bench *b, uint64_t conn)
{
	bool spread = b->set->streams / b->set->per_conn > SPREAD_PER_ADDRESS &&
		      tcp_is_loopback4(&b->set->stream_address);

	return spread ? spread_source(conn) : 0;
}

static void open_next(struct bench *b)
{
	uint64_t number = b->started / b->set->per_conn;
	bool first = b->started % b->set->per_conn == 0;
	struct bench_stream *s = &b->streams[b->started++];
	struct bench_conn *c = &b->conns[number];
	const char *why = NULL;

	if (bench_stream_init(s, &b->listener, b->set->check)) {
		fail(b, "open", "out of memory");
		return;
	}
	if (first)
		why = bench_conn_open(c, &b->route, s, source_of(b, number));
	const char *begun = bench_conn_begin(c);
	why = why ? why : begun;
	if (why)
		end_conn(b, c, why);
}

static void published(struct bench *b, enum bench_publish outcome)
{
	char what[64];

	switch (outcome) {
	case BENCH_PUBLISH_PENDING:
		return;
	case BENCH_PUBLISH_DONE:
		b->report->published++;
		b->progress_ns = monotonic_ns();
		return;
	case BENCH_PUBLISH_REFUSED:
		(void)snprintf(what, sizeof(what), "refused with status %u", b->publisher.status);
		fail(b, "publish", what);
		return;
	case BENCH_PUBLISH_FAILED:
		fail(b, "publish", b->publisher.why);
		return;
	}
}

static void dispatch(struct bench *b, const struct waitset_event *event)
{
	if (event->owner == &b->interrupt) {
		b->interrupted = true;
		return;
	}
	if (event->owner == &b->publisher) {
		published(b, bench_publisher_handle(&b->publisher));
		return;
	}
	struct bench_conn *c = event->owner;
	const char *why = bench_conn_handle(c);
	if (why)
		end_conn(b, c, why);
}

/* False: nothing came for too long, or the run cannot go on. */
static bool run_phase(struct bench *b, phase_fn phase)
{
	struct waitset_event events[WAITSET_BATCH];

	b->phase_ns = monotonic_ns();
	b->progress_ns = b->phase_ns;
	while (!b->failed && !b->interrupted) {
		b->now_ns = monotonic_ns();
		uint64_t wake_ns = b->progress_ns + b->set->timeout_ms * NS_PER_MS;
		if (b->now_ns >= wake_ns)
			return false;
		if (phase(b, &wake_ns))
			return !b->failed;
		size_t n = waitset_wait(&b->waits, wake_ns, events);
		for (size_t i = 0; i < n; i++)
			dispatch(b, &events[i]);
	}
	return false;
}

static bool opening(struct bench *b, uint64_t *ret_wake_ns)
{
	const struct bench_settings *set = b->set;
	uint64_t due = pacing_due_count(&b->pacing, set->streams, b->now_ns);

	bench_progress_count(&b->progress, b->now_ns, "opening", b->report->open, set->streams);
	while (b->started < due && b->started - b->report->open < BENCH_MAX_OPENING && !b->failed)
		open_next(b);
	uint64_t next_ns = pacing_due_ns(&b->pacing, b->started);
	if (b->started == due && due < set->streams && next_ns < *ret_wake_ns)
		*ret_wake_ns = next_ns;
	return b->report->open == set->streams;
}

static bool idling(struct bench *b, uint64_t *ret_wake_ns)
{
	uint64_t until_ns = b->phase_ns + b->set->idle_ms * NS_PER_MS;

	b->progress_ns = b->now_ns;
	*ret_wake_ns = until_ns;
	return b->now_ns >= until_ns;
}

/* When the next event is due; without a rate, now or (UINT64_MAX) not before a delivery. */
static uint64_t next_due_ns(const struct bench *b)
{
	const struct report *r = b->report;

	if (b->set->rate > 0)
		return pacing_due_ns(&b->pacing, b->sent);
	uint64_t expected = b->sent * r->open;
	uint64_t on_their_way = expected > r->tally.delivered ? expected - r->tally.delivered : 0;
	return on_their_way > (b->set->window - 1) * r->open ? UINT64_MAX : b->now_ns;
}

static bool publishing(struct bench *b, uint64_t *ret_wake_ns)
{
	bench_progress_count(&b->progress, b->now_ns, "publishing", b->report->published,
			     b->set->events);
	if (b->publisher.busy)
		return false;
	if (b->sent == b->set->events)
		return true;
	uint64_t due_ns = next_due_ns(b);
	if (due_ns > b->now_ns) {
		if (due_ns < *ret_wake_ns)
			*ret_wake_ns = due_ns;
		/* A slow schedule is no stall. */
		if (b->set->rate > 0)
			b->progress_ns = b->now_ns;
		return false;
	}
	struct marker m = {.run = b->run, .seq = (uint32_t)b->sent++, .due_ns = due_ns};
	published(b, bench_publisher_send(&b->publisher, &m));
	return false;
}

static bool draining(struct bench *b, uint64_t *ret_wake_ns)
{
	(void)ret_wake_ns;
	bench_progress_count(&b->progress, b->now_ns, "delivered", b->report->tally.delivered,
			     b->report->published * b->report->open);
	return report_lost(b->report) == 0;
}

/* 0 where no process is watched, or it has gone. */
static uint64_t server_cpu_ns(const struct bench *b)
{
	uint64_t ns = 0;

	if (b->set->pid != 0)
		(void)procfs_cpu_ns(b->set->pid, &ns);
	return ns;
}

static uint64_t server_anon_bytes(const struct bench *b)
{
	uint64_t bytes = 0;

	if (b->set->pid != 0)
		(void)procfs_anon_bytes(b->set->pid, &bytes);
	return bytes;
}

static bool open_all(struct bench *b)
{
	struct report *r = b->report;
	uint64_t cpu_ns = server_cpu_ns(b);

	r->anon_before = server_anon_bytes(b);
	bench_progress_note(&b->progress, "opening %" PRIu64 " streams", b->set->streams);
	pacing_init(&b->pacing, b->set->ramp, monotonic_ns());
	bool opened = run_phase(b, opening);
	r->open_ns = monotonic_ns() - b->phase_ns;
	r->cpu_open_ns = server_cpu_ns(b) - cpu_ns;
	if (!opened && !b->interrupted)
		fail(b, "open", "the server does not answer");
	if (!opened)
		return false;
	bool idled = run_phase(b, idling);
	r->anon_idle = server_anon_bytes(b);
	return idled;
}

static void publish_all(struct bench *b)
{
	struct report *r = b->report;
	uint64_t cpu_ns = server_cpu_ns(b);
	uint64_t start_ns = monotonic_ns();

	bench_progress_note(&b->progress, "publishing %" PRIu64 " events", b->set->events);
	pacing_init(&b->pacing, b->set->rate, start_ns);
	b->last_delivery_ns = start_ns;
	bool sent = run_phase(b, publishing);
	if (sent)
		sent = run_phase(b, draining);
	r->run_ns = b->last_delivery_ns - start_ns;
	r->cpu_run_ns = server_cpu_ns(b) - cpu_ns;
	if (sent || b->interrupted)
		return;
	if (b->publisher.busy)
		fail(b, "publish", "the server does not answer");
	else if (!b->failed)
		bench_progress_note(&b->progress, "nothing came for %" PRIu64 " ms: end",
				    b->set->timeout_ms);
}

static enum err prepare_route(struct bench *b)
{
	const struct bench_settings *set = b->set;
	struct writer w;

	writer_init(&w, b->request, sizeof(b->request));
	put(&w, SLICE("GET "));
	put(&w, set->url.target);
	put(&w, SLICE(" HTTP/1.1\r\nHost: "));
	put(&w, set->url.authority);
	put(&w, SLICE("\r\nUser-Agent: sluice-bench\r\nAccept: text/event-stream\r\n\r\n"));
	b->route.set = &b->waits;
	b->route.url = &set->url;
	b->route.address = &set->stream_address;
	b->route.trust = set->trust;
	b->route.http2 = set->http2;
	b->route.per_conn = (size_t)set->per_conn;
	b->route.request = writer_slice(&w);
	b->route.ctx = b;
	b->route.on_bytes = on_bytes;
	b->route.on_stream = on_stream;
	return w.overflow ? E_TOO_BIG : OK;
}

static enum err prepare(struct bench *b)
{
	const struct bench_settings *set = b->set;
	enum err err = prepare_route(b);

	b->waits.fd = -1;
	b->interrupt = -1;
	wire_init(&b->publisher.wire, -1);
	b->streams = calloc(set->streams, sizeof(*b->streams));
	b->conns = calloc(b->report->connections, sizeof(*b->conns));
	if (!b->streams || !b->conns)
		return E_NOMEM;
	if (!err)
		err = waitset_init(&b->waits);
	if (!err)
		err = interrupt_open(&b->interrupt);
	if (!err)
		err = waitset_add(&b->waits, b->interrupt, &b->interrupt, WAITSET_READ);
	if (!err)
		err = bench_publisher_init(&b->publisher, &b->waits, &set->publish_address,
					   &set->publish, set->trust);
	return err;
}

static void clean_up(struct bench *b)
{
	for (uint64_t i = 0; b->conns && i < b->report->connections; i++)
		bench_conn_close(&b->conns[i]);
	for (uint64_t i = 0; i < b->started; i++)
		bench_stream_fini(&b->streams[i]);
	free(b->streams);
	free(b->conns);
	bench_publisher_fini(&b->publisher);
	tcp_close(b->interrupt);
	waitset_fini(&b->waits);
	free(b);
}

static enum bench_outcome run(struct bench *b)
{
	enum err err = prepare(b);

	if (err) {
		fail(b, "start", err_text(err));
		return BENCH_UNREACHABLE;
	}
	if (open_all(b) && b->set->events > 0)
		publish_all(b);
	b->report->partial = b->interrupted;
	if (b->failed)
		return BENCH_UNREACHABLE;
	return b->interrupted ? BENCH_INTERRUPTED : BENCH_RAN;
}

enum bench_outcome bench_measure(const struct bench_settings *settings, struct report *ret_report)
{
	struct bench *b = calloc(1, sizeof(*b));

	*ret_report = (struct report){
		.target = settings->target,
		.streams = settings->streams,
		.connections = (settings->streams + settings->per_conn - 1) / settings->per_conn,
		.events = settings->events,
		.event_bytes = settings->publish.event_bytes,
		.has_server = settings->pid != 0,
	};
	histogram_init(&ret_report->latency);
	if (!b)
		return BENCH_UNREACHABLE;
	b->set = settings;
	b->report = ret_report;
	b->run = monotonic_ns();
	b->listener =
		(struct bench_listener){b, on_event, on_bad_event, settings->publish.event_bytes};
	bench_progress_init(&b->progress);
	enum bench_outcome outcome = run(b);
	clean_up(b);
	return outcome;
}
