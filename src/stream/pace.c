/* SPDX-License-Identifier: Apache-2.0 */
/*
 * pace.c - how fast one stream is given events. What is too fast stays in the log: the reader
 * falls behind, as one does whose socket is full, and a timer brings it on instead of the socket.
 * Heartbeats and events of ours are not counted, and never wait.
 */
#include "stream/conn.h"

#include <stdlib.h>

bool pace_begin(struct engine *e, struct conn *c)
{
	const struct stream_settings *s = e->settings;

	if (s->emission_rate == 0)
		return true;
	/* A request before it on this connection may have failed only after this. */
	if (!c->pace)
		c->pace = malloc(sizeof(*c->pace));
	if (!c->pace)
		return false;
	ratelimit_init(c->pace, s->emission_burst, s->emission_rate, e->now_ms);
	return true;
}

/* Brought up to this instant and to the limits of now. */
static struct ratelimit *pace_now(const struct engine *e, struct conn *c)
{
	const struct stream_settings *s = e->settings;

	if (!c->pace || s->emission_rate == 0)
		return NULL;
	ratelimit_set(c->pace, s->emission_burst, s->emission_rate);
	(void)ratelimit_take(c->pace, 0, e->now_ms);
	return c->pace;
}

size_t pace_room(const struct engine *e, struct conn *c, size_t want)
{
	const struct ratelimit *r = pace_now(e, c);

	return r && r->tokens < want ? (size_t)r->tokens : want;
}

void pace_spend(const struct engine *e, struct conn *c, size_t events)
{
	struct ratelimit *r = pace_now(e, c);

	if (r)
		(void)ratelimit_take(r, events, e->now_ms);
}

uint64_t pace_due(const struct engine *e, struct conn *c)
{
	const struct ratelimit *r = pace_now(e, c);

	return e->now_ms + (r ? ratelimit_wait_ms(r, 1) : 0);
}
