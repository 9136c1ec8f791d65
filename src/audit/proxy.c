/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/proxy.h"

#include "base/base64url.h"
#include "base/text.h"
#include "base/writer.h"
#include "http/chars.h"
#include "http/network.h"

#define MAX_USER 512u /* bytes of user and password */

/* "Basic ..." (RFC 7617): a user has no colon, and neither has controls. */
static enum err make_basic(struct slice user, struct arena *arena, struct slice *ret)
{
	char plain[MAX_USER];
	char basic[MAX_USER * 2];
	struct writer w;
	struct writer out;

	writer_init(&w, plain, sizeof(plain));
	writer_init(&out, basic, sizeof(basic));
	enum err err = url_decode(&w, user, false);
	if (err || text_run(writer_slice(&w)) != w.len)
		return E_SYNTAX;
	if (slice_find(user, ':') == user.len)
		put_char(&w, ':');
	put(&out, SLICE("Basic "));
	put_base64(&out, writer_slice(&w));
	if (w.overflow || out.overflow)
		return E_SYNTAX;
	*ret = arena_copy(arena, writer_slice(&out));
	return ret->ptr ? OK : E_NOMEM;
}

/* Only the last '@' parts: a password in clear may have one. */
static struct slice cut_user(struct slice *rest)
{
	size_t at = rest->len;

	while (at > 0 && rest->ptr[at - 1] != '@')
		at--;
	if (at == 0)
		return SLICE_NONE;
	struct slice user = slice_upto(*rest, at - 1);
	*rest = slice_from(*rest, at);
	return user;
}

/* Of what is left, when that of HTTP is gone. */
static bool has_scheme(struct slice text)
{
	size_t colon = slice_find(text, ':');

	return slice_starts(slice_from(text, colon), SLICE("://"));
}

static enum err parse_host(struct slice text, struct arena *arena, struct url *ret)
{
	char *room = arena_alloc(arena, text.len + sizeof("http://"));
	struct writer w;

	if (!room)
		return E_NOMEM;
	writer_init(&w, room, text.len + sizeof("http://"));
	put(&w, SLICE("http://"));
	put(&w, text);
	enum err err = url_parse(writer_slice(&w), ret);
	if (err)
		return err;
	return ret->has_port && slice_eq(ret->target, SLICE("/")) ? OK : E_SYNTAX;
}

enum err proxy_parse(struct slice text, struct arena *arena, struct audit_proxy *ret)
{
	struct audit_proxy proxy = {.authorization = SLICE_NONE};
	struct url url;

	if (slice_starts_nocase(text, SLICE("http://")))
		text = slice_from(text, sizeof("http://") - 1);
	if (has_scheme(text))
		return E_SYNTAX;
	struct slice user = cut_user(&text);
	enum err err = parse_host(text, arena, &url);
	if (!err && user.len > 0)
		err = make_basic(user, arena, &proxy.authorization);
	if (err)
		return err;
	proxy.host = url.host;
	proxy.port = url.port;
	*ret = proxy;
	return OK;
}

/* Which targets are asked directly. */

static bool is_this_machine(const struct url *url)
{
	struct url clear = *url;

	clear.https = false;
	return url_is_private(&clear);
}

static bool is_below(struct slice host, struct slice name)
{
	if (name.len == 0 || host.len < name.len ||
	    !slice_eq_nocase(slice_from(host, host.len - name.len), name))
		return false;
	return host.len == name.len || host.ptr[host.len - name.len - 1] == '.';
}

/* An address is in a block, or not; a name is below a name. */
static bool is_meant(struct slice host, struct slice entry)
{
	struct network literal;
	struct network block;

	if (network_parse(host, &literal))
		return is_below(host, entry);
	return !network_parse(entry, &block) && network_contains(&block, &literal.addr);
}

/* "name:8080", "[::1]:8080": cuts the port; 0: none was named. False: it is none. */
static bool cut_port(struct slice *entry, uint64_t *ret_port)
{
	struct slice host = *entry;
	struct slice port = SLICE_NONE;

	*ret_port = 0;
	if (slice_starts(host, SLICE("["))) {
		size_t end = slice_find(host, ']');

		port = slice_from(host, end < host.len ? end + 1 : end);
		host = slice_from(slice_upto(host, end), 1);
		if (port.len > 0 && !slice_starts(port, SLICE(":")))
			return false;
		port = slice_from(port, port.len > 0);
	} else {
		port = host;
		host = slice_cut(&port, ':');
		if (slice_find(port, ':') < port.len) /* an IPv6 address in the open */
			return true;
	}
	*entry = host;
	return port.len == 0 || !parse_u64(port, ret_port);
}

static bool names(struct slice entry, const struct url *url)
{
	uint64_t port;

	if (slice_eq(entry, SLICE("*")))
		return true;
	if (!cut_port(&entry, &port) || (port != 0 && port != url->port))
		return false;
	if (slice_starts(entry, SLICE("*.")))
		entry = slice_from(entry, 1);
	if (slice_starts(entry, SLICE(".")))
		entry = slice_from(entry, 1);
	return is_meant(url->host, entry);
}

bool proxy_is_bypassed(struct slice no_proxy, const struct url *url)
{
	if (is_this_machine(url))
		return true;
	while (no_proxy.len > 0) {
		size_t end = 0;

		while (end < no_proxy.len && no_proxy.ptr[end] != ',' && no_proxy.ptr[end] != ' ')
			end++;
		if (end > 0 && names(slice_upto(no_proxy, end), url))
			return true;
		no_proxy = slice_from(no_proxy, end < no_proxy.len ? end + 1 : end);
	}
	return false;
}
