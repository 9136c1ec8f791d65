/* SPDX-License-Identifier: Apache-2.0 */
#include "h2/output.h"

#include "base/require.h"
#include "h2/session.h"

#include <stdlib.h>
#include <string.h>

void h2_output_init(struct h2_output *o, ptrdiff_t (*send)(void *, const struct slice *, size_t),
		    void *ctx)
{
	*o = (struct h2_output){.send = send, .ctx = ctx};
	buf_init(&o->rest, H2_MAX_REST);
}

void h2_output_fini(struct h2_output *o)
{
	if (o->corked)
		free(o->gather);
	buf_free(&o->rest);
}

bool h2_output_is_blocked(const struct h2_output *o)
{
	return o->gone || o->rest.len > 0;
}

/* How many bytes went out. */
static size_t send_now(struct h2_output *o, const struct slice *parts, size_t n)
{
	ptrdiff_t sent = o->send(o->ctx, parts, n);

	if (sent == H2_GONE)
		o->gone = true;
	return sent > 0 ? (size_t)sent : 0;
}

static void keep_rest(struct h2_output *o, struct slice bytes)
{
	if (!o->gone && bytes.len > 0 && buf_append(&o->rest, bytes))
		o->gone = true;
}

void h2_output_rest(struct h2_output *o)
{
	struct slice rest = buf_slice(&o->rest);

	if (o->gone || rest.len == 0)
		return;
	buf_consume(&o->rest, send_now(o, &rest, 1));
	if (o->rest.len == 0)
		buf_free(&o->rest);
}

static void clear(struct h2_gather *g)
{
	g->count = 0;
	g->bytes = 0;
	g->copied = 0;
}

void h2_output_cork(struct h2_output *o)
{
	if (o->gather)
		return;
	o->gather = malloc(sizeof(*o->gather));
	if (!o->gather)
		return;
	clear(o->gather);
	o->corked = true;
}

void h2_output_begin(struct h2_output *o, struct h2_gather *gather)
{
	if (o->gather)
		return;
	clear(gather);
	o->gather = gather;
}

static void send_gathered(struct h2_output *o)
{
	struct h2_gather *g = o->gather;
	size_t sent = 0;

	if (g->count > 0 && !h2_output_is_blocked(o))
		sent = send_now(o, g->parts, g->count);
	for (size_t i = 0; i < g->count; i++) {
		keep_rest(o, slice_from(g->parts[i], sent));
		sent -= sent < g->parts[i].len ? sent : g->parts[i].len;
	}
	clear(g);
}

void h2_output_flush(struct h2_output *o)
{
	if (!o->gather)
		return;
	send_gathered(o);
	if (o->corked)
		free(o->gather);
	o->gather = NULL;
	o->corked = false;
}

void h2_output_put(struct h2_output *o, struct slice bytes)
{
	struct h2_gather *g = o->gather;

	require(g);
	if (bytes.len == 0)
		return;
	if (g->count == H2_GATHER_PARTS)
		send_gathered(o);
	/* In the middle of a frame: the rest of it stands behind the rest of what was sent. */
	if (h2_output_is_blocked(o)) {
		keep_rest(o, bytes);
		return;
	}
	struct slice *last = g->count > 0 ? &g->parts[g->count - 1] : NULL;
	if (last && last->ptr + last->len == bytes.ptr)
		last->len += bytes.len;
	else
		g->parts[g->count++] = bytes;
	g->bytes += bytes.len;
}

void h2_output_copy(struct h2_output *o, struct slice bytes)
{
	struct h2_gather *g = o->gather;

	if (bytes.len > H2_GATHER_COPY - g->copied)
		send_gathered(o);
	if (bytes.len > H2_GATHER_COPY) {
		h2_output_put(o, bytes);
		send_gathered(o);
		return;
	}
	char *copy = g->copies + g->copied;
	memcpy(copy, bytes.ptr, bytes.len);
	g->copied += bytes.len;
	h2_output_put(o, (struct slice){copy, bytes.len});
}

void h2_output_frame_end(struct h2_output *o)
{
	if (o->gather->bytes >= (o->corked ? H2_MAX_GATHER : H2_GATHER_PLAIN))
		send_gathered(o);
}
