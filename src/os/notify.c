/* SPDX-License-Identifier: Apache-2.0 */
#include "os/notify.h"

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static enum err connect_to(const char *notify_socket, int *ret_fd)
{
	struct sockaddr_un name = {.sun_family = AF_UNIX};

	size_t len = strlen(notify_socket);
	if ((notify_socket[0] != '/' && notify_socket[0] != '@') || len < 2 ||
	    len >= sizeof(name.sun_path))
		return E_SYNTAX;
	memcpy(name.sun_path, notify_socket, len);
	if (name.sun_path[0] == '@')
		name.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return E_IO;
	if (connect(fd, (const struct sockaddr *)&name,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)) != 0) {
		int why = errno;

		(void)close(fd);
		errno = why;
		return E_IO;
	}
	*ret_fd = fd;
	return OK;
}

enum err notify_open(int *ret_fd)
{
	const char *name = getenv("NOTIFY_SOCKET");

	*ret_fd = -1;
	enum err err = name ? connect_to(name, ret_fd) : OK;
	(void)unsetenv("NOTIFY_SOCKET");
	return err;
}

void notify_send(int fd, struct slice lines)
{
	struct iovec part = {(void *)(uintptr_t)lines.ptr, lines.len};
	const struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (fd < 0)
		return;
	ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
	(void)n;
}
