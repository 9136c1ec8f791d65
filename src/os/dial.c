/* SPDX-License-Identifier: Apache-2.0 */
#include "os/dial.h"

#include <errno.h>
#include <poll.h>

enum err dial_start(struct dial *d, struct slice host, uint16_t port, const char **ret_why)
{
	*d = (struct dial){.fd = -1};
	return tcp_lookup(host, port, d->targets, DIAL_MAX_ADDRESSES, &d->count, ret_why);
}

int dial_take(struct dial *d)
{
	int fd = d->fd;

	d->fd = -1;
	return fd;
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
