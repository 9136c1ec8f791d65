/* SPDX-License-Identifier: Apache-2.0 */
#include "os/link.h"

#include "base/require.h"
#include "os/monotonic.h"

#include <string.h>

static enum link_fault wait_for(const struct link *link, short events, uint64_t step_ms)
{
	int fd = link->wire.fd >= 0 ? link->wire.fd : link->dial.fd;
	struct pollfd p = {.fd = fd, .events = events};

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

static enum link_fault wait_wire(struct link *link, long step)
{
	return wait_for(link, step == WIRE_WANT_READ ? POLLIN : POLLOUT, UINT64_MAX);
}

static enum link_fault failed(struct link *link)
{
	link->why = link->wire.why;
	return link->wire.tls.ssl ? LINK_UNTRUSTED : LINK_BROKEN;
}

static enum link_fault greet(struct link *link, const struct tls_trust *trust, struct slice host)
{
	if (wire_secure(&link->wire, trust, host, SLICE("http/1.1"))) {
		link->why = "out of memory, or the host name is too long";
		return LINK_UNTRUSTED;
	}
	for (;;) {
		long step = wire_greet(&link->wire);

		if (step > 0)
			return LINK_OK;
		if (step == WIRE_FAILED)
			return failed(link);
		enum link_fault fault = wait_wire(link, step);
		if (fault)
			return fault;
	}
}

enum link_fault link_open(struct link *link, const struct tcp_target *targets, size_t n,
			  const struct tls_trust *trust, struct slice host,
			  const struct patience *patience)
{
	*link = (struct link){.dial = {.fd = -1, .count = n}, .patience = patience};
	wire_init(&link->wire, -1);
	require(n <= DIAL_MAX_ADDRESSES);
	if (n > 0)
		memcpy(link->dial.targets, targets, n * sizeof(*targets));
	enum link_fault fault = connect_first(link);
	if (fault)
		return fault;
	wire_init(&link->wire, dial_take(&link->dial));
	return trust ? greet(link, trust, host) : LINK_OK;
}

enum link_fault link_send(struct link *link, struct slice bytes)
{
	while (bytes.len > 0) {
		long n = wire_send(&link->wire, bytes);

		if (n == WIRE_FAILED)
			return failed(link);
		/* The peer has said goodbye: nobody will read the rest. */
		if (n == 0)
			return LINK_BROKEN;
		enum link_fault fault = n < 0 ? wait_wire(link, n) : LINK_OK;
		if (fault)
			return fault;
		bytes = slice_from(bytes, n > 0 ? (size_t)n : 0);
	}
	return LINK_OK;
}

enum link_fault link_receive(struct link *link, char *room, size_t cap, size_t *ret_n)
{
	for (;;) {
		long n = wire_receive(&link->wire, room, cap);

		if (n >= 0) {
			*ret_n = (size_t)n;
			return LINK_OK;
		}
		if (n == WIRE_FAILED)
			return failed(link);
		enum link_fault fault = wait_wire(link, n);
		if (fault)
			return fault;
	}
}

void link_close(struct link *link)
{
	wire_close(&link->wire);
	dial_close(&link->dial);
}
