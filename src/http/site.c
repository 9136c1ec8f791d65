/* SPDX-License-Identifier: Apache-2.0 */
#include "http/site.h"

#include "http/origin.h"

#include <libpsl.h>
#include <string.h>

/* The root's dot names the same host. */
static struct slice without_root(struct slice host)
{
	return host.len > 1 && host.ptr[host.len - 1] == '.' ? slice_upto(host, host.len - 1)
							     : host;
}

/* The registrable domain as a part of `host`; `host` itself where it has none. */
static struct slice domain_of(struct slice host)
{
	char name[SITE_MAX_HOST + 1];

	/* Addresses have no domains: 1.2.3.4 is not below 3.4. */
	if (host.len > SITE_MAX_HOST || host_is_literal(host))
		return host;
	for (size_t i = 0; i < host.len; i++) {
		char c = host.ptr[i];

		name[i] = c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
	}
	name[host.len] = '\0';
	const char *domain = psl_registrable_domain(psl_builtin(), name);

	return domain ? slice_from(host, host.len - strlen(domain)) : host;
}

bool site_is_same(struct slice a, struct slice b)
{
	return slice_eq_nocase(domain_of(without_root(a)), domain_of(without_root(b)));
}
