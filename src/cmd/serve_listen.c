/* SPDX-License-Identifier: Apache-2.0 */
/* serve_listen.c - the ports of the workers and of the admin: first bound, then listening. */
#include "cmd/command.h"
#include "cmd/serve.h"
#include "os/activation.h"
#include "os/listener.h"
#include "os/peer.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Binding. */

/* What to do about errno; `key` is where the address was given. */
static const char *advice(const char *key, char *room, size_t cap)
{
	switch (errno) {
	case EADDRINUSE:
		(void)snprintf(room, cap,
			       " (another server has it: choose with %s, or --take-over)", key);
		return room;
	case EACCES:
		return " (a low port is for root, or for CAP_NET_BIND_SERVICE)";
	case EADDRNOTAVAIL:
		return " (this machine has no such address)";
	default:
		return "";
	}
}

static int cannot_listen(const struct listen_settings *l, enum err err, const char *key)
{
	const char *why = err == E_SYNTAX ? "not a numeric address" : strerror(errno);
	char room[128];

	(void)fprintf(stderr, "sluice serve: cannot listen on %.*s: %s%s\n", SLICE_ARG(l->address),
		      why, err == E_SYNTAX ? "" : advice(key, room, sizeof(room)));
	return EXIT_USAGE;
}

/* Prior knowledge is trusted: on loopback, or where the configuration says so. */
static bool speaks_h2c(const struct serve_setup *setup, const struct listen_settings *l)
{
	const struct settings *conf = &setup->conf;
	bool wanted = l->h2c == CONF_H2C_ON || (l->h2c == CONF_H2C_AUTO && l->loopback);

	return wanted && conf->http2.enabled && !setup->tls.servers[l - conf->listen];
}

/* A server that takes over joins the port of the one that runs: no connection finds it closed. */
static enum err probe(const struct server *s, const struct listen_settings *l)
{
	return args_has(s->args, SERVE_TAKE_OVER) ? OK : listener_probe(l->host, l->port);
}

/* The inherited socket of this address, which is the caller's from now on; -1: there is none. */
static int take_inherited(struct server *s, const struct listen_settings *l)
{
	for (size_t i = 0; i < s->inherited_count; i++) {
		int fd = s->inherited[i];

		if (fd >= 0 && activation_is_at(fd, l->host, l->port)) {
			s->inherited[i] = -1;
			return fd;
		}
	}
	return -1;
}

/* One queue for all workers, each with a descriptor of its own: who is awake first accepts. */
static enum err share(struct server *s, const struct serve_port *port, int fd)
{
	enum err err = OK;

	for (size_t i = 0; !err && i < s->shared.worker_count; i++) {
		struct worker *w = &s->shared.workers[i];
		struct serve_port *p = &w->ports[w->port_count];

		*p = *port;
		p->fd = activation_share(fd);
		p->inherited = true;
		if (p->fd < 0)
			err = E_IO;
		else
			w->port_count++;
	}
	peer_close(fd);
	return err;
}

static enum err open_own(struct server *s, const struct serve_port *port, struct listen_settings *l)
{
	enum err err = probe(s, l);

	for (size_t i = 0; !err && i < s->shared.worker_count; i++) {
		struct worker *w = &s->shared.workers[i];
		struct serve_port *p = &w->ports[w->port_count];

		*p = *port;
		err = listener_open(l->host, l->port, &p->fd, &l->port);
		if (!err)
			w->port_count++;
	}
	return err;
}

static int open_listener(struct server *s, struct listen_settings *l)
{
	const struct serve_port port = {
		.h2c = speaks_h2c(&s->generation->setup, l),
		.listener = (size_t)(l - s->generation->setup.conf.listen),
	};
	int fd = take_inherited(s, l);
	enum err err = fd >= 0 ? share(s, &port, fd) : open_own(s, &port, l);

	return err ? cannot_listen(l, err, "--listen") : EXIT_OK;
}

static int refuse_inherited(size_t index, const char *why)
{
	(void)fprintf(stderr, "sluice serve: socket %zu of those that were handed over: %s\n",
		      index + 1, why);
	return EXIT_USAGE;
}

static int inherit(struct server *s)
{
	if (activation_take(&s->inherited_count)) {
		(void)fprintf(stderr,
			      "sluice serve: LISTEN_PID and LISTEN_FDS must be numbers, of "
			      "at most %u sockets\n",
			      ACTIVATION_MAX);
		return EXIT_USAGE;
	}
	for (size_t i = 0; i < s->inherited_count; i++)
		s->inherited[i] = ACTIVATION_FIRST_FD + (int)i;
	for (size_t i = 0; i < s->inherited_count; i++) {
		enum err err = activation_check(s->inherited[i]);

		if (err == E_RANGE)
			return refuse_inherited(i, "it takes IPv4 as IPv6: set BindIPv6Only="
						   "ipv6-only, and listen on each");
		if (err)
			return refuse_inherited(i, err == E_IO ? strerror(errno)
							       : "no listening TCP socket");
	}
	return EXIT_OK;
}

/* A socket that nobody accepts from would let its clients wait for ever. */
static int refuse_strangers(const struct server *s)
{
	for (size_t i = 0; i < s->inherited_count; i++) {
		if (s->inherited[i] >= 0)
			return refuse_inherited(i, "its address is neither listen nor admin");
	}
	return EXIT_OK;
}

int serve_listen(struct server *s)
{
	int inherited = inherit(s);

	if (inherited != EXIT_OK)
		return inherited;
	for (size_t i = 0; i < s->generation->setup.conf.listen_count; i++) {
		int code = open_listener(s, &s->generation->setup.conf.listen[i]);

		if (code != EXIT_OK)
			return code;
	}
	return EXIT_OK;
}

int serve_listen_admin(struct server *s)
{
	struct listen_settings *l = &s->generation->setup.conf.admin;
	int fd = -1;

	if (!l->address.ptr)
		return refuse_strangers(s);
	enum err err = OK;
	fd = take_inherited(s, l);
	int code = refuse_strangers(s);
	if (code != EXIT_OK)
		return code;
	if (fd < 0)
		err = probe(s, l);
	if (fd < 0 && !err)
		err = listener_open(l->host, l->port, &fd, &l->port);
	if (err)
		return cannot_listen(l, err, "admin");
	s->admin.listener = fd;
	return EXIT_OK;
}

/* Taking connections. */

static int start_admin(struct server *s)
{
	struct serve_setup *setup = &s->generation->setup;

	if (s->admin.listener < 0)
		return EXIT_OK;
	enum err err = listener_start(s->admin.listener);
	if (err)
		return cannot_listen(&setup->conf.admin, err, "admin");
	err = serve_admin_start(&s->admin, &s->shared, &setup->stream, s->admin.listener);
	if (!err)
		err = waitset_add(&s->set, s->admin.set.fd, &s->admin, WAITSET_READ);
	if (!err)
		return EXIT_OK;
	(void)fprintf(stderr, "sluice serve: cannot start the admin listener: %s\n", err_text(err));
	return EXIT_USAGE;
}

int serve_listen_start(struct server *s)
{
	for (size_t i = 0; i < s->shared.worker_count; i++) {
		const struct worker *w = &s->shared.workers[i];

		for (size_t j = 0; j < w->port_count; j++) {
			enum err err = listener_start(w->ports[j].fd);

			if (err)
				return cannot_listen(&s->generation->setup.conf.listen[j], err,
						     "--listen");
		}
	}
	return start_admin(s);
}
