/* SPDX-License-Identifier: Apache-2.0 */
/* audit.h - what the files of `sluice audit` share: its options, and where their texts live. */
#pragma once

#include "audit/settings.h"
#include "cmd/command.h"

enum audit_option {
	AUDIT_ORIGIN,
	AUDIT_COOKIE,
	AUDIT_COOKIE2,
	AUDIT_BEARER,
	AUDIT_BEARER2,
	AUDIT_TICKET_URL,
	AUDIT_CA,
	AUDIT_VIA,
	AUDIT_PAGE,
	AUDIT_DATA,
	AUDIT_PROFILE,
	AUDIT_QUICK,
	AUDIT_FORMAT,
	AUDIT_FAIL_ON,
	AUDIT_BASELINE,
	AUDIT_IGNORE,
	AUDIT_SPAN,
	AUDIT_CONNECTIONS,
	AUDIT_SOAK,
	AUDIT_INJECT,
	AUDIT_RESOLVE,
	AUDIT_CONNECT_TO,
	AUDIT_UNIX_SOCKET,
	AUDIT_PROXY,
	AUDIT_IPV4_ONLY,
	AUDIT_IPV6_ONLY,
	AUDIT_BUDGET,
	AUDIT_DELAY,
	AUDIT_SILENT,
};

/*
 * Reads the command line into `s`; texts are those of argv or of `arena`. s->trust is the caller's
 * to free in any case. EXIT_USAGE: the complaint is printed.
 */
int audit_read_settings(const struct args *args, struct arena *arena, struct audit_settings *s);
/* The body of its requests: audit_data.c. */
int audit_read_data(const struct args *args, struct arena *arena, struct audit_settings *s);
/* The proxy of it: audit_proxy.c. */
int audit_read_proxy(const struct args *args, struct arena *arena, struct audit_settings *s);
/* The credentials of it: audit_secret.c. */
int audit_read_credentials(const struct args *args, struct arena *arena, struct audit_settings *s);
