/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/tail_format.h"

#include "base/text.h"
#include "cmd/visible.h"

#define PREFIX_COST 128u /* bytes of colours, gaps, JSON names and the time */

#define COLOR_SOURCE SLICE("\x1b[2m")
#define COLOR_TYPE   SLICE("\x1b[36m")
#define COLOR_ID     SLICE("\x1b[33m")
#define COLOR_OFF    SLICE("\x1b[0m")

static size_t prefix_bytes(const struct tail_record *r)
{
	return 4 * (r->source.len + r->message.type.len + r->message.last_event_id.len) +
	       PREFIX_COST;
}

static size_t count_lf(struct slice s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.len; i++)
		n += s.ptr[i] == '\n';
	return n;
}

size_t tail_format_bound(const struct tail_record *r)
{
	size_t json = 6 * (r->message.type.len + r->message.data.len +
			   r->message.last_event_id.len + r->origin.len) +
		      PREFIX_COST;
	size_t plain = prefix_bytes(r) + 4 * r->message.data.len +
		       count_lf(r->message.data) * TAIL_INDENT_MAX;

	return json > plain ? json : plain;
}

void tail_put_json(struct writer *w, const struct tail_record *r)
{
	put(w, SLICE("{\"type\":"));
	put_json(w, r->message.type);
	put(w, SLICE(",\"data\":"));
	put_json(w, r->message.data);
	put(w, SLICE(",\"lastEventId\":"));
	put_json(w, r->message.last_event_id);
	put(w, SLICE(",\"origin\":"));
	put_json(w, r->origin);
	put(w, SLICE(",\"time\":\""));
	put_rfc3339(w, r->unix_ms);
	put(w, SLICE("\"}\n"));
}

/* Gives the columns it took, as far as bytes are columns. */
static size_t put_part(struct writer *w, struct slice mark, struct slice text, struct slice color)
{
	if (text.len == 0)
		return 0;
	put(w, color);
	put(w, mark);
	put_visible(w, text);
	if (color.len > 0)
		put(w, COLOR_OFF);
	put(w, SLICE("  "));
	return mark.len + text.len + 2;
}

static size_t put_prefix(struct writer *w, const struct tail_record *r, bool color)
{
	const struct sse_message *m = &r->message;
	struct slice type = slice_eq(m->type, SLICE("message")) ? SLICE("") : m->type;
	struct slice id = r->id_is_new ? m->last_event_id : SLICE("");

	return put_part(w, SLICE(""), r->source, color ? COLOR_SOURCE : SLICE("")) +
	       put_part(w, SLICE(""), type, color ? COLOR_TYPE : SLICE("")) +
	       put_part(w, SLICE("#"), id, color ? COLOR_ID : SLICE(""));
}

void tail_put_plain(struct writer *w, const struct tail_record *r, bool color)
{
	size_t indent = put_prefix(w, r, color);
	struct slice rest = r->message.data;

	if (indent > TAIL_INDENT_MAX)
		indent = TAIL_INDENT_MAX;
	put_visible(w, slice_cut(&rest, '\n'));
	while (rest.ptr) {
		put_char(w, '\n');
		for (size_t i = 0; i < indent; i++)
			put_char(w, ' ');
		put_visible(w, slice_cut(&rest, '\n'));
	}
	put_char(w, '\n');
}
