/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/json_raw.h"

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct slice skip_space(struct slice s)
{
	while (s.len > 0 && is_space(s.ptr[0]))
		s = slice_from(s, 1);
	return s;
}

/* Length of the string at the front, with its quotes. */
static size_t string_length(struct slice s)
{
	size_t i = 1;

	while (i < s.len && s.ptr[i] != '"')
		i += s.ptr[i] == '\\' ? 2 : 1;
	return i < s.len ? i + 1 : s.len;
}

/* Length of the value at the front: up to the ',' or '}' of its own level. */
static size_t value_length(struct slice s)
{
	size_t depth = 0;
	size_t i = 0;

	while (i < s.len) {
		char c = s.ptr[i];

		if (c == '"') {
			i += string_length(slice_from(s, i));
			continue;
		}
		if (depth == 0 && (c == ',' || c == '}' || c == ']'))
			break;
		if (c == '{' || c == '[')
			depth++;
		if (c == '}' || c == ']')
			depth--;
		i++;
	}
	return i;
}

static struct slice trim_end(struct slice s)
{
	while (s.len > 0 && is_space(s.ptr[s.len - 1]))
		s.len--;
	return s;
}

struct slice json_raw_member(struct slice object, struct slice name)
{
	struct slice s = skip_space(object);

	s = skip_space(slice_from(s, 1));
	while (s.len > 0 && s.ptr[0] == '"') {
		size_t key_len = string_length(s);
		struct slice key = slice_upto(slice_from(s, 1), key_len >= 2 ? key_len - 2 : 0);

		s = skip_space(slice_from(s, key_len));
		s = skip_space(slice_from(s, 1));
		size_t len = value_length(s);
		if (slice_eq(key, name))
			return trim_end(slice_upto(s, len));
		s = skip_space(slice_from(s, len + 1));
	}
	return SLICE_NONE;
}
