/* SPDX-License-Identifier: Apache-2.0 */
/*
 * activation.h - listening sockets that whoever starts us has opened (systemd: sd_listen_fds(3)).
 */
#pragma once

#include "base/err.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ACTIVATION_FIRST_FD 3
#define ACTIVATION_MAX      17u /* sockets: as many as can be listened on, and the admin's */

/*
 * How many sockets there are, from ACTIVATION_FIRST_FD on, by the values of LISTEN_PID and
 * LISTEN_FDS (NULL: not set). Pure. 0: none, or they are for another process. Errors: E_SYNTAX (a
 * value that is no number), E_RANGE (more than ACTIVATION_MAX).
 */
enum err activation_count(const char *listen_pid, const char *listen_fds, uint64_t own_pid,
			  size_t *ret_count);
/* The same by the environment, which has forgotten it afterwards: children must not believe it. */
enum err activation_take(size_t *ret_count);
/*
 * Makes the descriptor ours: it does not block, and is closed on exec. Errors: E_SYNTAX (no
 * listening TCP socket), E_RANGE (an IPv6 socket that takes IPv4 too: addresses of clients would
 * not be told apart), E_IO (errno says why).
 */
enum err activation_check(int fd);
/* True if the socket is bound to this numeric address and port. */
bool activation_is_at(int fd, struct slice host, uint16_t port);
/* Another descriptor of the same socket; -1: errno says why. */
int activation_share(int fd);
