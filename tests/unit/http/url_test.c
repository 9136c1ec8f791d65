/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"

#include "http/url.h"

static const struct {
	const char *name;
	struct slice in;
	bool form;
	enum err err;
	struct slice out;
} decodings[] = {
	{"plain", SLICE_INIT("abc"), false, OK, SLICE_INIT("abc")},
	{"empty", SLICE_INIT(""), false, OK, SLICE_INIT("")},
	{"escapes in both cases", SLICE_INIT("%41%2f%2F"), false, OK, SLICE_INIT("A//")},
	{"euro", SLICE_INIT("%e2%82%AC"), false, OK, SLICE_INIT("\xe2\x82\xac")},
	{"decoded once only", SLICE_INIT("%2541"), false, OK, SLICE_INIT("%41")},
	{"plus in a path", SLICE_INIT("a+b"), false, OK, SLICE_INIT("a+b")},
	{"plus in a query", SLICE_INIT("a+b%2B"), true, OK, SLICE_INIT("a b+")},
	{"one digit", SLICE_INIT("a%4"), false, E_SYNTAX, {NULL, 0}},
	{"no digit", SLICE_INIT("a%"), false, E_SYNTAX, {NULL, 0}},
	{"not a digit", SLICE_INIT("%4g"), false, E_SYNTAX, {NULL, 0}},
	{"sign in an escape", SLICE_INIT("%+4"), false, E_SYNTAX, {NULL, 0}},
	{"escaped NUL", SLICE_INIT("a%00"), false, E_SYNTAX, {NULL, 0}},
	{"NUL", SLICE_INIT("a\0b"), false, E_SYNTAX, {NULL, 0}},
	{"overlong slash", SLICE_INIT("%c0%af"), false, E_BAD_UTF8, {NULL, 0}},
	{"surrogate", SLICE_INIT("%ed%a0%80"), false, E_BAD_UTF8, {NULL, 0}},
	{"cut character", SLICE_INIT("%e2%82"), false, E_BAD_UTF8, {NULL, 0}},
};

static void escapes_are_decoded_once_and_strictly(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(decodings); i++) {
		const char *name = decodings[i].name;
		struct slice edge = place_at_edge(decodings[i].in);
		char out[32] = "~";
		struct writer w;

		writer_init(&w, out, sizeof(out));
		put_char(&w, '~');
		check(name, url_decode(&w, edge, decodings[i].form) == decodings[i].err);
		check_slice(name, slice_from(writer_slice(&w), 1), decodings[i].out);
		for (size_t cap = 0; !decodings[i].err && cap < decodings[i].out.len; cap++) {
			writer_init(&w, out, cap);
			check(name, url_decode(&w, edge, decodings[i].form) == E_NO_SPACE);
			check(name, w.len == 0);
		}
	}
}

static void encoding_escapes_all_but_the_unreserved(void **state)
{
	(void)state;
	char out[64];
	struct writer w;

	writer_init(&w, out, sizeof(out));
	url_encode(&w, SLICE("aZ0-._~ /?#%&=+\n\xff"));
	check_slice("encoded", writer_slice(&w), SLICE("aZ0-._~%20%2F%3F%23%25%26%3D%2B%0A%FF"));
}

static void a_query_is_walked_in_order(void **state)
{
	(void)state;
	struct slice rest = SLICE("a=1&&b&=2&c=&d=e=f&");
	static const struct {
		struct slice name, value;
		bool has_value;
	} want[] = {
		{SLICE_INIT("a"), SLICE_INIT("1"), true},   {SLICE_INIT("b"), {NULL, 0}, false},
		{SLICE_INIT(""), SLICE_INIT("2"), true},    {SLICE_INIT("c"), SLICE_INIT(""), true},
		{SLICE_INIT("d"), SLICE_INIT("e=f"), true},
	};
	struct slice name, value;

	for (size_t i = 0; i < COUNT_OF(want); i++) {
		assert_true(url_query_next(&rest, &name, &value));
		check_slice("name", name, want[i].name);
		check_slice("value", value, want[i].value);
		assert_int_equal(value.ptr != NULL, want[i].has_value);
	}
	assert_false(url_query_next(&rest, &name, &value));
	rest = SLICE_NONE;
	assert_false(url_query_next(&rest, &name, &value));
}

static const struct {
	const char *name;
	struct slice query;
	struct slice key;
	size_t nth;
	enum err err;
	struct slice value;
} lookups[] = {
	{"first", SLICE_INIT("topic=a&topic=b"), SLICE_INIT("topic"), 0, OK, SLICE_INIT("a")},
	{"second", SLICE_INIT("topic=a&x&topic=b"), SLICE_INIT("topic"), 1, OK, SLICE_INIT("b")},
	{"third of two",
	 SLICE_INIT("topic=a&topic=b"),
	 SLICE_INIT("topic"),
	 2,
	 E_NOT_FOUND,
	 {NULL, 0}},
	{"name is compared decoded", SLICE_INIT("to%70ic=a"), SLICE_INIT("topic"), 0, OK,
	 SLICE_INIT("a")},
	{"plus in a name is a space", SLICE_INIT("a+b=c"), SLICE_INIT("a b"), 0, OK,
	 SLICE_INIT("c")},
	{"value stays encoded", SLICE_INIT("a=%20"), SLICE_INIT("a"), 0, OK, SLICE_INIT("%20")},
	{"name without a value", SLICE_INIT("a"), SLICE_INIT("a"), 0, OK, SLICE_INIT("")},
	{"case counts", SLICE_INIT("A=1"), SLICE_INIT("a"), 0, E_NOT_FOUND, {NULL, 0}},
	{"longer name", SLICE_INIT("ab=1"), SLICE_INIT("a"), 0, E_NOT_FOUND, {NULL, 0}},
	{"shorter name", SLICE_INIT("a=1"), SLICE_INIT("ab"), 0, E_NOT_FOUND, {NULL, 0}},
	{"broken escape in a name",
	 SLICE_INIT("a%=1"),
	 SLICE_INIT("a%"),
	 0,
	 E_NOT_FOUND,
	 {NULL, 0}},
	{"absent query", {NULL, 0}, SLICE_INIT("a"), 0, E_NOT_FOUND, {NULL, 0}},
};

static void a_pair_is_found_by_its_decoded_name(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lookups); i++) {
		struct slice value = SLICE_NONE;
		enum err err =
			url_query_get(lookups[i].query, lookups[i].key, lookups[i].nth, &value);

		check(lookups[i].name, err == lookups[i].err);
		check_slice(lookups[i].name, value, lookups[i].value);
		check(lookups[i].name, (value.ptr != NULL) == (err == OK));
	}
}

static const struct {
	const char *name;
	struct slice in;
	enum err err;
	bool https;
	struct slice host;
	bool ipv6;
	uint16_t port;
	struct slice authority;
	struct slice target;
} urls[] = {
	{"shortest", SLICE_INIT("http://a"), OK, false, SLICE_INIT("a"), false, 80, SLICE_INIT("a"),
	 SLICE_INIT("/")},
	{"all parts", SLICE_INIT("HTTPS://a.example:8443/b?c=d#e"), OK, true,
	 SLICE_INIT("a.example"), false, 8443, SLICE_INIT("a.example:8443"), SLICE_INIT("/b?c=d")},
	{"default port of https", SLICE_INIT("https://a/"), OK, true, SLICE_INIT("a"), false, 443,
	 SLICE_INIT("a"), SLICE_INIT("/")},
	{"IPv6", SLICE_INIT("http://[::1]:3000/"), OK, false, SLICE_INIT("::1"), true, 3000,
	 SLICE_INIT("[::1]:3000"), SLICE_INIT("/")},
	{"fragment without a path", SLICE_INIT("http://a#/b"), OK, false, SLICE_INIT("a"), false,
	 80, SLICE_INIT("a"), SLICE_INIT("/")},
	{"second scheme in the path", SLICE_INIT("http://a/http://b"), OK, false, SLICE_INIT("a"),
	 false, 80, SLICE_INIT("a"), SLICE_INIT("/http://b")},
	{"another scheme", SLICE_INIT("ftp://a/"), E_SYNTAX},
	{"no scheme", SLICE_INIT("a/b"), E_SYNTAX},
	{"one slash", SLICE_INIT("http:/a"), E_SYNTAX},
	{"no host", SLICE_INIT("http:///a"), E_SYNTAX},
	{"empty", SLICE_INIT(""), E_SYNTAX},
	{"user information", SLICE_INIT("http://u:p@a/"), E_SYNTAX},
	{"query without a path", SLICE_INIT("http://a?b"), E_SYNTAX},
	{"space", SLICE_INIT("http://a/b c"), E_SYNTAX},
	{"line break", SLICE_INIT("http://a/b\r\nX: c"), E_SYNTAX},
	{"UTF-8", SLICE_INIT("http://a/\xc3\xa4"), E_SYNTAX},
	{"backslash as a slash", SLICE_INIT("http://a\\b/"), E_SYNTAX},
	{"port past the last", SLICE_INIT("http://a:65536/"), E_RANGE},
	{"port of zero", SLICE_INIT("http://a:0/"), E_RANGE},
	{"empty port", SLICE_INIT("http://a:/"), E_SYNTAX},
};

static void an_absolute_url_is_split_into_its_parts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(urls); i++) {
		const char *name = urls[i].name;
		struct slice edge = place_at_edge(urls[i].in);
		struct url got = {0};

		check(name, url_parse(edge, &got) == urls[i].err);
		check(name, got.https == urls[i].https && got.ipv6 == urls[i].ipv6);
		check(name, got.port == urls[i].port);
		check_slice(name, got.host, urls[i].host);
		check_slice(name, got.authority, urls[i].authority);
		check_slice(name, got.target, urls[i].target);
		for (size_t n = 0; n < edge.len; n++)
			(void)url_parse(place_at_edge(slice_upto(edge, n)), &got);
	}
}

static const struct {
	const char *name;
	const char *url;
	bool is_private;
} ways[] = {
	{"https", "https://example.com/", true},
	{"plain http", "http://example.com/", false},
	{"localhost", "http://LocalHost:8080/", true},
	{"a name below localhost is what a resolver says", "http://a.localhost/", false},
	{"localhost as a label of another", "http://localhost.example.com/", false},
	{"any address of 127/8", "http://127.1.2.3/", true},
	{"an address in a name", "http://127.0.0.1.example.com/", false},
	{"another address", "http://128.0.0.1/", false},
	{"IPv6 loopback", "http://[::1]/", true},
	{"another spelling of it", "http://[0:0:0:0:0:0:0:1]/", false},
	{"IPv4 within IPv6", "http://[::ffff:127.0.0.1]/", false},
	{"another IPv6 address", "http://[::2]/", false},
};

static void plain_http_is_private_on_loopback_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(ways); i++) {
		struct url url;

		check(ways[i].name, url_parse(slice_of(ways[i].url), &url) == OK);
		check(ways[i].name, url_is_private(&url) == ways[i].is_private);
	}
}

static const struct {
	const char *name, *url, *user; /* user NULL: none */
} users[] = {
	{"a user and a password", "https://u:p@a.example/x", "u:p"},
	{"a user alone", "http://u@a.example", "u"},
	{"an empty one", "http://@a.example", ""},
	{"without a scheme", "u:p@a.example/x", "u:p"},
	{"without a path", "ftp://u@a.example?q", "u"},
	{"an @ in a password", "https://u:p@q@a.example/", "u:p@q"},
	{"none", "https://a.example/", NULL},
	{"an @ in the path", "https://a.example/u@b", NULL},
	{"an @ in the query", "https://a.example?u@b", NULL},
	{"an @ in the fragment", "https://a.example#u@b", NULL},
	{"a path alone", "/u@b", NULL},
	{"nothing", "", NULL},
};

static void user_information_is_found(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(users); i++) {
		struct slice user = url_user(place_at_edge(slice_of(users[i].url)));

		check(users[i].name, !user.ptr == !users[i].user);
		if (users[i].user)
			check_slice(users[i].name, user, slice_of(users[i].user));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(escapes_are_decoded_once_and_strictly),
		cmocka_unit_test(encoding_escapes_all_but_the_unreserved),
		cmocka_unit_test(a_query_is_walked_in_order),
		cmocka_unit_test(a_pair_is_found_by_its_decoded_name),
		cmocka_unit_test(an_absolute_url_is_split_into_its_parts),
		cmocka_unit_test(plain_http_is_private_on_loopback_alone),
		cmocka_unit_test(user_information_is_found),
	};

	return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
