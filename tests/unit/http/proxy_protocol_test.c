/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"

#include "base/writer.h"
#include "http/proxy_protocol.h"

#define SIGNATURE "\r\n\r\n\0\r\nQUIT\n"
#define IP4       "\xc0\x00\x02\x07\x0a\x00\x00\x01\x12\x67\x1f\x90"
#define IP6                                                                                        \
	"\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\x07"                                               \
	"\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x12\x67\x1f\x90"
#define MAPPED                                                                                     \
	"\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\x00\x02\x07"                                             \
	"\xfd\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x01\x12\x67\x1f\x90"
#define X16 "xxxxxxxxxxxxxxxx"
#define X54 X16 X16 X16 "xxxxxx"

/* `rest` stands behind the signature; done cases are followed by a request. */
static const struct {
	const char *name;
	struct slice in;
	enum proxy_step step; /* of the whole */
	size_t len;           /* of the header, or of the shortest prefix that is refused */
	const char *addr;     /* NULL: none */
} cases[] = {
	{"TCP over IPv4", SLICE_INIT(SIGNATURE "\x21\x11\x00\x0c" IP4 "GET"), PROXY_DONE, 28,
	 "192.0.2.7"},
	{"TCP over IPv6", SLICE_INIT(SIGNATURE "\x21\x21\x00\x24" IP6 "GET"), PROXY_DONE, 52,
	 "2001:db8::7"},
	{"IPv4 in IPv6", SLICE_INIT(SIGNATURE "\x21\x21\x00\x24" MAPPED), PROXY_DONE, 52,
	 "192.0.2.7"},
	{"TLVs are skipped",
	 SLICE_INIT(SIGNATURE "\x21\x11\x00\x10" IP4 "\x04\x00\x01x"
			      "GET"),
	 PROXY_DONE, 32, "192.0.2.7"},
	{"even broken ones", SLICE_INIT(SIGNATURE "\x21\x11\x00\x0e" IP4 "\xff\xff"), PROXY_DONE,
	 30, "192.0.2.7"},
	{"a health check of the proxy", SLICE_INIT(SIGNATURE "\x20\x00\x00\x00GET"), PROXY_DONE, 16,
	 NULL},
	{"LOCAL with an address is no client", SLICE_INIT(SIGNATURE "\x20\x11\x00\x0c" IP4),
	 PROXY_DONE, 28, NULL},
	{"LOCAL with a family that nobody knows", SLICE_INIT(SIGNATURE "\x20\x99\x00\x02xx"),
	 PROXY_DONE, 18, NULL},
	{"a client that is not told", SLICE_INIT(SIGNATURE "\x21\x00\x00\x00"), PROXY_DONE, 16,
	 NULL},
	{"a client that is not told, with bytes", SLICE_INIT(SIGNATURE "\x21\x00\x00\x03xyz"),
	 PROXY_DONE, 19, NULL},
	{"a unix socket", SLICE_INIT(SIGNATURE "\x21\x31\x00\xd8" X54 X54 X54 X54), PROXY_DONE, 232,
	 NULL},
	{"nothing yet", SLICE_INIT(""), PROXY_MORE, 0, NULL},
	{"version 1", SLICE_INIT("PROXY TCP4 192.0.2.7 10.0.0.1 4711 8080\r\n"), PROXY_REFUSED, 1,
	 NULL},
	{"a request without a header", SLICE_INIT("GET / HTTP/1.1\r\n"), PROXY_REFUSED, 1, NULL},
	{"TLS without a header", SLICE_INIT("\x16\x03\x01"), PROXY_REFUSED, 1, NULL},
	{"empty lines and a request", SLICE_INIT("\r\n\r\nGET / HTTP/1.1\r\n"), PROXY_REFUSED, 5,
	 NULL},
	{"a signature with one wrong byte", SLICE_INIT("\r\n\r\n\0\r\nQUIT\r"), PROXY_REFUSED, 12,
	 NULL},
	{"version 1 in binary", SLICE_INIT(SIGNATURE "\x11\x11\x00\x0c" IP4), PROXY_REFUSED, 13,
	 NULL},
	{"version 3", SLICE_INIT(SIGNATURE "\x31\x11\x00\x0c" IP4), PROXY_REFUSED, 13, NULL},
	{"a command that nobody knows", SLICE_INIT(SIGNATURE "\x22\x11\x00\x0c" IP4), PROXY_REFUSED,
	 13, NULL},
	{"datagrams", SLICE_INIT(SIGNATURE "\x21\x12\x00\x0c" IP4), PROXY_REFUSED, 14, NULL},
	{"a family that nobody knows", SLICE_INIT(SIGNATURE "\x21\x41\x00\x0c" IP4), PROXY_REFUSED,
	 14, NULL},
	{"a transport that nobody knows", SLICE_INIT(SIGNATURE "\x21\x13\x00\x0c" IP4),
	 PROXY_REFUSED, 14, NULL},
	{"an IPv4 block that is too short", SLICE_INIT(SIGNATURE "\x21\x11\x00\x0b" IP4),
	 PROXY_REFUSED, 16, NULL},
	{"an IPv6 block that is too short", SLICE_INIT(SIGNATURE "\x21\x21\x00\x0c" IP4),
	 PROXY_REFUSED, 16, NULL},
	{"a unix block that is too short", SLICE_INIT(SIGNATURE "\x21\x31\x00\x0c" IP4),
	 PROXY_REFUSED, 16, NULL},
	{"one byte past the longest", SLICE_INIT(SIGNATURE "\x21\x11\x07\xf1" IP4), PROXY_REFUSED,
	 16, NULL},
	{"the longest that can be said", SLICE_INIT(SIGNATURE "\x20\x00\xff\xff"), PROXY_REFUSED,
	 16, NULL},
	{"the longest, not there yet", SLICE_INIT(SIGNATURE "\x21\x11\x07\xf0" IP4), PROXY_MORE, 0,
	 NULL},
};

#define UNTOUCHED 9999u

/* What a prefix must give: nothing is known before the byte that tells it. */
static void expect_prefix(size_t i, size_t len)
{
	struct slice in = place_at_edge(slice_upto(cases[i].in, len));
	struct proxy_header header = {.len = UNTOUCHED};
	size_t need = UNTOUCHED;
	enum proxy_step step = proxy_protocol_parse(in, &need, &header);
	bool decided = cases[i].step != PROXY_MORE && len >= cases[i].len;

	check(cases[i].name, step == (decided ? cases[i].step : PROXY_MORE));
	if (step != PROXY_DONE)
		check(cases[i].name, header.len == UNTOUCHED);
	if (step == PROXY_MORE)
		check(cases[i].name, need > len && need <= PROXY_PROTOCOL_MAX);
	if (step == PROXY_MORE && cases[i].step == PROXY_DONE && len >= PROXY_PROTOCOL_MIN)
		check(cases[i].name, need == cases[i].len);
}

static void every_prefix_says_what_it_can(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (size_t len = 0; len <= cases[i].in.len; len++)
			expect_prefix(i, len);
	}
}

static void the_header_names_the_client(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct proxy_header header;
		char text[ADDR_TEXT_MAX];
		struct writer w;
		size_t need;

		if (proxy_protocol_parse(cases[i].in, &need, &header) != PROXY_DONE)
			continue;
		check(cases[i].name, header.len == cases[i].len);
		check(cases[i].name, header.has_addr == (cases[i].addr != NULL));
		if (!cases[i].addr)
			continue;
		writer_init(&w, text, sizeof(text));
		put_addr(&w, &header.addr);
		check_slice(cases[i].name, writer_slice(&w), slice_of(cases[i].addr));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_prefix_says_what_it_can),
		cmocka_unit_test(the_header_names_the_client),
	};

	return cmocka_run_group_tests_name("PROXY protocol", tests, NULL, NULL);
}
