/* SPDX-License-Identifier: Apache-2.0 */
#include "http/ip.h"

#include <string.h>

#define IP6_GROUPS 8u

static bool parse_octet(struct slice s, uint8_t *ret_octet)
{
	unsigned n = 0;

	if (s.len == 0 || s.len > 3 || (s.len > 1 && s.ptr[0] == '0'))
		return false;
	for (size_t i = 0; i < s.len; i++) {
		if (!ascii_is_digit(s.ptr[i]))
			return false;
		n = n * 10 + (unsigned)(s.ptr[i] - '0');
	}
	*ret_octet = (uint8_t)n;
	return n <= UINT8_MAX;
}

bool ip4_parse(struct slice s, uint8_t ret_bytes[static 4])
{
	uint8_t bytes[4] = {0};

	for (size_t i = 0; i < 4; i++) {
		if (!parse_octet(slice_cut(&s, '.'), &bytes[i]))
			return false;
	}
	if (s.ptr)
		return false;
	memcpy(ret_bytes, bytes, sizeof(bytes));
	return true;
}

/* Groups before and behind "::" are read into one row; `gap` says where it stood. */
struct groups {
	uint16_t at[IP6_GROUPS];
	size_t n;
	size_t gap; /* IP6_GROUPS + 1: none */
};

static bool take_hex_group(struct groups *g, struct slice *s)
{
	unsigned value = 0;
	size_t len = 0;

	for (; len < s->len && ascii_hex(s->ptr[len]) >= 0; len++)
		value = (value << 4 | (unsigned)ascii_hex(s->ptr[len])) & 0xffff;
	if (len == 0 || len > 4 || g->n == IP6_GROUPS)
		return false;
	g->at[g->n++] = (uint16_t)value;
	*s = slice_from(*s, len);
	return true;
}

static bool take_ip4_tail(struct groups *g, struct slice *s)
{
	uint8_t b[4];

	if (g->n > IP6_GROUPS - 2 || !ip4_parse(*s, b))
		return false;
	g->at[g->n++] = (uint16_t)(b[0] << 8 | b[1]);
	g->at[g->n++] = (uint16_t)(b[2] << 8 | b[3]);
	*s = slice_from(*s, s->len);
	return true;
}

/* The colon behind a group, or the gap; nothing at the end. A lone colon at the end is wrong. */
static bool take_separator(struct groups *g, struct slice *s)
{
	if (s->len == 0)
		return true;
	if (slice_starts(*s, SLICE("::"))) {
		*s = slice_from(*s, 2);
		bool first = g->gap > IP6_GROUPS;
		g->gap = g->n;
		return first;
	}
	bool colon = s->ptr[0] == ':' && s->len > 1 && g->n > 0;
	*s = slice_from(*s, 1);
	return colon;
}

static bool take_groups(struct groups *g, struct slice s)
{
	if (slice_starts(s, SLICE("::")) && !take_separator(g, &s))
		return false;
	while (s.len > 0) {
		bool is_ip4 = slice_find(s, ':') == s.len && slice_find(s, '.') < s.len;

		if (!(is_ip4 ? take_ip4_tail(g, &s) : take_hex_group(g, &s)))
			return false;
		if (!take_separator(g, &s))
			return false;
	}
	return g->gap <= IP6_GROUPS ? g->n < IP6_GROUPS : g->n == IP6_GROUPS;
}

bool ip6_parse(struct slice s, uint8_t ret_bytes[static 16])
{
	struct groups g = {.gap = IP6_GROUPS + 1};

	if (!take_groups(&g, s))
		return false;
	size_t zeros = IP6_GROUPS - g.n;
	memset(ret_bytes, 0, 16);
	for (size_t i = 0; i < g.n; i++) {
		size_t to = i < g.gap ? i : i + zeros;

		ret_bytes[2 * to] = (uint8_t)(g.at[i] >> 8);
		ret_bytes[2 * to + 1] = (uint8_t)g.at[i];
	}
	return true;
}
