/* SPDX-License-Identifier: Apache-2.0 */
/* way_out.c - the one way out to a peer: the socket, or a stream of HTTP/2 on it. */
#include "stream/carrier.h"

/* NOLINTNEXTLINE(misc-redundant-expression): that they are equal is the point. */
_Static_assert(H2_BLOCKED == IO_BLOCKED && H2_GONE == IO_GONE, "one meaning in both layers");

static ptrdiff_t carried_send(struct conn *c, const struct slice *parts, size_t n)
{
	ptrdiff_t sent = c->h2 ? h2_stream_send(c->h2, parts, n) : H2_GONE;

	carrier_touch(c->carrier);
	if (sent == H2_GONE)
		c->h2 = NULL;
	return sent;
}

ptrdiff_t conn_send(struct engine *e, struct conn *c, const struct slice *parts, size_t n)
{
	if (!conn_is_carried(c))
		return e->config.io.send(e->config.io.ctx, c->io, parts, n);
	ptrdiff_t sent = carried_send(c, parts, n);
	/* What was gathered before holds bytes that stay; these do not. */
	if (sent != IO_GONE)
		carrier_push(c->carrier);
	return sent;
}

ptrdiff_t conn_send_shared(struct engine *e, struct conn *c, const struct slice *parts, size_t n)
{
	if (!conn_is_carried(c))
		return e->config.io.send(e->config.io.ctx, c->io, parts, n);
	/* One stream alone has nobody to wait for. */
	if (c->carrier->streams > 1)
		carrier_cork(c->carrier);
	return carried_send(c, parts, n);
}

void conn_send_last(struct engine *e, struct conn *c, struct slice bytes)
{
	if (!conn_is_carried(c)) {
		e->config.io.send_last(e->config.io.ctx, c->io, bytes);
		return;
	}
	if (c->h2)
		h2_stream_finish(c->h2, bytes);
	c->h2 = NULL;
	carrier_touch(c->carrier);
}

bool conn_send_head(struct engine *e, struct conn *c, unsigned status, struct slice lines, bool end)
{
	(void)e;
	if (!conn_is_carried(c))
		return true;
	carrier_touch(c->carrier);
	return c->h2 && h2_stream_respond(c->h2, status, lines, end) == OK;
}
