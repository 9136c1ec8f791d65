/* SPDX-License-Identifier: Apache-2.0 */
/* audit_options.c - the command line of `sluice audit` as settings. */
#include "audit/address.h"
#include "base/text.h"
#include "cmd/audit.h"
#include "cmd/trust.h"
#include "http/chars.h"
#include "os/entropy.h"

#include <string.h>

#define MAX_URL     8192u /* bytes */
#define MAX_NAME    32u   /* bytes of a name of --via */
#define MAX_SOAK_MS (24u * 3600u * 1000u)
#define MAX_DELAY   60000u /* ms; that times the most requests is what an audit may take */

/* The digits of a number that has a name. */
#define QUOTE(x)   #x
#define TEXT_OF(x) QUOTE(x)

const struct option_row audit_options[] = {
	[AUDIT_ORIGIN] = {"origin", 'o', "ORIGIN",
			  "An origin that the stream is meant to let in, such as "
			  "https://app.example.com"},
	[AUDIT_COOKIE] = {"cookie", 0, "NAME=VALUE",
			  "Send this cookie; VALUE may be @FILE or env:NAME", .repeat = true},
	[AUDIT_COOKIE2] = {"cookie2", 0, "NAME=VALUE",
			   "The cookie of a second user, for checks across users", .repeat = true},
	[AUDIT_BEARER] = {"bearer", 0, "TOKEN",
			  "Send this token as Authorization: Bearer; @FILE or env:NAME"},
	[AUDIT_BEARER2] = {"bearer2", 0, "TOKEN", "The token of a second user"},
	[AUDIT_TICKET_URL] = {"ticket-url", 0, "URL",
			      "Where a POST with the credential gives a one-time ticket"},
	[AUDIT_CA] = {"ca", 0, "FILE", TRUST_HELP},
	[AUDIT_VIA] = {"via", 0, "NAME=URL",
		       "The same stream at another hop, such as app=http://127.0.0.1:3000/stream",
		       .repeat = true},
	[AUDIT_PAGE] = {"page", 0, "URL", "The page that opens the stream: its CSP is judged"},
	[AUDIT_DATA] = {"data", 'd', "JSON",
			"Open the stream with POST and this body, or @FILE; each probe sends it"},
	[AUDIT_PROFILE] = {"profile", 'p', "PROFILE",
			   "What is expected: spec, seed, mcp, public or cookie",
			   .fallback = "spec"},
	[AUDIT_QUICK] = {"quick", 'q', NULL, "Only what takes less than 5 seconds"},
	[AUDIT_FORMAT] = {"format", 'f', "FORMAT",
			  "text, json, jsonl, sarif, junit, html, markdown or github",
			  .fallback = "text"},
	[AUDIT_FAIL_ON] = {"fail-on", 0, "SEVERITY",
			   "Exit with 1 at findings from here on: fatal, error, warning or info",
			   .fallback = "error"},
	[AUDIT_BASELINE] = {"baseline", 0, "FILE",
			    "Do not count findings that are in this report (--format json)"},
	[AUDIT_IGNORE] =
		{"ignore", 0, "FILE",
		 "Do not count these: lines of 'RULE [hop=NAME] [path=/PATH] until=YYYY-MM-DD # "
		 "reason'"},
	[AUDIT_SPAN] = {"span", 0, "DURATION",
			"Watch each stream for no longer; up to 12s are usual, and tell more"},
	[AUDIT_CONNECTIONS] = {"connections", 0, "N",
			       "Then open N streams at one time, to see how the endpoint refuses; "
			       "for endpoints of your own",
			       .fallback = "0"},
	[AUDIT_SOAK] = {"soak", 0, "DURATION", "Then watch the stream for so long"},
	[AUDIT_INJECT] = {"inject", 0, NULL,
			  "Try to inject a made-up event; for endpoints of your own"},
	[AUDIT_RESOLVE] = {"resolve", 0, "HOST:PORT:ADDR",
			   "Use this address, or ADDR,ADDR, for HOST and PORT", .repeat = true},
	[AUDIT_CONNECT_TO] = {"connect-to", 0, "HOST:PORT:HOST2:PORT2",
			      "Connect to HOST2:PORT2 instead of HOST:PORT", .repeat = true},
	[AUDIT_UNIX_SOCKET] = {"unix-socket", 0, "PATH", "Connect through this socket"},
	[AUDIT_PROXY] = {"proxy", 'x', "URL",
			 "Go through this HTTP proxy, http://HOST:PORT; or env: as HTTPS_PROXY "
			 "and NO_PROXY say, which else count for nothing"},
	[AUDIT_IPV4_ONLY] = {"ipv4", '4', NULL, "Use IPv4 alone"},
	[AUDIT_IPV6_ONLY] = {"ipv6", '6', NULL, "Use IPv6 alone"},
	[AUDIT_BUDGET] = {"max-requests", 0, "N", "Send at most so many requests",
			  .fallback = TEXT_OF(AUDIT_DEFAULT_REQUESTS)},
	[AUDIT_DELAY] = {"delay", 0, "DURATION", "Wait at least so long between two requests",
			 .fallback = "0"},
	[AUDIT_SILENT] = {"silent", 's', NULL, "No progress on standard error"},
	{NULL},
};

static int read_url(const struct args *args, struct slice text, struct url *ret)
{
	if (text.len > MAX_URL || url_parse(text, ret))
		return usage_url(args, text, "an http or https URL");
	return EXIT_OK;
}

/* It is never sent, and may hold a token. */
static struct slice without_fragment(struct slice url)
{
	return slice_upto(url, slice_find(url, '#'));
}

static int read_urls(const struct args *args, struct audit_settings *s)
{
	const char *ticket = args_get(args, AUDIT_TICKET_URL);
	const char *page = args_get(args, AUDIT_PAGE);
	int code;

	s->url_text = without_fragment(slice_of(args->operands[0]));
	code = read_url(args, s->url_text, &s->url);
	if (!code && ticket) {
		s->has_ticket_url = true;
		code = read_url(args, slice_of(ticket), &s->ticket_url);
	}
	if (!code && page) {
		s->has_page = true;
		s->page_text = without_fragment(slice_of(page));
		code = read_url(args, s->page_text, &s->page);
	}
	return code;
}

static bool is_name(struct slice s)
{
	return s.len > 0 && s.len <= MAX_NAME && char_all(s, CHAR_TOKEN);
}

/* Findings, baselines and ignore files know a hop by its name; the target has one, too. */
static bool is_taken(const struct audit_settings *s, struct slice name)
{
	for (size_t i = 0; i < s->via_count; i++) {
		if (slice_eq(s->vias[i].name, name))
			return true;
	}
	return slice_eq(name, SLICE("target"));
}

static int read_vias(const struct args *args, struct audit_settings *s)
{
	const char *text;

	for (size_t i = 0; (text = args_nth(args, AUDIT_VIA, i)); i++) {
		struct slice url = slice_of(text);
		struct slice name = slice_cut(&url, '=');

		if (i == AUDIT_MAX_HOPS - 1)
			return usage_error(args, "at most %u hops", AUDIT_MAX_HOPS - 1);
		if (!url.ptr || !is_name(name))
			return usage_error(args, "--via wants NAME=URL, such as "
						 "app=http://127.0.0.1:3000/stream");
		if (is_taken(s, name))
			return usage_error(args, "--via: there are two hops named '%.*s'",
					   SLICE_ARG(name));
		s->vias[i] = (struct audit_hop){name, without_fragment(url)};
		int code = read_url(args, url, &s->via_urls[i]);
		if (code)
			return code;
		s->via_count = i + 1;
	}
	return EXIT_OK;
}

static int read_profile(const struct args *args, struct audit_settings *s)
{
	struct slice name = slice_of(args_get(args, AUDIT_PROFILE));

	for (int i = 0; i <= (int)PROFILE_COOKIE; i++) {
		if (slice_eq(name, audit_profile_name((enum audit_profile)i))) {
			s->profile = (enum audit_profile)i;
			return EXIT_OK;
		}
	}
	return usage_error(args, "--profile is '%.*s': give spec, seed, mcp, public or cookie",
			   SLICE_ARG(name));
}

/* scheme://host[:port], as a browser would send it. */
static int read_origin(const struct args *args, struct audit_settings *s)
{
	struct slice text = slice_of(args_get(args, AUDIT_ORIGIN));
	struct url url;

	if (!text.ptr)
		return EXIT_OK;
	if (url_parse(text, &url) || url.authority.ptr + url.authority.len != text.ptr + text.len)
		return usage_error(args,
				   "--origin is '%.*s': give scheme://host[:port] and nothing "
				   "behind it",
				   SLICE_ARG(slice_upto(text, 200)));
	s->origin = text;
	return EXIT_OK;
}

static bool read_port(struct slice text, uint16_t *ret)
{
	uint64_t n = 0;

	if (text.len > 0 && (parse_u64(text, &n) || n > UINT16_MAX))
		return false;
	*ret = (uint16_t)n;
	return true;
}

/* One piece of a list with ':', where an IPv6 address stands in brackets. */
static struct slice cut_host(struct slice *rest)
{
	struct slice s = *rest;

	if (!slice_starts(s, SLICE("[")) || slice_find(s, ']') == s.len)
		return slice_cut(rest, ':');
	size_t end = slice_find(s, ']');
	*rest = slice_from(s, end + 1);
	(void)slice_cut(rest, ':');
	return slice_from(slice_upto(s, end), 1);
}

/* "192.0.2.1,[2001:db8::1]": addresses alone, as routes.c takes them. */
static bool are_addresses(struct slice list)
{
	struct tcp_target target;

	do {
		struct slice text = slice_cut(&list, ',');

		if (slice_starts(text, SLICE("[")))
			text = slice_from(slice_upto(text, slice_find(text, ']')), 1);
		if (!address_from_literal(text, 1, &target))
			return false;
	} while (list.ptr);
	return true;
}

static int read_way(const struct args *args, struct audit_settings *s, const char *text,
		    bool with_port)
{
	struct slice rest = slice_of(text);
	struct audit_way *way = &s->ways[s->way_count];
	struct slice host = cut_host(&rest);
	struct slice port = slice_cut(&rest, ':');

	if (s->way_count == AUDIT_MAX_RULES_OF_WAY)
		return usage_error(args, "at most %u of --resolve and --connect-to",
				   AUDIT_MAX_RULES_OF_WAY);
	*way = (struct audit_way){.host = host};
	bool good = read_port(port, &way->port) && rest.ptr != NULL;
	if (good && with_port) {
		way->to_host = cut_host(&rest);
		good = read_port(rest, &way->to_port);
	} else if (good) {
		way->to_host = slice_starts(rest, SLICE("[")) && slice_find(rest, ',') == rest.len
				       ? cut_host(&rest)
				       : rest;
		good = are_addresses(way->to_host);
	}
	if (!good || way->to_host.len == 0)
		return usage_error(args, "'%s' is not %s", text,
				   with_port ? "HOST:PORT:HOST2:PORT2" : "HOST:PORT:ADDR");
	s->way_count++;
	return EXIT_OK;
}

static int read_ways(const struct args *args, struct audit_settings *s)
{
	struct tcp_target target;
	const char *text;
	int code = EXIT_OK;

	for (size_t i = 0; !code && (text = args_nth(args, AUDIT_RESOLVE, i)); i++)
		code = read_way(args, s, text, false);
	for (size_t i = 0; !code && (text = args_nth(args, AUDIT_CONNECT_TO, i)); i++)
		code = read_way(args, s, text, true);
	if (code)
		return code;
	s->unix_socket = slice_of(args_get(args, AUDIT_UNIX_SOCKET));
	if (s->unix_socket.ptr && !address_from_path(s->unix_socket, &target))
		return usage_error(args, "--unix-socket: the path is empty or too long");
	if (args_has(args, AUDIT_IPV4_ONLY) && args_has(args, AUDIT_IPV6_ONLY))
		return usage_error(args, "--ipv4 and --ipv6 exclude each other");
	s->family = args_has(args, AUDIT_IPV4_ONLY)   ? AUDIT_IPV4
		    : args_has(args, AUDIT_IPV6_ONLY) ? AUDIT_IPV6
						      : AUDIT_ANY_FAMILY;
	return EXIT_OK;
}

/* Whoever asks for these wants their answer: silence would look like one. */
static int check_quick(const struct args *args)
{
	static const struct {
		enum audit_option option;
		const char *name;
	} slow[] = {
		{AUDIT_SOAK, "--soak"},
		{AUDIT_INJECT, "--inject"},
		{AUDIT_TICKET_URL, "--ticket-url"},
		{AUDIT_COOKIE2, "--cookie2"},
		{AUDIT_BEARER2, "--bearer2"},
	};

	for (size_t i = 0; args_has(args, AUDIT_QUICK) && i < sizeof(slow) / sizeof(slow[0]); i++) {
		if (args_has(args, slow[i].option))
			return usage_error(args, "--quick leaves no time for %s", slow[i].name);
	}
	return EXIT_OK;
}

static int read_limits(const struct args *args, struct audit_settings *s)
{
	uint64_t budget = 0;
	uint64_t crowd = 0;

	s->quick = args_has(args, AUDIT_QUICK);
	s->inject = args_has(args, AUDIT_INJECT);
	if (!args_number(args, AUDIT_BUDGET, 1, AUDIT_MAX_TRANSCRIPTS, &budget) ||
	    !args_number(args, AUDIT_CONNECTIONS, 0, AUDIT_MAX_CROWD, &crowd) ||
	    !args_duration(args, AUDIT_DELAY, &s->delay_ms) ||
	    !args_duration(args, AUDIT_SOAK, &s->soak_ms))
		return EXIT_USAGE;
	if (args_has(args, AUDIT_SPAN) && !args_duration(args, AUDIT_SPAN, &s->span_ms))
		return EXIT_USAGE;
	if (s->delay_ms > MAX_DELAY)
		return usage_error(args, "--delay is longer than a minute");
	if (s->soak_ms > MAX_SOAK_MS)
		return usage_error(args, "--soak is longer than a day");
	s->crowd = (size_t)crowd;
	/* The crowd was asked for: it does not use up the checks' share. */
	s->max_requests = (size_t)(budget + crowd);
	if (s->max_requests > AUDIT_MAX_TRANSCRIPTS)
		s->max_requests = AUDIT_MAX_TRANSCRIPTS;
	return EXIT_OK;
}

int audit_read_settings(const struct args *args, struct arena *arena, struct audit_settings *s)
{
	int code = read_urls(args, s);

	if (!code)
		code = read_vias(args, s);
	if (!code)
		code = read_profile(args, s);
	if (!code)
		code = read_origin(args, s);
	if (!code)
		code = read_ways(args, s);
	if (!code)
		code = audit_read_data(args, arena, s);
	if (!code)
		code = audit_read_proxy(args, arena, s);
	if (!code)
		code = check_quick(args);
	if (!code)
		code = read_limits(args, s);
	if (!code)
		code = audit_read_credentials(args, arena, s);
	if (!code)
		code = trust_read(args, AUDIT_CA, &s->trust);
	if (!code && entropy_get(&s->seed, sizeof(s->seed)))
		code = EXIT_UNREACHABLE;
	return code;
}
