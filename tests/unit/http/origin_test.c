/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"

#include "base/buf.h"
#include "http/ip.h"
#include "http/origin.h"

static const struct {
	const char *name;
	struct slice in;
	enum err err;
	struct slice host;
	uint16_t port;
} hosts[] = {
	{"name", SLICE_INIT("a.example"), OK, SLICE_INIT("a.example"), 0},
	{"name and port", SLICE_INIT("a.example:8080"), OK, SLICE_INIT("a.example"), 8080},
	{"trailing dot", SLICE_INIT("a.example.:1"), OK, SLICE_INIT("a.example"), 1},
	{"underscore, as containers are named", SLICE_INIT("my_app"), OK, SLICE_INIT("my_app"), 0},
	{"last port", SLICE_INIT("a:65535"), OK, SLICE_INIT("a"), 65535},
	{"IPv4", SLICE_INIT("192.0.2.1:80"), OK, SLICE_INIT("192.0.2.1"), 80},
	{"IPv6", SLICE_INIT("[2001:db8::1]"), OK, SLICE_INIT("[2001:db8::1]"), 0},
	{"IPv6 and port", SLICE_INIT("[::1]:443"), OK, SLICE_INIT("[::1]"), 443},
	{"IPv6 with IPv4 inside", SLICE_INIT("[::ffff:192.0.2.1]"), OK,
	 SLICE_INIT("[::ffff:192.0.2.1]"), 0},
	{"empty", SLICE_INIT(""), E_SYNTAX, {NULL, 0}, 0},
	{"dot", SLICE_INIT("."), E_SYNTAX, {NULL, 0}, 0},
	{"two trailing dots", SLICE_INIT("a.."), E_SYNTAX, {NULL, 0}, 0},
	{"empty label", SLICE_INIT("a..b"), E_SYNTAX, {NULL, 0}, 0},
	{"leading dot", SLICE_INIT(".a"), E_SYNTAX, {NULL, 0}, 0},
	{"port alone", SLICE_INIT(":80"), E_SYNTAX, {NULL, 0}, 0},
	{"empty port", SLICE_INIT("a:"), E_SYNTAX, {NULL, 0}, 0},
	{"port of zero", SLICE_INIT("a:0"), E_SYNTAX, {NULL, 0}, 0},
	{"port past the last", SLICE_INIT("a:65536"), E_SYNTAX, {NULL, 0}, 0},
	{"port with a sign", SLICE_INIT("a:+80"), E_SYNTAX, {NULL, 0}, 0},
	{"two ports", SLICE_INIT("a:1:2"), E_SYNTAX, {NULL, 0}, 0},
	{"user information", SLICE_INIT("u@a"), E_SYNTAX, {NULL, 0}, 0},
	{"path", SLICE_INIT("a/"), E_SYNTAX, {NULL, 0}, 0},
	{"space", SLICE_INIT("a b"), E_SYNTAX, {NULL, 0}, 0},
	{"percent", SLICE_INIT("a%2eb"), E_SYNTAX, {NULL, 0}, 0},
	{"backslash", SLICE_INIT("a\\b"), E_SYNTAX, {NULL, 0}, 0},
	{"UTF-8", SLICE_INIT("\xc3\xa4"), E_SYNTAX, {NULL, 0}, 0},
	{"short IPv4, an address to a browser", SLICE_INIT("127.1"), E_SYNTAX, {NULL, 0}, 0},
	{"IPv4 as one number", SLICE_INIT("2130706433"), E_SYNTAX, {NULL, 0}, 0},
	{"IPv4 in hexadecimal", SLICE_INIT("0x7f.0x1"), E_SYNTAX, {NULL, 0}, 0},
	{"IPv4 with a leading zero", SLICE_INIT("127.0.0.01"), E_SYNTAX, {NULL, 0}, 0},
	{"IPv4 past 255", SLICE_INIT("1.2.3.256"), E_SYNTAX, {NULL, 0}, 0},
	{"IPv6 without brackets", SLICE_INIT("::1"), E_SYNTAX, {NULL, 0}, 0},
	{"bracket alone", SLICE_INIT("["), E_SYNTAX, {NULL, 0}, 0},
	{"empty brackets", SLICE_INIT("[]"), E_SYNTAX, {NULL, 0}, 0},
	{"open bracket", SLICE_INIT("[::1"), E_SYNTAX, {NULL, 0}, 0},
	{"bytes behind the bracket", SLICE_INIT("[::1]a"), E_SYNTAX, {NULL, 0}, 0},
	{"zone", SLICE_INIT("[fe80::1%25eth0]"), E_SYNTAX, {NULL, 0}, 0},
	{"address of the future", SLICE_INIT("[v1.a]"), E_SYNTAX, {NULL, 0}, 0},
};

static void a_host_is_a_name_or_an_address_with_a_port(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(hosts); i++) {
		struct host_port got = {.port = 0};
		enum err err = host_parse(place_at_edge(hosts[i].in), &got);

		check(hosts[i].name, err == hosts[i].err);
		check_slice(hosts[i].name, got.host, hosts[i].host);
		check(hosts[i].name, got.port == hosts[i].port);
		check(hosts[i].name, got.has_port == (hosts[i].port != 0));
		for (size_t n = 0; n < hosts[i].in.len; n++)
			(void)host_parse(place_at_edge(slice_upto(hosts[i].in, n)), &got);
	}
}

static void a_name_stops_at_its_maximum(void **state)
{
	(void)state;
	struct buf b;
	struct host_port got;

	buf_init(&b, HOST_MAX + 1);
	while (b.len < HOST_MAX)
		assert_int_equal(buf_append(&b, SLICE("a")), OK);
	assert_int_equal(host_parse(buf_slice(&b), &got), OK);
	assert_int_equal(buf_append(&b, SLICE("a")), OK);
	assert_int_equal(host_parse(buf_slice(&b), &got), E_SYNTAX);
	buf_free(&b);
}

static const struct {
	const char *name;
	struct slice in;
	enum err err;
	struct slice scheme;
	struct slice host;
	uint16_t port;
	bool has_port;
} origins[] = {
	{"https", SLICE_INIT("https://a.example"), OK, SLICE_INIT("https"), SLICE_INIT("a.example"),
	 443, false},
	{"http with a port", SLICE_INIT("http://localhost:3000"), OK, SLICE_INIT("http"),
	 SLICE_INIT("localhost"), 3000, true},
	{"default port written out", SLICE_INIT("HTTPS://A:443"), OK, SLICE_INIT("HTTPS"),
	 SLICE_INIT("A"), 443, true},
	{"IPv6", SLICE_INIT("http://[::1]:80"), OK, SLICE_INIT("http"), SLICE_INIT("[::1]"), 80,
	 true},
	{"extension", SLICE_INIT("chrome-extension://abcdef"), OK, SLICE_INIT("chrome-extension"),
	 SLICE_INIT("abcdef"), 0, false},
	{"the trailing dot makes another origin", SLICE_INIT("https://a."), OK, SLICE_INIT("https"),
	 SLICE_INIT("a."), 443, false},
	{"null", SLICE_INIT("null"), E_SYNTAX, {NULL, 0}, {NULL, 0}, 0, false},
	{"empty", SLICE_INIT(""), E_SYNTAX, {NULL, 0}, {NULL, 0}, 0, false},
	{"path", SLICE_INIT("https://a/"), E_SYNTAX, {NULL, 0}, {NULL, 0}, 0, false},
	{"query", SLICE_INIT("https://a?b"), E_SYNTAX, {NULL, 0}, {NULL, 0}, 0, false},
	{"user information", SLICE_INIT("https://u@a"), E_SYNTAX, {NULL, 0}, {NULL, 0}, 0, false},
	{"list", SLICE_INIT("https://a https://b"), E_SYNTAX, {NULL, 0}, {NULL, 0}, 0, false},
	{"comma list", SLICE_INIT("https://a,https://b"), E_SYNTAX, {NULL, 0}, {NULL, 0}, 0, false},
	{"no host", SLICE_INIT("https://"), E_SYNTAX, {NULL, 0}, {NULL, 0}, 0, false},
	{"no slashes", SLICE_INIT("https:a"), E_SYNTAX, {NULL, 0}, {NULL, 0}, 0, false},
	{"one slash", SLICE_INIT("https:/a"), E_SYNTAX, {NULL, 0}, {NULL, 0}, 0, false},
	{"no scheme", SLICE_INIT("://a"), E_SYNTAX, {NULL, 0}, {NULL, 0}, 0, false},
	{"scheme begins with a digit",
	 SLICE_INIT("1a://b"),
	 E_SYNTAX,
	 {NULL, 0},
	 {NULL, 0},
	 0,
	 false},
	{"wildcard", SLICE_INIT("https://*.a"), E_SYNTAX, {NULL, 0}, {NULL, 0}, 0, false},
	{"space in front", SLICE_INIT(" https://a"), E_SYNTAX, {NULL, 0}, {NULL, 0}, 0, false},
};

static void an_origin_is_scheme_host_and_port_alone(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(origins); i++) {
		struct origin got = {.port = 0};
		enum err err = origin_parse(place_at_edge(origins[i].in), &got);

		check(origins[i].name, err == origins[i].err);
		check_slice(origins[i].name, got.scheme, origins[i].scheme);
		check_slice(origins[i].name, got.host, origins[i].host);
		check(origins[i].name, got.port == origins[i].port);
		check(origins[i].name, got.has_port == origins[i].has_port);
		for (size_t n = 0; n < origins[i].in.len; n++)
			(void)origin_parse(place_at_edge(slice_upto(origins[i].in, n)), &got);
	}
}

static const struct {
	const char *name;
	struct slice got;
	struct slice want;
	bool match;
} matches[] = {
	{"equal", SLICE_INIT("a.example"), SLICE_INIT("a.example"), true},
	{"case and trailing dot", SLICE_INIT("A.Example.:80"), SLICE_INIT("a.example"), true},
	{"a list entry without a port takes any", SLICE_INIT("a:1"), SLICE_INIT("a"), true},
	{"equal ports", SLICE_INIT("a:1"), SLICE_INIT("a:1"), true},
	{"other port", SLICE_INIT("a:1"), SLICE_INIT("a:2"), false},
	{"missing port", SLICE_INIT("a"), SLICE_INIT("a:2"), false},
	{"other name", SLICE_INIT("b"), SLICE_INIT("a"), false},
	{"longer name", SLICE_INIT("a.example.evil"), SLICE_INIT("a.example"), false},
};

static void hosts_match_by_name_and_by_port_where_one_is_wanted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(matches); i++) {
		struct host_port got, want;

		assert_int_equal(host_parse(matches[i].got, &got), OK);
		assert_int_equal(host_parse(matches[i].want, &want), OK);
		check(matches[i].name, host_matches(got, want) == matches[i].match);
	}
}

static const struct {
	struct slice host;
	bool loopback;
	bool literal;
} kinds[] = {
	{SLICE_INIT("localhost"), true, false},
	{SLICE_INIT("LocalHost."), true, false},
	{SLICE_INIT("app.localhost"), true, false},
	{SLICE_INIT(".localhost"), false, false},
	{SLICE_INIT("notlocalhost"), false, false},
	{SLICE_INIT("localhost.evil"), false, false},
	{SLICE_INIT("127.0.0.1"), true, true},
	{SLICE_INIT("127.255.0.9"), true, true},
	{SLICE_INIT("127.0.0.1."), true, true},
	{SLICE_INIT("128.0.0.1"), false, true},
	{SLICE_INIT("127.0.0.1.evil"), false, false},
	{SLICE_INIT("[::1]"), true, true},
	{SLICE_INIT("[0:0:0:0:0:0:0:1]"), true, true},
	{SLICE_INIT("[::ffff:127.0.0.1]"), true, true},
	{SLICE_INIT("[::ffff:7f00:1]"), true, true},
	{SLICE_INIT("[::2]"), false, true},
	{SLICE_INIT("[::]"), false, true},
	{SLICE_INIT("::1"), false, false},
	{SLICE_INIT(""), false, false},
};

static void loopback_and_literals_are_told_apart(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(kinds); i++) {
		check(kinds[i].host.ptr, host_is_loopback(kinds[i].host) == kinds[i].loopback);
		check(kinds[i].host.ptr, host_is_literal(kinds[i].host) == kinds[i].literal);
	}
}

static const struct {
	struct slice in;
	bool valid;
	uint8_t first, last;
} addresses[] = {
	{SLICE_INIT("::"), true, 0, 0},
	{SLICE_INIT("1::"), true, 0, 0},
	{SLICE_INIT("fe80::1"), true, 0xfe, 1},
	{SLICE_INIT("1:2:3:4:5:6:7:8"), true, 0, 8},
	{SLICE_INIT("FFFF:2:3:4:5:6:7:ffff"), true, 0xff, 0xff},
	{SLICE_INIT("1::3:4:5:6:7:8"), true, 0, 8},
	{SLICE_INIT("::2:3:4:5:6:7:8"), true, 0, 8},
	{SLICE_INIT("1:2:3:4:5:6:7::"), true, 0, 0},
	{SLICE_INIT("1:2:3:4:5:6:1.2.3.4"), true, 0, 4},
	{SLICE_INIT("64:ff9b::192.0.2.33"), true, 0, 33},
	{SLICE_INIT(""), false, 0, 0},
	{SLICE_INIT(":"), false, 0, 0},
	{SLICE_INIT(":::"), false, 0, 0},
	{SLICE_INIT(":1::"), false, 0, 0},
	{SLICE_INIT("1:"), false, 0, 0},
	{SLICE_INIT("1::2:"), false, 0, 0},
	{SLICE_INIT("1::2::3"), false, 0, 0},
	{SLICE_INIT("1:2:3:4:5:6:7"), false, 0, 0},
	{SLICE_INIT("1:2:3:4:5:6:7:8:9"), false, 0, 0},
	{SLICE_INIT("1:2:3:4:5:6:7:8::"), false, 0, 0},
	{SLICE_INIT("1::2:3:4:5:6:7:8"), false, 0, 0},
	{SLICE_INIT("12345::"), false, 0, 0},
	{SLICE_INIT("g::"), false, 0, 0},
	{SLICE_INIT("1:2:3:4:5:6:7:1.2.3.4"), false, 0, 0},
	{SLICE_INIT("::1.2.3"), false, 0, 0},
	{SLICE_INIT("::1.2.3.4:5"), false, 0, 0},
	{SLICE_INIT("1.2.3.4"), false, 0, 0},
};

static void ipv6_follows_its_grammar(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(addresses); i++) {
		const char *name = addresses[i].in.ptr;
		uint8_t bytes[16] = {0};

		check(name, ip6_parse(place_at_edge(addresses[i].in), bytes) == addresses[i].valid);
		check(name, bytes[0] == addresses[i].first && bytes[15] == addresses[i].last);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_host_is_a_name_or_an_address_with_a_port),
		cmocka_unit_test(a_name_stops_at_its_maximum),
		cmocka_unit_test(an_origin_is_scheme_host_and_port_alone),
		cmocka_unit_test(hosts_match_by_name_and_by_port_where_one_is_wanted),
		cmocka_unit_test(loopback_and_literals_are_told_apart),
		cmocka_unit_test(ipv6_follows_its_grammar),
	};

	return cmocka_run_group_tests_name("origin", tests, NULL, NULL);
}
