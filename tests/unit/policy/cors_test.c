/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"

#include "policy/cors.h"

#define S(lit) SLICE_INIT(lit)

static const struct slice listed[] = {
	S("https://app.example.com"),
	S("https://stage.example.com:8443"),
	S("http://[2001:db8::1]"),
};

static const struct cors_rules with_list = {
	.origins = listed, .origin_count = COUNT_OF(listed), .credentials = true};
static const struct cors_rules without_credentials = {.origins = listed,
						      .origin_count = COUNT_OF(listed)};
static const struct cors_rules own_only = {.credentials = true};
static const struct cors_rules any = {.any = true};
/* A configuration that is refused elsewhere must do no harm here. */
static const struct cors_rules any_with_credentials = {
	.origins = listed, .origin_count = COUNT_OF(listed), .any = true, .credentials = true};

/* A request to https://stream.example.com, and one to another host. */
#define FROM(page, ...)                                                                            \
	{                                                                                          \
		.origin = S(page), .origin_count = 1, .host = S("stream.example.com"),             \
		.https = true, __VA_ARGS__                                                         \
	}
#define NO_ORIGIN(...)                                                                             \
	{                                                                                          \
		.host = S("stream.example.com"), .https = true, __VA_ARGS__                        \
	}
#define AT(at, over_https, page)                                                                   \
	{                                                                                          \
		.origin = S(page), .origin_count = 1, .host = S(at), .https = over_https           \
	}
#define PAGE(page)        AT("stream.example.com", true, page)
#define EVENTSOURCE(site) .fetch_site = S(site), .fetch_mode = S("cors"), .fetch_dest = S("empty")

struct cors_case {
	const char *name;
	const struct cors_rules *rules;
	bool is_stream;
	struct request_source source;
	struct cors_verdict want;
};

#define YES(entry)                                                                                 \
	{                                                                                          \
		.allow_origin = S(entry), .credentials = true, .vary_origin = true,                \
		.is_cors = true                                                                    \
	}
#define OWN                                                                                        \
	{                                                                                          \
		.vary_origin = true                                                                \
	}
#define REFUSED(why)                                                                               \
	{                                                                                          \
		.refusal = REFUSAL_##why, .vary_origin = true, .is_cors = true                     \
	}
#define BLOCKED                                                                                    \
	{                                                                                          \
		.refusal = REFUSAL_FETCH_SITE, .vary_origin = true                                 \
	}

static const struct cors_case origins[] = {
	{"a listed origin gets its entry and credentials", &with_list, true,
	 FROM("https://app.example.com", EVENTSOURCE("same-site")), YES("https://app.example.com")},
	{"a listed origin with a port is another entry", &with_list, true,
	 PAGE("https://stage.example.com:8443"), YES("https://stage.example.com:8443")},
	{"an IPv6 origin may be listed", &with_list, true, PAGE("http://[2001:db8::1]"),
	 YES("http://[2001:db8::1]")},
	{"credentials only where the rules say so",
	 &without_credentials,
	 true,
	 PAGE("https://app.example.com"),
	 {.allow_origin = S("https://app.example.com"), .vary_origin = true, .is_cors = true}},
	{"another origin is refused, without the field", &with_list, true,
	 PAGE("https://evil.example"), REFUSED(ORIGIN)},
	{"an entry as prefix does not count", &with_list, true,
	 PAGE("https://app.example.com.evil.example"), REFUSED(ORIGIN)},
	{"an entry as suffix does not count", &with_list, true, PAGE("https://evilapp.example.com"),
	 REFUSED(ORIGIN)},
	{"a dot is a dot", &with_list, true, PAGE("https://appxexample.com"), REFUSED(ORIGIN)},
	{"a subdomain is another origin", &with_list, true, PAGE("https://x.app.example.com"),
	 REFUSED(ORIGIN)},
	{"the http twin is another origin", &with_list, true, PAGE("http://app.example.com"),
	 REFUSED(ORIGIN)},
	{"another port is another origin", &with_list, true, PAGE("https://app.example.com:65000"),
	 REFUSED(ORIGIN)},
	{"browsers leave out the default port, so with it nobody they sent", &with_list, true,
	 PAGE("https://app.example.com:443"), REFUSED(ORIGIN)},
	{"browsers write lower case, so capitals are not theirs", &with_list, true,
	 PAGE("https://App.example.com"), REFUSED(ORIGIN)},
	{"a trailing dot is another origin", &with_list, true, PAGE("https://app.example.com."),
	 REFUSED(ORIGIN)},
	{"null is never allowed", &with_list, true, PAGE("null"), REFUSED(ORIGIN_NULL)},
	{"null is not allowed even where any origin is", &any, true, PAGE("null"),
	 REFUSED(ORIGIN_NULL)},
	{"two Origin lines are refused",
	 &with_list,
	 true,
	 {.origin = S("https://app.example.com"), .origin_count = 2, .https = true},
	 REFUSED(ORIGIN_MALFORMED)},
	{"an empty Origin is malformed", &with_list, true, PAGE(""), REFUSED(ORIGIN_MALFORMED)},
	{"a path is malformed", &with_list, true, PAGE("https://app.example.com/"),
	 REFUSED(ORIGIN_MALFORMED)},
	{"userinfo is malformed", &with_list, true, PAGE("https://app.example.com@evil.example"),
	 REFUSED(ORIGIN_MALFORMED)},
	{"a list of origins is malformed", &with_list, true,
	 PAGE("https://app.example.com https://evil.example"), REFUSED(ORIGIN_MALFORMED)},
	{"a star is malformed", &with_list, true, PAGE("*"), REFUSED(ORIGIN_MALFORMED)},
	{"any origin gets a star without credentials",
	 &any,
	 true,
	 FROM("https://evil.example", EVENTSOURCE("cross-site")),
	 {.allow_origin = S("*"), .is_cors = true}},
	{"a star never comes with credentials",
	 &any_with_credentials,
	 true,
	 PAGE("https://app.example.com"),
	 {.allow_origin = S("*"), .is_cors = true}},
	{"a star is for requests without Origin, too: caches keep one answer",
	 &any,
	 true,
	 NO_ORIGIN(.origin_count = 0),
	 {.allow_origin = S("*")}},
};

static const struct cors_case own_origins[] = {
	{"our own origin is no CORS", &own_only, true,
	 FROM("https://stream.example.com", EVENTSOURCE("same-origin")), OWN},
	{"Host with the default port is the same", &own_only, true,
	 AT("stream.example.com:443", true, "https://stream.example.com"), OWN},
	{"the case of Host does not matter", &own_only, true,
	 AT("Stream.Example.com", true, "https://stream.example.com"), OWN},
	{"another port is not our own", &own_only, true, PAGE("https://stream.example.com:8443"),
	 REFUSED(ORIGIN)},
	{"our own with a port", &own_only, true,
	 AT("127.0.0.1:8080", false, "http://127.0.0.1:8080"), OWN},
	{"our own on IPv6", &own_only, true, AT("[::1]:8080", false, "http://[::1]:8080"), OWN},
	{"an http page is not our own over https", &own_only, true,
	 PAGE("http://stream.example.com"), REFUSED(ORIGIN)},
	{"an https page is our own where a proxy may have ended TLS", &own_only, true,
	 AT("stream.example.com", false, "https://stream.example.com"), OWN},
	{"only web schemes are our own", &own_only, true,
	 AT("stream.example.com", false, "ftp://stream.example.com"), REFUSED(ORIGIN)},
	{"the browser's word beats an equal Host", &own_only, true,
	 FROM("https://stream.example.com", EVENTSOURCE("cross-site")), REFUSED(ORIGIN)},
	{"without Host nothing is our own",
	 &own_only,
	 true,
	 {.origin = S("https://stream.example.com"), .origin_count = 1},
	 REFUSED(ORIGIN)},
};

static const struct cors_case fetch_metadata[] = {
	{"curl sends none of it and is fine", &own_only, true, NO_ORIGIN(.origin_count = 0), OWN},
	{"EventSource on our own page sends no Origin", &own_only, true,
	 NO_ORIGIN(EVENTSOURCE("same-origin")), OWN},
	{"cross-site without Origin is refused", &with_list, true,
	 NO_ORIGIN(.fetch_site = S("cross-site")), BLOCKED},
	{"a sibling is refused where nobody is listed", &own_only, true,
	 NO_ORIGIN(EVENTSOURCE("same-site")), BLOCKED},
	{"a sibling is fine where a list says that there are friends", &with_list, true,
	 NO_ORIGIN(EVENTSOURCE("same-site")), OWN},
	{"a word that no browser sends is refused", &with_list, true,
	 NO_ORIGIN(.fetch_site = S("Same-Origin")), BLOCKED},
	{"an empty word is refused", &with_list, true, NO_ORIGIN(.fetch_site = S("")), BLOCKED},
	{"nobody navigates to a stream, not from our own page", &with_list, true,
	 NO_ORIGIN(.fetch_site = S("same-origin"), .fetch_mode = S("navigate")), BLOCKED},
	{"nor by typing its URL", &with_list, true,
	 NO_ORIGIN(.fetch_site = S("none"), .fetch_mode = S("navigate"),
		   .fetch_dest = S("document")),
	 BLOCKED},
	{"a stream is no image", &with_list, true,
	 NO_ORIGIN(.fetch_site = S("same-origin"), .fetch_mode = S("no-cors"),
		   .fetch_dest = S("image")),
	 BLOCKED},
	{"nor a script of an allowed origin",
	 &with_list,
	 true,
	 FROM("https://app.example.com", .fetch_site = S("same-site"), .fetch_mode = S("cors"),
	      .fetch_dest = S("script")),
	 {.refusal = REFUSAL_FETCH_SITE, .vary_origin = true, .is_cors = true}},
	{"a stream is no WebSocket", &with_list, true,
	 NO_ORIGIN(.fetch_site = S("same-origin"), .fetch_mode = S("websocket")), BLOCKED},
	{"a public stream is no image either", &any, true,
	 NO_ORIGIN(.fetch_site = S("same-origin"), .fetch_mode = S("no-cors")), BLOCKED},
	{"a public stream has no cross-site embedder without Origin", &any, true,
	 NO_ORIGIN(EVENTSOURCE("cross-site")), BLOCKED},
	{"a link to a page is followed", &own_only, false,
	 NO_ORIGIN(.fetch_site = S("cross-site"), .fetch_mode = S("navigate"),
		   .fetch_dest = S("document")),
	 OWN},
	{"a frame is not a followed link", &own_only, false,
	 NO_ORIGIN(.fetch_site = S("cross-site"), .fetch_mode = S("navigate"),
		   .fetch_dest = S("iframe")),
	 BLOCKED},
	{"an image on another site is refused", &own_only, false,
	 NO_ORIGIN(.fetch_site = S("cross-site"), .fetch_mode = S("no-cors"),
		   .fetch_dest = S("image")),
	 BLOCKED},
	{"our own page loads its script", &own_only, false,
	 NO_ORIGIN(.fetch_site = S("same-origin"), .fetch_mode = S("no-cors"),
		   .fetch_dest = S("script")),
	 OWN},
};

static void check_case(const struct cors_case *c)
{
	struct request_source source = c->source;

	if (source.origin.ptr != NULL)
		source.origin = place_at_edge(source.origin);
	struct cors_verdict got = cors_judge(c->rules, &source, c->is_stream);
	check(c->name, got.refusal == c->want.refusal);
	check_slice(c->name, got.allow_origin, c->want.allow_origin);
	check(c->name, got.credentials == c->want.credentials);
	check(c->name, got.vary_origin == c->want.vary_origin);
	check(c->name, got.is_cors == c->want.is_cors);
	/* What goes out is the entry itself, never the bytes of the request. */
	check(c->name, got.allow_origin.ptr == NULL || got.allow_origin.ptr != source.origin.ptr);
}

static void judges_origins(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(origins); i++)
		check_case(&origins[i]);
	for (size_t i = 0; i < COUNT_OF(own_origins); i++)
		check_case(&own_origins[i]);
}

static void judges_fetch_metadata(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(fetch_metadata); i++)
		check_case(&fetch_metadata[i]);
}

/* A listed origin cut short, or one byte longer, is nobody. */
static void refuses_every_prefix(void **state)
{
	struct slice entry = listed[0];

	(void)state;
	for (size_t n = 0; n < entry.len; n++) {
		struct request_source source = {.origin = place_at_edge(slice_upto(entry, n)),
						.origin_count = 1};

		assert_int_not_equal(cors_judge(&with_list, &source, true).refusal, REFUSAL_NONE);
	}
}

static const struct slice hosts[] = {S("stream.example.com"), S("api.example.com:8443"), S("[::1]"),
				     S("127.0.0.1:8080"), S("broken host")};
static const struct slice all_hosts[] = {S("*")};

static const struct {
	const char *name;
	struct slice host;
	enum refusal want;
} host_cases[] = {
	{"a listed host", S("stream.example.com"), REFUSAL_NONE},
	{"a host without a port in the list fits every port", S("stream.example.com:9000"),
	 REFUSAL_NONE},
	{"the case does not matter", S("STREAM.Example.COM"), REFUSAL_NONE},
	{"one trailing dot does not matter", S("stream.example.com."), REFUSAL_NONE},
	{"a port in the list must fit", S("api.example.com:8443"), REFUSAL_NONE},
	{"another port does not fit", S("api.example.com:8444"), REFUSAL_WRONG_HOST},
	{"no port is another port", S("api.example.com"), REFUSAL_WRONG_HOST},
	{"IPv6 in brackets", S("[::1]:8080"), REFUSAL_NONE},
	{"a number that is not listed", S("127.0.0.2:8080"), REFUSAL_WRONG_HOST},
	{"a rebound name", S("evil.example"), REFUSAL_WRONG_HOST},
	{"a suffix is not the host", S("evilstream.example.com"), REFUSAL_WRONG_HOST},
	{"a prefix is not the host", S("stream.example.com.evil.example"), REFUSAL_WRONG_HOST},
	{"no Host", {NULL, 0}, REFUSAL_BAD_HOST},
	{"an empty Host", S(""), REFUSAL_BAD_HOST},
	{"userinfo is no host", S("a@stream.example.com"), REFUSAL_BAD_HOST},
	{"a list is no host", S("stream.example.com, evil.example"), REFUSAL_BAD_HOST},
	{"a port that is none", S("stream.example.com:x"), REFUSAL_BAD_HOST},
	{"a broken entry fits nobody", S("broken host"), REFUSAL_BAD_HOST},
};

static void judges_hosts(void **state)
{
	const struct host_rules rules = {hosts, COUNT_OF(hosts)};
	const struct host_rules all = {all_hosts, COUNT_OF(all_hosts)};
	const struct host_rules none = {NULL, 0};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(host_cases); i++) {
		struct slice host = host_cases[i].host;
		bool bad = host_cases[i].want == REFUSAL_BAD_HOST;

		if (host.ptr != NULL)
			host = place_at_edge(host);
		check(host_cases[i].name, host_judge(&rules, host) == host_cases[i].want);
		check(host_cases[i].name,
		      host_judge(&all, host) == (bad ? REFUSAL_BAD_HOST : REFUSAL_NONE));
		check(host_cases[i].name,
		      host_judge(&none, host) == (bad ? REFUSAL_BAD_HOST : REFUSAL_WRONG_HOST));
	}
}

static const struct {
	const char *name;
	struct slice in;
	enum err err;
	struct slice out;
} entries[] = {
	{"a good one stays", S("https://app.example.com"), OK, S("https://app.example.com")},
	{"capitals go", S("HTTPS://App.Example.com"), OK, S("https://app.example.com")},
	{"the default port goes", S("https://app.example.com:443"), OK,
	 S("https://app.example.com")},
	{"that of http, too", S("http://localhost:80"), OK, S("http://localhost")},
	{"another port stays", S("https://app.example.com:80"), OK,
	 S("https://app.example.com:80")},
	{"IPv6", S("http://[2001:DB8::1]:8080"), OK, S("http://[2001:db8::1]:8080")},
	{"the scheme of an app", S("capacitor://localhost"), OK, S("capacitor://localhost")},
	{"no slash behind", S("https://app.example.com/"), E_SYNTAX, S("")},
	{"no path", S("https://app.example.com/x"), E_SYNTAX, S("")},
	{"no userinfo", S("https://u@app.example.com"), E_SYNTAX, S("")},
	{"no bare host", S("app.example.com"), E_SYNTAX, S("")},
	{"null is no entry", S("null"), E_SYNTAX, S("")},
	{"empty", S(""), E_SYNTAX, S("")},
	{"a star is asked for by its own option", S("*"), E_RANGE, S("")},
	{"no wildcard over subdomains", S("https://*.example.com"), E_RANGE, S("")},
};

static void normalises_entries(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(entries); i++) {
		char out[64];
		struct writer w;

		writer_init(&w, out, sizeof(out));
		check(entries[i].name,
		      cors_origin_normalise(place_at_edge(entries[i].in), &w) == entries[i].err);
		if (entries[i].err == OK)
			check_slice(entries[i].name, writer_slice(&w), entries[i].out);
		for (size_t cap = 0; cap < entries[i].out.len; cap++) {
			writer_init(&w, out, cap);
			check(entries[i].name,
			      cors_origin_normalise(entries[i].in, &w) == E_NO_SPACE);
		}
	}
}

/* A scheme of letters in front of "://a": `len` bytes in all. */
static struct slice long_entry(char *text, size_t len)
{
	memset(text, 'x', len - 4);
	memcpy(text + len - 4, "://a", 4);
	return (struct slice){text, len};
}

static void bounds_entries(void **state)
{
	char text[CORS_MAX_ORIGIN + 1];
	char out[CORS_MAX_ORIGIN];
	struct writer w;

	(void)state;
	writer_init(&w, out, sizeof(out));
	assert_int_equal(cors_origin_normalise(long_entry(text, CORS_MAX_ORIGIN), &w), OK);
	writer_init(&w, out, sizeof(out));
	assert_int_equal(cors_origin_normalise(long_entry(text, CORS_MAX_ORIGIN + 1), &w),
			 E_TOO_BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_origins),       cmocka_unit_test(judges_fetch_metadata),
		cmocka_unit_test(refuses_every_prefix), cmocka_unit_test(judges_hosts),
		cmocka_unit_test(normalises_entries),   cmocka_unit_test(bounds_entries),
	};

	return cmocka_run_group_tests_name("cors", tests, NULL, NULL);
}
