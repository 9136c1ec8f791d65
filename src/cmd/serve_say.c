/* SPDX-License-Identifier: Apache-2.0 */
/* serve_say.c - what the person who starts the server is told. */
#include "cmd/serve.h"
#include "cmd/serve_canary.h"
#include "cmd/serve_demo.h"

#include <inttypes.h>
#include <stdio.h>

static bool is_ipv6(struct slice host)
{
	return slice_find(host, ':') < host.len;
}

/* What the person sees. */

#define URL_ROOM 384u /* bytes: an address of the configuration, a path of ours, a NUL */

/*
 * A line goes out in one call: the service threads write lines of their own meanwhile, and must not
 * come in the middle of it.
 */
static const char *url_of(char room[URL_ROOM], const struct listen_settings *l, bool tls,
			  const char *path)
{
	(void)snprintf(room, URL_ROOM,
		       is_ipv6(l->host) ? "http%s://[%.*s]:%u%s" : "http%s://%.*s:%u%s",
		       tls ? "s" : "", SLICE_ARG(l->host), (unsigned)l->port, path);
	return room;
}

/* Of the public listener. */
static const char *public_url(char room[URL_ROOM], const struct server *s, size_t i,
			      const char *path)
{
	const struct serve_setup *setup = &s->generation->setup;

	return url_of(room, &setup->conf.listen[i], setup->tls.servers[i] != NULL, path);
}

/* Nobody vouches for it: what is shown here is what there is to compare it with. */
static void print_self_signed(const struct tls_self *self)
{
	if (self->chain_len == 0)
		return;
	(void)fprintf(stderr,
		      "self-signed certificate of this run, %d days: SHA-256 %s\n"
		      "  believe it alone: curl -k --pinnedpubkey '%s' URL\n"
		      "  or, on this machine, anything: curl -k URL\n",
		      TLS_SELF_DAYS, self->fingerprint, self->pin);
}

static void print_demo(const struct server *s)
{
	bool own = s->generation->setup.tls.self.chain_len > 0;
	char page[URL_ROOM], stream[URL_ROOM];

	(void)fprintf(stderr,
		      "\n  Open %s in a browser, or\n\n"
		      "    curl %s-N -H 'Accept: text/event-stream' '%s'\n\n  Ctrl-C ends it.\n\n",
		      public_url(page, s, 0, "/"), own ? "-k " : "",
		      public_url(stream, s, 0, "/stream?topic=" SERVE_DEMO_TOPIC));
}

void serve_say_start(const struct server *s)
{
	const struct serve_setup *setup = &s->generation->setup;
	char url[URL_ROOM];

	for (size_t i = 0; i < setup->conf.listen_count; i++)
		(void)fprintf(stderr, "listening on %s\n", public_url(url, s, i, ""));
	if (setup->conf.admin.address.ptr)
		(void)fprintf(stderr, "listening on %s (admin)\n",
			      url_of(url, &setup->conf.admin, false, ""));
	print_self_signed(&setup->tls.self);
	if (setup->made_key[0])
		(void)fprintf(stderr, "publish key of this run: %s\n", setup->made_key);
	if (setup->canary)
		(void)fprintf(stderr, "canary: %s\n", public_url(url, s, 0, SERVE_CANARY_PATH));
	if (setup->demo)
		print_demo(s);
}

void serve_say_summary(const struct server *s, uint64_t ran_ms)
{
	uint64_t streams = 0, deliveries = 0, published = 0, dropped = 0, told = 0, cut = 0;

	for (size_t i = 0; i < s->shared.worker_count; i++) {
		const struct engine_counters *c = engine_counters(s->shared.workers[i].engine);

		streams += c->streams_opened;
		deliveries += c->deliveries;
		published += c->published;
		dropped += c->dropped;
		told += c->streams_closed[CLOSE_DRAINING];
		cut += c->streams_closed[CLOSE_STOPPED];
	}
	(void)fprintf(stderr,
		      "sluice serve: ended after %" PRIu64 " s: %" PRIu64 " streams, %" PRIu64
		      " told to come back, %" PRIu64 " cut, %" PRIu64 " events published, %" PRIu64
		      " delivered, %" PRIu64 " dropped, %" PRIu64 " log lines lost\n",
		      ran_ms / 1000, streams, told, cut, published, deliveries, dropped,
		      logsink_lost(s->shared.sink));
}
