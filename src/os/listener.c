/* SPDX-License-Identifier: Apache-2.0 */
#include "os/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * A stream keeps little in the kernel: what a slow reader has not taken waits in the shared log,
 * not in its socket. The kernel doubles SO_SNDBUF.
 */
#define STREAM_SNDBUF  32768
#define STREAM_NOTSENT 16384

static enum err parse_address(struct slice host, uint16_t port, struct sockaddr_storage *ret,
			      socklen_t *ret_len)
{
	char text[INET6_ADDRSTRLEN];
	struct sockaddr_in *v4 = (struct sockaddr_in *)ret;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ret;

	if (host.len >= sizeof(text))
		return E_SYNTAX;
	memcpy(text, host.ptr, host.len);
	text[host.len] = '\0';
	*ret = (struct sockaddr_storage){0};
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		*ret_len = sizeof(*v4);
		return OK;
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) != 1)
		return E_SYNTAX;
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	*ret_len = sizeof(*v6);
	return OK;
}

static bool set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value)) == 0;
}

/* The port that was asked for, or that the kernel gave. */
static uint16_t port_of(int fd)
{
	union {
		struct sockaddr_storage any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} name = {0};
	socklen_t len = sizeof(name);

	if (getsockname(fd, (struct sockaddr *)&name.any, &len) != 0)
		return 0;
	return ntohs(name.any.ss_family == AF_INET6 ? name.v6.sin6_port : name.v4.sin_port);
}

static int open_socket(const struct sockaddr_storage *address)
{
	int fd = socket(address->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd >= 0 && address->ss_family == AF_INET6)
		(void)set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1);
	if (fd >= 0)
		(void)set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1);
	return fd;
}

static enum err close_failed(int fd)
{
	int why = errno;

	(void)close(fd);
	errno = why;
	return E_IO;
}

/* Bound, and not yet listening. shared: with other sockets of ours (SO_REUSEPORT). */
static enum err bind_to(struct slice host, uint16_t port, bool shared, int *ret_fd)
{
	struct sockaddr_storage address;
	socklen_t len;
	enum err err = parse_address(host, port, &address, &len);

	if (err)
		return err;
	int fd = open_socket(&address);
	if (fd < 0)
		return E_IO;
	if ((shared && !set_int(fd, SOL_SOCKET, SO_REUSEPORT, 1)) ||
	    bind(fd, (struct sockaddr *)&address, len) != 0)
		return close_failed(fd);
	*ret_fd = fd;
	return OK;
}

enum err listener_probe(struct slice host, uint16_t port)
{
	int fd;
	enum err err = bind_to(host, port, false, &fd);

	if (!err)
		(void)close(fd);
	return err;
}

enum err listener_open(struct slice host, uint16_t port, int *ret_fd, uint16_t *ret_port)
{
	int fd;
	enum err err = bind_to(host, port, true, &fd);

	if (err)
		return err;
	*ret_fd = fd;
	*ret_port = port_of(fd);
	return OK;
}

enum err listener_start(int fd)
{
	return listen(fd, LISTENER_BACKLOG) == 0 ? OK : E_IO;
}

static void set_up_stream(int fd)
{
	/* Each of these only makes things better: where the kernel says no we go on without. */
	(void)set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1);
	(void)set_int(fd, SOL_SOCKET, SO_SNDBUF, STREAM_SNDBUF);
	(void)set_int(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, STREAM_NOTSENT);
	(void)set_int(fd, SOL_SOCKET, SO_KEEPALIVE, 1);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &(unsigned){LISTENER_PATIENCE_MS},
			 sizeof(unsigned));
}

static struct addr addr_of(const struct sockaddr_storage *name)
{
	if (name->ss_family == AF_INET)
		return addr_v4((const uint8_t *)&((const struct sockaddr_in *)name)->sin_addr);
	if (name->ss_family == AF_INET6)
		return addr_v6((const uint8_t *)&((const struct sockaddr_in6 *)name)->sin6_addr);
	return (struct addr){.family = ADDR_NONE};
}

enum accept_result listener_accept(int fd, int *ret_fd, struct addr *ret_addr)
{
	struct sockaddr_storage name = {0};
	socklen_t len = sizeof(name);
	int got = accept4(fd, (struct sockaddr *)&name, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (got < 0)
		return errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM
			       ? ACCEPT_EXHAUSTED
			       : ACCEPT_NONE;
	set_up_stream(got);
	*ret_fd = got;
	*ret_addr = addr_of(&name);
	return ACCEPT_GOT;
}
