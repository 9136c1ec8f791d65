/* SPDX-License-Identifier: Apache-2.0 */
/*
 * topic.h - names of topics, and patterns over them.
 *
 * A topic is 1 to 256 bytes of visible ASCII without '*'; '/' parts its segments. In a pattern
 * a segment "*" stands for any one segment, and a last segment "**" for one or more.
 */
#pragma once

#include "base/slice.h"

#define TOPIC_MAX_LEN 256u /* bytes */
#define TOPIC_MAX_SET 32u  /* patterns of one stream, topics of one event */

bool topic_is_valid(struct slice topic);
bool topic_pattern_is_valid(struct slice pattern);
/* True where the pattern holds a wildcard; an exact topic is a pattern too. */
bool topic_pattern_is_wild(struct slice pattern);
bool topic_matches(struct slice pattern, struct slice topic);
/*
 * True where every topic that `inner` matches is matched by `outer`: what decides whether a
 * subscriber may ask for a pattern.
 */
bool topic_pattern_covers(struct slice outer, struct slice inner);
