/* SPDX-License-Identifier: Apache-2.0 */
/* tcp.h - non-blocking TCP connections of a load generator: many, from many source addresses. */
#pragma once

#include "base/err.h"
#include "base/slice.h"

#include <stdint.h>
#include <sys/socket.h>

#define TCP_MAX_HOST 256u /* bytes of a host name */

struct tcp_target {
	struct sockaddr_storage address;
	socklen_t address_len;
};

/*
 * The first addresses of host:port, at most `cap`, and at least one. Blocks: getaddrinfo is right
 * for a tool, which keeps nobody waiting but the person who started it, and gets /etc/hosts and
 * nsswitch as the person expects them. On error *ret_why says what is wrong; static text. Errors:
 * E_TOO_BIG, E_NOT_FOUND.
 */
enum err tcp_lookup(struct slice host, uint16_t port, struct tcp_target *ret_targets, size_t cap,
		    size_t *ret_count, const char **ret_why);
/* True for an address in 127.0.0.0/8, where every source address is ours to use. */
bool tcp_is_loopback4(const struct tcp_target *target);
/*
 * Starts to connect; writable when it is decided, and tcp_error then says how. `source` is an IPv4
 * address in host order, 0 leaves it to the kernel. The caller closes *ret_fd. On E_IO errno says
 * why.
 */
enum err tcp_connect(const struct tcp_target *target, uint32_t source, int *ret_fd);
/* The pending error of the socket as an errno; 0: none, so it is connected. */
int tcp_error(int fd);

#define TCP_AGAIN  (-1) /* nothing now: wait for the descriptor */
#define TCP_FAILED (-2) /* errno says why */

/* Bytes received into `room`, 0 at the end of the stream, TCP_AGAIN or TCP_FAILED. */
long tcp_receive(int fd, char *room, size_t cap);
/* Bytes of `bytes` that were taken, TCP_AGAIN or TCP_FAILED. Never raises SIGPIPE. */
long tcp_send(int fd, struct slice bytes);
/* Harmless with -1. */
void tcp_close(int fd);
