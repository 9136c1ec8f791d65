/* SPDX-License-Identifier: Apache-2.0 */
/*
 * reload.c - new settings under open streams.
 *
 * A stream goes over at once: all that it holds of its settings is its route. A request that has
 * been decided upon still points into the settings of then, so these are in use until it is
 * answered; the deadlines of requests bound that.
 */
#include "stream/conn.h"

static struct settings_use *find_use(struct engine *e, const struct stream_settings *settings)
{
	for (size_t i = 0; i < ENGINE_MAX_SETTINGS; i++) {
		if (e->uses[i].settings == settings)
			return &e->uses[i];
	}
	return NULL;
}

bool engine_uses(const struct engine *e, const struct stream_settings *settings)
{
	if (settings == e->settings)
		return true;
	for (size_t i = 0; i < ENGINE_MAX_SETTINGS; i++) {
		if (e->uses[i].settings == settings)
			return e->uses[i].requests > 0;
	}
	return false;
}

void reload_begin(struct engine *e, const struct stream_settings *settings)
{
	e->settings = settings;
	e->uses[0].settings = settings;
}

void reload_hold(struct engine *e, struct exchange *x)
{
	reload_release(x);
	x->use = find_use(e, e->settings);
	x->use->requests++;
}

void reload_release(struct exchange *x)
{
	if (x->use)
		x->use->requests--;
	x->use = NULL;
}

/* The route that has taken the place of `old`; NULL: there is none. */
static const struct route *successor(const struct engine *e, const struct route *old)
{
	const struct stream_settings *s = e->settings;

	for (size_t i = 0; i < s->route_count; i++) {
		if (s->routes[i].kind == old->kind && slice_eq(s->routes[i].path, old->path))
			return &s->routes[i];
	}
	return NULL;
}

bool reload_follow(const struct engine *e, struct exchange *x)
{
	const struct route *route;

	if (x->use->settings == e->settings)
		return true;
	route = successor(e, x->ask.route);
	if (route)
		x->ask.route = route;
	return route != NULL;
}

static bool has_lost_key(const struct engine *e, const struct conn *c)
{
	const struct key_ring *ring = e->settings->subscribers;

	return c->principal && c->principal->facts.method == METHOD_KEY &&
	       (!ring || !keys_have(ring, c->principal));
}

/* Rights by tokens and public topics are judged anew when the reader comes back. */
static void move_stream(struct engine *e, struct conn *c)
{
	const struct route *route = successor(e, c->route);

	if (!route) {
		stop_draining(e, c, CLOSE_ROUTE_REMOVED);
		return;
	}
	c->route = route;
	if (has_lost_key(e, c))
		stop_auth(e, c, CLOSE_KEY_REMOVED);
}

static struct settings_use *free_use(struct engine *e)
{
	for (size_t i = 0; i < ENGINE_MAX_SETTINGS; i++) {
		if (!engine_uses(e, e->uses[i].settings))
			return &e->uses[i];
	}
	return NULL;
}

enum err engine_reload(struct engine *e, const struct stream_settings *settings)
{
	struct settings_use *use = free_use(e);
	struct list *next;

	if (!use)
		return E_FULL;
	*use = (struct settings_use){.settings = settings};
	e->settings = settings;
	for (struct list *l = e->all.next; l != &e->all; l = next) {
		struct conn *c = container_of(l, struct conn, link);

		next = l->next;
		if (c->state == CONN_STREAM)
			move_stream(e, c);
	}
	return OK;
}
