/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/serve_generation.h"

#include "cmd/exit.h"
#include "conf/change.h"
#include "conf/form.h"

#include <stdio.h>
#include <stdlib.h>

struct serve_generation *serve_generation_new(void)
{
	struct serve_generation *g = calloc(1, sizeof(*g));

	if (g)
		g->checker = g;
	return g;
}

/* Keys in a file may be others than they were, under the same name. */
static bool may_share(const struct settings *old, const struct settings *new)
{
	bool file = new->auth.jwt.keys.ptr && !conf_is_url(new->auth.jwt.keys);

	return !file && !new->auth.jwt.ca_file.ptr &&
	       !new->auth.introspect.ca_file.ptr &&conf_same(old, new, SLICE("auth.jwt.")) &&
	       conf_same(old, new, SLICE("auth.introspect.")) &&
	       conf_same(old, new, SLICE("auth.cookie")) &&
	       conf_same(old, new, SLICE("auth.cache"));
}

int serve_generation_start(struct serve_generation *g, const struct serve_auth *auth,
			   struct serve_generation *before)
{
	const struct settings *conf = &g->setup.conf;
	char text[512];
	struct writer why;

	if (before && may_share(&before->setup.conf, conf)) {
		g->checker = before->checker;
		atomic_fetch_add(&g->checker->users, 1);
		auth_service_reload(g->checker->validators.service);
		return EXIT_OK;
	}
	writer_init(&why, text, sizeof(text));
	enum err err = serve_validators_init(&g->validators, auth, conf, g->setup.hash, &why);
	if (!err)
		return EXIT_OK;
	(void)fprintf(stderr, "sluice serve: %s%.*s\n",
		      before ? "" : "cannot start: ", SLICE_ARG(writer_slice(&why)));
	return err == E_NOT_FOUND && conf_is_url(conf->auth.jwt.keys) ? EXIT_UNREACHABLE
								      : EXIT_USAGE;
}

void serve_generation_free(struct serve_generation *g)
{
	if (!g)
		return;
	if (g->checker != g)
		serve_generation_leave(g->checker);
	serve_validators_fini(&g->validators);
	serve_setup_end(&g->setup);
	free(g);
}

void serve_generation_leave(struct serve_generation *g)
{
	atomic_fetch_sub(&g->users, 1);
}

void serve_current_init(struct serve_current *c, struct serve_generation *g)
{
	(void)pthread_mutex_init(&c->lock, NULL); /* default attributes cannot fail */
	c->generation = g;
	atomic_init(&c->version, 0);
}

void serve_current_fini(struct serve_current *c)
{
	(void)pthread_mutex_destroy(&c->lock);
}

void serve_current_set(struct serve_current *c, struct serve_generation *g)
{
	(void)pthread_mutex_lock(&c->lock);
	c->generation = g;
	atomic_fetch_add(&c->version, 1);
	(void)pthread_mutex_unlock(&c->lock);
}

struct serve_generation *serve_current_get(struct serve_current *c, unsigned *ret_version)
{
	(void)pthread_mutex_lock(&c->lock);
	struct serve_generation *g = c->generation;
	/* Under the lock, so that who frees sees the use or has set another before. */
	atomic_fetch_add(&g->users, 1);
	*ret_version = atomic_load(&c->version);
	(void)pthread_mutex_unlock(&c->lock);
	return g;
}
