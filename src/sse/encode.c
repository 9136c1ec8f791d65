/* SPDX-License-Identifier: Apache-2.0 */
#include "sse/event.h"

#include "base/utf8.h"
#include "base/writer.h"
#include "sse/lines.h"

#define FORBIDDEN SLICE("\r\n\0")

/* A field that could end early would let a publisher forge the next one. */
static bool field_is_safe(struct slice value, size_t max)
{
	return value.len <= max && !slice_has_any(value, FORBIDDEN);
}

static enum err check(const struct sse_event *event)
{
	if (!field_is_safe(event->type, SSE_MAX_TYPE) || !field_is_safe(event->id, SSE_MAX_ID))
		return E_BAD_FIELD;
	if (!utf8_valid(event->type) || !utf8_valid(event->id) || !utf8_valid(event->data))
		return E_BAD_UTF8;
	return OK;
}

static void put_field(struct writer *w, struct slice name, struct slice value)
{
	put(w, name);
	put(w, SLICE(": "));
	put(w, value);
	put_char(w, '\n');
}

/* What stands behind the last line end is a line too, even if empty. */
static void put_data(struct writer *w, struct slice data)
{
	struct sse_lines l;

	sse_lines_init(&l, data);
	for (;;) {
		size_t len = sse_lines_length(&l);

		put_field(w, SLICE("data"), slice_upto(l.rest, len));
		if (len == l.rest.len)
			return;
		sse_lines_skip(&l, len);
		sse_lines_skip(&l, slice_starts(l.rest, SLICE("\r\n")) ? 2 : 1);
	}
}

enum err sse_encode(const struct sse_event *event, char *buf, size_t cap, size_t *ret_len)
{
	enum err err = check(event);
	struct writer w;

	if (err)
		return err;
	writer_init(&w, buf, cap);
	if (event->has_retry) {
		put(&w, SLICE("retry: "));
		put_u64(&w, event->retry_ms);
		put_char(&w, '\n');
	}
	if (event->id.ptr)
		put_field(&w, SLICE("id"), event->id);
	if (event->type.len > 0)
		put_field(&w, SLICE("event"), event->type);
	if (event->data.ptr)
		put_data(&w, event->data);
	put_char(&w, '\n');
	if (w.overflow)
		return E_NO_SPACE;

	*ret_len = w.len;
	return OK;
}

/* CRLF counts as two line ends: a bound, not the length. */
static size_t count_lines(struct slice data)
{
	size_t n = 1;

	for (size_t i = 0; i < data.len; i++)
		n += data.ptr[i] == '\n' || data.ptr[i] == '\r';
	return n;
}

size_t sse_encode_bound(const struct sse_event *event)
{
	size_t fields = SLICE("id: \n").len + event->id.len + SLICE("event: \n").len +
			event->type.len + SLICE("retry: 18446744073709551615\n").len;

	return fields + event->data.len + count_lines(event->data) * SLICE("data: \n").len + 1;
}

enum err sse_encode_comment(struct slice text, char *buf, size_t cap, size_t *ret_len)
{
	struct writer w;

	if (slice_has_any(text, FORBIDDEN))
		return E_BAD_FIELD;
	writer_init(&w, buf, cap);
	put_char(&w, ':');
	put(&w, text);
	put_char(&w, '\n');
	if (w.overflow)
		return E_NO_SPACE;

	*ret_len = w.len;
	return OK;
}

bool sse_type_is_reserved(struct slice type)
{
	static const struct slice reserved[] = {
#define X(name, when) SLICE_INIT(#name),
#include "sse/reserved.def"
#undef X
	};

	for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
		if (slice_eq(type, reserved[i]))
			return true;
	}
	return false;
}
