/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/exchange_part.h"

#include "audit/request.h"

#include <string.h>

#define READ_ROOM   65536u
#define READ_ROUNDS 8 /* reads of one step, so that one probe does not starve the others */

uint64_t exchange_since_start(const struct exchange *e)
{
	uint64_t t = e->now_ns - e->env->zero_ns;

	return t > 0 ? t : 1;
}

static void over(struct exchange *e, enum ending ending)
{
	if (e->phase == EXCHANGE_OVER)
		return;
	e->phase = EXCHANGE_OVER;
	if (e->h2)
		e->t->h2_max_streams = h2_survey_max_streams(e->h2);
	recorder_finish(&e->recorder, ending, exchange_since_start(e), e->env->secrets);
	h2_survey_free(e->h2);
	e->h2 = NULL;
	tls_client_fini(&e->tls);
	tcp_close(e->fd);
	e->fd = -1;
	buf_free(&e->out);
}

void exchange_fail(struct exchange *e, enum outcome outcome, const char *detail)
{
	e->t->outcome = outcome;
	if (detail)
		e->t->detail = arena_copy(&e->t->arena, slice_of(detail));
	over(e, ENDING_NONE);
	/* Of what was not sent the recorder can only see that no head came. */
	e->t->outcome = outcome;
}

void exchange_stop(struct exchange *e, uint64_t now_ns)
{
	e->now_ns = now_ns;
	if (e->phase == EXCHANGE_OVER)
		return;
	if (recorder_has_head(&e->recorder))
		over(e, ENDING_WE_CUT);
	else
		exchange_fail(e, OUTCOME_STOPPED, NULL);
}

void exchange_enter(struct exchange *e, enum exchange_phase phase, uint64_t ms, short events)
{
	e->phase = phase;
	e->due_ns = e->now_ns + ms * MS;
	e->events = events;
}

/* HTTP/2 tells. */

static void on_field(void *ctx, struct slice name, struct slice value)
{
	struct exchange *e = ctx;

	if (!recorder_has_head(&e->recorder))
		recorder_field(&e->recorder, name, value);
}

static void on_head(void *ctx, unsigned status)
{
	struct exchange *e = ctx;

	recorder_head(&e->recorder, status, exchange_since_start(e));
}

static void on_data(void *ctx, struct slice data)
{
	struct exchange *e = ctx;

	recorder_data(&e->recorder, data, exchange_since_start(e));
}

static void on_closed(void *ctx, uint32_t error)
{
	struct exchange *e = ctx;

	e->h2_closed = true;
	e->t->ending_code = error;
}

static void on_goaway(void *ctx, uint32_t error)
{
	struct exchange *e = ctx;

	e->t->h2_goaway = true;
	e->h2_goaway_code = error;
}

/* Asking. */

static void begin_tls(struct exchange *e)
{
	const struct probe_spec *spec = e->spec;
	struct slice alpn = spec->h2 ? SLICE("h2") : SLICE("http/1.1");

	if (tls_survey_init(&e->tls, e->env->trust, e->fd, spec->url.host, alpn, spec->versions))
		exchange_fail(e, OUTCOME_TLS_FAILED,
			      "the host name is too long, or there is no memory");
	else
		exchange_enter(e, EXCHANGE_TLS, EXCHANGE_TLS_MS, POLLOUT);
}

static void begin_request(struct exchange *e)
{
	struct h2_survey_events events = {e, on_field, on_head, on_data, on_closed, on_goaway};
	bool trusted = e->spec->url.https ? e->t->tls.trusted : e->t->loopback;

	if (!trusted && (e->spec->secret_count > 0 || e->spec->secret_target))
		e->t->credential_withheld = true;
	if (!trusted && e->spec->secret_target) {
		exchange_fail(e, OUTCOME_NOT_SENT,
			      "a secret would travel to a peer that nobody vouches for");
		return;
	}
	if (!trusted && e->spec->secret_count > 0)
		e->t->request.credential = CREDENTIAL_NONE;
	bool made = e->spec->h2 ? request_make_h2(e->spec, trusted, &events, &e->h2)
				: request_make_h1(e->spec, trusted, &e->out);
	if (made)
		exchange_enter(e, EXCHANGE_SEND, EXCHANGE_SEND_MS, POLLOUT);
	else
		exchange_fail(e, OUTCOME_NOT_SENT,
			      "the request is too large, or there is no memory");
}

void exchange_connected(struct exchange *e)
{
	if (e->spec->url.https)
		begin_tls(e);
	else
		begin_request(e);
}

/* TLS. */

static struct slice keep(struct exchange *e, const char *text)
{
	struct slice copy = arena_copy(&e->t->arena, slice_of(text));

	return copy.ptr ? copy : SLICE("");
}

static void take_facts(struct exchange *e)
{
	struct tls_facts facts;

	tls_survey_facts(&e->tls, e->spec->url.host, &facts);
	e->t->tls_done_ns = exchange_since_start(e);
	e->t->tls = (struct probe_tls){
		.used = true,
		.version = keep(e, facts.version),
		.cipher = keep(e, facts.cipher),
		.alpn = keep(e, facts.alpn),
		.subject = keep(e, facts.subject),
		.issuer = keep(e, facts.issuer),
		.not_before = facts.not_before,
		.not_after = facts.not_after,
		.trusted = facts.trusted,
		.name_wrong = facts.name_wrong,
		.reason = keep(e, facts.reason),
	};
}

static bool wants(struct exchange *e, long n, long read, long write)
{
	if (n == read)
		e->events = POLLIN;
	else if (n == write)
		e->events = POLLOUT;
	return n == read || n == write;
}

static bool step_tls(struct exchange *e)
{
	long n = tls_client_handshake(&e->tls);

	if (wants(e, n, TLS_WANT_READ, TLS_WANT_WRITE)) {
		if (e->now_ns < e->due_ns)
			return false;
		exchange_fail(e, OUTCOME_TIMED_OUT, "no end of the TLS handshake in time");
		return true;
	}
	if (n == TLS_FAILED) {
		exchange_fail(e, OUTCOME_TLS_FAILED, e->tls.why);
		return true;
	}
	take_facts(e);
	if (e->spec->handshake_only)
		exchange_fail(e, OUTCOME_NOT_SENT,
			      "the handshake alone was asked for, and it succeeded");
	else if (e->spec->h2 && !slice_eq(e->t->tls.alpn, SLICE("h2")))
		exchange_fail(e, OUTCOME_NOT_SENT, "the server does not offer h2 (ALPN)");
	else
		begin_request(e);
	return true;
}

/* Sending. */

static long send_some(struct exchange *e, struct slice bytes)
{
	if (e->tls.ssl)
		return tls_client_send(&e->tls, bytes);
	return tcp_send(e->fd, bytes);
}

static bool is_wait(const struct exchange *e, long n)
{
	return e->tls.ssl ? n == TLS_WANT_READ || n == TLS_WANT_WRITE : n == TCP_AGAIN;
}

int exchange_flush(struct exchange *e)
{
	for (;;) {
		struct slice out = e->h2 ? h2_survey_output(e->h2) : buf_slice(&e->out);

		if (out.len == 0)
			return 1;
		long n = send_some(e, out);
		if (n <= 0)
			return is_wait(e, n) ? 0 : -1;
		if (e->h2)
			h2_survey_sent(e->h2, (size_t)n);
		else
			buf_consume(&e->out, (size_t)n);
	}
}

/* A server may answer and close before it has read all: what it said is read in any case. */
static bool step_send(struct exchange *e)
{
	int sent = exchange_flush(e);

	if (sent == 0 && e->now_ns < e->due_ns) {
		e->events = POLLOUT;
		return false;
	}
	if (sent > 0)
		e->t->sent_ns = exchange_since_start(e);
	exchange_enter(e, EXCHANGE_HEAD, e->spec->head_ms, POLLIN);
	return true;
}

/* Receiving. */

static long receive(struct exchange *e, char *room, size_t cap)
{
	if (e->tls.ssl)
		return tls_client_receive(&e->tls, room, cap);
	return tcp_receive(e->fd, room, cap);
}

static void broken(struct exchange *e)
{
	if (recorder_has_head(&e->recorder))
		over(e, ENDING_RESET);
	else
		exchange_fail(e, OUTCOME_CUT,
			      e->tls.ssl ? e->tls.why
					 : "the connection was reset before a whole head");
}

static void closed_by_peer(struct exchange *e)
{
	if (!recorder_has_head(&e->recorder) && e->t->h2_goaway) {
		exchange_fail(e, OUTCOME_CUT, "GOAWAY, and the connection closed, before a head");
		e->t->ending_code = e->h2_goaway_code;
		return;
	}
	if (e->t->h2_goaway)
		e->t->ending_code = e->h2_goaway_code;
	if (!recorder_has_head(&e->recorder) && e->recorder.head.len == 0)
		exchange_fail(e, OUTCOME_CUT, "the connection was closed without an answer");
	else
		over(e, e->t->h2_goaway ? ENDING_GOAWAY : ENDING_CLOSED);
}

static void take_h2(struct exchange *e, struct slice bytes)
{
	if (!h2_survey_receive(e->h2, bytes)) {
		if (recorder_has_head(&e->recorder))
			over(e, ENDING_BAD_FRAMING);
		else
			exchange_fail(e, OUTCOME_MALFORMED,
				      slice_starts(bytes, SLICE("HTTP/1."))
					      ? "HTTP/1.x in answer to HTTP/2"
					      : h2_survey_why(e->h2));
		return;
	}
	/* Acknowledgements and windows; a peer that takes none of them ends by the deadline. */
	(void)exchange_flush(e);
	if (!e->h2_closed)
		return;
	if (!recorder_has_head(&e->recorder))
		exchange_fail(e, OUTCOME_CUT, "the stream was reset before a head");
	else
		over(e, e->t->ending_code == 0 ? ENDING_COMPLETE : ENDING_RST_STREAM);
}

static void take_h1(struct exchange *e, struct slice bytes)
{
	switch (recorder_feed(&e->recorder, bytes, exchange_since_start(e))) {
	case RECORDER_MORE:
		break;
	case RECORDER_OVER:
		over(e, ENDING_COMPLETE);
		break;
	case RECORDER_BROKEN:
		over(e, ENDING_BAD_FRAMING);
		break;
	}
}

/* A head that was held back eats into the span: a proxy that holds must not hold the audit. */
static void head_has_come(struct exchange *e)
{
	uint64_t waited_ms = (e->t->head_ns - e->t->sent_ns) / MS;
	uint64_t span_ms = e->spec->span_ms;
	uint64_t least_ms = span_ms < EXCHANGE_LEAST_SPAN_MS ? span_ms : EXCHANGE_LEAST_SPAN_MS;

	span_ms = span_ms > waited_ms + least_ms ? span_ms - waited_ms : least_ms;
	exchange_enter(e, EXCHANGE_BODY, span_ms, POLLIN);
	if (span_ms == 0)
		over(e, ENDING_WE_CUT);
}

/* False: nothing is there to read. */
static bool read_once(struct exchange *e, char *room)
{
	long n = receive(e, room, READ_ROOM);

	if (is_wait(e, n)) {
		(void)wants(e, n, TLS_WANT_READ, TLS_WANT_WRITE);
		return false;
	}
	if (n < 0)
		broken(e);
	else if (n == 0)
		closed_by_peer(e);
	else if (e->h2)
		take_h2(e, (struct slice){room, (size_t)n});
	else
		take_h1(e, (struct slice){room, (size_t)n});
	if (e->phase == EXCHANGE_HEAD && recorder_has_head(&e->recorder))
		head_has_come(e);
	return e->phase != EXCHANGE_OVER;
}

static bool step_read(struct exchange *e)
{
	char room[READ_ROOM];

	for (int i = 0; i < READ_ROUNDS && read_once(e, room); i++) {
	}
	if (e->phase == EXCHANGE_OVER || e->now_ns < e->due_ns)
		return false;
	if (e->phase == EXCHANGE_BODY)
		over(e, ENDING_WE_CUT);
	else
		exchange_fail(e, OUTCOME_TIMED_OUT,
			      e->recorder.head.len > 0 ? "no end of the head in time"
						       : "no answer in time");
	return false;
}

/* The whole. */

static void describe_request(struct exchange *e)
{
	const struct probe_spec *spec = e->spec;
	struct transcript *t = e->t;

	t->kind = spec->kind;
	t->variant = spec->variant;
	t->hop = spec->hop;
	t->request = (struct probe_request){
		.method = spec->method,
		.https = spec->url.https,
		.authority = spec->url.authority,
		.target = spec->target.ptr ? spec->target : spec->url.target,
		.minor = spec->minor,
		.h2 = spec->h2,
		.origin = spec->origin,
		.accept = spec->accept,
		.last_event_id = spec->last_id,
		.credential = spec->credential,
		.origin_allowed = spec->origin_allowed,
		.expect_refusal = spec->expect_refusal,
	};
	t->h2_max_streams = UINT32_MAX;
}

void exchange_start(struct exchange *e, const struct probe_spec *spec,
		    const struct exchange_env *env, struct transcript *t, uint64_t now_ns)
{
	*e = (struct exchange){.spec = spec, .env = env, .t = t, .fd = -1, .now_ns = now_ns};
	buf_init(&e->out, EXCHANGE_MAX_REQUEST);
	recorder_init(&e->recorder, t, slice_eq(spec->method, SLICE("HEAD")));
	describe_request(e);
	t->start_ns = exchange_since_start(e);
	exchange_dial(e);
}

bool exchange_step(struct exchange *e, uint64_t now_ns)
{
	bool again = true;

	e->now_ns = now_ns;
	while (again) {
		switch (e->phase) {
		case EXCHANGE_DIAL:
			again = exchange_step_dial(e);
			break;
		case EXCHANGE_TUNNEL_ASK:
			again = exchange_step_ask(e);
			break;
		case EXCHANGE_TUNNEL:
			again = exchange_step_tunnel(e);
			break;
		case EXCHANGE_TLS:
			again = step_tls(e);
			break;
		case EXCHANGE_SEND:
			again = step_send(e);
			break;
		case EXCHANGE_HEAD:
		case EXCHANGE_BODY:
			again = step_read(e);
			break;
		case EXCHANGE_OVER:
			return true;
		}
	}
	return e->phase == EXCHANGE_OVER;
}

struct pollfd exchange_poll(const struct exchange *e)
{
	return (struct pollfd){.fd = e->fd, .events = e->events};
}

uint64_t exchange_due_ns(const struct exchange *e)
{
	return e->due_ns;
}
