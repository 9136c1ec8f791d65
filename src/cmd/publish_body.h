/* SPDX-License-Identifier: Apache-2.0 */
/* publish_body.h - what is sent to POST /publish: one event as JSON, or lines as NDJSON batches. */
#pragma once

#include "base/writer.h"

#define PUBLISH_MAX_DATA    (4u << 20)   /* bytes of the data of one event */
#define PUBLISH_MAX_BATCH   (256u << 10) /* bytes of one NDJSON request, or one longer line */
#define PUBLISH_BATCH_LINES 1024u        /* lines of one NDJSON request */

struct publish_event {
	struct slice topic;
	struct slice data;
	bool data_is_json; /* data stands as it is, not as a string */
	struct slice type; /* ptr NULL: absent, also below */
	struct slice id;
	struct slice retry; /* digits */
	bool is_private;
};

/* A bound on what publish_put_event writes, in bytes. */
size_t publish_event_bound(const struct publish_event *event);
void publish_put_event(struct writer *w, const struct publish_event *event);
/* The member of `event` that is not UTF-8 and would be sent as something else; NULL if none. */
const char *publish_bad_text(const struct publish_event *event);
/*
 * The whole lines at the front of `in` that go into one request; empty if there is none yet.
 * `at_end`: no more will come, so a last line without its end counts.
 */
struct slice publish_next_batch(struct slice in, bool at_end);
