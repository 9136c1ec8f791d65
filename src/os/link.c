/* SPDX-License-Identifier: Apache-2.0 */
#include "os/link.h"

#include "base/require.h"
#include "os/monotonic.h"

#include <errno.h>
#include <string.h>

static enum link_fault wait_for(const struct link *link, short events, uint64_t step_ms)
{
	struct pollfd p = {.fd = link->dial.fd, .events = events};

	switch (patience_wait(link->patience, &p, 1, step_ms)) {
	case PATIENCE_READY:
		return LINK_OK;
	case PATIENCE_LATE:
		return LINK_LATE;
	case PATIENCE_STOPPED:
		break;
	}
	return LINK_STOPPED;
}

/* Each address gets its part of what is left, so that a dead one leaves time for the next. */
static uint64_t share_ms(const struct link *link)
{
	return patience_left_ms(link->patience) / (link->dial.count - link->dial.next + 1);
}

static enum link_fault connect_first(struct link *link)
{
	struct dial *d = &link->dial;
	size_t tried = 0;

	for (;;) {
		uint64_t now = monotonic_ns() / 1000000;

		switch (dial_step(d, now)) {
		case DIAL_READY:
			return LINK_OK;
		case DIAL_FAILED:
			link->why = strerrordesc_np(d->error);
			return LINK_UNREACHABLE;
		case DIAL_WAIT:
			break;
		}
		if (d->next != tried)
			d->due_ms = now + share_ms(link);
		tried = d->next;
		enum link_fault fault =
			wait_for(link, POLLOUT, d->due_ms > now ? d->due_ms - now : 0);
		if (fault)
			return fault;
	}
}

static enum link_fault tls_fault(struct link *link)
{
	link->why = link->tls.why;
	return LINK_UNTRUSTED;
}

static enum link_fault tls_wait(struct link *link, long step)
{
	return wait_for(link, step == TLS_WANT_READ ? POLLIN : POLLOUT, UINT64_MAX);
}

static enum link_fault greet(struct link *link, const struct tls_trust *trust, struct slice host)
{
	if (tls_client_init(&link->tls, trust, link->dial.fd, host)) {
		link->why = "out of memory, or the host name is too long";
		return LINK_UNTRUSTED;
	}
	for (;;) {
		long step = tls_client_handshake(&link->tls);

		if (step > 0)
			return LINK_OK;
		if (step == TLS_FAILED)
			return tls_fault(link);
		enum link_fault fault = tls_wait(link, step);
		if (fault)
			return fault;
	}
}

enum link_fault link_open(struct link *link, const struct tcp_target *targets, size_t n,
			  const struct tls_trust *trust, struct slice host,
			  const struct patience *patience)
{
	*link = (struct link){.dial = {.fd = -1, .count = n}, .patience = patience};
	require(n <= DIAL_MAX_ADDRESSES);
	if (n > 0)
		memcpy(link->dial.targets, targets, n * sizeof(*targets));
	enum link_fault fault = connect_first(link);
	return fault || !trust ? fault : greet(link, trust, host);
}

static enum link_fault send_plain(struct link *link, struct slice *bytes)
{
	long n = tcp_send(link->dial.fd, *bytes);

	if (n == TCP_AGAIN)
		return wait_for(link, POLLOUT, UINT64_MAX);
	if (n == TCP_FAILED) {
		link->why = strerrordesc_np(errno);
		return LINK_BROKEN;
	}
	*bytes = slice_from(*bytes, (size_t)n);
	return LINK_OK;
}

static enum link_fault send_tls(struct link *link, struct slice *bytes)
{
	long n = tls_client_send(&link->tls, *bytes);

	if (n == TLS_FAILED)
		return tls_fault(link);
	if (n < 0)
		return tls_wait(link, n);
	/* The peer has said goodbye: nobody will read the rest. */
	if (n == 0)
		return LINK_BROKEN;
	*bytes = slice_from(*bytes, (size_t)n);
	return LINK_OK;
}

enum link_fault link_send(struct link *link, struct slice bytes)
{
	enum link_fault fault = LINK_OK;

	while (!fault && bytes.len > 0)
		fault = link->tls.ssl ? send_tls(link, &bytes) : send_plain(link, &bytes);
	return fault;
}

static enum link_fault receive_plain(struct link *link, char *room, size_t cap, size_t *ret_n)
{
	for (;;) {
		long n = tcp_receive(link->dial.fd, room, cap);

		if (n >= 0) {
			*ret_n = (size_t)n;
			return LINK_OK;
		}
		if (n == TCP_FAILED) {
			link->why = strerrordesc_np(errno);
			return LINK_BROKEN;
		}
		enum link_fault fault = wait_for(link, POLLIN, UINT64_MAX);
		if (fault)
			return fault;
	}
}

static enum link_fault receive_tls(struct link *link, char *room, size_t cap, size_t *ret_n)
{
	for (;;) {
		long n = tls_client_receive(&link->tls, room, cap);

		if (n >= 0) {
			*ret_n = (size_t)n;
			return LINK_OK;
		}
		if (n == TLS_FAILED)
			return tls_fault(link);
		enum link_fault fault = tls_wait(link, n);
		if (fault)
			return fault;
	}
}

enum link_fault link_receive(struct link *link, char *room, size_t cap, size_t *ret_n)
{
	return link->tls.ssl ? receive_tls(link, room, cap, ret_n)
			     : receive_plain(link, room, cap, ret_n);
}

void link_close(struct link *link)
{
	tls_client_fini(&link->tls);
	dial_close(&link->dial);
}
