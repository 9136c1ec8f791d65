/* SPDX-License-Identifier: Apache-2.0 */
/* One line each: a proxy, a NO_PROXY list, a target; the rest is what the proxy answers. */
#include "audit/proxy.h"
#include "audit/tunnel.h"
#include "base/require.h"
#include "http/chars.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is said to the proxy has no line of somebody else. */
static void ask(const struct audit_proxy *proxy)
{
	char room[2048];
	struct writer w;

	require(text_run(proxy->authorization) == proxy->authorization.len);
	require(slice_find(proxy->host, '\r') == proxy->host.len);
	require(slice_find(proxy->host, '\n') == proxy->host.len);
	writer_init(&w, room, sizeof(room));
	put_tunnel_request(&w, SLICE("a.example"), 443, proxy->authorization);
	require(!w.overflow);
}

/* Byte by byte the verdict is the same as at once, and once it is there it stays. */
static void answer(struct slice bytes)
{
	unsigned status = 0;
	enum tunnel_state whole = tunnel_read(bytes, &status);
	enum tunnel_state now = TUNNEL_WAITS;

	for (size_t n = 0; n <= bytes.len && now == TUNNEL_WAITS; n++)
		now = tunnel_read(slice_upto(bytes, n), &status);
	require(now == whole || (now == TUNNEL_OPEN && whole == TUNNEL_BROKEN));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = {(const char *)data, size};
	struct slice text = slice_cut(&rest, '\n');
	struct slice list = slice_cut(&rest, '\n');
	struct slice target = slice_cut(&rest, '\n');
	struct audit_proxy proxy;
	struct arena arena;
	struct url url;

	arena_init(&arena, 1u << 20);
	if (proxy_parse(text, &arena, &proxy) == OK)
		ask(&proxy);
	if (url_parse(target, &url) == OK)
		(void)proxy_is_bypassed(list, &url);
	answer(rest);
	arena_free(&arena);
	return 0;
}
