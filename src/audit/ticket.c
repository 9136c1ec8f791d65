/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/ticket.h"

#include "base/text.h"

#define MAX_TICKET 4096u /* bytes */

static struct slice after_key(struct slice body, struct slice key)
{
	for (size_t at = 0; at + key.len <= body.len; at++) {
		struct slice rest = slice_from(body, at);

		if (slice_starts(rest, key))
			return slice_from(rest, key.len);
	}
	return SLICE_NONE;
}

static struct slice skip_space(struct slice s)
{
	while (s.len > 0 && slice_has_any(slice_upto(s, 1), SLICE(" \t\r\n")))
		s = slice_from(s, 1);
	return s;
}

static bool fits_query(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (!ascii_is_alnum(s.ptr[i]) &&
		    !slice_has_any((struct slice){s.ptr + i, 1}, SLICE("-._~:+/=")))
			return false;
	}
	return s.len > 0 && s.len <= MAX_TICKET;
}

static struct slice value_of(struct slice body, struct slice key)
{
	struct slice rest = skip_space(after_key(body, key));

	if (!slice_starts(rest, SLICE(":")))
		return SLICE_NONE;
	rest = skip_space(slice_from(rest, 1));
	if (!slice_starts(rest, SLICE("\"")))
		return SLICE_NONE;
	rest = slice_from(rest, 1);
	if (slice_find(rest, '"') == rest.len)
		return SLICE_NONE;
	return slice_upto(rest, slice_find(rest, '"'));
}

struct slice ticket_find(struct slice body)
{
	struct slice ticket = value_of(body, SLICE("\"ticket\""));

	if (!fits_query(ticket))
		ticket = value_of(body, SLICE("\"token\""));
	return fits_query(ticket) ? ticket : SLICE("");
}

int64_t ticket_number(struct slice json, struct slice key)
{
	struct slice rest = skip_space(after_key(json, key));
	uint64_t n = 0;
	size_t digits = 0;

	if (!slice_starts(rest, SLICE(":")))
		return 0;
	rest = skip_space(slice_from(rest, 1));
	while (digits < rest.len && ascii_is_digit(rest.ptr[digits]))
		digits++;
	return !parse_u64(slice_upto(rest, digits), &n) && n < INT64_MAX ? (int64_t)n : 0;
}
