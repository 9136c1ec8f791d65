/* SPDX-License-Identifier: Apache-2.0 */
#include "stream/conn.h"

bool identify_is_revoked(const struct engine *e, const struct principal *p)
{
	return p && e->config.revocations && revocations_hit(e->config.revocations, p);
}

/* Goes on with the request: it is known who asks, or why that cannot be known. */
static void go_on(struct engine *e, struct conn *c)
{
	struct ask *ask = &c->x->ask;

	if (!ask->fault && identify_is_revoked(e, ask->principal))
		ask->fault = AUTH_REVOKED;
	/* It may have ended while it was being checked. */
	if (!ask->fault && ask->principal && principal_is_expired(ask->principal, e->unix_ms))
		ask->fault = AUTH_EXPIRED;
	enum refusal refusal = decide_fault(ask->fault);
	if (refusal && ask->route->kind == ROUTE_STREAM)
		open_refuse(e, c, refusal);
	else if (refusal)
		post_refuse(e, c, refusal, SLICE_NONE);
	else if (ask->route->kind == ROUTE_STREAM)
		open_identified(e, c);
	else
		post_identified(e, c);
}

static struct grant_ask grant_ask(const struct engine *e, const struct ask *ask, struct slice text)
{
	return (struct grant_ask){
		.text = text,
		.route = ask->route->path,
		.topics = ask->patterns,
		.topic_count = ask->pattern_count,
		.now_ms = e->unix_ms,
	};
}

static enum auth_fault use_resume(struct engine *e, struct ask *ask, struct slice text)
{
	struct grant_ask grant = grant_ask(e, ask, text);

	if (!e->config.resumes)
		return AUTH_RESUME_UNKNOWN;
	return resume_use(e->config.resumes, &grant, &ask->principal);
}

/*
 * EventSource redials the URL with the ticket that it spent: then the cookie that the ticket
 * was exchanged for stands in (SPEC 2.9).
 */
static enum auth_fault use_ticket(struct engine *e, struct exchange *x)
{
	struct ask *ask = &x->ask;
	struct grant_ask grant = grant_ask(e, ask, ask->credential.value);

	if (!e->config.tickets)
		return AUTH_TICKET_UNKNOWN;
	/* A request that opens nothing, or will fail for its query, does not cost the ticket. */
	if (ask->query || x->req.method == HTTP_HEAD)
		return AUTH_OK;
	enum auth_fault fault = ticket_redeem(e->config.tickets, &grant, &ask->principal);
	if (!fault || fault == AUTH_NO_MEMORY || !x->resume.ptr)
		return fault;
	if (use_resume(e, ask, x->resume))
		return fault;
	ask->credential.source = CREDENTIAL_RESUME;
	return AUTH_OK;
}

static const struct key_ring *ring_of(const struct engine *e, const struct route *route)
{
	bool publishes = route->kind == ROUTE_PUBLISH || route->kind == ROUTE_REVOKE;

	return publishes ? e->settings->publishers : e->settings->subscribers;
}

/* Bearer tokens and session cookies: a static key, or a question to the host. */
static enum auth_step check(struct engine *e, struct conn *c)
{
	const struct engine_io *io = &e->config.io;
	struct ask *ask = &c->x->ask;

	if (decide_key(ring_of(e, ask->route), ask))
		return AUTH_STEP_KNOWN;
	/* Who may revoke is configured here, not said by a token. */
	if (!io->authenticate || ask->route->kind == ROUTE_REVOKE) {
		ask->fault = AUTH_UNKNOWN_KEY;
		return AUTH_STEP_KNOWN;
	}
	return io->authenticate(io->ctx, c, c->x->request_id, &ask->credential, &ask->principal,
				&ask->fault);
}

/* The connection's own identity speaks for requests that bring no other (mutual TLS). */
static void use_certificate(struct conn *c)
{
	if (!c->principal)
		return;
	c->x->ask.principal = principal_ref(c->principal);
	c->x->ask.credential.source = CREDENTIAL_CERTIFICATE;
}

static enum auth_step step(struct engine *e, struct conn *c)
{
	struct exchange *x = c->x;

	switch (x->ask.credential.source) {
	case CREDENTIAL_NONE:
		use_certificate(c);
		break;
	case CREDENTIAL_CERTIFICATE:
		break;
	case CREDENTIAL_BEARER:
	case CREDENTIAL_COOKIE:
		return check(e, c);
	case CREDENTIAL_TICKET:
		x->ask.fault = use_ticket(e, x);
		break;
	case CREDENTIAL_RESUME:
		x->ask.fault = use_resume(e, &x->ask, x->ask.credential.value);
		break;
	}
	return AUTH_STEP_KNOWN;
}

/* An old resume cookie alone must not close public topics to its browser. */
static void forgive_stale_cookie(struct ask *ask)
{
	if (ask->credential.source != CREDENTIAL_RESUME || !ask->fault ||
	    ask->fault == AUTH_NO_MEMORY)
		return;
	ask->stale_resume = ask->fault;
	ask->fault = AUTH_OK;
}

void identify(struct engine *e, struct conn *c)
{
	struct ask *ask = &c->x->ask;
	enum refusal refusal = decide_credential(e->settings, ask, &c->x->resume);

	if (refusal) {
		if (ask->route->kind == ROUTE_STREAM)
			open_refuse(e, c, refusal);
		else
			post_refuse(e, c, refusal, SLICE_NONE);
		return;
	}
	if (step(e, c) == AUTH_STEP_PENDING) {
		c->state = CONN_AUTH;
		conn_want(e, c, 0);
		conn_deadline(e, c, e->settings->auth_timeout_ms);
		return;
	}
	forgive_stale_cookie(ask);
	go_on(e, c);
}

void engine_authenticated(struct engine *e, struct conn *c, uint64_t request_id,
			  struct principal *principal, enum auth_fault fault)
{
	if (c->state != CONN_AUTH || !c->x || c->x->request_id != request_id) {
		principal_unref(principal);
		return;
	}
	c->state = CONN_HEAD;
	c->x->ask.principal = principal;
	c->x->ask.fault = fault;
	go_on(e, c);
	request_pump(e, c);
}
