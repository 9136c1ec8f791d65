/* SPDX-License-Identifier: Apache-2.0 */
#include "os/dial.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

#define PORT_DIGITS 6

static void take_addresses(struct dial *d, const struct addrinfo *at)
{
	for (; at && d->count < DIAL_MAX_ADDRESSES; at = at->ai_next) {
		struct tcp_target *target = &d->targets[d->count++];

		target->address_len = at->ai_addrlen;
		memcpy(&target->address, at->ai_addr, at->ai_addrlen);
	}
}

enum err dial_start(struct dial *d, struct slice host, uint16_t port, const char **ret_why)
{
	const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
	struct addrinfo *found = NULL;
	char name[TCP_MAX_HOST + 1];
	char service[PORT_DIGITS];

	if (host.len > TCP_MAX_HOST) {
		*ret_why = "the host name is too long";
		return E_TOO_BIG;
	}
	(void)snprintf(name, sizeof(name), "%.*s", SLICE_ARG(host));
	(void)snprintf(service, sizeof(service), "%u", port);
	int failed = getaddrinfo(name, service, &hints, &found);
	if (failed != 0) {
		*ret_why = gai_strerror(failed);
		return E_NOT_FOUND;
	}
	*d = (struct dial){.fd = -1};
	take_addresses(d, found);
	freeaddrinfo(found);
	return OK;
}

void dial_close(struct dial *d)
{
	tcp_close(d->fd);
	d->fd = -1;
}

/* What became of the connection attempt under way. */
static enum dial_step look(struct dial *d, uint64_t now_ms)
{
	struct pollfd p = {.fd = d->fd, .events = POLLOUT};

	if (poll(&p, 1, 0) == 0) {
		if (now_ms < d->due_ms)
			return DIAL_WAIT;
		d->error = ETIMEDOUT;
		return DIAL_FAILED;
	}
	d->error = tcp_error(d->fd);
	return d->error ? DIAL_FAILED : DIAL_READY;
}

enum dial_step dial_step(struct dial *d, uint64_t now_ms)
{
	for (;;) {
		enum dial_step step = d->fd >= 0 ? look(d, now_ms) : DIAL_FAILED;

		if (step != DIAL_FAILED)
			return step;
		dial_close(d);
		if (d->next == d->count)
			return DIAL_FAILED;
		if (tcp_connect(&d->targets[d->next++], 0, &d->fd))
			d->error = errno;
		d->due_ms = now_ms + DIAL_TRY_MS;
	}
}
