/* SPDX-License-Identifier: Apache-2.0 */
#include "feed.h"

#include <string.h>

#define HOST "Host: a.example\r\n"

static const struct {
	const char *name;
	struct slice in;
	enum http_fault fault;
} refused[] = {
	/* lines */
	{"bare LF ends the request line", SLICE_INIT("GET / HTTP/1.1\n" HOST "\r\n"),
	 HTTP_FAULT_BARE_LF},
	{"bare LF ends a field line", SLICE_INIT("GET / HTTP/1.1\r\nHost: a\nX: b\r\n\r\n"),
	 HTTP_FAULT_BARE_LF},
	{"bare LF ends the head", SLICE_INIT("GET / HTTP/1.1\r\n" HOST "\n"), HTTP_FAULT_BARE_LF},
	{"bare LF before the request line", SLICE_INIT("\nGET / HTTP/1.1\r\n" HOST "\r\n"),
	 HTTP_FAULT_BARE_LF},
	{"bare CR in a value", SLICE_INIT("GET / HTTP/1.1\r\nHost: a\rX: b\r\n\r\n"),
	 HTTP_FAULT_BARE_CR},
	{"bare CR in the request line", SLICE_INIT("GET /\r HTTP/1.1\r\n" HOST "\r\n"),
	 HTTP_FAULT_BARE_CR},
	{"CR CR LF", SLICE_INIT("GET / HTTP/1.1\r\r\n" HOST "\r\n"), HTTP_FAULT_BARE_CR},
	{"NUL in a value", SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X: a\0b\r\n\r\n"),
	 HTTP_FAULT_CONTROL},
	{"DEL in a value", SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X: a\x7f\r\n\r\n"),
	 HTTP_FAULT_CONTROL},
	{"escape in a value", SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X: \x1b[2J\r\n\r\n"),
	 HTTP_FAULT_CONTROL},
	{"NUL in the target", SLICE_INIT("GET /\0 HTTP/1.1\r\n" HOST "\r\n"), HTTP_FAULT_CONTROL},
	{"form feed as white space", SLICE_INIT("GET /\f HTTP/1.1\r\n" HOST "\r\n"),
	 HTTP_FAULT_CONTROL},
	{"two empty lines first", SLICE_INIT("\r\n\r\nGET / HTTP/1.1\r\n" HOST "\r\n"),
	 HTTP_FAULT_EMPTY_LINES},
	/* request line */
	{"no request line", SLICE_INIT("X\r\n\r\n"), HTTP_FAULT_REQUEST_LINE},
	{"HTTP/0.9 has no version", SLICE_INIT("GET /\r\n\r\n"), HTTP_FAULT_REQUEST_LINE},
	{"two spaces before the target", SLICE_INIT("GET  / HTTP/1.1\r\n" HOST "\r\n"),
	 HTTP_FAULT_REQUEST_LINE},
	{"two spaces behind the target", SLICE_INIT("GET /  HTTP/1.1\r\n" HOST "\r\n"),
	 HTTP_FAULT_REQUEST_LINE},
	{"space at the end of the request line", SLICE_INIT("GET / HTTP/1.1 \r\n" HOST "\r\n"),
	 HTTP_FAULT_REQUEST_LINE},
	{"space at the start of the request line", SLICE_INIT(" GET / HTTP/1.1\r\n" HOST "\r\n"),
	 HTTP_FAULT_REQUEST_LINE},
	{"space in the target", SLICE_INIT("GET /a b HTTP/1.1\r\n" HOST "\r\n"),
	 HTTP_FAULT_REQUEST_LINE},
	{"tab instead of a space", SLICE_INIT("GET\t/ HTTP/1.1\r\n" HOST "\r\n"),
	 HTTP_FAULT_REQUEST_LINE},
	{"tab behind the version", SLICE_INIT("GET / HTTP/1.1\t\r\n" HOST "\r\n"),
	 HTTP_FAULT_REQUEST_LINE},
	{"tab in the target", SLICE_INIT("GET /a\tb HTTP/1.1\r\n" HOST "\r\n"), HTTP_FAULT_TARGET},
	{"method is not a token", SLICE_INIT("G@T / HTTP/1.1\r\n" HOST "\r\n"), HTTP_FAULT_METHOD},
	{"method holds a colon", SLICE_INIT("GET: / HTTP/1.1\r\n" HOST "\r\n"), HTTP_FAULT_METHOD},
	{"method holds a byte from 0x80", SLICE_INIT("G\xc3\x89T / HTTP/1.1\r\n" HOST "\r\n"),
	 HTTP_FAULT_METHOD},
	{"CONNECT with authority-form", SLICE_INIT("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"),
	 HTTP_FAULT_CONNECT},
	{"CONNECT with a path", SLICE_INIT("CONNECT / HTTP/1.1\r\n" HOST "\r\n"),
	 HTTP_FAULT_CONNECT},
	{"authority-form with GET", SLICE_INIT("GET a.example:80 HTTP/1.1\r\n" HOST "\r\n"),
	 HTTP_FAULT_TARGET},
	{"relative target", SLICE_INIT("GET a/b HTTP/1.1\r\n" HOST "\r\n"), HTTP_FAULT_TARGET},
	{"target is a query alone", SLICE_INIT("GET ?a HTTP/1.1\r\n" HOST "\r\n"),
	 HTTP_FAULT_TARGET},
	{"asterisk with GET", SLICE_INIT("GET * HTTP/1.1\r\n" HOST "\r\n"), HTTP_FAULT_TARGET},
	{"asterisk and more", SLICE_INIT("OPTIONS *a HTTP/1.1\r\n" HOST "\r\n"), HTTP_FAULT_TARGET},
	{"fragment in the target", SLICE_INIT("GET /a#b HTTP/1.1\r\n" HOST "\r\n"),
	 HTTP_FAULT_TARGET},
	{"UTF-8 in the target", SLICE_INIT("GET /\xc3\xa4 HTTP/1.1\r\n" HOST "\r\n"),
	 HTTP_FAULT_TARGET},
	{"absolute-form of another scheme",
	 SLICE_INIT("GET ftp://a.example/ HTTP/1.1\r\n" HOST "\r\n"), HTTP_FAULT_TARGET},
	{"absolute-form with user information",
	 SLICE_INIT("GET http://u@a.example/ HTTP/1.1\r\n" HOST "\r\n"), HTTP_FAULT_TARGET},
	{"absolute-form without a host", SLICE_INIT("GET http:///a HTTP/1.1\r\n" HOST "\r\n"),
	 HTTP_FAULT_TARGET},
	{"absolute-form with a broken port",
	 SLICE_INIT("GET http://a.example:x/ HTTP/1.1\r\n" HOST "\r\n"), HTTP_FAULT_TARGET},
	{"lower-case version", SLICE_INIT("GET / http/1.1\r\n" HOST "\r\n"),
	 HTTP_FAULT_VERSION_SYNTAX},
	{"version without a minor", SLICE_INIT("GET / HTTP/1\r\n" HOST "\r\n"),
	 HTTP_FAULT_VERSION_SYNTAX},
	{"version with two digits", SLICE_INIT("GET / HTTP/1.10\r\n" HOST "\r\n"),
	 HTTP_FAULT_VERSION_SYNTAX},
	{"version with a letter", SLICE_INIT("GET / HTTP/1.x\r\n" HOST "\r\n"),
	 HTTP_FAULT_VERSION_SYNTAX},
	{"version of another protocol", SLICE_INIT("GET / RTSP/1.0\r\n" HOST "\r\n"),
	 HTTP_FAULT_VERSION_SYNTAX},
	{"HTTP/2.0 in text", SLICE_INIT("PRI * HTTP/2.0\r\n\r\n"), HTTP_FAULT_VERSION},
	{"HTTP/1.2", SLICE_INIT("GET / HTTP/1.2\r\n" HOST "\r\n"), HTTP_FAULT_VERSION},
	{"HTTP/0.9 spelt out", SLICE_INIT("GET / HTTP/0.9\r\n" HOST "\r\n"), HTTP_FAULT_VERSION},
	/* field lines */
	{"folded line with a space", SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X: a\r\n b\r\n\r\n"),
	 HTTP_FAULT_FOLDED},
	{"folded line with a tab", SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X: a\r\n\tb\r\n\r\n"),
	 HTTP_FAULT_FOLDED},
	{"space before the first field", SLICE_INIT("GET / HTTP/1.1\r\n " HOST "\r\n"),
	 HTTP_FAULT_FOLDED},
	{"line of one space", SLICE_INIT("GET / HTTP/1.1\r\n" HOST " \r\n\r\n"), HTTP_FAULT_FOLDED},
	{"space before the colon", SLICE_INIT("GET / HTTP/1.1\r\nHost : a\r\n\r\n"),
	 HTTP_FAULT_FIELD_COLON},
	{"tab before the colon", SLICE_INIT("GET / HTTP/1.1\r\nHost\t: a\r\n\r\n"),
	 HTTP_FAULT_FIELD_COLON},
	{"field without a colon", SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X\r\n\r\n"),
	 HTTP_FAULT_FIELD_COLON},
	{"empty field name", SLICE_INIT("GET / HTTP/1.1\r\n" HOST ": a\r\n\r\n"),
	 HTTP_FAULT_FIELD_NAME},
	{"field name is not a token", SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X(: a\r\n\r\n"),
	 HTTP_FAULT_FIELD_NAME},
	{"field name holds a byte from 0x80",
	 SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X\xe9: a\r\n\r\n"), HTTP_FAULT_FIELD_NAME},
	/* Host */
	{"no Host", SLICE_INIT("GET / HTTP/1.1\r\nX: a\r\n\r\n"), HTTP_FAULT_HOST_MISSING},
	{"no fields at all", SLICE_INIT("GET / HTTP/1.1\r\n\r\n"), HTTP_FAULT_HOST_MISSING},
	{"no Host beside an absolute-form", SLICE_INIT("GET http://a.example/ HTTP/1.1\r\n\r\n"),
	 HTTP_FAULT_HOST_MISSING},
	{"two Hosts", SLICE_INIT("GET / HTTP/1.1\r\n" HOST "host: b\r\n\r\n"),
	 HTTP_FAULT_HOST_REPEATED},
	{"two equal Hosts", SLICE_INIT("GET / HTTP/1.1\r\n" HOST HOST "\r\n"),
	 HTTP_FAULT_HOST_REPEATED},
	{"empty Host", SLICE_INIT("GET / HTTP/1.1\r\nHost:\r\n\r\n"), HTTP_FAULT_HOST},
	{"empty Host, then a second", SLICE_INIT("GET / HTTP/1.1\r\nHost:\r\n" HOST "\r\n"),
	 HTTP_FAULT_HOST},
	{"empty Host on HTTP/1.0", SLICE_INIT("GET / HTTP/1.0\r\nHost: \r\n\r\n"), HTTP_FAULT_HOST},
	{"user information in Host", SLICE_INIT("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n"),
	 HTTP_FAULT_HOST},
	{"path in Host", SLICE_INIT("GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"), HTTP_FAULT_HOST},
	{"list in Host", SLICE_INIT("GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"), HTTP_FAULT_HOST},
	{"broken IPv6 in Host", SLICE_INIT("GET / HTTP/1.1\r\nHost: [::1\r\n\r\n"),
	 HTTP_FAULT_HOST},
	{"target and Host differ", SLICE_INIT("GET http://b.example/ HTTP/1.1\r\n" HOST "\r\n"),
	 HTTP_FAULT_HOST_DIFFERS},
	{"ports of target and Host differ",
	 SLICE_INIT("GET http://a.example:81/ HTTP/1.1\r\n" HOST "\r\n"), HTTP_FAULT_HOST_DIFFERS},
	{"default port of the other scheme",
	 SLICE_INIT("GET https://a.example/ HTTP/1.1\r\nHost: a.example:80\r\n\r\n"),
	 HTTP_FAULT_HOST_DIFFERS},
};

#define POST "POST / HTTP/1.1\r\nHost: a\r\n"

static const struct {
	const char *name;
	struct slice in;
	enum http_fault fault;
} smuggled[] = {
	{"length and coding",
	 SLICE_INIT(POST "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n"),
	 HTTP_FAULT_LENGTH_AND_CODING},
	{"coding and length",
	 SLICE_INIT(POST "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n"),
	 HTTP_FAULT_LENGTH_AND_CODING},
	{"coding and a broken length",
	 SLICE_INIT(POST "Transfer-Encoding: chunked\r\nContent-Length: x\r\n\r\n"),
	 HTTP_FAULT_LENGTH_AND_CODING},
	{"length twice, equal", SLICE_INIT(POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\n"),
	 HTTP_FAULT_LENGTH_REPEATED},
	{"length twice, different",
	 SLICE_INIT(POST "Content-Length: 3\r\ncontent-length: 4\r\n\r\n"),
	 HTTP_FAULT_LENGTH_REPEATED},
	{"length as a list of equals", SLICE_INIT(POST "Content-Length: 3, 3\r\n\r\n"),
	 HTTP_FAULT_LENGTH},
	{"length with a plus", SLICE_INIT(POST "Content-Length: +3\r\n\r\n"), HTTP_FAULT_LENGTH},
	{"length with a minus", SLICE_INIT(POST "Content-Length: -0\r\n\r\n"), HTTP_FAULT_LENGTH},
	{"length in hexadecimal", SLICE_INIT(POST "Content-Length: 0x3\r\n\r\n"),
	 HTTP_FAULT_LENGTH},
	{"length with an underscore", SLICE_INIT(POST "Content-Length: 1_0\r\n\r\n"),
	 HTTP_FAULT_LENGTH},
	{"length with a space inside", SLICE_INIT(POST "Content-Length: 1 0\r\n\r\n"),
	 HTTP_FAULT_LENGTH},
	{"length with a decimal point", SLICE_INIT(POST "Content-Length: 3.0\r\n\r\n"),
	 HTTP_FAULT_LENGTH},
	{"empty length", SLICE_INIT(POST "Content-Length: \r\n\r\n"), HTTP_FAULT_LENGTH},
	{"length past 64 bits", SLICE_INIT(POST "Content-Length: 18446744073709551616\r\n\r\n"),
	 HTTP_FAULT_LENGTH},
	{"space before the colon of the length", SLICE_INIT(POST "Content-Length : 3\r\n\r\n"),
	 HTTP_FAULT_FIELD_COLON},
	{"space before the colon of the coding",
	 SLICE_INIT(POST "Transfer-Encoding : chunked\r\n\r\n"), HTTP_FAULT_FIELD_COLON},
	{"coding behind a folded line",
	 SLICE_INIT(POST "X: a\r\n Transfer-Encoding: chunked\r\n\r\n"), HTTP_FAULT_FOLDED},
	{"coding folded", SLICE_INIT(POST "Transfer-Encoding:\r\n chunked\r\n\r\n"),
	 HTTP_FAULT_CODING_ORDER},
	{"coding behind a vertical tab",
	 SLICE_INIT(POST "Transfer-Encoding: \x0b"
			 "chunked\r\n\r\n"),
	 HTTP_FAULT_CONTROL},
	{"coding behind a NUL", SLICE_INIT(POST "Transfer-Encoding: \0chunked\r\n\r\n"),
	 HTTP_FAULT_CONTROL},
	{"coding behind a bare CR", SLICE_INIT(POST "X: a\rTransfer-Encoding: chunked\r\n\r\n"),
	 HTTP_FAULT_BARE_CR},
	{"coding behind a bare LF", SLICE_INIT(POST "X: a\nTransfer-Encoding: chunked\r\n\r\n"),
	 HTTP_FAULT_BARE_LF},
	{"chunked, then identity", SLICE_INIT(POST "Transfer-Encoding: chunked, identity\r\n\r\n"),
	 HTTP_FAULT_CODING_ORDER},
	{"chunked twice in a list", SLICE_INIT(POST "Transfer-Encoding: chunked, chunked\r\n\r\n"),
	 HTTP_FAULT_CODING_ORDER},
	{"chunked with an empty member", SLICE_INIT(POST "Transfer-Encoding: chunked,\r\n\r\n"),
	 HTTP_FAULT_CODING_ORDER},
	{"empty coding", SLICE_INIT(POST "Transfer-Encoding: \r\n\r\n"), HTTP_FAULT_CODING_ORDER},
	{"coding of commas", SLICE_INIT(POST "Transfer-Encoding: ,,\r\n\r\n"),
	 HTTP_FAULT_CODING_ORDER},
	{"coding twice",
	 SLICE_INIT(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n"),
	 HTTP_FAULT_CODING_REPEATED},
	{"coding, then cow",
	 SLICE_INIT(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: cow\r\n\r\n"),
	 HTTP_FAULT_CODING_REPEATED},
	{"gzip below chunked", SLICE_INIT(POST "Transfer-Encoding: gzip, chunked\r\n\r\n"),
	 HTTP_FAULT_CODING},
	{"identity", SLICE_INIT(POST "Transfer-Encoding: identity\r\n\r\n"), HTTP_FAULT_CODING},
	{"xchunked", SLICE_INIT(POST "Transfer-Encoding: xchunked\r\n\r\n"), HTTP_FAULT_CODING},
	{"chunked with a parameter", SLICE_INIT(POST "Transfer-Encoding: chunked;a=b\r\n\r\n"),
	 HTTP_FAULT_CODING},
	{"chunked in quotes", SLICE_INIT(POST "Transfer-Encoding: \"chunked\"\r\n\r\n"),
	 HTTP_FAULT_CODING},
	{"tab before the length", SLICE_INIT(POST "Content-Length:\t3\r\n\r\n"), HTTP_FAULT_TAB},
	{"tab behind the length", SLICE_INIT(POST "Content-Length: 3\t\r\n\r\n"), HTTP_FAULT_TAB},
	{"tab before the coding", SLICE_INIT(POST "Transfer-Encoding:\tchunked\r\n\r\n"),
	 HTTP_FAULT_TAB},
	{"coding on HTTP/1.0", SLICE_INIT("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"),
	 HTTP_FAULT_CODING_HTTP10},
};

static void check_refused(const char *name, struct slice in, enum http_fault fault)
{
	struct slice edge = place_at_edge(in);

	for (size_t step = 1; step <= in.len; step += step < 3 ? 1 : in.len) {
		struct fed fed = feed(edge, step);

		check(name, fed.step != HTTP_MORE);
		if (fed.fault != fault)
			fail_msg("%s: %s", name, http_fault_text(fed.fault));
	}
	/* The parser alone, as if nobody had scanned, must find a fault as well. */
	struct http_request req;
	check(name, http_request_parse(edge, &req) != HTTP_FAULT_NONE);
}

static void a_request_that_two_readers_could_cut_differently_is_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++)
		check_refused(refused[i].name, refused[i].in, refused[i].fault);
	for (size_t i = 0; i < COUNT_OF(smuggled); i++)
		check_refused(smuggled[i].name, smuggled[i].in, smuggled[i].fault);
}

static const struct {
	const char *name;
	struct slice in;
	enum http_method method;
	struct slice path;
	struct slice query;
	struct slice host;
	enum http_body body;
	uint64_t length;
	bool keep_alive;
} accepted[] = {
	{"origin-form", SLICE_INIT("GET /stream?topic=a HTTP/1.1\r\n" HOST "\r\n"), HTTP_GET,
	 SLICE_INIT("/stream"), SLICE_INIT("topic=a"), SLICE_INIT("a.example"), HTTP_BODY_NONE, 0,
	 true},
	{"path stays encoded",
	 SLICE_INIT("GET /a%2fb//c HTTP/1.1\r\n" HOST "\r\n"),
	 HTTP_GET,
	 SLICE_INIT("/a%2fb//c"),
	 {NULL, 0},
	 SLICE_INIT("a.example"),
	 HTTP_BODY_NONE,
	 0,
	 true},
	{"second question mark belongs to the query",
	 SLICE_INIT("GET /?a?b HTTP/1.1\r\n" HOST "\r\n"), HTTP_GET, SLICE_INIT("/"),
	 SLICE_INIT("a?b"), SLICE_INIT("a.example"), HTTP_BODY_NONE, 0, true},
	{"one empty line first",
	 SLICE_INIT("\r\nGET / HTTP/1.1\r\n" HOST "\r\n"),
	 HTTP_GET,
	 SLICE_INIT("/"),
	 {NULL, 0},
	 SLICE_INIT("a.example"),
	 HTTP_BODY_NONE,
	 0,
	 true},
	{"asterisk-form",
	 SLICE_INIT("OPTIONS * HTTP/1.1\r\n" HOST "\r\n"),
	 HTTP_OPTIONS,
	 SLICE_INIT("*"),
	 {NULL, 0},
	 SLICE_INIT("a.example"),
	 HTTP_BODY_NONE,
	 0,
	 true},
	{"absolute-form", SLICE_INIT("GET http://a.example/b?c HTTP/1.1\r\n" HOST "\r\n"), HTTP_GET,
	 SLICE_INIT("/b"), SLICE_INIT("c"), SLICE_INIT("a.example"), HTTP_BODY_NONE, 0, true},
	{"absolute-form without a path",
	 SLICE_INIT("GET HTTP://a.example?c/d HTTP/1.1\r\n" HOST "\r\n"), HTTP_GET, SLICE_INIT("/"),
	 SLICE_INIT("c/d"), SLICE_INIT("a.example"), HTTP_BODY_NONE, 0, true},
	{"absolute-form in another case, with the default port",
	 SLICE_INIT("GET http://A.Example:80/ HTTP/1.1\r\n" HOST "\r\n"),
	 HTTP_GET,
	 SLICE_INIT("/"),
	 {NULL, 0},
	 SLICE_INIT("a.example"),
	 HTTP_BODY_NONE,
	 0,
	 true},
	{"https default port in Host",
	 SLICE_INIT("GET https://a.example/ HTTP/1.1\r\nHost: a.example:443\r\n\r\n"),
	 HTTP_GET,
	 SLICE_INIT("/"),
	 {NULL, 0},
	 SLICE_INIT("a.example:443"),
	 HTTP_BODY_NONE,
	 0,
	 true},
	{"HTTP/1.0 without Host",
	 SLICE_INIT("GET / HTTP/1.0\r\n\r\n"),
	 HTTP_GET,
	 SLICE_INIT("/"),
	 {NULL, 0},
	 {NULL, 0},
	 HTTP_BODY_NONE,
	 0,
	 false},
	{"HTTP/1.0 takes the host of the target",
	 SLICE_INIT("GET http://b/ HTTP/1.0\r\n\r\n"),
	 HTTP_GET,
	 SLICE_INIT("/"),
	 {NULL, 0},
	 SLICE_INIT("b"),
	 HTTP_BODY_NONE,
	 0,
	 false},
	{"HTTP/1.0 that wants to stay",
	 SLICE_INIT("GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n"),
	 HTTP_GET,
	 SLICE_INIT("/"),
	 {NULL, 0},
	 {NULL, 0},
	 HTTP_BODY_NONE,
	 0,
	 true},
	{"close among other members",
	 SLICE_INIT("GET / HTTP/1.1\r\n" HOST "Connection: upgrade ,, CLOSE\r\n\r\n"),
	 HTTP_GET,
	 SLICE_INIT("/"),
	 {NULL, 0},
	 SLICE_INIT("a.example"),
	 HTTP_BODY_NONE,
	 0,
	 false},
	{"close in the second line wins",
	 SLICE_INIT("GET / HTTP/1.1\r\n" HOST
		    "Connection: keep-alive\r\nConnection: close\r\n\r\n"),
	 HTTP_GET,
	 SLICE_INIT("/"),
	 {NULL, 0},
	 SLICE_INIT("a.example"),
	 HTTP_BODY_NONE,
	 0,
	 false},
	{"a member that only begins like close",
	 SLICE_INIT("GET / HTTP/1.1\r\n" HOST "Connection: closed\r\n\r\n"),
	 HTTP_GET,
	 SLICE_INIT("/"),
	 {NULL, 0},
	 SLICE_INIT("a.example"),
	 HTTP_BODY_NONE,
	 0,
	 true},
	{"length",
	 SLICE_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length: 18446744073709551615\r\n\r\n"),
	 HTTP_POST,
	 SLICE_INIT("/"),
	 {NULL, 0},
	 SLICE_INIT("a.example"),
	 HTTP_BODY_LENGTH,
	 UINT64_MAX,
	 true},
	{"length with white space around",
	 SLICE_INIT("POST / HTTP/1.1\r\n" HOST "Content-Length:  007  \r\n\r\n"),
	 HTTP_POST,
	 SLICE_INIT("/"),
	 {NULL, 0},
	 SLICE_INIT("a.example"),
	 HTTP_BODY_LENGTH,
	 7,
	 true},
	{"chunked in any case",
	 SLICE_INIT("POST / HTTP/1.1\r\n" HOST "TRANSFER-ENCODING:cHuNkEd\r\n\r\n"),
	 HTTP_POST,
	 SLICE_INIT("/"),
	 {NULL, 0},
	 SLICE_INIT("a.example"),
	 HTTP_BODY_CHUNKED,
	 0,
	 true},
	{"unknown method",
	 SLICE_INIT("get / HTTP/1.1\r\n" HOST "\r\n"),
	 HTTP_OTHER,
	 SLICE_INIT("/"),
	 {NULL, 0},
	 SLICE_INIT("a.example"),
	 HTTP_BODY_NONE,
	 0,
	 true},
	{"IPv6 Host",
	 SLICE_INIT("HEAD / HTTP/1.1\r\nHost: [2001:db8::1]:8080\r\n\r\n"),
	 HTTP_HEAD,
	 SLICE_INIT("/"),
	 {NULL, 0},
	 SLICE_INIT("[2001:db8::1]:8080"),
	 HTTP_BODY_NONE,
	 0,
	 true},
	{"empty value, tab and bytes from 0x80",
	 SLICE_INIT("GET / HTTP/1.1\r\n" HOST "X:\r\nY: a\tb\xff\r\n\r\n"),
	 HTTP_GET,
	 SLICE_INIT("/"),
	 {NULL, 0},
	 SLICE_INIT("a.example"),
	 HTTP_BODY_NONE,
	 0,
	 true},
};

static void check_accepted(size_t i, size_t step)
{
	const char *name = accepted[i].name;
	struct slice edge = place_at_edge(accepted[i].in);
	struct fed fed = feed(edge, step);

	if (fed.fault)
		fail_msg("%s: %s", name, http_fault_text(fed.fault));
	check(name, fed.step == HTTP_DONE && fed.len == edge.len);
	check(name, fed.req.method == accepted[i].method);
	check_slice(name, fed.req.path, accepted[i].path);
	check_slice(name, fed.req.query, accepted[i].query);
	check(name, !fed.req.query.ptr == !accepted[i].query.ptr);
	check_slice(name, fed.req.host, accepted[i].host);
	check(name, !fed.req.host.ptr == !accepted[i].host.ptr);
	check(name, fed.req.body == accepted[i].body);
	check(name, fed.req.content_length == accepted[i].length);
	check(name, fed.req.keep_alive == accepted[i].keep_alive);
}

static void a_lawful_request_is_read_alike_however_it_is_cut(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(accepted); i++) {
		check_accepted(i, 1);
		check_accepted(i, 7);
		check_accepted(i, accepted[i].in.len);
	}
}

static void every_prefix_of_a_lawful_request_waits_for_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(accepted); i++) {
		for (size_t n = 0; n < accepted[i].in.len; n++) {
			struct slice prefix = place_at_edge(slice_upto(accepted[i].in, n));
			struct http_scan scan = {0};
			size_t len = SIZE_MAX;
			enum http_fault fault = HTTP_FAULT_NONE;
			struct http_request req;

			check(accepted[i].name,
			      http_scan(&scan, prefix, &len, &fault) == HTTP_MORE);
			check(accepted[i].name, len == SIZE_MAX && fault == HTTP_FAULT_NONE);
			check(accepted[i].name,
			      http_request_parse(prefix, &req) != HTTP_FAULT_NONE);
		}
	}
}

static void the_scan_ends_where_the_head_ends(void **state)
{
	(void)state;
	struct slice two = SLICE("GET /a HTTP/1.1\r\n" HOST "\r\nGET /b HTTP/1.1\r\n" HOST "\r\n");
	struct fed fed = feed(two, two.len);

	assert_int_equal(fed.step, HTTP_DONE);
	assert_int_equal(fed.len * 2, two.len);
	check_slice("path of the first", fed.req.path, SLICE("/a"));
	assert_int_equal(http_request_parse(two, &fed.req), HTTP_FAULT_INCOMPLETE);
}

static void fields_are_found_in_any_case(void **state)
{
	(void)state;
	struct slice in = SLICE("GET / HTTP/1.1\r\n" HOST "X-A: 1 \r\nx-a:2\r\n\r\n");
	struct fed fed = feed(in, in.len);

	assert_int_equal(fed.fault, HTTP_FAULT_NONE);
	assert_int_equal(fed.req.field_count, 3);
	assert_int_equal(http_field_count(&fed.req, SLICE("x-A")), 2);
	check_slice("the first value", http_field_get(&fed.req, SLICE("X-a")), SLICE("1"));
	assert_int_equal(http_field_count(&fed.req, SLICE("x")), 0);
	assert_null(http_field_get(&fed.req, SLICE("x")).ptr);
}

static const struct {
	const char *name;
	struct slice in;
	bool known;
	bool unknown;
} expects[] = {
	{"100-continue", SLICE_INIT("PUT / HTTP/1.1\r\n" HOST "Expect: 100-Continue\r\n\r\n"), true,
	 false},
	{"HTTP/1.0 cannot be told to continue",
	 SLICE_INIT("PUT / HTTP/1.0\r\nExpect: 100-continue\r\n\r\n"), false, false},
	{"anything else", SLICE_INIT("PUT / HTTP/1.1\r\n" HOST "Expect: tea\r\n\r\n"), false, true},
	{"both",
	 SLICE_INIT("PUT / HTTP/1.1\r\n" HOST "Expect: 100-continue\r\nExpect: tea\r\n\r\n"), true,
	 true},
};

static void expectations_are_noted(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(expects); i++) {
		struct fed fed = feed(expects[i].in, expects[i].in.len);

		check(expects[i].name, fed.fault == HTTP_FAULT_NONE);
		check(expects[i].name, fed.req.expect_continue == expects[i].known);
		check(expects[i].name, fed.req.expect_unknown == expects[i].unknown);
	}
}

static void every_fault_has_a_status_and_a_text(void **state)
{
	(void)state;
	static const enum http_fault all[] = {
#define X(name, status, text) name,
#include "http/fault.def"
#undef X
	};

	assert_int_equal(http_fault_status(HTTP_FAULT_NONE), 0);
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		unsigned status = http_fault_status(all[i]);

		check(http_fault_text(all[i]), status >= 400 && status <= 505);
	}
	assert_int_equal(http_fault_status(HTTP_FAULT_LINE_TOO_LONG), 414);
	assert_int_equal(http_fault_status(HTTP_FAULT_HEAD_TOO_LONG), 431);
	assert_int_equal(http_fault_status(HTTP_FAULT_TOO_MANY_FIELDS), 431);
	assert_int_equal(http_fault_status(HTTP_FAULT_CODING), 501);
	assert_int_equal(http_fault_status(HTTP_FAULT_VERSION), 505);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_request_that_two_readers_could_cut_differently_is_refused),
		cmocka_unit_test(a_lawful_request_is_read_alike_however_it_is_cut),
		cmocka_unit_test(every_prefix_of_a_lawful_request_waits_for_more),
		cmocka_unit_test(the_scan_ends_where_the_head_ends),
		cmocka_unit_test(fields_are_found_in_any_case),
		cmocka_unit_test(expectations_are_noted),
		cmocka_unit_test(every_fault_has_a_status_and_a_text),
	};

	return cmocka_run_group_tests_name("request", tests, NULL, NULL);
}
