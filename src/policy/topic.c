/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/topic.h"

static bool is_visible(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if (s.ptr[i] < 0x21 || s.ptr[i] > 0x7e)
			return false;
	}
	return s.len >= 1 && s.len <= TOPIC_MAX_LEN;
}

bool topic_is_valid(struct slice topic)
{
	return is_visible(topic) && slice_find(topic, '*') == topic.len;
}

bool topic_pattern_is_wild(struct slice pattern)
{
	return slice_find(pattern, '*') < pattern.len;
}

bool topic_pattern_is_valid(struct slice pattern)
{
	if (!is_visible(pattern))
		return false;
	for (struct slice rest = pattern; rest.ptr;) {
		struct slice segment = slice_cut(&rest, '/');
		bool last = !rest.ptr;

		if (!topic_pattern_is_wild(segment) || slice_eq(segment, SLICE("*")))
			continue;
		if (!last || !slice_eq(segment, SLICE("**")))
			return false;
	}
	return true;
}

bool topic_matches(struct slice pattern, struct slice topic)
{
	while (pattern.ptr && topic.ptr) {
		struct slice want = slice_cut(&pattern, '/');

		if (!pattern.ptr && slice_eq(want, SLICE("**")))
			return true;
		struct slice got = slice_cut(&topic, '/');
		if (!slice_eq(want, SLICE("*")) && !slice_eq(want, got))
			return false;
	}
	return !pattern.ptr && !topic.ptr;
}

/* As topic_matches, with the wildcards of `inner` being matched only by as wide a wildcard. */
bool topic_pattern_covers(struct slice outer, struct slice inner)
{
	while (outer.ptr && inner.ptr) {
		struct slice want = slice_cut(&outer, '/');

		if (!outer.ptr && slice_eq(want, SLICE("**")))
			return true;
		struct slice got = slice_cut(&inner, '/');
		if (!inner.ptr && slice_eq(got, SLICE("**")))
			return false;
		if (!slice_eq(want, SLICE("*")) && !slice_eq(want, got))
			return false;
	}
	return !outer.ptr && !inner.ptr;
}
