/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dial.h - a TCP connection to host:port for tools: every address of the name in turn, each with
 * a deadline, none of them blocking.
 *
 * The name itself is looked up by tcp_lookup, which blocks. c-ares is for the daemon, where one
 * slow name must not stop ten thousand streams.
 */
#pragma once

#include "os/tcp.h"

#define DIAL_MAX_ADDRESSES 8u     /* of one name; more are not tried */
#define DIAL_TRY_MS        10000u /* for one address */

enum dial_step {
	DIAL_WAIT,   /* until `fd` is writable, or `due_ms` */
	DIAL_READY,  /* `fd` is connected: dial_take it */
	DIAL_FAILED, /* no address answers; errno of the last one in `error` */
};

struct dial {
	struct tcp_target targets[DIAL_MAX_ADDRESSES];
	size_t count;
	size_t next; /* the address to try after this one */
	int fd;      /* -1: none */
	int error;
	uint64_t due_ms; /* monotonic */
};

/*
 * Looks the name up; dial_step then connects. On error *ret_why says what is wrong, static text,
 * and *d needs no dial_close. Errors: E_TOO_BIG, E_NOT_FOUND.
 */
enum err dial_start(struct dial *d, struct slice host, uint16_t port, const char **ret_why);
/* Goes as far as it can at `now_ms`. */
enum dial_step dial_step(struct dial *d, uint64_t now_ms);
/* After DIAL_READY: the descriptor, which is the caller's from now on. */
int dial_take(struct dial *d);
/* Harmless if there is nothing to close. */
void dial_close(struct dial *d);
