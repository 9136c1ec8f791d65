/* SPDX-License-Identifier: Apache-2.0 */
#include "os/peer.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static ptrdiff_t receive(int fd, char *room, size_t cap, int flags)
{
	for (;;) {
		ssize_t n = recv(fd, room, cap, flags);

		if (n >= 0)
			return n;
		if (errno == EAGAIN)
			return PEER_BLOCKED;
		if (errno != EINTR)
			return PEER_GONE;
	}
}

ptrdiff_t peer_recv(int fd, char *room, size_t cap)
{
	return receive(fd, room, cap, 0);
}

ptrdiff_t peer_peek(int fd, char *room, size_t cap)
{
	return receive(fd, room, cap, MSG_PEEK);
}

bool peer_skip(int fd, size_t n)
{
	char scrap[256];

	while (n > 0) {
		ptrdiff_t got = receive(fd, scrap, n < sizeof(scrap) ? n : sizeof(scrap), 0);

		if (got <= 0)
			return false;
		n -= (size_t)got;
	}
	return true;
}

void peer_await(int fd, size_t n)
{
	int bytes = n < INT_MAX ? (int)n : INT_MAX;

	(void)setsockopt(fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof(bytes));
}

bool peer_has_ended(int fd)
{
	struct pollfd p = {.fd = fd, .events = POLLRDHUP};

	return poll(&p, 1, 0) > 0 && (p.revents & (POLLRDHUP | POLLHUP | POLLERR));
}

void peer_set_patience(int fd, uint64_t ms)
{
	unsigned value = ms < UINT_MAX ? (unsigned)ms : UINT_MAX;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &value, sizeof(value));
}

static ptrdiff_t send_result(ssize_t n)
{
	if (n >= 0)
		return n > 0 ? n : PEER_BLOCKED;
	return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? PEER_BLOCKED : PEER_GONE;
}

ptrdiff_t peer_send(int fd, const struct slice *parts, size_t n)
{
	struct iovec vectors[PEER_MAX_PARTS];

	/* One piece is the usual case, and send is the cheaper call. */
	if (n == 1)
		return send_result(send(fd, parts->ptr, parts->len, MSG_NOSIGNAL | MSG_DONTWAIT));
	if (n > PEER_MAX_PARTS)
		n = PEER_MAX_PARTS;
	for (size_t i = 0; i < n; i++)
		vectors[i] = (struct iovec){(void *)(uintptr_t)parts[i].ptr, parts[i].len};
	struct msghdr message = {.msg_iov = vectors, .msg_iovlen = n};
	return send_result(sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT));
}

void peer_send_last(int fd, struct slice bytes)
{
	ptrdiff_t n = peer_send(fd, &bytes, 1);

	if (n == PEER_GONE)
		return;
	bytes = slice_from(bytes, n > 0 ? (size_t)n : 0);
	if (bytes.len == 0 || bytes.len > INT_MAX / 4)
		return;
	int used = 0;
	socklen_t len = sizeof(used);
	if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &used, &len) != 0)
		return;
	/* Twice the bytes: the kernel counts its own overhead against the buffer. */
	int more = used + 2 * (int)bytes.len + 16384;
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &more, sizeof(more));
	/* The bound on unsent bytes (os/listener.c) would refuse what there is room for now. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, &(int){0}, sizeof(int));
	(void)peer_send(fd, &bytes, 1);
}

void peer_shut(int fd)
{
	(void)shutdown(fd, SHUT_WR);
}

void peer_close(int fd)
{
	(void)close(fd);
}
