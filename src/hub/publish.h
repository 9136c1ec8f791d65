/* SPDX-License-Identifier: Apache-2.0 */
/*
 * publish.h - from the body of POST /publish to events (SPEC 5). Pure: bytes in, events out.
 *
 * A body is judged whole before its first event is published: a fault in the last line means
 * that nothing of it happened.
 */
#pragma once

#include "base/arena.h"
#include "hub/log.h"

#define PUBLISH_MAX_EVENTS 4096u         /* events of one NDJSON body */
#define PUBLISH_MAX_DETAIL 200u          /* bytes of the sentence that says what is wrong */
#define PUBLISH_MAX_RETRY  (120u * 1000) /* milliseconds a publisher may make readers wait */

enum publish_fault {
	PUBLISH_OK,
	PUBLISH_BAD_JSON,
	PUBLISH_BAD_EVENT,
	PUBLISH_BAD_TOPIC,
	PUBLISH_RESERVED_TYPE,
	PUBLISH_ID_FORM, /* the publisher's id looks like a minted one */
	PUBLISH_TOO_LARGE,
	PUBLISH_NO_MEMORY,
};

struct publish_body {
	struct log_event *events; /* in the arena */
	size_t count;
};

struct publish_options {
	bool ndjson;
	size_t max_event;         /* bytes of data */
	struct slice query_topic; /* decoded ?topic=, ptr NULL: must stand in the event */
};

/*
 * Parses `body` into events that live in `arena` and point into `body` or the arena. On a fault
 * `detail` (of PUBLISH_MAX_DETAIL bytes) says in words what is wrong and where.
 */
enum publish_fault publish_parse(struct slice body, const struct publish_options *options,
				 struct arena *arena, struct publish_body *ret_body,
				 struct writer *detail);
