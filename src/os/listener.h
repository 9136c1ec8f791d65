/* SPDX-License-Identifier: Apache-2.0 */
/*
 * listener.h - listening sockets, one a worker on the same port (SO_REUSEPORT), and accepting.
 *
 * The kernel spreads connections over the sockets of a port by their hash: streams live for hours,
 * so an even spread matters more than who is idle at the moment of the connect.
 */
#pragma once

#include "base/addr.h"
#include "base/err.h"
#include "base/slice.h"

#include <stdint.h>

#define LISTENER_BACKLOG     4096
#define LISTENER_PATIENCE_MS 30000u /* for acknowledgements (TCP_USER_TIMEOUT) */

/*
 * Finds out whether the port is free: SO_REUSEPORT itself would join another server of the same
 * user without a word. Errors: E_SYNTAX (not an address), E_IO (errno says why).
 */
enum err listener_probe(struct slice host, uint16_t port);
/*
 * Binds to a numeric address (IPv6 without brackets), which needs rights that a server gives up.
 * Nobody can connect yet. `port` 0: the kernel chooses; *ret_port is what it is. The descriptor is
 * the caller's. Errors: E_SYNTAX (not an address), E_IO (errno says why).
 */
enum err listener_open(struct slice host, uint16_t port, int *ret_fd, uint16_t *ret_port);
/* From here on connections come. Errors: E_IO (errno says why). */
enum err listener_start(int fd);

enum accept_result {
	ACCEPT_GOT,
	ACCEPT_NONE,      /* nobody waits */
	ACCEPT_EXHAUSTED, /* out of descriptors or memory: back off; errno says which */
};

/* Takes one waiting connection, non-blocking and set up for streams. */
enum accept_result listener_accept(int fd, int *ret_fd, struct addr *ret_addr);
