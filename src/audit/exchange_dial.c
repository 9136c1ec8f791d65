/* SPDX-License-Identifier: Apache-2.0 */
/* exchange_dial.c - the first steps of an exchange: to the target, or to the proxy of it. */
#include "audit/exchange_part.h"

#include "audit/address.h"
#include "audit/tunnel.h"

#include <errno.h>
#include <string.h>

/* Dialling. */

static bool fits(const struct tcp_target *target, enum route_family family)
{
	if (family == FAMILY_ANY || target->address.ss_family == AF_UNIX)
		return true;
	return (target->address.ss_family == AF_INET6) == (family == FAMILY_6);
}

static void describe_peer(struct exchange *e)
{
	char text[ADDRESS_MAX];
	struct writer w;

	writer_init(&w, text, sizeof(text));
	address_put(&w, e->peer);
	e->t->address = arena_copy(&e->t->arena, writer_slice(&w));
	e->t->ipv6 = e->peer->address.ss_family == AF_INET6;
	e->t->proxied = e->spec->route->proxy != NULL;
	e->t->loopback = !e->t->proxied && address_is_loopback(e->peer);
}

static void never_reached(struct exchange *e, enum outcome outcome, const char *why)
{
	char text[256];
	struct writer w;

	writer_init(&w, text, sizeof(text) - 1);
	put(&w, e->spec->route->proxy ? SLICE("the proxy: ") : SLICE(""));
	put(&w, slice_of(why));
	text[w.len] = '\0';
	exchange_fail(e, outcome, text);
}

static void dial_failed(struct exchange *e)
{
	enum outcome outcome = OUTCOME_UNREACHABLE;

	if (e->error == 0) {
		never_reached(e, OUTCOME_NOT_SENT,
			      e->spec->family == FAMILY_6 ? "there is no IPv6 address"
							  : "there is no IPv4 address");
		return;
	}
	if (e->error == ECONNREFUSED)
		outcome = OUTCOME_REFUSED;
	else if (e->error == ETIMEDOUT)
		outcome = OUTCOME_TIMED_OUT;
	never_reached(e, outcome,
		      outcome == OUTCOME_TIMED_OUT ? "no connection in time" : strerror(e->error));
}

void exchange_dial(struct exchange *e)
{
	const struct route *route = e->spec->route;

	while (e->next < route->count) {
		e->peer = &route->targets[e->next++];
		if (!fits(e->peer, e->spec->family))
			continue;
		if (!tcp_connect(e->peer, 0, &e->fd)) {
			describe_peer(e);
			exchange_enter(e, EXCHANGE_DIAL, EXCHANGE_CONNECT_MS, POLLOUT);
			return;
		}
		e->error = errno;
	}
	if (route->count == 0)
		never_reached(e, OUTCOME_DNS, route->why);
	else
		dial_failed(e);
}

static void begin_tunnel(struct exchange *e)
{
	const struct url *url = &e->spec->url;
	struct writer w;

	if (buf_reserve(&e->out, EXCHANGE_MAX_REQUEST)) {
		exchange_fail(e, OUTCOME_NOT_SENT, "there is no memory");
		return;
	}
	writer_init(&w, e->out.ptr, EXCHANGE_MAX_REQUEST);
	put_tunnel_request(&w, url->host, url->port, e->spec->route->proxy->authorization);
	e->out.len = w.len;
	exchange_enter(e, EXCHANGE_TUNNEL_ASK, EXCHANGE_TUNNEL_MS, POLLOUT);
}

bool exchange_step_dial(struct exchange *e)
{
	struct pollfd p = {.fd = e->fd, .events = POLLOUT};

	if (poll(&p, 1, 0) == 0 && e->now_ns < e->due_ns)
		return false;
	e->error = p.revents ? tcp_error(e->fd) : ETIMEDOUT;
	if (e->error) {
		tcp_close(e->fd);
		e->fd = -1;
		exchange_dial(e);
		return true;
	}
	e->t->connected_ns = exchange_since_start(e);
	if (e->spec->route->proxy)
		begin_tunnel(e);
	else
		exchange_connected(e);
	return true;
}

/* The tunnel. */

bool exchange_step_ask(struct exchange *e)
{
	int sent = exchange_flush(e);

	if (sent == 0 && e->now_ns < e->due_ns)
		return false;
	if (sent > 0) {
		buf_reset(&e->out);
		e->phase = EXCHANGE_TUNNEL;
		e->events = POLLIN;
	} else {
		exchange_fail(e, OUTCOME_UNREACHABLE, "the proxy takes no request");
	}
	return true;
}

static void tunnel_failed(struct exchange *e, enum tunnel_state state, unsigned status)
{
	char text[64];
	struct writer w;

	writer_init(&w, text, sizeof(text));
	put(&w, state == TUNNEL_REFUSED ? SLICE("the proxy answered ")
					: SLICE("the proxy does not speak HTTP"));
	if (state == TUNNEL_REFUSED)
		put_u64(&w, status);
	put_char(&w, '\0');
	exchange_fail(e, OUTCOME_UNREACHABLE, text);
}

/* What the proxy says is gathered where the request stood. */
static void take_answer(struct exchange *e, struct slice bytes)
{
	unsigned status = 0;
	enum tunnel_state state = buf_append(&e->out, bytes)
					  ? TUNNEL_BROKEN
					  : tunnel_read(buf_slice(&e->out), &status);

	if (state == TUNNEL_WAITS)
		return;
	if (state != TUNNEL_OPEN) {
		tunnel_failed(e, state, status);
		return;
	}
	buf_reset(&e->out);
	exchange_connected(e);
}

bool exchange_step_tunnel(struct exchange *e)
{
	char room[TUNNEL_MAX_HEAD];
	long n = tcp_receive(e->fd, room, sizeof(room));

	if (n == TCP_AGAIN && e->now_ns < e->due_ns)
		return false;
	if (n > 0)
		take_answer(e, (struct slice){room, (size_t)n});
	else if (n == TCP_AGAIN)
		exchange_fail(e, OUTCOME_TIMED_OUT, "no answer of the proxy in time");
	else
		exchange_fail(e, OUTCOME_UNREACHABLE, "the proxy closed the connection");
	return true;
}
