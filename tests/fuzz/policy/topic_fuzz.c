/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input: three lines: a pattern, another one, a topic. A right (the first) that covers what was
 * asked for (the second) must match every topic that this matches: else a subscriber reads
 * what it may not.
 */
#include "policy/topic.h"

#include "base/require.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_topic(struct slice pattern, struct slice topic)
{
	if (!topic_is_valid(topic))
		return;
	require(topic_pattern_is_valid(topic) && !topic_pattern_is_wild(topic));
	require(topic_matches(topic, topic));
	require(topic_matches(SLICE("**"), topic));
	if (!topic_pattern_is_valid(pattern))
		return;
	require(topic_pattern_covers(pattern, topic) == topic_matches(pattern, topic));
	if (!topic_pattern_is_wild(pattern))
		require(topic_matches(pattern, topic) == slice_eq(pattern, topic));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = {(const char *)data, size};
	struct slice outer = slice_cut(&rest, '\n');
	struct slice inner = slice_cut(&rest, '\n');
	struct slice topic = slice_cut(&rest, '\n');

	try_topic(outer, topic);
	try_topic(inner, topic);
	bool covers = topic_pattern_covers(outer, inner);
	if (!topic_pattern_is_valid(outer) || !topic_pattern_is_valid(inner))
		return 0;
	require(topic_pattern_covers(outer, outer));
	require(topic_pattern_covers(SLICE("**"), inner));
	if (covers && topic_is_valid(topic) && topic_matches(inner, topic))
		require(topic_matches(outer, topic));
	if (covers && topic_pattern_covers(inner, outer))
		require(slice_eq(outer, inner));
	return 0;
}
