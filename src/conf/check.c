/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/reader.h"

struct check {
	struct conf_reader *r;
	const struct settings *settings;
	const struct conf_node *root;
};

/* Where the option stands; {0, 0} if the file does not have it. */
static struct conf_at place(const struct check *c, struct slice path)
{
	const struct conf_node *node = conf_tree_find(c->root, path);

	return node ? node->at : (struct conf_at){0, 0};
}

static struct conf_at entry_place(const struct check *c, struct slice path, size_t index)
{
	const struct conf_node *list = conf_tree_find(c->root, path);
	const struct conf_node *entry = conf_tree_entry(list, index);

	return entry ? entry->at : place(c, path);
}

static void refuse(const struct check *c, struct slice path, struct conf_at at,
		   struct slice message)
{
	conf_refuse(c->r, conf_option_find(path), at, message);
}

/* "SHOWN: why" */
static void refuse_shown(const struct check *c, struct slice path, struct conf_at at,
			 struct slice shown, struct slice why)
{
	struct conf_message m;

	conf_message_init(&m);
	conf_put_shown(&m.w, shown);
	put(&m.w, SLICE(": "));
	put(&m.w, why);
	refuse(c, path, at, conf_message_slice(&m));
}

static size_t find_star(const struct slice *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (slice_eq(list[i], SLICE("*")))
			return i;
	}
	return count;
}

static void check_hosts(const struct check *c)
{
	const struct host_rules *hosts = &c->settings->hosts;
	size_t star = find_star(hosts->hosts, hosts->host_count);

	if (star == hosts->host_count)
		return;
	if (hosts->host_count > 1) {
		refuse(c, SLICE("hosts"), entry_place(c, SLICE("hosts"), star),
		       SLICE("'*' stands alone: it already means every host"));
		return;
	}
	conf_report_warning(c->r->report, entry_place(c, SLICE("hosts"), star),
			    SLICE("hosts: '*' answers for every name: a hostile page can reach "
				  "this server by DNS rebinding; list the names if you can"));
}

/* conf.c has turned a lone star into `any`. */
static void check_cors(const struct check *c)
{
	const struct cors_rules *cors = &c->settings->cors;
	size_t star = find_star(cors->origins, cors->origin_count);

	if (star < cors->origin_count)
		refuse(c, SLICE("cors.origins"), entry_place(c, SLICE("cors.origins"), star),
		       SLICE("'*' stands alone: it already means every origin"));
	if (cors->any && cors->credentials)
		refuse(c, SLICE("cors.origins"), entry_place(c, SLICE("cors.origins"), 0),
		       SLICE("'*' with cors.credentials would let every site read as its "
			     "visitor: list the origins, or leave out credentials"));
}

static bool has_public_topics(const struct settings *s)
{
	for (size_t i = 0; i < s->route_count; i++) {
		if (s->routes[i].public_count > 0)
			return true;
	}
	return false;
}

static void check_exposure(const struct check *c)
{
	const struct settings *s = c->settings;
	bool readable = s->auth.keys_file.ptr || has_public_topics(s);

	for (size_t i = 0; i < s->listen_count; i++) {
		struct conf_at at = entry_place(c, SLICE("listen"), i);

		if (s->listen[i].loopback)
			continue;
		if (!readable)
			refuse_shown(c, SLICE("listen"), at, s->listen[i].address,
				     SLICE("not on loopback, and nobody could be told apart or "
					   "let in: set auth.keys-file, or public topics on a "
					   "route (routes[].hub.public)"));
		if (s->hosts.host_count == 0)
			refuse_shown(c, SLICE("listen"), at, s->listen[i].address,
				     SLICE("not on loopback, so name the hosts that it answers "
					   "for: hosts: [stream.example], or [\"*\"] for all"));
	}
}

static void check_cookie(const struct check *c)
{
	if (c->settings->auth.cookie.ptr && !c->settings->auth.keys_file.ptr)
		conf_report_warning(c->r->report, place(c, SLICE("auth.cookie")),
				    SLICE("auth.cookie: without auth.keys-file no cookie is "
					  "ever valid"));
}

static bool is_health_path(struct slice path)
{
	return slice_eq(path, SLICE("/healthz"));
}

static void check_publish_path(const struct check *c)
{
	if (is_health_path(c->settings->publish.path))
		refuse(c, SLICE("publish.path"), place(c, SLICE("publish.path")),
		       SLICE("'/healthz' is taken: it answers health checks"));
}

/* NULL: the path is free for route `i`. */
static const char *path_owner(const struct settings *s, size_t i)
{
	struct slice path = s->routes[i].path;

	if (is_health_path(path))
		return "taken: it answers health checks";
	if (slice_eq(path, s->publish.path))
		return "taken by publish.path";
	for (size_t j = 0; j < i; j++) {
		if (slice_eq(path, s->routes[j].path))
			return "taken by a route above";
	}
	return NULL;
}

static void check_routes(const struct check *c)
{
	for (size_t i = 0; i < c->settings->route_count; i++) {
		const char *owner = path_owner(c->settings, i);

		if (owner)
			refuse_shown(c, SLICE("routes[].path"), entry_place(c, SLICE("routes"), i),
				     c->settings->routes[i].path, slice_of(owner));
	}
}

static uint64_t number_of(const struct check *c, const struct conf_option *option)
{
	const void *field = (const char *)c->settings + option->offset;

	return *(const uint64_t *)field;
}

/* At the higher of the two if the file has it: that is the one which was set too low. */
static void check_pair(const struct check *c, struct slice low_path, struct slice high_path)
{
	const struct conf_option *low = conf_option_find(low_path);
	const struct conf_option *high = conf_option_find(high_path);
	struct conf_at at = place(c, high_path);
	struct conf_message m;

	/* 0 is `auto` or `off` where there is such a word. */
	if (number_of(c, low) <= number_of(c, high) || (high->word.ptr && !number_of(c, high)))
		return;
	conf_message_init(&m);
	conf_put_bound(&m.w, low, number_of(c, low));
	put(&m.w, SLICE(" is more than "));
	put(&m.w, high_path);
	put(&m.w, SLICE(", "));
	conf_put_bound(&m.w, high, number_of(c, high));
	refuse(c, low_path, at.line > 0 ? at : place(c, low_path), conf_message_slice(&m));
}

static bool is_faulty(const struct check *c, struct slice path)
{
	for (size_t i = 0; path.ptr && i < CONF_OPTION_COUNT; i++) {
		if (c->r->faulty[i] && slice_starts(conf_options[i].path, path))
			return true;
	}
	return false;
}

static const struct {
	struct slice low;
	struct slice high;
} pairs[] = {
    {SLICE_INIT("retry.min"), SLICE_INIT("retry.max")},
    {SLICE_INIT("retry.drain-min"), SLICE_INIT("retry.drain-max")},
    {SLICE_INIT("publish.max-event"), SLICE_INIT("publish.max-body")},
    {SLICE_INIT("limits.streams"), SLICE_INIT("limits.connections")},
    {SLICE_INIT("drain.window"), SLICE_INIT("drain.deadline")},
};

static const struct {
	void (*judge)(const struct check *);
	struct slice looks_at[4]; /* options, or what their paths begin with */
} checks[] = {
    {check_hosts, {SLICE_INIT("hosts")}},
    {check_cors, {SLICE_INIT("cors")}},
    {check_exposure,
     {SLICE_INIT("listen"), SLICE_INIT("hosts"), SLICE_INIT("auth"), SLICE_INIT("routes")}},
    {check_cookie, {SLICE_INIT("auth")}},
    {check_publish_path, {SLICE_INIT("publish.path")}},
    {check_routes, {SLICE_INIT("routes"), SLICE_INIT("publish.path")}},
};

void conf_check(struct conf_reader *r, const struct settings *settings,
		const struct conf_node *root)
{
	struct check c = {r, settings, root};

	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		if (!is_faulty(&c, pairs[i].low) && !is_faulty(&c, pairs[i].high))
			check_pair(&c, pairs[i].low, pairs[i].high);
	}
	for (size_t i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		bool faulty = false;

		for (size_t j = 0; j < sizeof(checks[i].looks_at) / sizeof(struct slice); j++)
			faulty |= is_faulty(&c, checks[i].looks_at[j]);
		if (!faulty)
			checks[i].judge(&c);
	}
}
