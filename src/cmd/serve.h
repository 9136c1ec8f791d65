/* SPDX-License-Identifier: Apache-2.0 */
/* serve.h - inside of sluice serve: the running server, for the files of this family alone. */
#pragma once

#include "cmd/args.h"
#include "cmd/serve_admin.h"
#include "cmd/serve_memory.h"
#include "cmd/serve_sandbox.h"
#include "cmd/serve_worker.h"
#include "os/activation.h"

struct server {
	const struct args *args;
	struct serve_generation *generation; /* the one of now, then older ones */
	struct serve_shared shared;
	struct serve_auth auth;
	struct serve_admin admin;
	struct serve_memory memory;
	struct serve_sandbox sandbox;
	int inherited[ACTIVATION_MAX]; /* sockets that were handed over; -1: in use */
	size_t inherited_count;
	int notify_fd; /* of the service manager; -1: there is none */
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
	uint64_t rotate_ms;   /* when the keys of TLS tickets are next changed */
	bool reload;          /* asked for, and not done yet */
	uint64_t leave_ms;    /* when the drain begins, with a deadline */
	uint64_t deadline_ms; /* of the drain; 0: not draining */
};

/* serve.c */
/* As many connections as there are descriptors, unless the configuration says fewer. */
struct admit_limits serve_limits(const struct settings *conf, size_t workers);

/* serve_listen.c: complaints go to standard error; gives an exit code. */
/* Binds a socket a worker for each configured address; ports that the kernel chose are filled in.
 */
int serve_listen(struct server *s);
/* After the workers', so that one address for both is told as taken. */
int serve_listen_admin(struct server *s);
/* Lets connections come to all of them. When the server can answer. */
int serve_listen_start(struct server *s);

/* serve_reload.c */
/* SIGHUP: as soon as older generations leave room, and not while the server drains. */
void serve_reload_want(struct server *s);
/* Frees what nobody looks at any more, and reloads where that is wanted. */
void serve_reload_turn(struct server *s);

/* serve_say.c: what the person sees. */
void serve_say_start(const struct server *s);
/* `ran_ms`: how long the server ran. After the workers have ended. */
void serve_say_summary(const struct server *s, uint64_t ran_ms);
