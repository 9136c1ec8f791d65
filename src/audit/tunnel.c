/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/tunnel.h"

#include "http/chars.h"

#define STATUS_LINE 12u /* bytes of "HTTP/1.1 200" */

static void put_authority(struct writer *w, struct slice host, uint16_t port)
{
	bool ipv6 = slice_find(host, ':') < host.len;

	put(w, ipv6 ? SLICE("[") : SLICE(""));
	put(w, host);
	put(w, ipv6 ? SLICE("]:") : SLICE(":"));
	put_u64(w, port);
}

void put_tunnel_request(struct writer *w, struct slice host, uint16_t port,
			struct slice authorization)
{
	put(w, SLICE("CONNECT "));
	put_authority(w, host, port);
	put(w, SLICE(" HTTP/1.1\r\nHost: "));
	put_authority(w, host, port);
	if (authorization.ptr) {
		put(w, SLICE("\r\nProxy-Authorization: "));
		put(w, authorization);
	}
	put(w, SLICE("\r\n\r\n"));
}

/* As far as the bytes go: "HTTP/1.x NNN" and a space or the end of the line. */
static bool is_status_line(struct slice s)
{
	static const char pattern[] = "HTTP/1.d ddd";

	for (size_t i = 0; i < s.len && i < STATUS_LINE; i++) {
		bool good = pattern[i] == 'd' ? ascii_is_digit(s.ptr[i]) : s.ptr[i] == pattern[i];

		if (!good)
			return false;
	}
	return s.len <= STATUS_LINE || s.ptr[STATUS_LINE] == ' ' || s.ptr[STATUS_LINE] == '\r' ||
	       s.ptr[STATUS_LINE] == '\n';
}

/* Bytes up to and with the empty line; 0: it has not come. LF alone ends a line too. */
static size_t head_len(struct slice s)
{
	size_t line = 0; /* bytes of this one but CR */

	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] != '\n') {
			line += s.ptr[i] != '\r';
			continue;
		}
		if (line == 0)
			return i + 1;
		line = 0;
	}
	return 0;
}

enum tunnel_state tunnel_read(struct slice answer, unsigned *ret_status)
{
	size_t len = head_len(slice_upto(answer, TUNNEL_MAX_HEAD));

	if (!is_status_line(answer) || (len > 0 && len < STATUS_LINE))
		return TUNNEL_BROKEN;
	if (len == 0)
		return answer.len < TUNNEL_MAX_HEAD ? TUNNEL_WAITS : TUNNEL_BROKEN;
	const char *status = answer.ptr + STATUS_LINE - 3;
	*ret_status = (unsigned)(status[0] - '0') * 100 + (unsigned)(status[1] - '0') * 10 +
		      (unsigned)(status[2] - '0');
	if (*ret_status < 200 || *ret_status > 299)
		return TUNNEL_REFUSED;
	return answer.len == len ? TUNNEL_OPEN : TUNNEL_BROKEN;
}
