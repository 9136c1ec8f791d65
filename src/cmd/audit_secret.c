/* SPDX-License-Identifier: Apache-2.0 */
/* audit_secret.c - the credentials of `sluice audit`: from a file, the environment or argv. */
#include "cmd/audit.h"

#include "cmd/secret.h"
#include "http/chars.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAULT_MAX   512u
#define MAX_COOKIES 24u /* of one identity: RECORDER_MAX_SECRETS has room for both */

/* *ret_exposed: it stood in argv, where ps shows it. */
static enum err read_value(struct arena *arena, struct slice text, struct slice *ret,
			   bool *ret_exposed, struct writer *fault)
{
	if (slice_starts(text, SLICE("@")))
		return secret_read(arena, slice_from(text, 1), ret, fault);
	if (!slice_starts(text, SLICE("env:"))) {
		*ret_exposed = true;
		*ret = text;
	} else {
		struct slice name = arena_copy(arena, slice_from(text, 4));
		const char *value = name.ptr ? getenv(name.ptr) : NULL;

		if (!value) {
			put(fault, slice_from(text, 4));
			put(fault, SLICE(": no such variable in the environment"));
			return E_NOT_FOUND;
		}
		*ret = slice_of(value);
	}
	if (ret->len > 0 && ret->len <= SECRET_MAX && text_run(*ret) == ret->len)
		return OK;
	put(fault, SLICE("a credential must be one line of text"));
	return E_SYNTAX;
}

static struct slice join(struct arena *arena, struct slice a, struct slice b)
{
	char *room = arena_alloc(arena, a.len + b.len + 1);
	struct writer w;

	if (!room)
		return SLICE_NONE;
	writer_init(&w, room, a.len + b.len);
	put(&w, a);
	put(&w, b);
	return writer_slice(&w);
}

/* "name=value", "name=@FILE", "name=env:NAME", or all of it as @FILE or env:NAME. */
static enum err read_cookie(struct arena *arena, struct slice text, struct slice *ret,
			    bool *ret_exposed, struct writer *fault)
{
	struct slice value;
	size_t eq = slice_find(text, '=');

	if (slice_starts(text, SLICE("@")) || slice_starts(text, SLICE("env:")))
		return read_value(arena, text, ret, ret_exposed, fault);
	if (eq == text.len || eq == 0) {
		put(fault, SLICE("a cookie is NAME=VALUE, NAME=@FILE or NAME=env:NAME"));
		return E_SYNTAX;
	}
	enum err err = read_value(arena, slice_from(text, eq + 1), &value, ret_exposed, fault);
	if (!err)
		*ret = join(arena, slice_upto(text, eq + 1), value);
	return err;
}

static size_t pairs_of(struct slice cookies)
{
	size_t n = 1;

	for (size_t i = 0; i < cookies.len; i++)
		n += cookies.ptr[i] == ';';
	return n;
}

static enum err add_cookies(const struct args *args, size_t option, struct arena *arena,
			    struct audit_credential *c, bool *exposed, struct writer *fault)
{
	struct slice all = SLICE_NONE;
	const char *text;

	for (size_t i = 0; (text = args_nth(args, option, i)); i++) {
		struct slice cookie;
		enum err err = read_cookie(arena, slice_of(text), &cookie, exposed, fault);

		if (err)
			return err;
		all = all.ptr ? join(arena, join(arena, all, SLICE("; ")), cookie) : cookie;
	}
	if (pairs_of(all) > MAX_COOKIES) {
		put(fault, SLICE("too many cookies: 24 are the most"));
		return E_RANGE;
	}
	if (all.ptr)
		c->fields[c->count++] = (struct http_field){SLICE("Cookie"), all};
	return OK;
}

static enum err add_bearer(const struct args *args, size_t option, struct arena *arena,
			   struct audit_credential *c, bool *exposed, struct writer *fault)
{
	const char *text = args_get(args, option);
	struct slice token;

	if (!text)
		return OK;
	enum err err = read_value(arena, slice_of(text), &token, exposed, fault);
	if (!err)
		c->fields[c->count++] = (struct http_field){SLICE("Authorization"),
							    join(arena, SLICE("Bearer "), token)};
	return err;
}

/* A secret goes to https, or stays on this machine. */
static int check_way(const struct args *args, const struct url *url)
{
	if (url_is_private(url))
		return EXIT_OK;
	return usage_error(args,
			   "the credential would travel in clear to %.*s: plain http with one is "
			   "for this machine only",
			   SLICE_ARG(url->authority));
}

static int check_ways(const struct args *args, const struct audit_settings *s)
{
	int code = check_way(args, &s->url);

	if (!code && s->has_ticket_url)
		code = check_way(args, &s->ticket_url);
	for (size_t i = 0; !code && i < s->via_count; i++)
		code = check_way(args, &s->via_urls[i]);
	return code;
}

int audit_read_credentials(const struct args *args, struct arena *arena, struct audit_settings *s)
{
	char text[FAULT_MAX];
	struct writer fault;
	bool exposed = false;
	enum err err;

	writer_init(&fault, text, sizeof(text));
	err = add_cookies(args, AUDIT_COOKIE, arena, &s->first, &exposed, &fault);
	if (!err)
		err = add_bearer(args, AUDIT_BEARER, arena, &s->first, &exposed, &fault);
	if (!err)
		err = add_cookies(args, AUDIT_COOKIE2, arena, &s->second, &exposed, &fault);
	if (!err)
		err = add_bearer(args, AUDIT_BEARER2, arena, &s->second, &exposed, &fault);
	if (err)
		return usage_error(args, "%.*s", SLICE_ARG(writer_slice(&fault)));
	if (s->second.count > 0 && s->first.count == 0)
		return usage_error(args, "a second identity needs a first: --cookie or --bearer");
	if (s->has_ticket_url && s->first.count == 0)
		return usage_error(args, "--ticket-url needs --cookie or --bearer");
	if (exposed)
		(void)fputs("sluice audit: warning: a credential on the command line can be read "
			    "with ps; put it in a file and give @FILE, or env:NAME\n",
			    stderr);
	return s->first.count > 0 ? check_ways(args, s) : EXIT_OK;
}
