/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/publish.h"

#include "base/utf8.h"
#include "hub/json_raw.h"

#include <jansson.h>
#include <string.h>

struct parse {
	const struct publish_options *options;
	struct arena *arena;
	struct writer *detail;
	size_t line; /* of an NDJSON body, from 1; 0: the fault is in no line */
	struct slice text;
};

/* "line 3: data is missing": `what` says which member is wrong and how. */
static enum publish_fault fault(struct parse *p, enum publish_fault f, const char *what)
{
	if (p->line > 0) {
		put(p->detail, SLICE("line "));
		put_u64(p->detail, p->line);
		put(p->detail, SLICE(": "));
	}
	put(p->detail, slice_of(what));
	return f;
}

/* NULL for an absent member and for null, which counts as absent. */
static const json_t *member(const json_t *object, const char *name)
{
	const json_t *value = json_object_get(object, name);

	return json_is_null(value) ? NULL : value;
}

/* Strings live in the arena: the DOM is gone when the event is published. */
static bool keep(struct parse *p, const json_t *string, struct slice *ret)
{
	*ret = arena_copy(p->arena,
			  (struct slice){json_string_value(string), json_string_length(string)});
	return ret->ptr != NULL;
}

static enum publish_fault add_topic(struct parse *p, struct slice topic, struct log_event *ret)
{
	if (ret->topic_count == TOPIC_MAX_SET)
		return fault(p, PUBLISH_BAD_TOPIC, "an event has at most 32 topics");
	if (!topic_is_valid(topic))
		return fault(p, PUBLISH_BAD_TOPIC,
			     "a topic is 1 to 256 bytes of visible ASCII without '*'");
	for (size_t i = 0; i < ret->topic_count; i++) {
		if (slice_eq(ret->topics[i], topic))
			return PUBLISH_OK;
	}
	ret->topics[ret->topic_count++] = topic;
	return PUBLISH_OK;
}

static enum publish_fault take_topic(struct parse *p, const json_t *value, struct log_event *ret)
{
	struct slice topic;

	if (!json_is_string(value))
		return fault(p, PUBLISH_BAD_EVENT, "topic must be a string or a list of strings");
	return keep(p, value, &topic) ? add_topic(p, topic, ret) : PUBLISH_NO_MEMORY;
}

static enum publish_fault take_topics(struct parse *p, const json_t *object, struct log_event *ret)
{
	const json_t *value = member(object, "topic");

	if (!value) {
		if (!p->options->query_topic.ptr)
			return fault(p, PUBLISH_BAD_EVENT, "topic is missing");
		return add_topic(p, p->options->query_topic, ret);
	}
	if (!json_is_array(value))
		return take_topic(p, value, ret);
	if (json_array_size(value) == 0)
		return fault(p, PUBLISH_BAD_EVENT, "topic is an empty list");
	for (size_t i = 0; i < json_array_size(value); i++) {
		enum publish_fault f = take_topic(p, json_array_get(value, i), ret);

		if (f)
			return f;
	}
	return PUBLISH_OK;
}

/* A string goes out as its text, any other value as the JSON that the publisher wrote. */
static enum publish_fault take_data(struct parse *p, const json_t *object, struct log_event *ret)
{
	const json_t *value = member(object, "data");

	if (!value)
		return fault(p, PUBLISH_BAD_EVENT, "data is missing");
	if (json_is_string(value)) {
		if (!keep(p, value, &ret->sse.data))
			return PUBLISH_NO_MEMORY;
	} else {
		ret->sse.data = json_raw_member(p->text, SLICE("data"));
		if (!ret->sse.data.ptr)
			return fault(p, PUBLISH_BAD_EVENT, "data must be named without escapes");
	}
	if (ret->sse.data.len > p->options->max_event)
		return fault(p, PUBLISH_TOO_LARGE, "data is longer than publish.max-event");
	return PUBLISH_OK;
}

static bool holds_line_end(struct slice s)
{
	return slice_has_any(s, SLICE("\r\n\0"));
}

static enum publish_fault take_type(struct parse *p, const json_t *object, struct log_event *ret)
{
	const json_t *value = member(object, "event");

	if (!value)
		return PUBLISH_OK;
	if (!json_is_string(value))
		return fault(p, PUBLISH_BAD_EVENT, "event must be a string");
	if (!keep(p, value, &ret->sse.type))
		return PUBLISH_NO_MEMORY;
	if (holds_line_end(ret->sse.type))
		return fault(p, PUBLISH_BAD_EVENT,
			     "event holds CR, LF or NUL, which would forge stream fields");
	if (ret->sse.type.len > SSE_MAX_TYPE)
		return fault(p, PUBLISH_BAD_EVENT, "event is longer than 128 bytes");
	if (sse_type_is_reserved(ret->sse.type))
		return fault(p, PUBLISH_RESERVED_TYPE, "this event name is reserved for the hub");
	return PUBLISH_OK;
}

static bool is_own_id(struct slice id)
{
	for (size_t i = 0; i < id.len; i++) {
		if (id.ptr[i] < 0x21 || id.ptr[i] > 0x7e)
			return false;
	}
	return id.len >= 1 && id.len <= SSE_MAX_ID;
}

static enum publish_fault take_id(struct parse *p, const json_t *object, struct log_event *ret)
{
	const json_t *value = member(object, "id");

	ret->sse.id = SLICE_NONE;
	if (!value)
		return PUBLISH_OK;
	if (!json_is_string(value))
		return fault(p, PUBLISH_BAD_EVENT, "id must be a string");
	if (!keep(p, value, &ret->sse.id))
		return PUBLISH_NO_MEMORY;
	if (!is_own_id(ret->sse.id))
		return fault(p, PUBLISH_BAD_EVENT, "id must be 1 to 128 bytes of visible ASCII");
	if (log_id_is_minted_form(ret->sse.id))
		return fault(p, PUBLISH_ID_FORM, "id has the form that the hub mints");
	return PUBLISH_OK;
}

static enum publish_fault take_rest(struct parse *p, const json_t *object, struct log_event *ret)
{
	const json_t *retry = member(object, "retry");
	const json_t *is_private = member(object, "private");

	if (retry && (!json_is_integer(retry) || json_integer_value(retry) < 0 ||
		      json_integer_value(retry) > (json_int_t)PUBLISH_MAX_RETRY))
		return fault(p, PUBLISH_BAD_EVENT,
			     "retry must be a whole number of milliseconds, at most 120000");
	if (is_private && !json_is_boolean(is_private))
		return fault(p, PUBLISH_BAD_EVENT, "private must be true or false");
	ret->sse.has_retry = retry != NULL;
	ret->sse.retry_ms = retry ? (uint64_t)json_integer_value(retry) : 0;
	ret->is_private = json_is_true(is_private);
	return PUBLISH_OK;
}

static enum publish_fault check_members(struct parse *p, const json_t *object)
{
	static const struct slice known[] = {
		SLICE_INIT("topic"), SLICE_INIT("data"),  SLICE_INIT("event"),
		SLICE_INIT("id"),    SLICE_INIT("retry"), SLICE_INIT("private"),
	};
	const char *name;
	json_t *value;

	json_object_foreach((json_t *)(uintptr_t)object, name, value)
	{
		bool found = false;

		for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
			found |= slice_eq(slice_of(name), known[i]);
		if (!found)
			return fault(p, PUBLISH_BAD_EVENT,
				     "unknown member; known are topic, data, event, id, retry, "
				     "private");
	}
	return PUBLISH_OK;
}

typedef enum publish_fault (*take_fn)(struct parse *, const json_t *, struct log_event *);

static enum publish_fault take_event(struct parse *p, const json_t *object, struct log_event *ret)
{
	static const take_fn takes[] = {take_topics, take_data, take_type, take_id, take_rest};

	*ret = (struct log_event){0};
	enum publish_fault f = check_members(p, object);
	for (size_t i = 0; !f && i < sizeof(takes) / sizeof(takes[0]); i++)
		f = takes[i](p, object, ret);
	return f;
}

static enum publish_fault json_fault(struct parse *p, const json_error_t *error)
{
	/* Jansson names every fault of the text: it has none to name where memory ended. */
	if (error->text[0] == '\0')
		return PUBLISH_NO_MEMORY;
	put(p->detail, SLICE("line "));
	put_u64(p->detail, p->options->ndjson ? p->line : (uint64_t)error->line);
	put(p->detail, SLICE(", column "));
	put_u64(p->detail, error->column > 0 ? (uint64_t)error->column : 0);
	put(p->detail, SLICE(": "));
	/* The library's own words for this one name a flag of its interface. */
	if (json_error_code(error) == json_error_null_character)
		put(p->detail, SLICE("NUL (\\u0000) is not allowed"));
	else
		put(p->detail, utf8_truncate(slice_of(error->text), PUBLISH_MAX_DETAIL / 2));
	return PUBLISH_BAD_JSON;
}

static enum publish_fault parse_one(struct parse *p, struct slice text, struct log_event *ret)
{
	json_error_t error;
	json_t *root =
		json_loadb(text.ptr ? text.ptr : "", text.len, JSON_REJECT_DUPLICATES, &error);

	if (!root)
		return json_fault(p, &error);
	p->text = text;
	enum publish_fault f = json_is_object(root)
				       ? take_event(p, root, ret)
				       : fault(p, PUBLISH_BAD_EVENT, "an event is a JSON object");
	json_decref(root);
	return f;
}

static bool is_blank(struct slice s)
{
	if (s.len > 0 && s.ptr[s.len - 1] == '\r')
		s.len--;
	return slice_trim(s).len == 0;
}

static size_t count_lines(struct slice body)
{
	size_t n = 0;

	while (body.ptr) {
		if (!is_blank(slice_cut(&body, '\n')))
			n++;
	}
	return n;
}

static enum publish_fault parse_lines(struct parse *p, struct slice body, struct publish_body *b)
{
	while (body.ptr) {
		struct slice line = slice_cut(&body, '\n');

		p->line++;
		if (is_blank(line))
			continue;
		enum publish_fault f = parse_one(p, line, &b->events[b->count]);
		if (f)
			return f;
		b->count++;
	}
	return PUBLISH_OK;
}

enum publish_fault publish_parse(struct slice body, const struct publish_options *options,
				 struct arena *arena, struct publish_body *ret_body,
				 struct writer *detail)
{
	struct parse p = {.options = options, .arena = arena, .detail = detail};
	struct publish_body b = {0};
	size_t n = options->ndjson ? count_lines(body) : 1;

	if (n == 0)
		return fault(&p, PUBLISH_BAD_JSON, "the body has no event");
	if (n > PUBLISH_MAX_EVENTS)
		return fault(&p, PUBLISH_TOO_LARGE, "a body has at most 4096 events");
	b.events = arena_alloc(arena, n * sizeof(*b.events));
	if (!b.events)
		return PUBLISH_NO_MEMORY;
	enum publish_fault f =
		options->ndjson ? parse_lines(&p, body, &b) : parse_one(&p, body, &b.events[0]);
	if (f)
		return f;
	b.count = n;
	*ret_body = b;
	return PUBLISH_OK;
}
