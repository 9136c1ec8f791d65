/* SPDX-License-Identifier: Apache-2.0 */
#include "http/forwarded.h"

#include "base/text.h"
#include "http/chars.h"
#include "http/ip.h"

bool forwarded_trusts(const struct forwarded_rules *rules, const struct addr *addr)
{
	for (size_t i = 0; i < rules->trusted_count; i++) {
		if (network_contains(&rules->trusted[i], addr))
			return true;
	}
	return false;
}

/* Nodes (RFC 7239 6), and what X-Forwarded-For has in their place. */

enum node {
	NODE_ADDR,
	NODE_HIDDEN, /* well-formed, and says nothing */
	NODE_BAD,
};

/* ":" and a port, or a name for one; nothing at all is fine too. */
static bool is_port_part(struct slice s)
{
	struct slice port = slice_from(s, 1);
	uint64_t n;

	if (s.len == 0)
		return true;
	if (s.ptr[0] != ':')
		return false;
	if (slice_starts(port, SLICE("_")))
		return char_all(port, CHAR_HOST);
	return parse_u64(port, &n) == OK && port.len <= 5 && n <= UINT16_MAX;
}

static enum node hidden(struct slice s, size_t name_len)
{
	bool ok = char_all(slice_upto(s, name_len), CHAR_HOST) &&
		  is_port_part(slice_from(s, name_len));

	return ok ? NODE_HIDDEN : NODE_BAD;
}

static enum node bracketed(struct slice s, struct addr *ret)
{
	size_t end = slice_find(s, ']');
	uint8_t bytes[16];

	if (end == s.len || !ip6_parse((struct slice){s.ptr + 1, end - 1}, bytes) ||
	    !is_port_part(slice_from(s, end + 1)))
		return NODE_BAD;
	*ret = addr_v6(bytes);
	return NODE_ADDR;
}

static enum node parse_node(struct slice s, struct addr *ret)
{
	size_t colon = slice_find(s, ':');
	uint8_t bytes[4];

	if (slice_starts(s, SLICE("[")))
		return bracketed(s, ret);
	if (slice_starts(s, SLICE("_")) || slice_eq_nocase(slice_upto(s, colon), SLICE("unknown")))
		return hidden(s, colon);
	if (!ip4_parse(slice_upto(s, colon), bytes) || !is_port_part(slice_from(s, colon)))
		return NODE_BAD;
	*ret = addr_v4(bytes);
	return NODE_ADDR;
}

/* X-Forwarded-For has IPv6 without brackets as well. */
static enum node parse_x_node(struct slice s, struct addr *ret)
{
	uint8_t bytes[16];

	if (!ip6_parse(s, bytes))
		return parse_node(s, ret);
	*ret = addr_v6(bytes);
	return NODE_ADDR;
}

/* The walk from the nearest proxy towards the client. */

struct walk {
	const struct forwarded_rules *rules;
	struct forwarded out;
	unsigned hops;
};

/* One entry; true where the one before it is a trusted proxy's word too. */
static bool step(struct walk *w, enum node node, const struct addr *addr)
{
	w->out.malformed |= node == NODE_BAD || w->hops == FORWARDED_MAX_HOPS;
	if (node != NODE_ADDR || w->out.malformed)
		return false;
	w->hops++;
	w->out.addr = *addr;
	return forwarded_trusts(w->rules, addr);
}

static bool is_scheme(struct slice s, bool *ret_https)
{
	*ret_https = slice_eq_nocase(s, SLICE("https"));
	return *ret_https || slice_eq_nocase(s, SLICE("http"));
}

static void take_scheme(struct walk *w, struct slice scheme)
{
	bool https;

	if (is_scheme(scheme, &https))
		w->out.https = https;
	else
		w->out.malformed = true;
}

/* X-Forwarded-For. */

/* Cuts the last member off *rest, which becomes absent behind the first. */
static struct slice cut_last(struct slice *rest)
{
	size_t at = rest->len;

	while (at > 0 && rest->ptr[at - 1] != ',')
		at--;
	struct slice member = slice_trim(slice_from(*rest, at));
	*rest = at > 0 ? slice_upto(*rest, at - 1) : SLICE_NONE;
	return member;
}

static bool walk_x_line(struct walk *w, struct slice line)
{
	while (line.ptr) {
		struct slice member = cut_last(&line);
		struct addr addr;

		if (member.len == 0)
			continue;
		enum node node = parse_x_node(member, &addr);
		if (!step(w, node, &addr))
			return false;
	}
	return true;
}

/* The nearest proxy's word: the last member of the last line. */
static void take_x_proto(struct walk *w, const struct http_field *fields, size_t n)
{
	for (size_t i = n; i > 0; i--) {
		struct slice line = fields[i - 1].value;

		if (!slice_eq_nocase(fields[i - 1].name, SLICE("X-Forwarded-Proto")))
			continue;
		take_scheme(w, cut_last(&line));
		return;
	}
}

static void walk_x(struct walk *w, const struct http_field *fields, size_t n)
{
	for (size_t i = n; i > 0; i--) {
		if (slice_eq_nocase(fields[i - 1].name, SLICE("X-Forwarded-For")) &&
		    !walk_x_line(w, fields[i - 1].value))
			break;
	}
	take_x_proto(w, fields, n);
}

/* Forwarded. */

/* What one proxy says; ptr NULL: it does not. */
struct element {
	struct slice node;
	struct slice proto;
};

/* The last elements of a line; the grammar can be read from the front only. */
struct elements {
	struct element ring[FORWARDED_MAX_HOPS + 1];
	size_t count; /* of all that were read */
};

/* Without its quotes. An escape is taken as it stands: no address and no scheme has one. */
static bool cut_quoted(struct slice *rest, struct slice *ret)
{
	size_t at = 1;

	while (at < rest->len && rest->ptr[at] != '"') {
		if (rest->ptr[at] == '\\')
			at++;
		at++;
	}
	if (at >= rest->len)
		return false;
	*ret = (struct slice){rest->ptr + 1, at - 1};
	*rest = slice_from(*rest, at + 1);
	return true;
}

static bool cut_value(struct slice *rest, struct slice *ret)
{
	if (slice_starts(*rest, SLICE("\"")))
		return cut_quoted(rest, ret);
	size_t len = char_run(*rest, CHAR_TOKEN);
	*ret = slice_upto(*rest, len);
	*rest = slice_from(*rest, len);
	return len > 0;
}

/* name=value; each name once an element (RFC 7239 4). Others than ours are not compared. */
static bool cut_pair(struct slice *rest, struct element *e)
{
	size_t len = char_run(*rest, CHAR_TOKEN);
	struct slice name = slice_upto(*rest, len);
	struct slice value;

	*rest = slice_from(*rest, len);
	if (len == 0 || !slice_starts(*rest, SLICE("=")))
		return false;
	*rest = slice_from(*rest, 1);
	if (!cut_value(rest, &value))
		return false;
	struct slice *place = slice_eq_nocase(name, SLICE("for"))     ? &e->node
			      : slice_eq_nocase(name, SLICE("proto")) ? &e->proto
								      : NULL;
	if (!place)
		return true;
	bool first = !place->ptr;
	*place = value;
	return first;
}

static void skip_space(struct slice *rest)
{
	while (rest->len > 0 && (rest->ptr[0] == ' ' || rest->ptr[0] == '\t'))
		*rest = slice_from(*rest, 1);
}

static void keep(struct elements *all, const struct element *e)
{
	all->ring[all->count++ % (FORWARDED_MAX_HOPS + 1)] = *e;
}

/* Pairs up to a comma or the end; an empty element is allowed in lists, and no hop. */
static bool cut_element(struct slice *rest, struct elements *all)
{
	struct element e = {0};
	bool any = false;

	for (;;) {
		skip_space(rest);
		if (rest->len == 0 || rest->ptr[0] == ',')
			break;
		if (rest->ptr[0] == ';') {
			*rest = slice_from(*rest, 1);
			continue;
		}
		if (!cut_pair(rest, &e))
			return false;
		any = true;
		skip_space(rest);
		if (rest->len > 0 && rest->ptr[0] != ';' && rest->ptr[0] != ',')
			return false;
	}
	*rest = slice_from(*rest, 1);
	if (any)
		keep(all, &e);
	return true;
}

static bool read_elements(struct slice line, struct elements *ret)
{
	ret->count = 0;
	while (line.len > 0) {
		if (!cut_element(&line, ret))
			return false;
	}
	return true;
}

/* The scheme is that of the hop which names the client: those behind it are among ourselves. */
static bool walk_element(struct walk *w, const struct element *e)
{
	struct addr addr;
	enum node node = e->node.ptr ? parse_node(e->node, &addr) : NODE_HIDDEN;

	if (e->proto.ptr)
		take_scheme(w, e->proto);
	return step(w, node, &addr);
}

static bool walk_line(struct walk *w, struct slice line)
{
	struct elements all;

	if (!read_elements(line, &all)) {
		w->out.malformed = true;
		return false;
	}
	for (size_t i = all.count; i > 0 && all.count - i <= FORWARDED_MAX_HOPS; i--) {
		if (!walk_element(w, &all.ring[(i - 1) % (FORWARDED_MAX_HOPS + 1)]))
			return false;
	}
	return true;
}

static void walk_forwarded(struct walk *w, const struct http_field *fields, size_t n)
{
	for (size_t i = n; i > 0; i--) {
		if (slice_eq_nocase(fields[i - 1].name, SLICE("Forwarded")) &&
		    !walk_line(w, fields[i - 1].value))
			return;
	}
}

struct forwarded forwarded_read(const struct forwarded_rules *rules,
				const struct http_field *fields, size_t n, const struct addr *peer,
				bool https)
{
	struct walk w = {.rules = rules, .out = {.addr = *peer, .https = https}};

	if (!forwarded_trusts(rules, peer))
		return w.out;
	if (rules->field == FORWARDED_FIELD_X)
		walk_x(&w, fields, n);
	else if (rules->field == FORWARDED_FIELD_RFC7239)
		walk_forwarded(&w, fields, n);
	return w.out;
}
