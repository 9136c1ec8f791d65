/* SPDX-License-Identifier: Apache-2.0 */
#include "http/url.h"

#include "base/utf8.h"
#include "http/chars.h"
#include "http/origin.h"

/* Cuts one decoded byte from the front of *s, which is not empty. False for a broken escape. */
static bool take_decoded(struct slice *s, bool form, char *ret_byte)
{
	char c = s->ptr[0];

	if (c != '%') {
		*ret_byte = form && c == '+' ? ' ' : c;
		*s = slice_from(*s, 1);
		return true;
	}
	if (s->len < 3 || ascii_hex(s->ptr[1]) < 0 || ascii_hex(s->ptr[2]) < 0)
		return false;
	*ret_byte = (char)(unsigned char)(ascii_hex(s->ptr[1]) << 4 | ascii_hex(s->ptr[2]));
	*s = slice_from(*s, 3);
	return true;
}

static enum err decode(struct writer *w, struct slice s, bool form)
{
	size_t start = w->len;
	char byte;

	while (s.len > 0) {
		if (!take_decoded(&s, form, &byte) || byte == '\0')
			return E_SYNTAX;
		put_char(w, byte);
	}
	if (w->overflow)
		return E_NO_SPACE;
	return utf8_valid(slice_from(writer_slice(w), start)) ? OK : E_BAD_UTF8;
}

enum err url_decode(struct writer *w, struct slice s, bool form)
{
	size_t start = w->len;
	enum err err = decode(w, s, form);

	if (err)
		w->len = start;
	return err;
}

void url_encode(struct writer *w, struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (char_is(s.ptr[i], CHAR_UNRESERVED)) {
			put_char(w, s.ptr[i]);
			continue;
		}
		put_char(w, '%');
		put_char(w, "0123456789ABCDEF"[c >> 4]);
		put_char(w, "0123456789ABCDEF"[c & 15]);
	}
}

bool url_query_next(struct slice *rest, struct slice *ret_name, struct slice *ret_value)
{
	while (rest->ptr) {
		struct slice value = slice_cut(rest, '&');

		if (value.len == 0)
			continue;
		*ret_name = slice_cut(&value, '=');
		*ret_value = value;
		return true;
	}
	return false;
}

/* Compares without a buffer, so that no length is too long. */
static bool decodes_to(struct slice encoded, struct slice want)
{
	char byte;

	while (encoded.len > 0) {
		if (!take_decoded(&encoded, true, &byte))
			return false;
		if (want.len == 0 || want.ptr[0] != byte)
			return false;
		want = slice_from(want, 1);
	}
	return want.len == 0;
}

enum err url_query_get(struct slice query, struct slice name, size_t nth, struct slice *ret_value)
{
	struct slice got, value;

	while (url_query_next(&query, &got, &value)) {
		if (!decodes_to(got, name) || nth-- > 0)
			continue;
		*ret_value = value.ptr ? value : slice_from(got, got.len);
		return OK;
	}
	return E_NOT_FOUND;
}

/* Takes "http://" or "https://" off the front. */
static bool take_scheme(struct slice *s, bool *ret_https)
{
	struct slice rest = *s;
	struct slice scheme = slice_cut(&rest, ':');
	bool https = slice_eq_nocase(scheme, SLICE("https"));

	if (!https && !slice_eq_nocase(scheme, SLICE("http")))
		return false;
	if (!slice_starts(rest, SLICE("//")))
		return false;
	*s = slice_from(rest, 2);
	*ret_https = https;
	return true;
}

static enum err set_host(struct url *url)
{
	struct host_port host;
	enum err err = authority_parse(url->authority, &host);

	if (err)
		return err;
	url->ipv6 = host.host.ptr[0] == '[';
	url->host = url->ipv6 ? (struct slice){host.host.ptr + 1, host.host.len - 2} : host.host;
	url->has_port = host.has_port;
	url->port = host.port;
	if (!host.has_port)
		url->port = origin_default_port(url->https ? SLICE("https") : SLICE("http"));
	return OK;
}

enum err url_parse(struct slice s, struct url *ret_url)
{
	struct url url = {0};
	enum err err;

	if (!take_scheme(&s, &url.https))
		return E_SYNTAX;
	s = slice_upto(s, slice_find(s, '#'));
	size_t slash = slice_find(s, '/');
	url.authority = slice_upto(s, slash);
	url.target = slash < s.len ? slice_from(s, slash) : SLICE("/");
	if (!char_all(url.target, CHAR_TARGET))
		return E_SYNTAX;
	err = set_host(&url);
	if (err)
		return err;
	*ret_url = url;
	return OK;
}

struct slice url_user(struct slice s)
{
	struct slice rest = slice_from(s, slice_find(s, '/'));
	struct slice authority = slice_starts(rest, SLICE("//")) ? slice_from(rest, 2) : s;

	authority = slice_upto(authority, slice_find(authority, '/'));
	authority = slice_upto(authority, slice_find(authority, '?'));
	authority = slice_upto(authority, slice_find(authority, '#'));
	for (size_t at = authority.len; at > 0; at--) {
		if (authority.ptr[at - 1] == '@')
			return slice_upto(authority, at - 1);
	}
	return SLICE_NONE;
}

bool url_is_private(const struct url *url)
{
	return url->https || slice_eq_nocase(url->host, SLICE("localhost")) ||
	       slice_eq(url->host, SLICE("::1")) ||
	       (host_is_literal(url->host) && host_is_loopback(url->host));
}
