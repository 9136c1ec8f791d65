/* SPDX-License-Identifier: Apache-2.0 */
/* serve_proxy.h - the PROXY header before the first byte of a connection. */
#pragma once

#include "base/addr.h"

enum serve_proxy_step {
	SERVE_PROXY_READ, /* call again when the connection is readable */
	SERVE_PROXY_DONE,
	SERVE_PROXY_FAILED,
};

/*
 * Takes the header off the connection, and not a byte more: what follows may be TLS. On
 * SERVE_PROXY_DONE *addr is the client that it names, and stays where it names none. Until the
 * header is whole the connection is readable only for the bytes that are missing.
 */
enum serve_proxy_step serve_proxy_read(int fd, struct addr *addr);
