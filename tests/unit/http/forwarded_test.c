/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"

#include "base/writer.h"
#include "http/forwarded.h"

#define XFF(v)   "X-Forwarded-For: " v "\n"
#define PROTO(v) "X-Forwarded-Proto: " v "\n"
#define FWD(v)   "Forwarded: " v "\n"

#define X     FORWARDED_FIELD_X
#define RFC   FORWARDED_FIELD_RFC7239
#define NONE  FORWARDED_FIELD_NONE
#define PROXY "10.0.0.1"

struct row {
	const char *name;
	enum forwarded_field field;
	const char *peer;
	const char *fields;
	const char *addr;
	char marks[3]; /* s: https, m: malformed */
};

static const struct row rows[] = {
	/* who is believed */
	{"no field: the proxy itself", X, PROXY, "", PROXY, ""},
	{"the client as the proxy saw it", X, PROXY, XFF("192.0.2.7"), "192.0.2.7", ""},
	{"nobody believes a stranger", X, "198.51.100.1", XFF("192.0.2.7") PROTO("https"),
	 "198.51.100.1", ""},
	{"nothing is believed where no field is named", NONE, PROXY,
	 XFF("192.0.2.7") FWD("for=192.0.2.8"), PROXY, ""},
	{"the other field is not read", X, PROXY, FWD("for=192.0.2.8;proto=https"), PROXY, ""},
	{"nor the other way round", RFC, PROXY, XFF("192.0.2.7") PROTO("https"), PROXY, ""},
	{"names are compared without case", X, PROXY,
	 "x-forwarded-for: 192.0.2.7\nx-FORWARDED-proto: HTTPS\n", "192.0.2.7", "s"},
	/* X-Forwarded-For */
	{"what the client wrote itself is not looked at", X, PROXY, XFF("6.6.6.6, 192.0.2.7"),
	 "192.0.2.7", ""},
	{"not even a line of its own", X, PROXY, XFF("6.6.6.6") XFF("192.0.2.7"), "192.0.2.7", ""},
	{"garbage in front is not looked at", X, PROXY, XFF("<script>,, \"' , 192.0.2.7"),
	 "192.0.2.7", ""},
	{"two proxies", X, PROXY, XFF("192.0.2.7, 10.9.9.9"), "192.0.2.7", ""},
	{"two proxies on two lines", X, PROXY, XFF("6.6.6.6, 192.0.2.7") XFF("10.9.9.9"),
	 "192.0.2.7", ""},
	{"a client inside the trusted network", X, PROXY, XFF("10.1.1.1, 10.9.9.9"), "10.1.1.1",
	 ""},
	{"a proxy that is not trusted is the client", X, PROXY,
	 XFF("192.0.2.7, 198.51.100.1, 10.9.9.9"), "198.51.100.1", ""},
	{"IPv6", X, PROXY, XFF("2001:db8::7"), "2001:db8::7", ""},
	{"IPv6 in brackets", X, PROXY, XFF("[2001:db8::7]"), "2001:db8::7", ""},
	{"IPv6 in brackets with a port", X, PROXY, XFF("[2001:db8::7]:4711"), "2001:db8::7", ""},
	{"IPv4 with a port", X, PROXY, XFF("192.0.2.7:4711"), "192.0.2.7", ""},
	{"IPv4 in IPv6 is IPv4", X, PROXY, XFF("::ffff:192.0.2.7"), "192.0.2.7", ""},
	{"a trusted IPv6 network", X, "fd00::1", XFF("192.0.2.7, fd00::2"), "192.0.2.7", ""},
	{"empty members are no hops", X, PROXY, XFF("192.0.2.7, , ,"), "192.0.2.7", ""},
	{"an empty field says nothing", X, PROXY, XFF(""), PROXY, ""},
	{"unknown hides the client behind its proxy", X, PROXY, XFF("unknown"), PROXY, ""},
	{"what stands before unknown has no witness", X, PROXY, XFF("192.0.2.7, unknown"), PROXY,
	 ""},
	{"a name is no address", X, PROXY, XFF("example.com"), PROXY, "m"},
	{"three numbers are no address", X, PROXY, XFF("192.0.2"), PROXY, "m"},
	{"a port that is none", X, PROXY, XFF("192.0.2.7:x"), PROXY, "m"},
	{"a port that is too large", X, PROXY, XFF("192.0.2.7:65536"), PROXY, "m"},
	{"an open bracket", X, PROXY, XFF("[2001:db8::7"), PROXY, "m"},
	{"text behind the bracket", X, PROXY, XFF("[2001:db8::7]x"), PROXY, "m"},
	{"a zone is no address", X, PROXY, XFF("fe80::1%eth0"), PROXY, "m"},
	{"quotes are of the other field", X, PROXY, XFF("\"192.0.2.7\""), PROXY, "m"},
	{"garbage of a second proxy: the second proxy", X, PROXY, XFF("?, 10.9.9.9"), "10.9.9.9",
	 "m"},
	{"sixteen hops", X, PROXY,
	 XFF("192.0.2.7, 10.0.0.2, 10.0.0.3, 10.0.0.4, 10.0.0.5, 10.0.0.6, 10.0.0.7, 10.0.0.8, "
	     "10.0.0.9, 10.0.0.10, 10.0.0.11, 10.0.0.12, 10.0.0.13, 10.0.0.14, 10.0.0.15, "
	     "10.0.0.16"),
	 "192.0.2.7", ""},
	{"seventeen are too many", X, PROXY,
	 XFF("192.0.2.7, 10.0.0.2, 10.0.0.3, 10.0.0.4, 10.0.0.5, 10.0.0.6, 10.0.0.7, 10.0.0.8, "
	     "10.0.0.9, 10.0.0.10, 10.0.0.11, 10.0.0.12, 10.0.0.13, 10.0.0.14, 10.0.0.15, "
	     "10.0.0.16, 10.0.0.17"),
	 "10.0.0.2", "m"},
	/* X-Forwarded-Proto */
	{"https", X, PROXY, PROTO("https"), PROXY, "s"},
	{"http", X, PROXY, PROTO("http"), PROXY, ""},
	{"the nearest proxy's word", X, PROXY, PROTO("https, http"), PROXY, ""},
	{"on the last line", X, PROXY, PROTO("http") PROTO("https"), PROXY, "s"},
	{"another scheme is none", X, PROXY, XFF("192.0.2.7") PROTO("wss"), "192.0.2.7", "m"},
	{"an empty one too", X, PROXY, PROTO(""), PROXY, "m"},
	/* Forwarded */
	{"for alone", RFC, PROXY, FWD("for=192.0.2.7"), "192.0.2.7", ""},
	{"all four", RFC, PROXY, FWD("for=192.0.2.7;proto=https;by=10.0.0.1;host=a.test"),
	 "192.0.2.7", "s"},
	{"names and schemes without case", RFC, PROXY, FWD("FOR=192.0.2.7;Proto=HTTPS"),
	 "192.0.2.7", "s"},
	{"quoted", RFC, PROXY, FWD("for=\"192.0.2.7\""), "192.0.2.7", ""},
	{"quoted with a port", RFC, PROXY, FWD("for=\"192.0.2.7:4711\""), "192.0.2.7", ""},
	{"quoted IPv6", RFC, PROXY, FWD("for=\"[2001:db8::7]\""), "2001:db8::7", ""},
	{"quoted IPv6 with a port", RFC, PROXY, FWD("for=\"[2001:db8::7]:47011\""), "2001:db8::7",
	 ""},
	{"a port that has a name", RFC, PROXY, FWD("for=\"192.0.2.7:_p1\""), "192.0.2.7", ""},
	{"a list", RFC, PROXY, FWD("for=6.6.6.6, for=192.0.2.7, for=10.9.9.9"), "192.0.2.7", ""},
	{"two lines", RFC, PROXY, FWD("for=6.6.6.6") FWD("for=192.0.2.7"), "192.0.2.7", ""},
	{"spaces around separators", RFC, PROXY, FWD("for=192.0.2.7 ; proto=https ,\tfor=10.9.9.9"),
	 "192.0.2.7", "s"},
	{"the scheme that the client used, not that among us", RFC, PROXY,
	 FWD("for=192.0.2.7;proto=https, for=10.9.9.9;proto=http"), "192.0.2.7", "s"},
	{"the scheme of a client's own words", RFC, PROXY,
	 FWD("for=6.6.6.6;proto=https, for=192.0.2.7;proto=http"), "192.0.2.7", ""},
	{"a comma within quotes", RFC, PROXY, FWD("host=\"a,b;c\";for=192.0.2.7"), "192.0.2.7", ""},
	{"an escaped quote", RFC, PROXY, FWD("host=\"a\\\"b\";for=192.0.2.7"), "192.0.2.7", ""},
	{"empty elements and pairs are none", RFC, PROXY, FWD(", for=192.0.2.7;, ,"), "192.0.2.7",
	 ""},
	{"unknown", RFC, PROXY, FWD("for=unknown"), PROXY, ""},
	{"a hidden name", RFC, PROXY, FWD("for=_hidden"), PROXY, ""},
	{"a hidden name with a port", RFC, PROXY, FWD("for=\"_SEVKISEK:4711\""), PROXY, ""},
	{"before a hidden one there is no witness", RFC, PROXY, FWD("for=192.0.2.7, for=_x"), PROXY,
	 ""},
	{"an element without for", RFC, PROXY, FWD("proto=https;by=10.0.0.1"), PROXY, "s"},
	{"IPv6 wants quotes and brackets", RFC, PROXY, FWD("for=2001:db8::7"), PROXY, "m"},
	{"and brackets within quotes", RFC, PROXY, FWD("for=\"2001:db8::7\""), PROXY, "m"},
	{"an open quote", RFC, PROXY, FWD("for=\"192.0.2.7"), PROXY, "m"},
	{"an escape at the end", RFC, PROXY, FWD("for=\"192.0.2.7\\"), PROXY, "m"},
	{"an escaped address is none", RFC, PROXY, FWD("for=\"\\1\""), PROXY, "m"},
	{"no value", RFC, PROXY, FWD("for="), PROXY, "m"},
	{"no name", RFC, PROXY, FWD("=192.0.2.7"), PROXY, "m"},
	{"no equals sign", RFC, PROXY, FWD("192.0.2.7"), PROXY, "m"},
	{"a space within a pair", RFC, PROXY, FWD("for= 192.0.2.7"), PROXY, "m"},
	{"two words", RFC, PROXY, FWD("for=192.0.2.7 for=192.0.2.8"), PROXY, "m"},
	{"for twice in one element", RFC, PROXY, FWD("for=192.0.2.7;for=192.0.2.8"), PROXY, "m"},
	{"an element with garbage spoils its line", RFC, PROXY, FWD("!, for=192.0.2.7"), PROXY,
	 "m"},
	{"but not the line behind it", RFC, PROXY, FWD("\"") FWD("for=192.0.2.7"), "192.0.2.7", ""},
	{"a scheme that is none", RFC, PROXY, FWD("for=192.0.2.7;proto=gopher"), PROXY, "m"},
	{"an empty hidden name", RFC, PROXY, FWD("for=\"\""), PROXY, "m"},
	{"seventeen elements are too many", RFC, PROXY,
	 FWD("for=192.0.2.7,for=10.0.0.2,for=10.0.0.3,for=10.0.0.4,for=10.0.0.5,for=10.0.0.6,"
	     "for=10.0.0.7,for=10.0.0.8,for=10.0.0.9,for=10.0.0.10,for=10.0.0.11,for=10.0.0.12,"
	     "for=10.0.0.13,for=10.0.0.14,for=10.0.0.15,for=10.0.0.16,for=10.0.0.17"),
	 "10.0.0.2", "m"},
};

static struct network network_of(const char *text)
{
	struct network network;

	assert_int_equal(network_parse(slice_of(text), &network), OK);
	return network;
}

/* "Name: value" lines; values end where memory ends. */
static size_t read_fields(const char *text, struct http_field *fields)
{
	struct slice rest = slice_of(text);
	size_t n = 0;

	while (rest.len > 0) {
		struct slice value = slice_cut(&rest, '\n');
		struct slice name = slice_cut(&value, ':');

		fields[n++] = (struct http_field){name, place_at_edge(slice_trim(value))};
	}
	return n;
}

static struct forwarded read_row(const struct row *row, const struct http_field *fields, size_t n)
{
	const struct network trusted[] = {network_of("10.0.0.0/8"), network_of("fd00::/8")};
	struct forwarded_rules rules = {row->field, trusted, COUNT_OF(trusted)};
	struct addr peer = network_of(row->peer).addr;

	return forwarded_read(&rules, fields, n, &peer, false);
}

static void expect(const struct row *row, const struct forwarded *got)
{
	char text[ADDR_TEXT_MAX];
	struct writer w;

	writer_init(&w, text, sizeof(text));
	put_addr(&w, &got->addr);
	check_slice(row->name, writer_slice(&w), slice_of(row->addr));
	check(row->name, got->https == (strchr(row->marks, 's') != NULL));
	check(row->name, got->malformed == (strchr(row->marks, 'm') != NULL));
}

static void who_the_client_is(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct http_field fields[4];
		size_t n = read_fields(rows[i].fields, fields);
		struct forwarded got = read_row(&rows[i], fields, n);

		expect(&rows[i], &got);
	}
}

/* Whatever is cut off, nobody is believed who was not: the answer is the peer or was written. */
static void every_prefix_is_survived(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		struct http_field fields[4];
		size_t n = read_fields(rows[i].fields, fields);

		for (size_t len = 0; n > 0 && len <= fields[n - 1].value.len; len++) {
			struct http_field cut[4];

			memcpy(cut, fields, sizeof(cut));
			cut[n - 1].value = place_at_edge(slice_upto(cut[n - 1].value, len));
			struct forwarded got = read_row(&rows[i], cut, n);
			check(rows[i].name, got.addr.family != ADDR_NONE);
		}
	}
}

static void over_tls_the_connection_is_secure_unless_the_proxy_says_otherwise(void **state)
{
	static const struct {
		const char *name;
		const char *fields;
		bool https;
	} cases[] = {
		{"nothing is said", "", true},
		{"the client's name alone", XFF("192.0.2.7"), true},
		{"the client came in the clear", PROTO("http"), false},
	};
	const struct network trusted = network_of("10.0.0.0/8");
	struct forwarded_rules rules = {X, &trusted, 1};
	struct addr peer = network_of(PROXY).addr;

	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct http_field fields[4];
		size_t n = read_fields(cases[i].fields, fields);

		check(cases[i].name,
		      forwarded_read(&rules, fields, n, &peer, true).https == cases[i].https);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(who_the_client_is),
		cmocka_unit_test(every_prefix_is_survived),
		cmocka_unit_test(over_tls_the_connection_is_secure_unless_the_proxy_says_otherwise),
	};

	return cmocka_run_group_tests_name("forwarded", tests, NULL, NULL);
}
