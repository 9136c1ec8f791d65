/* SPDX-License-Identifier: Apache-2.0 */
/* auth.h - who may log in, and posts to the routes that tickets and revocations are made on. */
#pragma once

#include "expect.h"

#define HOUR_MS UINT64_C(3600000)

#define BOB    "Authorization: Bearer token-of-bob\r\n"
#define CAROL  "Cookie: session=session-of-carol\r\n"
#define DAVE   "Authorization: Bearer token-of-dave\r\n"
#define OWNER  "Authorization: Bearer " SIM_PUBLISHER_KEY "\r\n"
#define NATIVE "Sec-Fetch-Mode: cors\r\nSec-Fetch-Dest: empty\r\nSec-Fetch-Site: same-origin\r\n"

static const struct slice bobs_topics[] = {SLICE_INIT("bob/**"), SLICE_INIT("shared")};
static const struct slice all_topics[] = {SLICE_INIT("**")};

static const struct sim_person people[] = {
	{.credential = "token-of-bob",
	 .facts = {.method = METHOD_JWT,
		   .subject = SLICE_INIT("bob"),
		   .sid = SLICE_INIT("sid-1"),
		   .jti = SLICE_INIT("jti-1"),
		   .issued_ms = SIM_UNIX_MS - 60000,
		   .expires_ms = SIM_UNIX_MS + HOUR_MS,
		   .subscribe = {bobs_topics, 2},
		   .publish = {bobs_topics, 2}}},
	{.credential = "session-of-carol",
	 .facts = {.method = METHOD_INTROSPECTION,
		   .subject = SLICE_INIT("carol"),
		   .sid = SLICE_INIT("sid-2"),
		   .issued_ms = SIM_UNIX_MS - 60000,
		   .subscribe = {all_topics, 1}}},
	{.credential = "token-of-dave",
	 .facts = {.method = METHOD_INTROSPECTION,
		   .subject = SLICE_INIT("dave"),
		   .issued_ms = SIM_UNIX_MS - 60000,
		   .expires_ms = SIM_UNIX_MS + HOUR_MS,
		   .subscribe = {all_topics, 1},
		   .publish = {all_topics, 1}},
	 .waits = true},
	{.credential = "token-that-is-refused-late",
	 .fault = AUTH_INTROSPECTION_REFUSED,
	 .waits = true},
	{.credential = "token-that-is-checked-nowhere", .fault = AUTH_KEYS_UNAVAILABLE},
};

static inline struct sim_options auth_options(void)
{
	struct sim_options o = sim_defaults();

	o.people = people;
	o.people_count = COUNT_OF(people);
	return o;
}

static inline struct sim *auth_sim(void)
{
	struct sim_options o = auth_options();

	return sim_new(&o);
}

/* POST with a JSON body on a connection that is there. */
static inline void post_on(struct sim_peer *p, const char *path, const char *fields,
			   const char *body)
{
	char head[512];

	(void)snprintf(head, sizeof(head),
		       "POST %s HTTP/1.1\r\nHost: sluice.test\r\n%sContent-Type: application/json"
		       "\r\nContent-Length: %zu\r\n\r\n",
		       path, fields, strlen(body));
	sim_send(p, head);
	sim_send(p, body);
	sim_run(p->sim);
}

static inline struct sim_peer *post(struct sim *sim, const char *path, const char *fields,
				    const char *body)
{
	struct sim_peer *p = sim_connect(sim, 0);

	post_on(p, path, fields, body);
	return p;
}

static inline struct sim_peer *revoke(struct sim *sim, const char *body)
{
	return post(sim, "/auth/revoke", OWNER, body);
}

static inline struct sim_peer *ask_ticket(struct sim *sim, const char *fields, const char *body)
{
	return post(sim, "/auth/stream-token", fields, body);
}

/* The string behind "name":" in the latest body. */
static inline void member(const struct sim_peer *p, const char *name, char *out, size_t cap)
{
	struct slice body = buf_slice(&p->client.body);
	char mark[32];
	int n = snprintf(mark, sizeof(mark), "\"%s\":\"", name);
	size_t at = 0;

	while (at < body.len && !slice_starts(slice_from(body, at), slice_of(mark)))
		at++;
	check(name, at < body.len);
	struct slice value = slice_from(body, at + (size_t)n);
	value = slice_cut(&value, '"');
	check(name, value.len < cap);
	memcpy(out, value.ptr, value.len);
	out[value.len] = '\0';
}

#define URL_CAP 512u

/* A ticket in a URL that can be opened, as bob. */
static inline void fetch_url(struct sim *sim, const char *body, char url[URL_CAP])
{
	struct sim_peer *p = ask_ticket(sim, BOB, body);

	check("a ticket is given", client_status(&p->client) == 200);
	member(p, "url", url, URL_CAP);
}

/* The Cookie field that a browser sends after the latest answer; empty if none was set. */
static inline void cookie_line(const struct sim_peer *p, char out[URL_CAP])
{
	struct slice set = client_field(&p->client, "Set-Cookie");
	struct slice pair = set.ptr ? slice_cut(&set, ';') : SLICE_NONE;

	out[0] = '\0';
	if (pair.ptr)
		(void)snprintf(out, URL_CAP, "Cookie: %.*s\r\n", SLICE_ARG(pair));
}

static inline struct sim_peer *get_local(struct sim *sim, const char *target, const char *fields)
{
	const struct addr loopback = addr_v4((const uint8_t[]){127, 0, 0, 1});
	struct sim_peer *p = sim_connect_from(sim, 0, &loopback);

	sim_ask(p, target, fields);
	return p;
}
