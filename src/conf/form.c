/* SPDX-License-Identifier: Apache-2.0 */
#include "conf/form.h"

#include "base/text.h"
#include "http/chars.h"
#include "http/network.h"
#include "http/origin.h"
#include "http/url.h"
#include "policy/topic.h"

static bool refuse(struct writer *why, struct slice sentence)
{
	put(why, sentence);
	return false;
}

static bool accept(struct writer *out, struct slice text)
{
	put(out, text);
	return true;
}

/* Cuts "[::1]:8080" and "127.0.0.1:8080" at the colon of the port. */
static enum err cut_port(struct slice text, struct slice *ret_host, struct slice *ret_port)
{
	for (size_t i = text.len; i > 0; i--) {
		char c = text.ptr[i - 1];

		if (c == ':') {
			*ret_host = slice_upto(text, i - 1);
			*ret_port = slice_from(text, i);
			return OK;
		}
		if (!ascii_is_digit(c))
			break;
	}
	return E_SYNTAX;
}

enum err conf_listen_parse(struct slice text, struct listen_settings *ret_listen)
{
	struct listen_settings listen = {.address = text};
	struct slice port_text;
	struct host_port host;
	struct network network;
	uint64_t port;

	enum err err = cut_port(text, &listen.host, &port_text);
	if (err)
		return err;
	err = parse_u64(port_text, &port);
	if (err)
		return err;
	if (port > UINT16_MAX)
		return E_RANGE;
	err = host_parse(listen.host, &host);
	if (err)
		return err;
	if (host.has_port)
		return E_SYNTAX;
	listen.port = (uint16_t)port;
	listen.loopback = host_is_loopback(host.host);
	if (slice_starts(listen.host, SLICE("["))) {
		listen.ipv6 = true;
		listen.host = slice_from(slice_upto(listen.host, listen.host.len - 1), 1);
	}
	if (network_parse(listen.host, &network))
		return E_NOT_FOUND;
	listen.addr = network.addr;
	*ret_listen = listen;
	return OK;
}

/* ":8080" and "*:8080" of other servers; "::1" only lacks its brackets. */
static bool lacks_host(struct slice text)
{
	if (slice_starts(text, SLICE(":")))
		return !slice_starts(text, SLICE("::"));
	return slice_starts(text, SLICE("*:"));
}

static bool read_address(struct slice text, struct writer *out, struct writer *why)
{
	struct listen_settings listen;

	enum err err = conf_listen_parse(text, &listen);
	if (err == E_RANGE)
		return refuse(why, SLICE("a port is at most 65535"));
	if (err == E_NOT_FOUND)
		return refuse(why, SLICE("expected the address in numbers, such as "
					 "127.0.0.1:8080: a name may mean several"));
	if (err && lacks_host(text))
		return refuse(why, SLICE("say which address: 127.0.0.1 for this machine only, "
					 "0.0.0.0 for all networks"));
	if (err)
		return refuse(why, SLICE("expected ADDRESS:PORT or \"[IPV6]:PORT\""));
	return accept(out, text);
}

static bool read_address_or_off(struct slice text, struct writer *out, struct writer *why)
{
	return slice_eq(text, SLICE("off")) ? accept(out, text) : read_address(text, out, why);
}

static bool read_host(struct slice text, struct writer *out, struct writer *why)
{
	struct host_port host;

	if (slice_eq(text, SLICE("*")))
		return accept(out, text);
	if (slice_find(text, '*') < text.len)
		return refuse(why, SLICE("wildcards are not supported: list each name, or \"*\" "
					 "alone for all"));
	if (slice_find(text, '/') < text.len)
		return refuse(why, SLICE("a host has neither scheme nor path: write a.example or "
					 "a.example:8443"));
	if (host_parse(text, &host))
		return refuse(why, SLICE("expected a host or host:port"));
	return accept(out, text);
}

/* Where the path of "https://a.example/x" begins; the length if it has none. */
static size_t path_start(struct slice text)
{
	for (size_t i = 0; i + 3 <= text.len; i++) {
		if (slice_starts(slice_from(text, i), SLICE("://")))
			return i + 3 + slice_find(slice_from(text, i + 3), '/');
	}
	return text.len;
}

static bool read_origin(struct slice text, struct writer *out, struct writer *why)
{
	size_t path = path_start(text);

	if (slice_eq(text, SLICE("*")))
		return accept(out, text);
	if (slice_find(text, '*') < text.len)
		return refuse(why, SLICE("wildcards are refused: one forgotten or hostile "
					 "subdomain could read the streams; list each origin"));
	if (slice_eq_nocase(text, SLICE("null")))
		return refuse(why, SLICE("'null' is every sandboxed frame and local file: it is "
					 "never allowed"));
	if (path < text.len) {
		put(why, SLICE("an origin has no path: write "));
		put(why, slice_upto(text, path));
		return false;
	}
	if (cors_origin_normalise(text, out))
		return refuse(why, SLICE("expected an origin such as https://a.example"));
	return true;
}

static bool read_token(struct slice text, struct writer *out, struct writer *why)
{
	if (!char_all(text, CHAR_TOKEN))
		return refuse(why, SLICE("the name of a cookie has letters, digits and "
					 "!#$%&'*+-.^_`|~ only"));
	return accept(out, text);
}

static bool read_file(struct slice text, struct writer *out, struct writer *why)
{
	if (slice_find(text, '\0') < text.len)
		return refuse(why, SLICE("a file name holds no NUL"));
	return accept(out, text);
}

static bool has_dot_segment(struct slice path)
{
	for (struct slice rest = path; rest.ptr;) {
		struct slice segment = slice_cut(&rest, '/');

		if (slice_eq(segment, SLICE(".")) || slice_eq(segment, SLICE("..")))
			return true;
	}
	return false;
}

/* Requests are compared as they are written, so there is one way to write a path. */
static bool read_path(struct slice text, struct writer *out, struct writer *why)
{
	if (!slice_starts(text, SLICE("/")))
		return refuse(why, SLICE("a path begins with '/'"));
	if (slice_has_any(text, SLICE("?#")))
		return refuse(why, SLICE("a path has neither query nor fragment"));
	if (!char_all(text, CHAR_TARGET) || slice_has_any(text, SLICE("%\\")))
		return refuse(why, SLICE("a path is visible ASCII without escapes"));
	if (has_dot_segment(text))
		return refuse(why, SLICE("a path has no '.' or '..' in it"));
	return accept(out, text);
}

static bool read_topic(struct slice text, struct writer *out, struct writer *why)
{
	if (!topic_pattern_is_valid(text))
		return refuse(why, SLICE("a topic is at most 256 visible ASCII characters; * "
					 "stands for a whole segment, ** for the last ones: "
					 "a/*/b, a/**"));
	return accept(out, text);
}

bool conf_is_url(struct slice text)
{
	struct slice scheme = slice_upto(text, slice_find(text, ':'));

	return slice_starts(slice_from(text, scheme.len), SLICE("://")) &&
	       (slice_eq_nocase(scheme, SLICE("https")) || slice_eq_nocase(scheme, SLICE("http")));
}

static bool read_url(struct slice text, struct writer *out, struct writer *why)
{
	struct url url;

	if (slice_find(text, '#') < text.len)
		return refuse(why, SLICE("a fragment is never sent: leave it out"));
	if (url_parse(text, &url))
		return refuse(why, SLICE("expected a URL such as https://id.example/keys, without "
					 "user information"));
	if (!url_is_private(&url))
		return refuse(why, SLICE("http:// is for loopback only: elsewhere anybody on the "
					 "way could answer; write https://"));
	return accept(out, text);
}

static bool read_keys(struct slice text, struct writer *out, struct writer *why)
{
	return conf_is_url(text) ? read_url(text, out, why) : read_file(text, out, why);
}

static bool has_control(struct slice text)
{
	for (size_t i = 0; i < text.len; i++) {
		if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 0x7f)
			return true;
	}
	return false;
}

static bool read_claim(struct slice text, struct writer *out, struct writer *why)
{
	if (text.len > CONF_MAX_CLAIM || has_control(text))
		return refuse(why, SLICE("what a token claims is at most 1024 bytes, without "
					 "control characters"));
	return accept(out, text);
}

static bool read_type(struct slice text, struct writer *out, struct writer *why)
{
	if (text.len > CONF_MAX_TYPE || !char_all(text, CHAR_TOKEN))
		return refuse(why, SLICE("a type such as JWT or at+jwt is at most 64 characters, "
					 "without application/"));
	return accept(out, text);
}

static bool read_network(struct slice text, struct writer *out, struct writer *why)
{
	struct network network;
	enum err err = network_parse(text, &network);

	if (err == E_RANGE)
		return refuse(why, SLICE("the bits behind the prefix must be 0, and no more than "
					 "the address has: 10.0.0.0/8"));
	if (err)
		return refuse(why, SLICE("expected an address or a network such as 10.0.0.0/8"));
	return accept(out, text);
}

static bool is_user_char(char c, bool first)
{
	return (ascii_is_alnum(c) && !(first && ascii_is_digit(c))) || c == '_' ||
	       (c == '-' && !first);
}

/* What useradd takes, so that no name can be mistaken for a number or an option. */
static bool read_user(struct slice text, struct writer *out, struct writer *why)
{
	for (size_t i = 0; i < text.len; i++) {
		if (!is_user_char(text.ptr[i], i == 0))
			return refuse(why, SLICE("a user name is letters, digits, _ and -, and "
						 "begins with a letter or _"));
	}
	return accept(out, text);
}

const struct conf_form conf_form_address = {SLICE_INIT("an address such as 127.0.0.1:8080"),
					    read_address};
const struct conf_form conf_form_address_or_off = {SLICE_INIT("an address such as 127.0.0.1:9090"),
						   read_address_or_off};
const struct conf_form conf_form_host = {SLICE_INIT("a host such as a.example"), read_host};
const struct conf_form conf_form_origin = {SLICE_INIT("an origin such as https://a.example"),
					   read_origin};
const struct conf_form conf_form_token = {SLICE_INIT("the name of a cookie"), read_token};
const struct conf_form conf_form_file = {SLICE_INIT("the name of a file"), read_file};
const struct conf_form conf_form_path = {SLICE_INIT("a path such as /stream"), read_path};
const struct conf_form conf_form_topic = {SLICE_INIT("a topic such as news/*"), read_topic};
const struct conf_form conf_form_url = {SLICE_INIT("a URL such as https://id.example/keys"),
					read_url};
const struct conf_form conf_form_keys = {SLICE_INIT("a file or a URL such as "
						    "https://id.example/jwks.json"),
					 read_keys};
const struct conf_form conf_form_claim = {SLICE_INIT("a text such as https://id.example/"),
					  read_claim};
const struct conf_form conf_form_type = {SLICE_INIT("a token's type such as at+jwt"), read_type};
const struct conf_form conf_form_network = {SLICE_INIT("a network such as 10.0.0.0/8"),
					    read_network};
const struct conf_form conf_form_user = {SLICE_INIT("the name of an account"), read_user};
