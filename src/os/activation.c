/* SPDX-License-Identifier: Apache-2.0 */
#include "os/activation.h"

#include "base/text.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

union name {
	struct sockaddr_storage any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
};

enum err activation_count(const char *listen_pid, const char *listen_fds, uint64_t own_pid,
			  size_t *ret_count)
{
	uint64_t pid, n;

	*ret_count = 0;
	if (!listen_pid || !listen_fds)
		return OK;
	if (parse_u64(slice_of(listen_pid), &pid) || parse_u64(slice_of(listen_fds), &n))
		return E_SYNTAX;
	if (pid != own_pid)
		return OK;
	if (n > ACTIVATION_MAX)
		return E_RANGE;
	*ret_count = (size_t)n;
	return OK;
}

enum err activation_take(size_t *ret_count)
{
	enum err err = activation_count(getenv("LISTEN_PID"), getenv("LISTEN_FDS"),
					(uint64_t)getpid(), ret_count);

	(void)unsetenv("LISTEN_PID");
	(void)unsetenv("LISTEN_FDS");
	(void)unsetenv("LISTEN_FDNAMES");
	return err;
}

static bool get_int(int fd, int level, int option, int *ret)
{
	socklen_t len = sizeof(*ret);

	return getsockopt(fd, level, option, ret, &len) == 0;
}

static bool get_name(int fd, union name *ret)
{
	socklen_t len = sizeof(*ret);

	*ret = (union name){0};
	return getsockname(fd, (struct sockaddr *)&ret->any, &len) == 0;
}

static bool is_tcp(const union name *name)
{
	return name->any.ss_family == AF_INET || name->any.ss_family == AF_INET6;
}

enum err activation_check(int fd)
{
	int type = 0, listens = 0, only_v6 = 0;
	union name name;

	if (!get_int(fd, SOL_SOCKET, SO_TYPE, &type) ||
	    !get_int(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens) || type != SOCK_STREAM || !listens ||
	    !get_name(fd, &name) || !is_tcp(&name))
		return E_SYNTAX;
	if (name.any.ss_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&name.v6.sin6_addr) &&
	    (!get_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, &only_v6) || !only_v6))
		return E_RANGE;
	int flags = fcntl(fd, F_GETFL);
	if (flags < 0 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) != 0 ||
	    fcntl(fd, F_SETFD, FD_CLOEXEC) != 0)
		return E_IO;
	return OK;
}

bool activation_is_at(int fd, struct slice host, uint16_t port)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr v6;
	struct in_addr v4;
	union name name;

	if (host.len >= sizeof(text) || !get_name(fd, &name))
		return false;
	memcpy(text, host.ptr, host.len);
	text[host.len] = '\0';
	if (name.any.ss_family == AF_INET)
		return inet_pton(AF_INET, text, &v4) == 1 &&
		       memcmp(&v4, &name.v4.sin_addr, sizeof(v4)) == 0 &&
		       ntohs(name.v4.sin_port) == port;
	return name.any.ss_family == AF_INET6 && inet_pton(AF_INET6, text, &v6) == 1 &&
	       memcmp(&v6, &name.v6.sin6_addr, sizeof(v6)) == 0 && ntohs(name.v6.sin6_port) == port;
}

int activation_share(int fd)
{
	return fcntl(fd, F_DUPFD_CLOEXEC, 0);
}
