/* SPDX-License-Identifier: Apache-2.0 */
/* token.c - POST /auth/stream-token: a real credential for a one-time ticket (SPEC 6). */
#include "stream/conn.h"

#include "http/url.h"
#include "identity/resume_cookie.h"

#include <jansson.h>

#define TICKET_RANDOM GRANT_MIN_RANDOM

/* What is asked for; strings in the arena of the exchange. */
struct wish {
	struct slice topics[TOPIC_MAX_SET];
	size_t topic_count;
	const struct route *route;
	struct slice detail; /* what is wrong with it; ptr NULL: nothing */
};

static const struct route *stream_route(const struct stream_settings *s, const char *path)
{
	for (size_t i = 0; i < s->route_count; i++) {
		if (s->routes[i].kind == ROUTE_STREAM &&
		    (!path || slice_eq(s->routes[i].path, slice_of(path))))
			return &s->routes[i];
	}
	return NULL;
}

static void want_topic(struct wish *wish, struct arena *arena, const json_t *value)
{
	struct slice topic = {json_string_value(value), json_string_length(value)};

	if (!json_is_string(value) || !topic_pattern_is_valid(topic))
		wish->detail = SLICE("topics must be a list of topics or patterns");
	else if (wish->topic_count == TOPIC_MAX_SET)
		wish->detail = SLICE("a ticket has at most 32 topics");
	else
		wish->topics[wish->topic_count++] = arena_copy(arena, topic);
}

static void want_topics(struct wish *wish, struct arena *arena, const json_t *list)
{
	if (!list || json_is_null(list))
		return;
	if (!json_is_array(list) || json_array_size(list) == 0)
		wish->detail = SLICE("topics must be a list of topics or patterns");
	for (size_t i = 0; !wish->detail.ptr && i < json_array_size(list); i++)
		want_topic(wish, arena, json_array_get(list, i));
}

static void want_route(const struct engine *e, struct wish *wish, const json_t *path)
{
	if (!path || json_is_null(path))
		return;
	wish->route =
		stream_route(e->settings, json_string_value(path) ? json_string_value(path) : "");
	if (!wish->route)
		wish->detail = SLICE("route must be the path of a stream");
}

/* False: not JSON. */
static bool read_wish(const struct engine *e, struct exchange *x, struct wish *wish)
{
	json_error_t error;

	*wish = (struct wish){.route = stream_route(e->settings, NULL)};
	if (x->body.len == 0)
		return true;
	json_t *root = json_loadb(x->body.ptr, x->body.len, JSON_REJECT_DUPLICATES, &error);
	if (!json_is_object(root)) {
		json_decref(root);
		return false;
	}
	want_topics(wish, &x->arena, json_object_get(root, "topics"));
	if (!wish->detail.ptr)
		want_route(e, wish, json_object_get(root, "route"));
	json_decref(root);
	return true;
}

/* Without a list: what the path is bound to, or all that the credential may see. */
static void default_topics(struct wish *wish, const struct principal *p)
{
	const struct rights *may = &p->facts.subscribe;

	if (wish->topic_count > 0)
		return;
	for (size_t i = 0; i < wish->route->fixed_count; i++)
		wish->topics[wish->topic_count++] = wish->route->fixed_topics[i];
	for (size_t i = 0; wish->route->fixed_count == 0 && i < may->count && i < TOPIC_MAX_SET;
	     i++)
		wish->topics[wish->topic_count++] = may->patterns[i];
}

static enum refusal refusal_of(enum err err)
{
	switch ((int)err) {
	case E_NOT_FOUND:
		return REFUSAL_TOPIC;
	case E_RANGE:
		return REFUSAL_BAD_CREDENTIAL; /* it ended while we looked */
	case E_FULL:
		return REFUSAL_TICKETS_FULL;
	default:
		return REFUSAL_NO_MEMORY;
	}
}

static enum err mint(struct engine *e, const struct ask *ask, const struct wish *wish,
		     struct writer *w)
{
	char random[TICKET_RANDOM];
	struct grant_order order = {
		.principal = ask->principal,
		.route = wish->route->path,
		.now_ms = e->unix_ms,
		.ttl_ms = e->settings->ticket_ttl_ms,
	};

	if (!e->config.io.random(e->config.io.ctx, random, sizeof(random)))
		return E_NOMEM;
	return ticket_mint(e->config.tickets, &order, wish->topics, wish->topic_count,
			   (struct slice){random, sizeof(random)}, w);
}

/* A URL that a page can hand to EventSource as it stands. */
static void put_url(struct writer *w, const struct wish *wish, struct slice ticket)
{
	put(w, wish->route->path);
	put(w, SLICE("?"));
	for (size_t i = 0; wish->route->fixed_count == 0 && i < wish->topic_count; i++) {
		put(w, SLICE("topic="));
		url_encode(w, wish->topics[i]);
		put(w, SLICE("&"));
	}
	put(w, SLICE("ticket="));
	put(w, ticket);
}

#define URL_MAX (1024u + TOPIC_MAX_SET * (3u * TOPIC_MAX_LEN + 8u)) /* every byte escaped */

static void answer_ticket(struct engine *e, struct conn *c, const struct wish *wish,
			  struct slice ticket)
{
	char url[URL_MAX], json[URL_MAX + 256];
	struct writer u, w;

	writer_init(&u, url, sizeof(url));
	put_url(&u, wish, ticket);
	writer_init(&w, json, sizeof(json));
	put(&w, SLICE("{\"ticket\":"));
	put_json(&w, ticket);
	put(&w, SLICE(",\"expiresIn\":"));
	put_u64(&w, e->settings->ticket_ttl_ms / 1000);
	put(&w, SLICE(",\"url\":"));
	put_json(&w, writer_slice(&u));
	put(&w, SLICE("}\n"));
	e->counters.tickets++;
	answer_json(e, c, 200, writer_slice(&w));
}

void token_finish(struct engine *e, struct conn *c)
{
	struct exchange *x = c->x;
	char text[GRANT_MAX_TEXT + 1];
	struct writer ticket;
	struct wish wish;

	if (!read_wish(e, x, &wish)) {
		post_refuse(e, c, REFUSAL_BAD_JSON, SLICE("the body must be one JSON object"));
		return;
	}
	if (wish.detail.ptr || !wish.route) {
		post_refuse(e, c, REFUSAL_BAD_EVENT, wish.detail);
		return;
	}
	default_topics(&wish, x->ask.principal);
	writer_init(&ticket, text, sizeof(text));
	enum err err = wish.topic_count > 0 ? mint(e, &x->ask, &wish, &ticket) : E_NOT_FOUND;
	if (err)
		post_refuse(e, c, refusal_of(err), SLICE_NONE);
	else
		answer_ticket(e, c, &wish, writer_slice(&ticket));
}

static bool may_set_cookie(const struct engine *e, const struct conn *c)
{
	return c->x->ask.credential.source == CREDENTIAL_TICKET && c->x->ask.principal &&
	       e->config.resumes && e->settings->resume_ttl_ms > 0 &&
	       (c->x->https || addr_is_loopback(&c->x->addr));
}

/* Without the cookie a reconnect is refused softly, and the page fetches a new ticket. */
void token_put_cookie(struct engine *e, struct conn *c)
{
	struct exchange *x = c->x;
	char random[TICKET_RANDOM], text[GRANT_MAX_TEXT + 1], line[1024];
	struct writer value, w;

	if (!may_set_cookie(e, c) || !e->config.io.random(e->config.io.ctx, random, sizeof(random)))
		return;
	struct grant_order order = {
		.principal = x->ask.principal,
		.route = x->ask.route->path,
		.now_ms = e->unix_ms,
		.ttl_ms = e->settings->resume_ttl_ms,
	};
	writer_init(&value, text, sizeof(text));
	if (resume_mint(e->config.resumes, &order, (struct slice){random, sizeof(random)}, &value))
		return;
	struct resume_cookie cookie = {
		.value = writer_slice(&value),
		.path = x->ask.route->path,
		.max_age_s = e->settings->resume_ttl_ms / 1000,
		.secure = x->https,
		.cross_site = e->settings->cross_site,
	};
	writer_init(&w, line, sizeof(line));
	if (resume_cookie_put(&w, &cookie) == OK)
		x->set_cookie = arena_copy(&x->arena, writer_slice(&w));
}
