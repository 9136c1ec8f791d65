/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/reader.h"
#include "http/network.h"
#include "identity/jws_alg.h"

#include <string.h>

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

/* Any key of it: a half of it is judged as one, not passed over. */
static bool has_jwt(const struct check *c)
{
	const struct jwt_settings *jwt = &c->settings->auth.jwt;

	return jwt->keys.ptr || jwt->issuer.ptr || jwt->audience_count > 0 || jwt->algorithms ||
	       conf_tree_find(c->root, SLICE("auth.jwt"));
}

static bool has_introspect(const struct check *c)
{
	return c->settings->auth.introspect.url.ptr ||
	       conf_tree_find(c->root, SLICE("auth.introspect"));
}

/* A cookie or a bearer credential. */
static bool can_check(const struct check *c)
{
	return c->settings->auth.keys_file.ptr || has_jwt(c) || has_introspect(c);
}

static bool can_authenticate(const struct check *c)
{
	for (size_t i = 0; i < c->settings->listen_count; i++) {
		if (c->settings->listen[i].tls.client_ca.ptr)
			return true;
	}
	return can_check(c);
}

static void check_exposure(const struct check *c)
{
	const struct settings *s = c->settings;
	bool readable = can_authenticate(c) || has_public_topics(s);

	for (size_t i = 0; i < s->listen_count; i++) {
		struct conf_at at = entry_place(c, SLICE("listen"), i);

		if (s->listen[i].loopback)
			continue;
		if (!readable)
			refuse_shown(c, SLICE("listen"), at, s->listen[i].address,
				     SLICE("not on loopback, and nobody could be told apart or "
					   "let in: set auth.keys-file, auth.jwt, "
					   "auth.introspect or listen[].tls.client-ca, or public "
					   "topics on a route (routes[].hub.public)"));
		if (s->hosts.host_count == 0)
			refuse_shown(c, SLICE("listen"), at, s->listen[i].address,
				     SLICE("not on loopback, so name the hosts that it answers "
					   "for: hosts: [stream.example], or [\"*\"] for all"));
	}
}

/* The kernel lets several sockets of ours share a port, and gives connections to any of them. */
static bool is_one_port(const struct listen_settings *a, const struct listen_settings *b)
{
	return a->port > 0 && a->port == b->port && a->addr.family == b->addr.family &&
	       memcmp(a->addr.bytes, b->addr.bytes, sizeof(a->addr.bytes)) == 0;
}

static bool is_listener_above(const struct settings *s, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (is_one_port(&s->listen[i], &s->listen[j]))
			return true;
	}
	return false;
}

static void check_ports(const struct check *c)
{
	const struct settings *s = c->settings;

	for (size_t i = 0; i < s->listen_count; i++) {
		if (is_listener_above(s, i))
			refuse_shown(c, SLICE("listen"), entry_place(c, SLICE("listen"), i),
				     s->listen[i].address, SLICE("taken by a listener above"));
		if (is_one_port(&s->listen[i], &s->admin))
			refuse_shown(c, SLICE("admin"), place(c, SLICE("admin")), s->admin.address,
				     SLICE("taken by listen"));
	}
}

static void check_http2(const struct check *c)
{
	const struct settings *s = c->settings;

	for (size_t i = 0; !s->http2.enabled && i < s->listen_count; i++) {
		if (s->listen[i].h2c == CONF_H2C_ON)
			refuse_shown(c, SLICE("listen[].h2c"), entry_place(c, SLICE("listen"), i),
				     s->listen[i].address,
				     SLICE("http2.enabled is false: nobody could speak it here"));
	}
}

/* Where listen[`i`] has the key below tls, or else tls itself. */
static struct conf_at tls_place(const struct check *c, size_t i, struct slice key)
{
	const struct conf_node *list = conf_tree_find(c->root, SLICE("listen"));
	const struct conf_node *tls = conf_tree_find(conf_tree_entry(list, i), SLICE("tls"));
	const struct conf_node *node = conf_tree_find(tls, key);

	return node ? node->at : tls ? tls->at : (struct conf_at){0, 0};
}

/* "2 certificates and 1 key: ..." */
static void refuse_counts(const struct check *c, size_t i, struct slice path, struct slice key,
			  size_t count)
{
	const struct tls_settings *tls = &c->settings->listen[i].tls;
	struct conf_message m;

	conf_message_init(&m);
	put_u64(&m.w, count);
	put(&m.w, SLICE(" for certificates: "));
	put_u64(&m.w, tls->certificate_count);
	put(&m.w, SLICE("; list one for each, in their order"));
	refuse(c, path, tls_place(c, i, key), conf_message_slice(&m));
}

static void check_tls_files(const struct check *c, size_t i)
{
	const struct tls_settings *tls = &c->settings->listen[i].tls;

	if (tls->certificate_count == 0)
		refuse(c, SLICE("listen[].tls.certificate"), tls_place(c, i, SLICE("certificate")),
		       SLICE("missing: TLS needs a certificate and its key"));
	else if (tls->key_count == 0)
		refuse(c, SLICE("listen[].tls.key"), tls_place(c, i, SLICE("key")),
		       SLICE("missing: a certificate is of no use without its key"));
	else if (tls->key_count != tls->certificate_count)
		refuse_counts(c, i, SLICE("listen[].tls.key"), SLICE("key"), tls->key_count);
	else if (tls->ocsp_count > 0 && tls->ocsp_count != tls->certificate_count)
		refuse_counts(c, i, SLICE("listen[].tls.ocsp"), SLICE("ocsp"), tls->ocsp_count);
}

static void check_tls(const struct check *c)
{
	for (size_t i = 0; i < c->settings->listen_count; i++) {
		const struct tls_settings *tls = &c->settings->listen[i].tls;

		/* Settings that no file has: nothing but addresses. */
		if (tls_place(c, i, SLICE("")).line == 0)
			continue;
		check_tls_files(c, i);
		if (tls->client_certificate == CONF_CLIENT_CERTIFICATE_REQUIRED &&
		    !tls->client_ca.ptr)
			refuse(c, SLICE("listen[].tls.client-certificate"),
			       tls_place(c, i, SLICE("client-certificate")),
			       SLICE("'required' without client-ca: no certificate would do; name "
				     "the file of the authorities"));
	}
}

/* Nobody is asked who they are there. */
static void check_admin(const struct check *c)
{
	const struct listen_settings *admin = &c->settings->admin;

	if (admin->address.ptr && !admin->loopback)
		refuse_shown(c, SLICE("admin"), place(c, SLICE("admin")), admin->address,
			     SLICE("not on loopback: whoever connects there may read the metrics; "
				   "write 127.0.0.1 and let an agent on this machine fetch them"));
}

static void check_cookie(const struct check *c)
{
	if (c->settings->auth.cookie.ptr && !can_check(c))
		conf_report_warning(c->r->report, place(c, SLICE("auth.cookie")),
				    SLICE("auth.cookie: without auth.keys-file, auth.jwt or "
					  "auth.introspect no cookie is ever valid"));
}

/* At the group that lacks it. */
static void refuse_missing(const struct check *c, struct slice path, struct slice why)
{
	const struct conf_option *option = conf_option_find(path);
	struct conf_message m;

	conf_message_init(&m);
	put(&m.w, SLICE("missing: "));
	put(&m.w, why);
	conf_refuse(c->r, option, place(c, conf_option_parent(option)), conf_message_slice(&m));
}

static void check_jwt(const struct check *c)
{
	const struct jwt_settings *jwt = &c->settings->auth.jwt;

	if (!has_jwt(c))
		return;
	if (!jwt->keys.ptr)
		refuse_missing(c, SLICE("auth.jwt.keys"),
			       SLICE("no token could be verified; name a file or the https:// "
				     "URL of a JWKS"));
	if (!jwt->issuer.ptr)
		refuse_missing(c, SLICE("auth.jwt.issuer"),
			       SLICE("a token of any issuer would do; write what the iss of your "
				     "tokens says"));
	if (jwt->audience_count == 0)
		refuse_missing(c, SLICE("auth.jwt.audience"),
			       SLICE("a token that was meant for another service would do; write "
				     "what the aud of your tokens says"));
	if (!jwt->algorithms)
		refuse_missing(c, SLICE("auth.jwt.algorithms"),
			       SLICE("a token would choose how it is verified; list what your "
				     "issuer signs with: [ES256]"));
}

/* The place of the word HS256. */
static struct conf_at hs256_place(const struct check *c)
{
	const struct conf_node *list = conf_tree_find(c->root, SLICE("auth.jwt.algorithms"));
	const struct conf_node *entry = conf_tree_entry(list, 0);

	while (entry && !slice_eq(entry->text, jws_alg_name(JWS_HS256)))
		entry = entry->next;
	return entry ? entry->at : (struct conf_at){0, 0};
}

static void check_secret(const struct check *c)
{
	const struct jwt_settings *jwt = &c->settings->auth.jwt;

	if ((jwt->algorithms & JWS_ALG_BIT(JWS_HS256)) && jwt->keys.ptr && conf_is_url(jwt->keys))
		refuse(c, SLICE("auth.jwt.algorithms"), hs256_place(c),
		       SLICE("'HS256' with auth.jwt.keys from a URL: a published secret is none; "
			     "keep it in a file, or sign with ES256"));
}

static void check_introspect(const struct check *c)
{
	if (has_introspect(c) && !c->settings->auth.introspect.url.ptr)
		refuse_missing(c, SLICE("auth.introspect.url"), SLICE("nobody could be asked"));
}

/* Paths with one owner each; routes have the others. An earlier row is there first. */
static const struct slice fixed_paths[] = {
	SLICE_INIT("publish.path"),
	SLICE_INIT("auth.ticket.path"),
	SLICE_INIT("auth.revoke.path"),
};

#define FIXED_PATHS (sizeof(fixed_paths) / sizeof(fixed_paths[0]))

static const void *field_of(const struct check *c, struct slice path)
{
	return (const char *)c->settings + conf_option_find(path)->offset;
}

static struct slice text_of(const struct check *c, struct slice path)
{
	return *(const struct slice *)field_of(c, path);
}

/* Where neither is in the file, they are defaults: those do not clash. */
static void refuse_clash(const struct check *c, struct slice path, struct conf_at at,
			 struct slice text, struct slice owner)
{
	struct conf_message m;

	conf_message_init(&m);
	put(&m.w, SLICE("taken by "));
	put(&m.w, owner);
	refuse_shown(c, path, at.line > 0 ? at : place(c, owner), text, conf_message_slice(&m));
}

/* Reports `text`, the value of option `path`, where the first `count` fixed paths have it. */
static void check_path(const struct check *c, struct slice path, struct conf_at at,
		       struct slice text, size_t count)
{
	if (slice_eq(text, SLICE("/healthz")))
		refuse_shown(c, path, at, text, SLICE("taken: it answers health checks"));
	for (size_t i = 0; i < count; i++) {
		if (slice_eq(text, text_of(c, fixed_paths[i])))
			refuse_clash(c, path, at, text, fixed_paths[i]);
	}
}

static void check_fixed_paths(const struct check *c)
{
	for (size_t i = 0; i < FIXED_PATHS; i++)
		check_path(c, fixed_paths[i], place(c, fixed_paths[i]), text_of(c, fixed_paths[i]),
			   i);
}

static bool is_route_above(const struct settings *s, size_t i)
{
	for (size_t j = 0; j < i; j++) {
		if (slice_eq(s->routes[i].path, s->routes[j].path))
			return true;
	}
	return false;
}

static void check_routes(const struct check *c)
{
	const struct settings *s = c->settings;

	for (size_t i = 0; i < s->route_count; i++) {
		struct conf_at at = entry_place(c, SLICE("routes"), i);

		check_path(c, SLICE("routes[].path"), at, s->routes[i].path, FIXED_PATHS);
		if (is_route_above(s, i))
			refuse_shown(c, SLICE("routes[].path"), at, s->routes[i].path,
				     SLICE("taken by a route above"));
	}
}

static uint64_t number_of(const struct check *c, struct slice path)
{
	return *(const uint64_t *)field_of(c, path);
}

/* "1h is more than limits.lag, 30s" */
static void put_excess(struct writer *w, const struct check *c, struct slice low_path,
		       struct slice high_path)
{
	conf_put_bound(w, conf_option_find(low_path), number_of(c, low_path));
	put(w, SLICE(" is more than "));
	put(w, high_path);
	put(w, SLICE(", "));
	conf_put_bound(w, conf_option_find(high_path), number_of(c, high_path));
}

/* The place of the first if the file has it, or else of the second. */
static struct conf_at place_of_either(const struct check *c, struct slice first,
				      struct slice second)
{
	struct conf_at at = place(c, first);

	return at.line > 0 ? at : place(c, second);
}

/*
 * A credential that outlives its revocation is good again. A ticket cannot: its longest life is
 * the shortest memory.
 */
static void check_memory(const struct check *c)
{
	static const struct slice lives[] = {
		SLICE_INIT("auth.jwt.max-lifetime"),
		SLICE_INIT("auth.ticket.resume-ttl"),
	};
	struct slice keep = SLICE("auth.revoke.keep");

	for (size_t i = 0; can_authenticate(c) && i < sizeof(lives) / sizeof(lives[0]); i++) {
		struct conf_message m;

		if (number_of(c, lives[i]) <= number_of(c, keep))
			continue;
		conf_message_init(&m);
		put(&m.w, lives[i]);
		put(&m.w, SLICE(": "));
		put_excess(&m.w, c, lives[i], keep);
		put(&m.w, SLICE(": what was revoked could be good again"));
		conf_report_warning(c->r->report, place_of_either(c, lives[i], keep),
				    conf_message_slice(&m));
	}
}

/* At the higher of the two if the file has it: that is the one which was set too low. */
static void check_pair(const struct check *c, struct slice low_path, struct slice high_path)
{
	const struct conf_option *high = conf_option_find(high_path);
	struct conf_message m;

	/* 0 is `auto` or `off` where there is such a word. */
	if (number_of(c, low_path) <= number_of(c, high_path) ||
	    (high->word.ptr && number_of(c, high_path) == 0))
		return;
	conf_message_init(&m);
	put_excess(&m.w, c, low_path, high_path);
	refuse(c, low_path, place_of_either(c, high_path, low_path), conf_message_slice(&m));
}

/* A word that is worth something comes from somebody who was named, not from everybody. */
static void check_proxies(const struct check *c)
{
	const struct settings *s = c->settings;

	for (size_t i = 0; i < s->proxies.trusted_count; i++) {
		struct network network;

		if (network_parse(s->proxies.trusted[i], &network) == OK && network.bits == 0)
			refuse_shown(c, SLICE("proxies.trusted"),
				     entry_place(c, SLICE("proxies.trusted"), i),
				     s->proxies.trusted[i],
				     SLICE("every client could say where it comes from: name the "
					   "networks of the proxies"));
	}
	for (size_t i = 0; i < s->listen_count; i++) {
		if (s->listen[i].proxy_protocol && s->proxies.trusted_count == 0)
			refuse_shown(c, SLICE("listen[].proxy-protocol"),
				     entry_place(c, SLICE("listen"), i), s->listen[i].address,
				     SLICE("nobody could connect: name who may send the header in "
					   "proxies.trusted"));
	}
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
	{SLICE_INIT("limits.connect-rate.rate"), SLICE_INIT("limits.connect-rate.burst")},
	{SLICE_INIT("limits.emission.rate"), SLICE_INIT("limits.emission.burst")},
	{SLICE_INIT("history.memory"), SLICE_INIT("limits.memory")},
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
	{check_ports, {SLICE_INIT("listen"), SLICE_INIT("admin")}},
	{check_http2, {SLICE_INIT("listen"), SLICE_INIT("http2")}},
	{check_tls, {SLICE_INIT("listen")}},
	{check_admin, {SLICE_INIT("admin")}},
	{check_cookie, {SLICE_INIT("auth")}},
	{check_jwt, {SLICE_INIT("auth.jwt")}},
	{check_secret, {SLICE_INIT("auth.jwt")}},
	{check_introspect, {SLICE_INIT("auth.introspect")}},
	{check_memory, {SLICE_INIT("auth")}},
	{check_proxies, {SLICE_INIT("listen"), SLICE_INIT("proxies")}},
	{check_fixed_paths,
	 {SLICE_INIT("publish.path"), SLICE_INIT("auth.ticket.path"),
	  SLICE_INIT("auth.revoke.path")}},
	{check_routes,
	 {SLICE_INIT("routes"), SLICE_INIT("publish.path"), SLICE_INIT("auth.ticket.path"),
	  SLICE_INIT("auth.revoke.path")}},
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
