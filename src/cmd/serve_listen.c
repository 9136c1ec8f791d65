/* SPDX-License-Identifier: Apache-2.0 */
/* serve_listen.c - the ports of the workers and of the admin: first bound, then listening. */
#include "cmd/command.h"
#include "cmd/serve.h"
#include "os/listener.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

/* Binding. */

static int cannot_listen(const struct listen_settings *l, enum err err, const char *key)
{
	bool taken = errno == EADDRINUSE;
	const char *why = err == E_SYNTAX ? "not a numeric address" : strerror(errno);

	(void)fprintf(stderr, "sluice serve: cannot listen on %.*s: %s", SLICE_ARG(l->address),
		      why);
	if (taken)
		(void)fprintf(stderr, " (another server has it: choose with %s)", key);
	(void)fprintf(stderr, "\n");
	return EXIT_USAGE;
}

/* Prior knowledge is trusted: on loopback, or where the configuration says so. */
static bool speaks_h2c(const struct serve_setup *setup, const struct listen_settings *l)
{
	const struct settings *conf = &setup->conf;
	bool wanted = l->h2c == CONF_H2C_ON || (l->h2c == CONF_H2C_AUTO && l->loopback);

	return wanted && conf->http2.enabled && !setup->tls.servers[l - conf->listen];
}

static int open_listener(struct server *s, struct listen_settings *l)
{
	uint16_t port = l->port;
	enum err err = listener_probe(l->host, port);

	for (size_t i = 0; !err && i < s->shared.worker_count; i++) {
		struct worker *w = &s->shared.workers[i];
		struct serve_port *p = &w->ports[w->port_count];

		err = listener_open(l->host, port, &p->fd, &port);
		p->h2c = speaks_h2c(&s->generation->setup, l);
		p->listener = (size_t)(l - s->generation->setup.conf.listen);
		if (!err)
			w->port_count++;
	}
	if (err)
		return cannot_listen(l, err, "--listen");
	l->port = port;
	return EXIT_OK;
}

int serve_listen(struct server *s)
{
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
		return EXIT_OK;
	enum err err = listener_probe(l->host, l->port);
	if (!err)
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
