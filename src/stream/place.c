/* SPDX-License-Identifier: Apache-2.0 */
/*
 * place.c - the place of a stream among all that are open: taken in two steps while the request
 * is judged, given back by the exchange, or by the stream that it became.
 */
#include "stream/conn.h"

static struct admit_place place_of(const struct addr *addr, const struct route *route)
{
	return (struct admit_place){*addr, route->path, route->max_streams};
}

static struct admit_holder holder_of(const struct principal *p)
{
	if (!p)
		return (struct admit_holder){SLICE_NONE, SLICE_NONE};
	return (struct admit_holder){p->facts.subject, p->facts.jti};
}

static enum refusal refusal_of(enum admit_verdict verdict)
{
	switch (verdict) {
	case ADMIT_OK:
		return REFUSAL_NONE;
	case ADMIT_MEMORY:
		return REFUSAL_MEMORY;
	case ADMIT_FULL:
		return REFUSAL_FULL;
	case ADMIT_ROUTE:
		return REFUSAL_ROUTE_LIMIT;
	case ADMIT_ADDRESS:
		return REFUSAL_ADDRESS_LIMIT;
	case ADMIT_RATE:
		return REFUSAL_CONNECT_RATE;
	case ADMIT_USER:
		return REFUSAL_USER_LIMIT;
	case ADMIT_TOKEN:
		return REFUSAL_TOKEN_LIMIT;
	}
	return REFUSAL_FULL;
}

enum refusal place_take(struct engine *e, struct conn *c)
{
	struct exchange *x = c->x;
	struct admit_place place = place_of(&x->addr, x->ask.route);
	enum admit_verdict verdict = admit_stream(e->config.admit, &place, e->now_ms);

	x->admitted = verdict == ADMIT_OK;
	return refusal_of(verdict);
}

enum refusal place_hold(struct engine *e, struct conn *c)
{
	struct exchange *x = c->x;
	struct admit_holder holder = holder_of(x->ask.principal);
	enum admit_verdict verdict = admit_holder(e->config.admit, &holder);

	x->held = verdict == ADMIT_OK;
	return refusal_of(verdict);
}

void place_leave(struct engine *e, struct exchange *x)
{
	if (x->held) {
		struct admit_holder holder = holder_of(x->ask.principal);

		admit_holder_end(e->config.admit, &holder);
	}
	if (x->admitted) {
		struct admit_place place = place_of(&x->addr, x->ask.route);

		admit_stream_end(e->config.admit, &place);
	}
	x->held = false;
	x->admitted = false;
}

void place_keep(struct exchange *x)
{
	x->held = false;
	x->admitted = false;
}

void place_end(struct engine *e, const struct conn *c)
{
	struct admit_place place = place_of(&c->addr, c->route);
	struct admit_holder holder = holder_of(c->principal);

	admit_holder_end(e->config.admit, &holder);
	admit_stream_end(e->config.admit, &place);
}
