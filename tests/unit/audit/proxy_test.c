/* SPDX-License-Identifier: Apache-2.0 */
/* The proxy of an audit: which one, for what, and what it answers. */
#include "../edge.h"
#include "../test.h"

#include "audit/proxy.h"
#include "audit/tunnel.h"

#include <string.h>

static const struct {
	const char *name;
	const char *text;
	enum err err;
	const char *host;
	uint16_t port;
	const char *authorization; /* NULL: none */
} proxies[] = {
	{"a URL", "http://proxy.example:3128", OK, "proxy.example", 3128, NULL},
	{"a URL with a path of nothing", "http://proxy.example:3128/", OK, "proxy.example", 3128,
	 NULL},
	{"a scheme in capitals", "HTTP://proxy.example:3128", OK, "proxy.example", 3128, NULL},
	{"no scheme, as many write it", "proxy.example:3128", OK, "proxy.example", 3128, NULL},
	{"an address", "http://192.0.2.1:8080", OK, "192.0.2.1", 8080, NULL},
	{"an IPv6 address", "http://[2001:db8::1]:8080", OK, "2001:db8::1", 8080, NULL},
	{"a user and a password (RFC 7617 2)", "http://Aladdin:open%20sesame@p:1", OK, "p", 1,
	 "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="},
	{"a user alone", "http://ann@p:1", OK, "p", 1, "Basic YW5uOg=="},
	{"a password with @ and :", "http://a:b@c:d@p:1", OK, "p", 1, "Basic YTpiQGM6ZA=="},
	{"nobody in front of the @", "http://@p:1", OK, "p", 1, NULL},
	{"no port: which is meant, differs", "http://proxy.example", E_SYNTAX, NULL, 0, NULL},
	{"port 65536", "http://p:65536", E_RANGE, NULL, 0, NULL},
	{"a path", "http://p:1/x", E_SYNTAX, NULL, 0, NULL},
	{"TLS to the proxy", "https://p:1", E_SYNTAX, NULL, 0, NULL},
	{"SOCKS", "socks5://p:1", E_SYNTAX, NULL, 0, NULL},
	{"SOCKS with a user", "socks5://ann:x@p:1", E_SYNTAX, NULL, 0, NULL},
	{"nothing", "", E_SYNTAX, NULL, 0, NULL},
	{"a user with a line end", "http://a%0d%0ax:b@p:1", E_SYNTAX, NULL, 0, NULL},
	{"a broken escape", "http://a%4:b@p:1", E_SYNTAX, NULL, 0, NULL},
};

static void a_proxy_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(proxies); i++) {
		struct arena arena;
		struct audit_proxy proxy = {.port = 7};

		arena_init(&arena, 4096);
		enum err err =
			proxy_parse(place_at_edge(slice_of(proxies[i].text)), &arena, &proxy);
		check(proxies[i].name, err == proxies[i].err);
		check(proxies[i].name, proxy.port == (err ? 7 : proxies[i].port));
		if (!err) {
			check_slice(proxies[i].name, proxy.host, slice_of(proxies[i].host));
			check_slice(proxies[i].name, proxy.authorization,
				    slice_of(proxies[i].authorization));
		}
		arena_free(&arena);
	}
}

static void a_user_has_a_maximum(void **state)
{
	(void)state;
	char text[1024];
	struct arena arena;
	struct audit_proxy proxy;

	for (size_t len = 510; len <= 512; len++) {
		struct writer w;

		writer_init(&w, text, sizeof(text));
		for (size_t i = 0; i < len; i++)
			put_char(&w, 'u');
		put(&w, SLICE("@p:1"));
		arena_init(&arena, 4096);
		assert_int_equal(proxy_parse(writer_slice(&w), &arena, &proxy),
				 len < 512 ? OK : E_SYNTAX);
		arena_free(&arena);
	}
}

static const struct {
	const char *name;
	const char *list;
	const char *url;
	bool direct;
} bypasses[] = {
	{"an empty list", "", "https://a.example/", false},
	{"this machine by name, always", "", "http://localhost:3000/", true},
	{"this machine by address, always", "", "https://127.0.0.2/", true},
	{"this machine by IPv6, always", "", "http://[::1]/", true},
	{"a name below localhost is a name", "", "http://x.localhost/", false},
	{"the name", "a.example", "https://a.example/", true},
	{"the name in other letters", "A.Example", "https://a.eXample/", true},
	{"a name below it", "example", "https://a.example/", true},
	{"with a dot in front, the name too", ".a.example", "https://a.example/", true},
	{"with a star in front", "*.example", "https://a.example/", true},
	{"a name that ends alike", "a.example", "https://aa.example/", false},
	{"a name above", "x.a.example", "https://a.example/", false},
	{"the second of a list", "b.example,a.example", "https://a.example/", true},
	{"a list with spaces", "b.example, a.example", "https://a.example/", true},
	{"empty entries", ",, ,", "https://a.example/", false},
	{"everything", "*", "https://a.example/", true},
	{"the port", "a.example:443", "https://a.example/", true},
	{"another port", "a.example:8443", "https://a.example/", false},
	{"a port that is none", "a.example:https", "https://a.example/", false},
	{"an address", "10.0.0.1", "https://10.0.0.1/", true},
	{"a block", "10.0.0.0/8", "https://10.1.2.3/", true},
	{"outside of the block", "10.0.0.0/8", "https://11.1.2.3/", false},
	{"the end of an address is no name", "0.0.1", "https://10.0.0.1/", false},
	{"an IPv6 address", "2001:db8::1", "https://[2001:db8::1]/", true},
	{"an IPv6 address in brackets, with its port", "[2001:db8::1]:443",
	 "https://[2001:db8::1]/", true},
	{"an IPv6 block", "2001:db8::/32", "https://[2001:db8::1]/", true},
	{"a bracket that is not closed", "[2001:db8::1", "https://[2001:db8::1]/", true},
	{"text behind a bracket", "[2001:db8::1]x", "https://[2001:db8::1]/", false},
	{"a block is not compared with names", "0.0.0.0/0", "https://a.example/", false},
	{"a dot alone", ".", "https://a.example/", false},
};

static void some_targets_are_asked_directly(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bypasses); i++) {
		struct url url;

		assert_int_equal(url_parse(slice_of(bypasses[i].url), &url), OK);
		check(bypasses[i].name, proxy_is_bypassed(place_at_edge(slice_of(bypasses[i].list)),
							  &url) == bypasses[i].direct);
	}
}

static void the_proxy_is_asked_for_a_tunnel(void **state)
{
	(void)state;
	char room[256];
	struct writer w;

	writer_init(&w, room, sizeof(room));
	put_tunnel_request(&w, SLICE("a.example"), 443, SLICE_NONE);
	check_slice("a name", writer_slice(&w),
		    SLICE("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n"));
	writer_init(&w, room, sizeof(room));
	put_tunnel_request(&w, SLICE("::1"), 80, SLICE("Basic eA=="));
	check_slice("an address, and who asks", writer_slice(&w),
		    SLICE("CONNECT [::1]:80 HTTP/1.1\r\nHost: [::1]:80\r\n"
			  "Proxy-Authorization: Basic eA==\r\n\r\n"));
}

static const struct {
	const char *name;
	const char *answer;
	enum tunnel_state state;
	unsigned status;
} answers[] = {
	{"200", "HTTP/1.1 200 Connection established\r\n\r\n", TUNNEL_OPEN, 200},
	{"200 of an old proxy", "HTTP/1.0 200 OK\r\nProxy-Agent: x\r\n\r\n", TUNNEL_OPEN, 200},
	{"204 opens too (RFC 9110 9.3.6)", "HTTP/1.1 204\r\n\r\n", TUNNEL_OPEN, 204},
	{"lines that end in LF", "HTTP/1.1 200 OK\nA: b\n\n", TUNNEL_OPEN, 200},
	{"407", "HTTP/1.1 407 No\r\nContent-Length: 2\r\n\r\nhi", TUNNEL_REFUSED, 407},
	{"a redirect is no tunnel", "HTTP/1.1 302 Found\r\nLocation: /\r\n\r\n", TUNNEL_REFUSED,
	 302},
	{"100 is no tunnel", "HTTP/1.1 100 Continue\r\n\r\n", TUNNEL_REFUSED, 100},
	{"bytes of the target before it was asked", "HTTP/1.1 200 OK\r\n\r\nx", TUNNEL_BROKEN, 200},
	{"another protocol", "SSH-2.0-x\r\n", TUNNEL_BROKEN, 0},
	{"HTTP/2", "HTTP/2 200\r\n\r\n", TUNNEL_BROKEN, 0},
	{"a status of two digits", "HTTP/1.1 20\r\n\r\n", TUNNEL_BROKEN, 0},
	{"a status of four digits", "HTTP/1.1 2000\r\n\r\n", TUNNEL_BROKEN, 0},
	{"a line end and nothing else", "\r\n\r\n", TUNNEL_BROKEN, 0},
	{"a head without an end", "HTTP/1.1 200 OK\r\nA: b\r\n", TUNNEL_WAITS, 0},
	{"nothing", "", TUNNEL_WAITS, 0},
};

static void answers_are_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		unsigned status = 0;

		check(answers[i].name, tunnel_read(place_at_edge(slice_of(answers[i].answer)),
						   &status) == answers[i].state);
		check(answers[i].name, status == answers[i].status);
	}
}

/* A verdict comes once, and stays for all that follows but the bytes behind an open tunnel. */
static void each_prefix_waits_or_has_the_verdict(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(answers); i++) {
		struct slice whole = slice_of(answers[i].answer);
		bool judged = false;

		for (size_t n = 0; n <= whole.len; n++) {
			unsigned status = 0;
			enum tunnel_state now =
				tunnel_read(place_at_edge(slice_upto(whole, n)), &status);

			if (now == TUNNEL_OPEN && answers[i].state == TUNNEL_BROKEN)
				continue;
			check(answers[i].name, now == answers[i].state || now == TUNNEL_WAITS);
			check(answers[i].name, !judged || now != TUNNEL_WAITS);
			judged = now != TUNNEL_WAITS;
		}
	}
}

static void a_head_has_a_maximum(void **state)
{
	(void)state;
	static char head[TUNNEL_MAX_HEAD + 1];
	unsigned status = 0;

	memset(head, 'x', sizeof(head));
	memcpy(head, "HTTP/1.1 200 ", 13);
	assert_int_equal(tunnel_read((struct slice){head, TUNNEL_MAX_HEAD - 1}, &status),
			 TUNNEL_WAITS);
	assert_int_equal(tunnel_read((struct slice){head, TUNNEL_MAX_HEAD}, &status),
			 TUNNEL_BROKEN);
	memcpy(head + TUNNEL_MAX_HEAD - 4, "\r\n\r\n", 4);
	assert_int_equal(tunnel_read((struct slice){head, TUNNEL_MAX_HEAD}, &status), TUNNEL_OPEN);
	memcpy(head + TUNNEL_MAX_HEAD - 4, "x\r\n\r\n", 5);
	assert_int_equal(tunnel_read((struct slice){head, TUNNEL_MAX_HEAD + 1}, &status),
			 TUNNEL_BROKEN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_proxy_is_read),
		cmocka_unit_test(a_user_has_a_maximum),
		cmocka_unit_test(some_targets_are_asked_directly),
		cmocka_unit_test(the_proxy_is_asked_for_a_tunnel),
		cmocka_unit_test(answers_are_judged),
		cmocka_unit_test(each_prefix_waits_or_has_the_verdict),
		cmocka_unit_test(a_head_has_a_maximum),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
