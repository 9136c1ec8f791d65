/* SPDX-License-Identifier: Apache-2.0 */
/* serve_reload.c - SIGHUP: everything is read and judged as at start, then holds at once. */
#include "cmd/exit.h"
#include "cmd/serve.h"
#include "cmd/serve_log.h"
#include "cmd/serve_notify.h"
#include "conf/change.h"
#include "os/wallclock.h"

#include <stdio.h>
#include <string.h>

static const char *config_name(const struct server *s)
{
	const char *path = args_get(s->args, SERVE_CONFIG);

	return path ? path : "command line";
}

/* Sockets, threads and accounts were made once. */
static int refuse_fixed(const struct server *s, const struct settings *after)
{
	char text[1024];
	struct writer w;

	writer_init(&w, text, sizeof(text));
	if (conf_put_fixed_changes(&w, &s->generation->setup.conf, after) == 0)
		return EXIT_OK;
	(void)fprintf(stderr,
		      "sluice serve: %s: cannot change while the server runs: %.*s (restart or "
		      "upgrade it)\n",
		      config_name(s), SLICE_ARG(writer_slice(&w)));
	return EXIT_USAGE;
}

static int refuse_shut(const struct server *s, const struct settings *after)
{
	char text[256];
	struct writer why;

	writer_init(&why, text, sizeof(text));
	if (serve_sandbox_covers(&s->sandbox, after, &why))
		return EXIT_OK;
	(void)fprintf(stderr, "sluice serve: %s: %.*s\n", config_name(s),
		      SLICE_ARG(writer_slice(&why)));
	return EXIT_USAGE;
}

static int prepare(struct server *s, struct serve_generation *g)
{
	int code = serve_setup(s->args, &s->generation->setup, &g->setup);

	if (code == EXIT_OK)
		code = refuse_fixed(s, &g->setup.conf);
	if (code == EXIT_OK)
		code = refuse_shut(s, &g->setup.conf);
	return code == EXIT_OK ? serve_generation_start(g, &s->auth, s->generation) : code;
}

static void note(struct server *s, bool done)
{
	uint64_t unix_ms = wallclock_ms();
	char line[SERVE_LOG_LINE];
	struct writer w;

	writer_init(&w, line, sizeof(line));
	serve_log_put_reload(&w, done, unix_ms);
	logsink_put(s->shared.sink, writer_slice(&w));
	if (done) {
		s->shared.loads.done++;
		s->shared.loads.at_unix_ms = unix_ms;
	} else {
		s->shared.loads.failed++;
	}
}

static void take_over(struct server *s, struct serve_generation *g)
{
	const struct serve_generation *before = s->generation;

	g->older = s->generation;
	s->generation = g;
	serve_current_set(&s->shared.current, g);
	admit_set_limits(s->shared.admit, serve_limits(&g->setup.conf, s->shared.worker_count));
	serve_admin_reload(&s->admin, &g->setup.stream);
	for (size_t i = 0; i < s->shared.worker_count; i++)
		worker_wake(&s->shared.workers[i]);
	(void)fprintf(stderr, "sluice serve: reloaded %s\n", config_name(s));
	if (g->setup.made_key[0] && strcmp(g->setup.made_key, before->setup.made_key) != 0)
		(void)fprintf(stderr, "publish key of this run: %s\n", g->setup.made_key);
}

static void reload(struct server *s)
{
	struct serve_generation *g = serve_generation_new();

	if (g && prepare(s, g) == EXIT_OK) {
		take_over(s, g);
		note(s, true);
		return;
	}
	serve_generation_free(g);
	(void)fprintf(stderr, "sluice serve: not reloaded: nothing has changed\n");
	note(s, false);
}

/* Youngest first: who shares the validators of an older one lets go of it before its turn. */
static size_t free_unused(struct server *s)
{
	struct serve_generation **at = &s->generation->older;
	size_t left = 1;

	while (*at) {
		struct serve_generation *g = *at;

		if (atomic_load(&g->users) > 0) {
			at = &g->older;
			left++;
			continue;
		}
		*at = g->older;
		serve_generation_free(g);
	}
	return left;
}

void serve_reload_want(struct server *s)
{
	if (s->deadline_ms > 0)
		(void)fprintf(stderr, "sluice serve: not reloaded: the server is going down\n");
	else
		s->reload = true;
}

void serve_reload_turn(struct server *s)
{
	size_t generations = free_unused(s);

	/* A worker tells us when it has left one. */
	if (!s->reload || generations >= SERVE_MAX_GENERATIONS)
		return;
	s->reload = false;
	serve_notify_reloading(s);
	reload(s);
	serve_notify_ready(s);
	(void)free_unused(s);
}
