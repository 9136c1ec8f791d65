/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Input: one byte, then the body of a POST /publish. J: one JSON object, N: NDJSON; in lower
 * case the query names a topic too. What is accepted must leave the hub as it was meant.
 */
#include "../../unit/sse/laws.h"

#include "base/require.h"
#include "hub/json_raw.h"
#include "hub/publish.h"

#include <jansson.h>
#include <string.h>

#define MAX_DATA  512u              /* bytes: inputs reach it */
#define MAX_ARENA ((size_t)4 << 20) /* bytes */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_event(const struct log_event *event)
{
	static char wire[LAW_TEXT];
	size_t len;

	require(event->topic_count >= 1 && event->topic_count <= TOPIC_MAX_SET);
	for (size_t i = 0; i < event->topic_count; i++)
		require(topic_is_valid(event->topics[i]));
	require(!sse_type_is_reserved(event->sse.type));
	require(!log_id_is_minted_form(event->sse.id));
	require(event->sse.data.ptr && event->sse.data.len <= MAX_DATA);
	require(sse_encode(&event->sse, wire, sizeof(wire), &len) == OK);
	require(law_event_survives(&event->sse));
}

/* A name that has no escapes in the text, and needs none. */
static bool is_plain(const char *name)
{
	return !strpbrk(name, "\\\"");
}

/* The text of a member is JSON of the same value. */
static void check_member(struct slice body, const char *name, const json_t *value)
{
	struct slice raw = json_raw_member(body, slice_of(name));

	if (!raw.ptr) {
		require(slice_find(body, '\\') < body.len);
		return;
	}
	json_t *again = json_loadb(raw.ptr, raw.len, JSON_DECODE_ANY, NULL);
	require(again && json_equal(again, value));
	json_decref(again);
}

static void check_raw(struct slice body)
{
	json_t *root = json_loadb(body.ptr, body.len, JSON_REJECT_DUPLICATES, NULL);
	const char *name;
	json_t *value;

	if (json_is_object(root)) {
		json_object_foreach(root, name, value)
		{
			if (is_plain(name))
				check_member(body, name, value);
		}
		require(!json_raw_member(body, SLICE("no such name, surely")).ptr ||
			json_object_get(root, "no such name, surely"));
	}
	json_decref(root);
}

static void check_body(struct slice body, const struct publish_options *options)
{
	char text[PUBLISH_MAX_DETAIL];
	struct publish_body parsed = {0};
	struct writer detail;
	struct arena arena;

	arena_init(&arena, MAX_ARENA);
	writer_init(&detail, text, sizeof(text));
	enum publish_fault f = publish_parse(body, options, &arena, &parsed, &detail);
	require(!f == (parsed.count > 0) && parsed.count <= PUBLISH_MAX_EVENTS);
	require(!detail.overflow && (f == PUBLISH_NO_MEMORY || !f == (detail.len == 0)));
	for (size_t i = 0; i < parsed.count; i++)
		check_event(&parsed.events[i]);
	arena_free(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size == 0)
		return 0;

	struct slice body = {(const char *)data + 1, size - 1};
	struct publish_options options = {
		.ndjson = ascii_lower((char)*data) == 'n',
		.max_event = MAX_DATA,
		.query_topic = *data >= 'a' ? SLICE("from/query") : SLICE_NONE,
	};

	check_body(body, &options);
	check_raw(body);
	return 0;
}
