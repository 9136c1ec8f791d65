/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/conn.h"

#include "base/require.h"

static const struct {
	struct slice reason;
	bool is_error;
} closes[CLOSE_COUNT] = {
#define X(name, reason, is_error, text) [CLOSE_##name] = {SLICE_INIT(reason), is_error},
#include "stream/close.def"
#undef X
};

struct slice close_reason(enum stream_close close)
{
	require(close < CLOSE_COUNT);
	return closes[close].reason;
}

bool close_is_error(enum stream_close close)
{
	require(close < CLOSE_COUNT);
	return closes[close].is_error;
}

static void emit(struct engine *e, const struct stream_record *record)
{
	if (e->config.io.record)
		e->config.io.record(e->config.io.ctx, record);
}

static struct slice principal_user(const struct principal *p)
{
	return p && p->facts.subject.len > 0 ? p->facts.subject : SLICE_NONE;
}

static void put_ttl(const struct engine *e, struct stream_record *r, const struct principal *p)
{
	uint64_t expires_ms = p ? p->facts.expires_ms : 0;

	if (expires_ms == 0)
		return;
	r->has_ttl = true;
	r->ttl_s = expires_ms > e->unix_ms ? (expires_ms - e->unix_ms) / 1000 : 0;
}

/* What all three kinds say of an open stream. */
static struct stream_record of_stream(const struct conn *c, enum record_kind kind)
{
	return (struct stream_record){
		.kind = kind,
		.user = principal_user(c->principal),
		.origin = istr_slice(c->origin),
		.cors_allowed = c->cors_allowed,
		.auth_method = credential_source_name((enum credential_source)c->auth),
		.addr = c->addr,
		.user_agent = istr_slice(c->agent),
		.route = c->route->path,
		.version = (enum http_version)c->version,
		.request_id = c->request_id,
	};
}

void record_connect(struct engine *e, const struct conn *c, struct slice last_event_id)
{
	struct stream_record r = of_stream(c, RECORD_CONNECT);

	r.last_event_id = last_event_id;
	r.status = 200;
	put_ttl(e, &r, c->principal);
	emit(e, &r);
}

void record_refusal(struct engine *e, const struct conn *c, enum refusal refusal, bool soft,
		    struct slice detail)
{
	const struct exchange *x = c->x;
	const struct ask *ask = &x->ask;
	bool parsed = ask->req != NULL;
	struct stream_record r = {
		.kind = RECORD_REFUSE,
		.user = principal_user(ask->principal),
		.cors_allowed = parsed && ask->cors.refusal == REFUSAL_NONE,
		.auth_method = credential_source_name(ask->credential.source),
		.addr = x->addr,
		.request_id = x->request_id,
		.refusal = refusal,
		.soft = soft,
		.status = soft ? 200 : refusal_row(refusal)->status,
		.detail = detail,
	};

	if (parsed) {
		r.origin = http_field_get(ask->req, SLICE("Origin"));
		r.user_agent = http_field_get(ask->req, SLICE("User-Agent"));
		r.version = ask->req->version;
		r.last_event_id = ask->last_event_id;
	}
	if (ask->fault) {
		r.auth_reason = slice_of(auth_fault_reason(ask->fault));
		e->counters.auth_faults[ask->fault]++;
	}
	put_ttl(e, &r, ask->principal);
	if (ask->route)
		r.route = ask->route->path;
	e->counters.refusals[refusal]++;
	emit(e, &r);
}

void record_no_room(struct engine *e, const struct arrival *arrival)
{
	const struct stream_record r = {
		.kind = RECORD_REFUSE,
		.auth_method = credential_source_name(CREDENTIAL_NONE),
		.addr = arrival->addr,
		.refusal = REFUSAL_FULL,
		.status = refusal_row(REFUSAL_FULL)->status,
	};

	e->counters.refusals[REFUSAL_FULL]++;
	emit(e, &r);
}

void record_close(struct engine *e, const struct conn *c, enum stream_close close, uint64_t dropped)
{
	struct stream_record r = of_stream(c, RECORD_DISCONNECT);
	char id[LOG_ID_MAX];
	struct writer w;

	writer_init(&w, id, sizeof(id));
	log_put_id(e->config.log, &w, c->sub.cursor - 1);
	r.last_event_id = writer_slice(&w);
	r.close = close;
	r.duration_ms = e->now_ms - c->opened_ms;
	r.events = c->events;
	r.bytes = c->bytes;
	r.dropped = dropped;
	e->counters.streams_closed[close]++;
	emit(e, &r);
}
