/* SPDX-License-Identifier: Apache-2.0 */
#include "os/waitset.h"

#include "os/monotonic.h"

#include <sys/epoll.h>
#include <time.h>
#include <unistd.h>

enum err waitset_init(struct waitset *set)
{
	int fd = epoll_create1(EPOLL_CLOEXEC);

	if (fd < 0)
		return E_IO;
	set->fd = fd;
	return OK;
}

void waitset_fini(struct waitset *set)
{
	if (set->fd >= 0)
		(void)close(set->fd);
	set->fd = -1;
}

static enum err control(struct waitset *set, int op, int fd, void *owner, unsigned flags)
{
	struct epoll_event event = {.data.ptr = owner};

	if (flags & WAITSET_READ)
		event.events |= EPOLLIN;
	if (flags & WAITSET_WRITE)
		event.events |= EPOLLOUT;
	return epoll_ctl(set->fd, op, fd, &event) == 0 ? OK : E_IO;
}

enum err waitset_add(struct waitset *set, int fd, void *owner, unsigned flags)
{
	return control(set, EPOLL_CTL_ADD, fd, owner, flags);
}

enum err waitset_change(struct waitset *set, int fd, void *owner, unsigned flags)
{
	return control(set, EPOLL_CTL_MOD, fd, owner, flags);
}

static unsigned flags_of(uint32_t events)
{
	unsigned flags = 0;

	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		flags |= WAITSET_READ;
	if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR))
		flags |= WAITSET_WRITE;
	return flags;
}

/* epoll_pwait2 and not epoll_wait: a millisecond is coarse beside the latencies measured here. */
static int wait_until(int fd, struct epoll_event *events, uint64_t deadline_ns)
{
	if (deadline_ns == UINT64_MAX)
		return epoll_pwait2(fd, events, WAITSET_BATCH, NULL, NULL);

	uint64_t now = monotonic_ns();
	uint64_t left = deadline_ns > now ? deadline_ns - now : 0;
	struct timespec timeout = {
		.tv_sec = (time_t)(left / 1000000000u),
		.tv_nsec = (long)(left % 1000000000u),
	};
	return epoll_pwait2(fd, events, WAITSET_BATCH, &timeout, NULL);
}

size_t waitset_wait(struct waitset *set, uint64_t deadline_ns,
		    struct waitset_event ret_events[WAITSET_BATCH])
{
	struct epoll_event events[WAITSET_BATCH];
	int n = wait_until(set->fd, events, deadline_ns);

	for (int i = 0; i < n; i++) {
		ret_events[i].owner = events[i].data.ptr;
		ret_events[i].flags = flags_of(events[i].events);
	}
	return n > 0 ? (size_t)n : 0;
}
