/* SPDX-License-Identifier: Apache-2.0 */
/* run.h - one audit: what was asked for, and the transcripts of its probes. */
#pragma once

#include "audit/transcript.h"
#include "http/url.h"

#define AUDIT_MAX_TRANSCRIPTS 256u
#define AUDIT_MAX_HOPS        9u /* the target and eight of --via */

#define PROFILE_MAP(X)                                                                             \
	X(PROFILE_SPEC, "spec")                                                                    \
	X(PROFILE_SEED, "seed")                                                                    \
	X(PROFILE_MCP, "mcp")                                                                      \
	X(PROFILE_PUBLIC, "public")                                                                \
	X(PROFILE_COOKIE, "cookie")

enum audit_profile {
#define X(symbol, name) symbol,
	PROFILE_MAP(X)
#undef X
};

struct audit_hop {
	struct slice name; /* "target", "nginx" */
	struct slice url;
};

/* Why probes of the plan were not sent. */
enum audit_shortage {
	SHORTAGE_NONE,
	SHORTAGE_BUDGET,      /* --max-requests */
	SHORTAGE_TIME,        /* the time of the whole audit */
	SHORTAGE_STOPPED,     /* Ctrl-C */
	SHORTAGE_UNREACHABLE, /* the baseline had no answer: nothing else was sent */
	SHORTAGE_TURNED_AWAY, /* in the end nobody was let in: see audit_turned_away */
};

struct audit_run {
	struct slice target; /* the URL, without secrets */
	struct url url;      /* of it */
	bool target_loopback;
	enum audit_profile profile;
	bool quick;
	bool credentials_mode; /* a cookie is in play, or profile cookie: browsers would use
				  withCredentials */
	struct slice origin;   /* of --origin, else the target's own */
	bool origin_given;
	bool has_cookie;
	bool has_bearer;
	/* Unix seconds at which the first credential runs out; 0: not known. */
	int64_t credential_end_s;
	bool has_second;
	bool has_ticket_url;
	bool inject;
	uint64_t soak_ms;
	struct slice page;          /* URL; ptr NULL: none */
	struct slice inject_marker; /* the type of the made-up event; ptr NULL: none */
	int64_t wall_s;             /* Unix seconds at the start: for certificates and cookies */

	struct audit_hop hops[AUDIT_MAX_HOPS]; /* 0: the target */
	size_t hop_count;

	struct transcript *transcripts; /* in the order of their start */
	size_t transcript_count;
	size_t requests; /* sent, redials included */
	size_t unsent;   /* probes of the plan that were not sent */
	enum audit_shortage shortage;
	uint64_t duration_ns;
	struct arena arena;
};

/* The report is of a part of the audit: there is no grade. */
bool audit_run_is_partial(const struct audit_run *run);
/* The first transcript of a kind that was sent to the target itself; NULL: there is none. */
const struct transcript *audit_find(const struct audit_run *run, enum probe_kind kind);
/* The next of that kind behind `after`, of any hop; start with NULL. */
const struct transcript *audit_next(const struct audit_run *run, enum probe_kind kind,
				    const struct transcript *after);
/* The transcript of this kind and hop; NULL: there is none. */
const struct transcript *audit_find_hop(const struct audit_run *run, enum probe_kind kind,
					size_t hop);
/* Unix seconds of a time of the run. */
int64_t audit_wall_s(const struct audit_run *run, uint64_t t_ns);
/* The probe ended when the first credential had run out; the clock is up to two seconds behind. */
bool audit_has_run_out(const struct audit_run *run, const struct transcript *t);
/*
 * The index of the first transcript behind the last stream, where there was a stream at first and
 * the control got none: the target bans us, or is gone, and no refusal from there on is about what
 * was asked. transcript_count where there is no such thing, as with a credential that ran out.
 */
size_t audit_turned_away(const struct audit_run *run);
struct slice audit_profile_name(enum audit_profile profile);
