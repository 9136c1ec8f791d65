/* SPDX-License-Identifier: Apache-2.0 */
#include "http/site.h"

#include "http/origin.h"

#include <libpsl.h>
#include <string.h>

/* The registrable domain as a part of `host`; `host` itself where it has none. */
static struct slice domain_of(struct slice host)
{
	char name[HOST_MAX + 1];

	/* Addresses have no domains: 1.2.3.4 is not below 3.4. */
	if (host.len > HOST_MAX || host_is_literal(host))
		return host;
	for (size_t i = 0; i < host.len; i++)
		name[i] = ascii_lower(host.ptr[i]);
	name[host.len] = '\0';
	const char *domain = psl_registrable_domain(psl_builtin(), name);

	return domain ? slice_from(host, host.len - strlen(domain)) : host;
}

bool site_is_same(struct slice a, struct slice b)
{
	return slice_eq_nocase(domain_of(host_without_dot(a)), domain_of(host_without_dot(b)));
}
