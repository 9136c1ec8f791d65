/* SPDX-License-Identifier: Apache-2.0 */
#include "os/tcp.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define PORT_DIGITS 6

static size_t take_addresses(const struct addrinfo *at, struct tcp_target *targets, size_t cap)
{
	size_t n = 0;

	for (; at && n < cap; at = at->ai_next) {
		struct tcp_target *target = &targets[n++];

		*target = (struct tcp_target){.address_len = at->ai_addrlen};
		memcpy(&target->address, at->ai_addr, at->ai_addrlen);
	}
	return n;
}

enum err tcp_lookup(struct slice host, uint16_t port, struct tcp_target *ret_targets, size_t cap,
		    size_t *ret_count, const char **ret_why)
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
	*ret_count = take_addresses(found, ret_targets, cap);
	freeaddrinfo(found);
	return OK;
}

bool tcp_is_loopback4(const struct tcp_target *target)
{
	struct sockaddr_in in;

	if (target->address.ss_family != AF_INET)
		return false;
	memcpy(&in, &target->address, sizeof(in));
	return ntohl(in.sin_addr.s_addr) >> 24 == 127;
}

/* The port is left to connect(): bind() would need one that is free for every target. */
static bool bind_source(int fd, uint32_t source)
{
	const struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(source)};
	struct sockaddr_storage address = {0};
	const int on = 1;

	memcpy(&address, &in, sizeof(in));
	if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on)) != 0)
		return false;
	return bind(fd, (const struct sockaddr *)&address, sizeof(in)) == 0;
}

enum err tcp_connect(const struct tcp_target *target, uint32_t source, int *ret_fd)
{
	const int on = 1;
	int fd = socket(target->address.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return E_IO;
	/* A refusal costs latency, not correctness. */
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (source != 0 && !bind_source(fd, source))
		goto failed;
	if (connect(fd, (const struct sockaddr *)&target->address, target->address_len) != 0 &&
	    errno != EINPROGRESS)
		goto failed;
	*ret_fd = fd;
	return OK;
failed:
	tcp_close(fd);
	return E_IO;
}

int tcp_error(int fd)
{
	int error = 0;
	socklen_t len = sizeof(error);

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
		return errno;
	return error;
}

static long outcome(ssize_t n)
{
	if (n >= 0)
		return (long)n;
	return errno == EAGAIN || errno == EINTR ? TCP_AGAIN : TCP_FAILED;
}

long tcp_receive(int fd, char *room, size_t cap)
{
	return outcome(recv(fd, room, cap, MSG_DONTWAIT));
}

long tcp_send(int fd, struct slice bytes)
{
	return outcome(send(fd, bytes.ptr, bytes.len, MSG_DONTWAIT | MSG_NOSIGNAL));
}

void tcp_close(int fd)
{
	int saved = errno;

	if (fd >= 0)
		(void)close(fd);
	errno = saved;
}
