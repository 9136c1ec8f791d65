/* SPDX-License-Identifier: Apache-2.0 */
#include "os/wakeup.h"

#include <stdint.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum err wakeup_init(struct wakeup *w)
{
	atomic_init(&w->pending, false);
	w->fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	return w->fd < 0 ? E_IO : OK;
}

void wakeup_fini(struct wakeup *w)
{
	if (w->fd >= 0)
		(void)close(w->fd);
	w->fd = -1;
}

void wakeup_send(struct wakeup *w)
{
	uint64_t one = 1;

	if (atomic_exchange(&w->pending, true))
		return;
	/* A full counter is as good as a written one. */
	ssize_t n = write(w->fd, &one, sizeof(one));
	(void)n;
}

void wakeup_take(struct wakeup *w)
{
	uint64_t count;
	ssize_t n = read(w->fd, &count, sizeof(count));

	(void)n;
	atomic_store(&w->pending, false);
}
