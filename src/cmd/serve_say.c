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

static void print_url(FILE *out, const struct listen_settings *l, const char *path)
{
	(void)fprintf(out, is_ipv6(l->host) ? "http://[%.*s]:%u%s" : "http://%.*s:%u%s",
		      SLICE_ARG(l->host), (unsigned)l->port, path);
}

static void print_demo(const struct server *s)
{
	const struct listen_settings *l = &s->generation->setup.conf.listen[0];

	(void)fprintf(stderr, "\n  Open ");
	print_url(stderr, l, "/");
	(void)fprintf(stderr, " in a browser, or\n\n    curl -N -H 'Accept: text/event-stream' '");
	print_url(stderr, l, "/stream?topic=" SERVE_DEMO_TOPIC);
	(void)fprintf(stderr, "'\n\n  Ctrl-C ends it.\n\n");
}

void serve_say_start(const struct server *s)
{
	for (size_t i = 0; i < s->generation->setup.conf.listen_count; i++) {
		(void)fprintf(stderr, "listening on ");
		print_url(stderr, &s->generation->setup.conf.listen[i], "");
		(void)fprintf(stderr, "\n");
	}
	if (s->generation->setup.conf.admin.address.ptr) {
		(void)fprintf(stderr, "listening on ");
		print_url(stderr, &s->generation->setup.conf.admin, "");
		(void)fprintf(stderr, " (admin)\n");
	}
	if (s->generation->setup.made_key[0])
		(void)fprintf(stderr, "publish key of this run: %s\n",
			      s->generation->setup.made_key);
	if (s->generation->setup.canary) {
		(void)fprintf(stderr, "canary: ");
		print_url(stderr, &s->generation->setup.conf.listen[0], SERVE_CANARY_PATH);
		(void)fprintf(stderr, "\n");
	}
	if (s->generation->setup.demo)
		print_demo(s);
}

void serve_say_summary(const struct server *s, uint64_t ran_ms)
{
	uint64_t streams = 0, deliveries = 0, published = 0, dropped = 0;

	for (size_t i = 0; i < s->shared.worker_count; i++) {
		const struct engine_counters *c = engine_counters(s->shared.workers[i].engine);

		streams += c->streams_opened;
		deliveries += c->deliveries;
		published += c->published;
		dropped += c->dropped;
	}
	(void)fprintf(stderr,
		      "sluice serve: ended after %" PRIu64 " s: %" PRIu64 " streams, %" PRIu64
		      " events published, %" PRIu64 " delivered, %" PRIu64 " dropped, %" PRIu64
		      " log lines lost\n",
		      ran_ms / 1000, streams, published, deliveries, dropped,
		      logsink_lost(s->shared.sink));
}
