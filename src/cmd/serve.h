/* SPDX-License-Identifier: Apache-2.0 */
/* serve.h - inside of sluice serve: the running server, for the files of this family alone. */
#pragma once

#include "cmd/args.h"
#include "cmd/serve_admin.h"
#include "cmd/serve_worker.h"

struct server {
	const struct args *args;
	struct serve_generation *generation; /* the one of now, then older ones */
	struct serve_shared shared;
	struct serve_auth auth;
	struct serve_admin admin;
	struct waitset set;
	int signal_fd;
	int hangup_fd;
	uint64_t started_ms;
	uint64_t next_tick_ms;
	uint64_t ticks;
	struct {
		uint64_t origin_ns; /* monotonic, of the first event less a period */
		uint64_t seq;       /* of the next event */
	} canary;
	uint64_t deadline_ms; /* of the drain; 0: not draining */
};

/* serve_listen.c: complaints go to standard error; gives an exit code. */
/* A socket a worker for each configured address; ports that the kernel chose are filled in. */
int serve_listen(struct server *s);
/* After the workers', so that one address for both is told as taken. */
int serve_listen_admin(struct server *s);

/* serve_say.c: what the person sees. */
void serve_say_start(const struct server *s);
/* `ran_ms`: how long the server ran. After the workers have ended. */
void serve_say_summary(const struct server *s, uint64_t ran_ms);
