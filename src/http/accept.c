/* SPDX-License-Identifier: Apache-2.0 */
#include "http/accept.h"

#include "http/chars.h"

/* Ranges by how specific they are; the last one that was seen decides. */
enum precision {
	RANGE_ALL,
	RANGE_TYPE,
	RANGE_EXACT,
	RANGE_OTHER, /* of a different type: well-formed, without a say */
};

struct tally {
	struct slice type;
	struct slice subtype;
	size_t ranges;
	bool seen[RANGE_OTHER + 1];
	bool wanted[RANGE_OTHER + 1]; /* one of them has q > 0 */
};

/*
 * Cuts at the first `sep` outside a quoted string. False where a string does not end or holds
 * a control.
 */
static bool cut_outside_quotes(struct slice *rest, char sep, struct slice *ret_part)
{
	bool quoted = false;
	size_t i = 0;

	for (; i < rest->len && (quoted || rest->ptr[i] != sep); i++) {
		if (rest->ptr[i] == '"')
			quoted = !quoted;
		else if (quoted && rest->ptr[i] == '\\')
			i++;
	}
	if (quoted || i > rest->len)
		return false;
	*ret_part = slice_upto(*rest, i);
	*rest = i < rest->len ? slice_from(*rest, i + 1) : SLICE_NONE;
	return true;
}

/* quoted-string of RFC 9110 5.6.4; `s` begins with a quote. */
static bool is_quoted_string(struct slice s)
{
	size_t i = 1;

	while (i < s.len && s.ptr[i] != '"')
		i += s.ptr[i] == '\\' ? 2 : 1;
	return i + 1 == s.len && text_run(s) == s.len;
}

/* qvalue of RFC 9110 12.4.2: 0 to 1 with at most three decimals. */
static bool parse_weight(struct slice s, bool *ret_wanted)
{
	bool wanted = false;

	if (s.len == 0 || s.len > 5 || (s.ptr[0] != '0' && s.ptr[0] != '1'))
		return false;
	if (s.len > 1 && s.ptr[1] != '.')
		return false;
	for (size_t i = 2; i < s.len; i++) {
		if (!ascii_is_digit(s.ptr[i]) || (s.ptr[0] == '1' && s.ptr[i] != '0'))
			return false;
		wanted |= s.ptr[i] != '0';
	}
	*ret_wanted = wanted || s.ptr[0] == '1';
	return true;
}

/* name=value; an empty one is harmless (RFC 9110 5.6.6). */
static bool parse_parameter(struct slice s, bool *wanted)
{
	struct slice value = s;
	struct slice name = slice_cut(&value, '=');

	if (s.len == 0)
		return true;
	if (!char_all(name, CHAR_TOKEN))
		return false;
	if (slice_eq_nocase(name, SLICE("q")))
		return parse_weight(value, wanted);
	if (slice_starts(value, SLICE("\"")))
		return is_quoted_string(value);
	return char_all(value, CHAR_TOKEN);
}

static bool judge_range(const struct tally *t, struct slice range, enum precision *ret_precision)
{
	struct slice subtype = range;
	struct slice type = slice_cut(&subtype, '/');
	struct slice any = SLICE("*");

	if (!char_all(type, CHAR_TOKEN) || !char_all(subtype, CHAR_TOKEN))
		return false;
	if (slice_eq(type, any)) {
		*ret_precision = RANGE_ALL;
		return slice_eq(subtype, any);
	}
	if (!slice_eq_nocase(type, t->type))
		*ret_precision = RANGE_OTHER;
	else if (slice_eq(subtype, any))
		*ret_precision = RANGE_TYPE;
	else
		*ret_precision = slice_eq_nocase(subtype, t->subtype) ? RANGE_EXACT : RANGE_OTHER;
	return true;
}

static bool take_member(struct tally *t, struct slice member)
{
	enum precision precision;
	bool wanted = true;
	struct slice part;

	if (++t->ranges > ACCEPT_MAX_RANGES || !cut_outside_quotes(&member, ';', &part))
		return false;
	if (!judge_range(t, slice_trim(part), &precision))
		return false;
	while (member.ptr) {
		if (!cut_outside_quotes(&member, ';', &part))
			return false;
		if (!parse_parameter(slice_trim(part), &wanted))
			return false;
	}
	t->seen[precision] = true;
	t->wanted[precision] |= wanted;
	return true;
}

static bool take_list(struct tally *t, struct slice list)
{
	struct slice member;

	while (list.ptr) {
		if (!cut_outside_quotes(&list, ',', &member))
			return false;
		member = slice_trim(member);
		if (member.len > 0 && !take_member(t, member))
			return false;
	}
	return true;
}

static enum accept_match verdict(const struct tally *t)
{
	if (t->ranges == 0)
		return ACCEPT_ABSENT;
	for (int p = RANGE_EXACT; p >= RANGE_ALL; p--) {
		if (!t->seen[p])
			continue;
		if (!t->wanted[p])
			return ACCEPT_NO;
		return p == RANGE_EXACT ? ACCEPT_NAMED : ACCEPT_WILDCARD;
	}
	return ACCEPT_NO;
}

enum accept_match accept_match_lines(const struct slice *values, size_t n, struct slice type,
				     struct slice subtype)
{
	struct tally t = {.type = type, .subtype = subtype};

	for (size_t i = 0; i < n; i++) {
		if (!take_list(&t, values[i]))
			return ACCEPT_MALFORMED;
	}
	return verdict(&t);
}

enum accept_match accept_match(struct slice value, struct slice type, struct slice subtype)
{
	return accept_match_lines(&value, 1, type, subtype);
}
