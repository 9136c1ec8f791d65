/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/serve_log.h"

#include "base/text.h"
#include "base/utf8.h"

#define FIELD_MAX 256u /* bytes of one text from a peer; an escape makes six of one */

static void put_name(struct writer *w, struct slice name)
{
	put_char(w, ',');
	put_json(w, name);
	put_char(w, ':');
}

static void put_text(struct writer *w, struct slice name, struct slice value)
{
	put_name(w, name);
	if (value.ptr)
		put_json(w, utf8_truncate(value, FIELD_MAX));
	else
		put(w, SLICE("null"));
}

static void put_number(struct writer *w, struct slice name, uint64_t value)
{
	put_name(w, name);
	put_u64(w, value);
}

static void put_bool(struct writer *w, struct slice name, bool value)
{
	put_name(w, name);
	put(w, value ? SLICE("true") : SLICE("false"));
}

static struct slice kind_name(enum record_kind kind)
{
	switch (kind) {
	case RECORD_CONNECT:
		return SLICE("sse_connect");
	case RECORD_REFUSE:
		return SLICE("sse_refuse");
	case RECORD_DISCONNECT:
		return SLICE("sse_disconnect");
	}
	return SLICE("unknown");
}

static void put_address(struct writer *w, const struct addr *addr)
{
	char text[ADDR_TEXT_MAX];
	struct writer a;

	writer_init(&a, text, sizeof(text));
	put_addr(&a, addr);
	put_text(w, SLICE("remoteAddr"), writer_slice(&a));
}

static void put_time(struct writer *w, uint64_t unix_ms)
{
	put_name(w, SLICE("timestamp"));
	put_char(w, '"');
	put_rfc3339(w, unix_ms);
	put_char(w, '"');
}

static void put_request_id(struct writer *w, uint64_t id)
{
	char text[16];
	struct writer hex;

	writer_init(&hex, text, sizeof(text));
	put_hex(&hex, id);
	put_text(w, SLICE("requestId"), writer_slice(&hex));
}

/* Seconds; null for what does not end: static keys, anonymous readers. */
static void put_ttl(struct writer *w, const struct stream_record *r)
{
	put_name(w, SLICE("tokenTTL"));
	if (r->has_ttl)
		put_u64(w, r->ttl_s);
	else
		put(w, SLICE("null"));
}

/* The fields of the guide, on every kind of line. */
static void put_common(struct writer *w, const struct stream_record *r)
{
	put(w, SLICE("{\"event\":"));
	put_json(w, kind_name(r->kind));
	put_text(w, SLICE("userId"), r->user);
	put_text(w, SLICE("origin"), r->origin);
	put_bool(w, SLICE("corsAllowed"), r->cors_allowed);
	put_text(w, SLICE("authMethod"), r->auth_method);
	put_ttl(w, r);
	put_address(w, &r->addr);
	put_text(w, SLICE("userAgent"), r->user_agent);
	put_text(w, SLICE("route"), r->route);
	put_text(w, SLICE("proto"), http_version_name(r->version));
	put_request_id(w, r->request_id);
	put_text(w, SLICE("lastEventId"), r->last_event_id);
}

/* no_credential: the symbol of the row in the case of the other names. */
static void put_reason(struct writer *w, struct slice symbol)
{
	put_name(w, SLICE("reason"));
	put_char(w, '"');
	for (size_t i = 0; i < symbol.len; i++)
		put_char(w, ascii_lower(symbol.ptr[i]));
	put_char(w, '"');
}

static void put_refusal(struct writer *w, const struct stream_record *r)
{
	const struct refusal_row *row = refusal_row(r->refusal);

	put_text(w, SLICE("rule"), row->rule);
	/* Which check failed is told here and nowhere else. */
	if (r->auth_reason.ptr)
		put_text(w, SLICE("reason"), r->auth_reason);
	else
		put_reason(w, row->name);
	put_number(w, SLICE("status"), r->status);
	put_bool(w, SLICE("soft"), r->soft);
	put_text(w, SLICE("detail"), r->detail);
}

static void put_close(struct writer *w, const struct stream_record *r)
{
	put_text(w, SLICE("reason"), close_reason(r->close));
	put_number(w, SLICE("durationMs"), r->duration_ms);
	put_number(w, SLICE("events"), r->events);
	put_number(w, SLICE("bytes"), r->bytes);
	put_number(w, SLICE("dropped"), r->dropped);
}

void serve_log_put(struct writer *w, const struct stream_record *record, uint64_t unix_ms)
{
	put_common(w, record);
	if (record->kind == RECORD_REFUSE)
		put_refusal(w, record);
	if (record->kind == RECORD_DISCONNECT)
		put_close(w, record);
	put_time(w, unix_ms);
	put(w, SLICE("}\n"));
}

void serve_log_put_handshake(struct writer *w, const struct addr *addr, struct slice why,
			     uint64_t unix_ms)
{
	put(w, SLICE("{\"event\":\"tls_refuse\""));
	put_address(w, addr);
	put_text(w, SLICE("reason"), why);
	put_time(w, unix_ms);
	put(w, SLICE("}\n"));
}

void serve_log_put_reload(struct writer *w, bool done, uint64_t unix_ms)
{
	put(w, SLICE("{\"event\":\"config_reload\""));
	put_bool(w, SLICE("done"), done);
	put_time(w, unix_ms);
	put(w, SLICE("}\n"));
}
