/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve_sandbox.h - the server in its sandbox (os/sandbox.h): what of the configuration has to
 * stay possible, and what the person is told.
 */
#pragma once

#include "cmd/serve_setup.h"
#include "os/sandbox.h"

#define SERVE_SANDBOX_PORTS 3u /* of the keys, of the application, of name servers */

struct serve_sandbox {
	bool on;
	struct sandbox_state state;
	uint16_t ports[SERVE_SANDBOX_PORTS]; /* that may be connected to */
	size_t port_count;                   /* 0: nothing is fetched */
	bool https;                          /* the system's authorities can be read */
};

/*
 * Becomes settings.user and gives up what serving does not need, unless the person wants it
 * otherwise; says on standard error what is weaker than it could be. After the ports are bound,
 * before the first thread. Gives an exit code.
 */
int serve_sandbox_enter(struct serve_sandbox *s, const struct serve_setup *setup);
/* The rest: system calls. Says what is in force. When nothing is left to start but workers. */
void serve_sandbox_filter(struct serve_sandbox *s);
/*
 * False if another configuration would want connections, or authorities of the system, that the
 * sandbox has shut: only a restart opens them. `why` then has one line. Files are not judged:
 * reading them tells.
 */
bool serve_sandbox_covers(const struct serve_sandbox *s, const struct settings *conf,
			  struct writer *why);
