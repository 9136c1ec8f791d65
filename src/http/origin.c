/* SPDX-License-Identifier: Apache-2.0 */
#include "http/origin.h"

#include "base/text.h"
#include "http/chars.h"
#include "http/ip.h"

static const struct {
	struct slice scheme;
	uint16_t port;
} default_ports[] = {
	{SLICE_INIT("http"), 80}, {SLICE_INIT("https"), 443}, {SLICE_INIT("ws"), 80},
	{SLICE_INIT("wss"), 443}, {SLICE_INIT("ftp"), 21},
};

uint16_t origin_default_port(struct slice scheme)
{
	for (size_t i = 0; i < sizeof(default_ports) / sizeof(default_ports[0]); i++) {
		if (slice_eq_nocase(scheme, default_ports[i].scheme))
			return default_ports[i].port;
	}
	return 0;
}

struct slice host_without_dot(struct slice host)
{
	return slice_ends(host, SLICE(".")) ? slice_upto(host, host.len - 1) : host;
}

static struct slice last_label(struct slice name)
{
	size_t at = name.len;

	while (at > 0 && name.ptr[at - 1] != '.')
		at--;
	return slice_from(name, at);
}

static bool has_empty_label(struct slice name)
{
	while (name.ptr) {
		if (slice_cut(&name, '.').len == 0)
			return true;
	}
	return false;
}

/*
 * A name whose last label begins with a digit and is a number is an address to a browser
 * (WHATWG URL, "ends in a number"): 127.1 and 0x7f.1 must not pass for names here.
 */
static bool ends_in_number(struct slice name)
{
	struct slice label = last_label(name);
	uint64_t n;

	if (slice_starts_nocase(label, SLICE("0x")))
		return label.len == 2 || parse_hex(slice_from(label, 2), &n) != E_SYNTAX;
	return parse_u64(label, &n) != E_SYNTAX;
}

static bool is_name(struct slice host)
{
	struct slice name = host_without_dot(host);
	uint8_t bytes[4];

	if (host.len > HOST_MAX || !char_all(name, CHAR_HOST) || has_empty_label(name))
		return false;
	return !ends_in_number(name) || ip4_parse(name, bytes);
}

static bool parse_bracketed(struct slice host, uint8_t ret_bytes[static 16])
{
	if (host.len < 2 || host.ptr[0] != '[' || host.ptr[host.len - 1] != ']')
		return false;
	return ip6_parse((struct slice){host.ptr + 1, host.len - 2}, ret_bytes);
}

static bool is_host(struct slice host)
{
	uint8_t bytes[16];

	return slice_starts(host, SLICE("[")) ? parse_bracketed(host, bytes) : is_name(host);
}

static enum err parse_port(struct slice s, uint16_t *ret_port)
{
	uint64_t port;
	enum err err = parse_u64(s, &port);

	if (err)
		return err;
	if (port == 0 || port > UINT16_MAX)
		return E_RANGE;
	*ret_port = (uint16_t)port;
	return OK;
}

/* Where the ":" of the port stands, or s.len; the colons of an IPv6 literal do not count. */
static size_t find_port(struct slice s)
{
	size_t bracket = slice_starts(s, SLICE("[")) ? slice_find(s, ']') : 0;

	return bracket + slice_find(slice_from(s, bracket), ':');
}

enum err authority_parse(struct slice s, struct host_port *ret_host)
{
	size_t colon = find_port(s);
	struct host_port host = {.host = slice_upto(s, colon), .has_port = colon < s.len};

	if (!is_host(host.host))
		return E_SYNTAX;
	if (host.has_port) {
		enum err err = parse_port(slice_from(s, colon + 1), &host.port);
		if (err)
			return err;
	}
	*ret_host = host;
	return OK;
}

enum err host_parse(struct slice s, struct host_port *ret_host)
{
	struct host_port host;

	if (authority_parse(s, &host))
		return E_SYNTAX;
	host.host = host_without_dot(host.host);
	*ret_host = host;
	return OK;
}

static bool is_scheme(struct slice s)
{
	if (s.len == 0 || ascii_is_digit(s.ptr[0]) || !ascii_is_alnum(s.ptr[0]))
		return false;
	for (size_t i = 1; i < s.len; i++) {
		char c = s.ptr[i];

		if (!ascii_is_alnum(c) && c != '+' && c != '-' && c != '.')
			return false;
	}
	return true;
}

enum err origin_parse(struct slice s, struct origin *ret_origin)
{
	struct slice rest = s;
	struct slice scheme = slice_cut(&rest, ':');
	struct host_port host;

	if (!is_scheme(scheme) || !slice_starts(rest, SLICE("//")))
		return E_SYNTAX;
	if (authority_parse(slice_from(rest, 2), &host))
		return E_SYNTAX;
	*ret_origin = (struct origin){
		.scheme = scheme,
		.host = host.host,
		.port = host.has_port ? host.port : origin_default_port(scheme),
		.has_port = host.has_port,
	};
	return OK;
}

bool host_matches(struct host_port got, struct host_port want)
{
	if (!slice_eq_nocase(host_without_dot(got.host), host_without_dot(want.host)))
		return false;
	return !want.has_port || got.port == want.port;
}

static bool is_loopback6(const uint8_t b[static 16])
{
	static const uint8_t mapped[13] = {[10] = 0xff, [11] = 0xff, [12] = 127};
	static const uint8_t one[16] = {[15] = 1};

	return slice_eq((struct slice){(const char *)b, 16},
			(struct slice){(const char *)one, 16}) ||
	       slice_eq((struct slice){(const char *)b, 13},
			(struct slice){(const char *)mapped, 13});
}

bool host_is_loopback(struct slice host)
{
	struct slice name = host_without_dot(host);
	struct slice suffix = SLICE(".localhost");
	uint8_t bytes[16];

	if (ip4_parse(name, bytes))
		return bytes[0] == 127;
	if (parse_bracketed(host, bytes))
		return is_loopback6(bytes);
	return slice_eq_nocase(name, SLICE("localhost")) ||
	       (name.len > suffix.len &&
		slice_eq_nocase(slice_from(name, name.len - suffix.len), suffix));
}

bool host_is_literal(struct slice host)
{
	uint8_t bytes[16];

	return ip4_parse(host_without_dot(host), bytes) || parse_bracketed(host, bytes);
}
