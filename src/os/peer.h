/* SPDX-License-Identifier: Apache-2.0 */
/* peer.h - bytes to and from one accepted connection; never blocks, never raises SIGPIPE. */
#pragma once

#include "base/slice.h"

#include <stddef.h>
#include <stdint.h>

#define PEER_MAX_PARTS 128u /* slices of one send */

#define PEER_BLOCKED (-1)
#define PEER_GONE    (-2)

/* Bytes read, 0 at the end of input, PEER_BLOCKED, PEER_GONE. */
ptrdiff_t peer_recv(int fd, char *room, size_t cap);
/* As peer_recv, but the bytes stay: the next call sees them again. */
ptrdiff_t peer_peek(int fd, char *room, size_t cap);
/* Takes `n` bytes that peer_peek has shown. False: they cannot be had. */
bool peer_skip(int fd, size_t n);
/* The connection is readable from `n` unread bytes on, or at its end; 1 is what sockets begin with.
 */
void peer_await(int fd, size_t n);
/* True where the peer has said that it will send no more, or is gone, whatever is unread. */
bool peer_has_ended(int fd);
/* How long the kernel keeps sent bytes that nobody acknowledges before the connection breaks. */
void peer_set_patience(int fd, uint64_t ms);
/* Bytes taken (at least 1), PEER_BLOCKED, PEER_GONE. At most PEER_MAX_PARTS parts. */
ptrdiff_t peer_send(int fd, const struct slice *parts, size_t n);
/*
 * The last bytes of a connection that is about to be closed. Where the peer has stopped reading,
 * the send buffer grows to take them: the kernel delivers them after the close, or gives up after
 * TCP_USER_TIMEOUT.
 */
void peer_send_last(int fd, struct slice bytes);
/* No more bytes from us; reading goes on. */
void peer_shut(int fd);
void peer_close(int fd);
