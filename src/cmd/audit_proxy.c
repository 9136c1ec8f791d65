/* SPDX-License-Identifier: Apache-2.0 */
/* audit_proxy.c - the proxy of `sluice audit`: from the command line, or from the environment. */
#include "cmd/audit.h"

#include <stdlib.h>

#define WANTED "an HTTP proxy, http://HOST:PORT"

/* The first of these variables that is there and not empty; ptr NULL: none. */
static struct slice from_env(const char *const *names, const char **ret_name)
{
	for (; *names; names++) {
		struct slice value = slice_of(getenv(*names));

		if (value.len > 0) {
			*ret_name = *names;
			return value;
		}
	}
	return SLICE_NONE;
}

/* The value may hold a password: only the name is told. */
static int read_variable(const struct args *args, const char *const *names, struct arena *arena,
			 struct audit_proxy *ret)
{
	const char *name = NULL;
	struct slice value = from_env(names, &name);

	if (value.ptr && proxy_parse(value, arena, ret))
		return usage_error(args, "%s of the environment is not " WANTED, name);
	return EXIT_OK;
}

/*
 * HTTP_PROXY is not looked at: a program that runs under CGI gets it from the client's field
 * Proxy (httpoxy).
 */
static int read_env(const struct args *args, struct arena *arena, struct audit_settings *s)
{
	static const char *const of_http[] = {"http_proxy", "ALL_PROXY", "all_proxy", NULL};
	static const char *const of_https[] = {"HTTPS_PROXY", "https_proxy", "ALL_PROXY",
					       "all_proxy", NULL};
	static const char *const of_none[] = {"NO_PROXY", "no_proxy", NULL};
	const char *name;
	int code = read_variable(args, of_http, arena, &s->proxy);

	if (!code)
		code = read_variable(args, of_https, arena, &s->https_proxy);
	s->no_proxy = from_env(of_none, &name);
	return code;
}

int audit_read_proxy(const struct args *args, struct arena *arena, struct audit_settings *s)
{
	const char *text = args_get(args, AUDIT_PROXY);

	if (!text)
		return EXIT_OK;
	if (s->way_count > 0 || s->unix_socket.ptr)
		return usage_error(args, "--proxy finds the target by itself: it does not go with "
					 "--resolve, --connect-to or --unix-socket");
	if (slice_eq(slice_of(text), SLICE("env")))
		return read_env(args, arena, s);
	if (proxy_parse(slice_of(text), arena, &s->proxy))
		return usage_error(args, "--proxy is not " WANTED ", and not env");
	if (s->proxy.authorization.ptr)
		return usage_error(args, "--proxy has a password, which ps would show: put the URL "
					 "into HTTPS_PROXY and give --proxy env");
	s->https_proxy = s->proxy;
	return EXIT_OK;
}
