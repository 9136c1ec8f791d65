/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/serve_sandbox.h"

#include "cmd/command.h"
#include "conf/form.h"
#include "http/url.h"
#include "os/trust_paths.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DNS_PORT 53u
/* Files of one listener, of all else, of the system. */
#define LISTEN_FILES (3u * CONF_MAX_CERTIFICATES + 1u)
#define OTHER_FILES  8u
#define SYSTEM_PATHS (TRUST_MAX_PATHS + 8u)

/* What has to stay readable: first what the configuration names, then what the system has. */
struct reads {
	struct sandbox_read *all;
	size_t count;
	size_t named;
};

/* Connections. */

static bool add_port(uint16_t ports[SERVE_SANDBOX_PORTS], size_t *count, struct slice url,
		     bool *ret_https)
{
	struct url parsed;

	if (!url.ptr || !conf_is_url(url) || url_parse(url, &parsed))
		return false;
	ports[(*count)++] = parsed.port;
	*ret_https |= parsed.https;
	return true;
}

static size_t find_ports(const struct settings *conf, uint16_t ports[SERVE_SANDBOX_PORTS],
			 bool *ret_https)
{
	size_t n = 0;
	bool fetches = add_port(ports, &n, conf->auth.jwt.keys, ret_https);

	fetches |= add_port(ports, &n, conf->auth.introspect.url, ret_https);
	/* Answers that do not fit a datagram come by TCP. */
	if (fetches)
		ports[n++] = DNS_PORT;
	return n;
}

/* Files. */

static void add(struct reads *r, const char *path, enum sandbox_kind kind)
{
	r->all[r->count++] = (struct sandbox_read){path, kind};
}

static void add_file(struct reads *r, struct slice path)
{
	if (path.ptr)
		add(r, path.ptr, SANDBOX_FILE);
}

static void add_files(struct reads *r, const struct slice *paths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		add_file(r, paths[i]);
}

/* All that a reload reads again. */
static void add_named(struct reads *r, const struct serve_setup *setup)
{
	const struct settings *conf = &setup->conf;

	if (setup->config_path)
		add(r, setup->config_path, SANDBOX_FILE);
	add_file(r, conf->publish.key_file);
	add_file(r, conf->auth.keys_file);
	if (!conf_is_url(conf->auth.jwt.keys))
		add_file(r, conf->auth.jwt.keys);
	add_file(r, conf->auth.jwt.ca_file);
	add_file(r, conf->auth.introspect.ca_file);
	for (size_t i = 0; i < conf->listen_count; i++) {
		const struct tls_settings *tls = &conf->listen[i].tls;

		add_files(r, tls->certificates, tls->certificate_count);
		add_files(r, tls->keys, tls->key_count);
		add_files(r, tls->ocsp, tls->ocsp_count);
		add_file(r, tls->client_ca);
	}
	r->named = r->count;
}

static void add_system(struct reads *r, struct trust_paths *trust, bool fetches, bool https)
{
	if (fetches) {
		add(r, "/etc/resolv.conf", SANDBOX_FILE);
		add(r, "/etc/hosts", SANDBOX_FILE);
		add(r, "/etc/nsswitch.conf", SANDBOX_FILE);
		add(r, "/etc/host.conf", SANDBOX_FILE);
	}
	if (!https)
		return;
	trust_paths(trust);
	for (size_t i = 0; i < trust->count; i++)
		add(r, trust->reads[i].path, trust->reads[i].kind);
}

/* What the person is told. */

static void warn_of_account(const struct serve_sandbox *s, const char *user)
{
	uid_t uid;
	gid_t gid;

	if (s->state.root)
		(void)fprintf(stderr, "sluice serve: warning: runs as root: set user in the "
				      "configuration, or start it as another account\n");
	else if (user && !s->state.switched &&
		 (sandbox_account(user, &uid, &gid) || uid != geteuid()))
		(void)fprintf(stderr,
			      "sluice serve: warning: does not become '%s': it was not started as "
			      "root\n",
			      user);
}

/* Better now than at the reload that is to bring a new certificate. */
static void warn_of_files(const struct reads *r)
{
	for (size_t i = 0; i < r->named; i++) {
		if (!sandbox_can_read(r->all[i].path))
			(void)fprintf(stderr,
				      "sluice serve: warning: '%s' cannot be read again without "
				      "the rights of the start: %s\n",
				      r->all[i].path, strerror(errno));
	}
}

static int complain(const char *what, enum err err)
{
	if (err == E_NOT_FOUND)
		(void)fprintf(stderr, "sluice serve: there is no account '%s'\n", what);
	else
		(void)fprintf(stderr, "sluice serve: cannot give up rights (%s): %s\n", what,
			      strerror(errno));
	return EXIT_USAGE;
}

static int enter(struct serve_sandbox *s, const struct serve_setup *setup, const struct reads *r)
{
	const struct sandbox_plan plan = {
		.user = setup->conf.user.ptr,
		.user_only = !s->on,
		.reads = r->all,
		.read_count = r->count,
		.ports = s->ports,
		.port_count = s->port_count,
	};
	const char *what = "memory";
	enum err err = sandbox_enter(&plan, &s->state, &what);

	if (err)
		return complain(what, err);
	warn_of_account(s, plan.user);
	warn_of_files(r);
	if (!s->on)
		(void)fprintf(stderr,
			      "sluice serve: warning: %s: the server keeps all rights of its "
			      "account: files, programs, connections\n",
			      setup->no_sandbox ? "--no-sandbox" : "sandbox is false");
	return EXIT_OK;
}

int serve_sandbox_enter(struct serve_sandbox *s, const struct serve_setup *setup)
{
	size_t most = OTHER_FILES + SYSTEM_PATHS + setup->conf.listen_count * LISTEN_FILES;
	struct reads r = {.all = calloc(most, sizeof(*r.all))};
	struct trust_paths *trust = calloc(1, sizeof(*trust));
	int code = EXIT_USAGE;

	*s = (struct serve_sandbox){.on = !setup->no_sandbox && setup->conf.sandbox};
	s->port_count = find_ports(&setup->conf, s->ports, &s->https);
	if (r.all && trust) {
		add_named(&r, setup);
		add_system(&r, trust, s->port_count > 0, s->https);
		code = enter(s, setup, &r);
	} else {
		code = complain("memory", E_NOMEM);
	}
	free(trust);
	free(r.all);
	return code;
}

static void put_part(struct writer *w, const char *name, bool on, const char *why)
{
	put(w, on ? SLICE(", ") : SLICE(", no "));
	put(w, slice_of(name));
	if (on)
		return;
	put(w, SLICE(" ("));
	put(w, slice_of(why));
	put(w, SLICE(")"));
}

/* As "no new privileges, landlock 7, seccomp (62 system calls)". */
static void put_state(struct writer *w, const struct sandbox_state *state)
{
	put(w, SLICE("no new privileges"));
	put_part(w, "landlock", state->landlock > 0, state->landlock_why);
	if (state->landlock > 0) {
		put(w, SLICE(" "));
		put_u64(w, state->landlock);
	}
	put_part(w, "seccomp", state->system_calls > 0, state->seccomp_why);
	if (state->system_calls > 0) {
		put(w, SLICE(" ("));
		put_u64(w, state->system_calls);
		put(w, SLICE(" system calls)"));
	}
}

void serve_sandbox_filter(struct serve_sandbox *s)
{
	char text[256];
	struct writer w;

	if (!s->on)
		return;
	sandbox_filter(s->port_count > 0, &s->state);
	writer_init(&w, text, sizeof(text));
	put_state(&w, &s->state);
	(void)fprintf(stderr, "sandbox: %.*s\n", SLICE_ARG(writer_slice(&w)));
}

/* Reload. */

static bool has_port(const struct serve_sandbox *s, uint16_t port)
{
	for (size_t i = 0; i < s->port_count; i++) {
		if (s->ports[i] == port)
			return true;
	}
	return false;
}

bool serve_sandbox_covers(const struct serve_sandbox *s, const struct settings *conf,
			  struct writer *why)
{
	uint16_t ports[SERVE_SANDBOX_PORTS];
	bool https = false;
	size_t n = find_ports(conf, ports, &https);

	if (!s->on)
		return true;
	for (size_t i = 0; i < n; i++) {
		if (has_port(s, ports[i]))
			continue;
		put(why, SLICE("the sandbox has shut connections to port "));
		put_u64(why, ports[i]);
		put(why, SLICE(", which auth wants: restart the server"));
		return false;
	}
	if (!https || s->https)
		return true;
	put(why, SLICE("the sandbox has shut the system's certificate authorities, which auth "
		       "wants: restart the server"));
	return false;
}
