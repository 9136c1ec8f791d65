/* SPDX-License-Identifier: Apache-2.0 */
/* address.h - socket addresses as text, and where routes come from. */
#pragma once

#include "base/writer.h"
#include "os/tcp.h"

#define ADDRESS_MAX 160u /* bytes as text */

/* "192.0.2.1:443", "[2001:db8::1]:443", "unix:/run/x" */
void address_put(struct writer *w, const struct tcp_target *target);
/* 127.0.0.0/8, ::1, or a socket of this machine. */
bool address_is_loopback(const struct tcp_target *target);
/* From an address literal (no brackets) and a port. False: it is none. */
bool address_from_literal(struct slice text, uint16_t port, struct tcp_target *ret);
/* A socket in the file system. False: the path is too long. */
bool address_from_path(struct slice path, struct tcp_target *ret);
