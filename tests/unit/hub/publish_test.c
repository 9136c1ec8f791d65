/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"

#include "base/arena.h"
#include "hub/publish.h"

#define ARENA_MAX   ((size_t)16 << 20) /* bytes */
#define MAX_DATA    8u                 /* bytes of data in these tests */
#define T1(members) SLICE_INIT("{\"topic\":\"a\",\"data\":1," members "}")

static const struct publish_options as_json = {.max_event = MAX_DATA};
static const struct publish_options as_lines = {.ndjson = true, .max_event = MAX_DATA};

/* One event: topics|type|id|data|retry|p, with "-" for what is absent. */
static void put_part(struct writer *w, struct slice s)
{
	put(w, s.ptr ? s : SLICE("-"));
	put_char(w, '|');
}

static void put_event(struct writer *w, const struct log_event *e)
{
	for (size_t i = 0; i < e->topic_count; i++) {
		if (i > 0)
			put_char(w, ',');
		put(w, e->topics[i]);
	}
	put_char(w, '|');
	put_part(w, e->sse.type);
	put_part(w, e->sse.id);
	put_part(w, e->sse.data);
	if (e->sse.has_retry)
		put_u64(w, e->sse.retry_ms);
	put(w, e->is_private ? SLICE("|p\n") : SLICE("|\n"));
}

static const struct {
	const char *name;
	struct slice body;
	const char *events;
} accepted[] = {
	{"the least", SLICE_INIT("{\"topic\":\"a\",\"data\":\"hi\"}"), "a|-|-|hi||\n"},
	{"all members",
	 SLICE_INIT("{\"topic\":[\"a\",\"b/c\"],\"data\":\"hi\",\"event\":\"tick\",\"id\":\"i1\","
		    "\"retry\":5,\"private\":true}"),
	 "a,b/c|tick|i1|hi|5|p\n"},
	{"null counts as absent",
	 SLICE_INIT("{\"topic\":\"a\",\"data\":\"x\",\"event\":null,\"id\":null,\"retry\":null,"
		    "\"private\":null}"),
	 "a|-|-|x||\n"},
	{"a repeated topic is one", SLICE_INIT("{\"topic\":[\"a\",\"b\",\"a\"],\"data\":\"\"}"),
	 "a,b|-|-|||\n"},
	{"empty data is data", SLICE_INIT("{\"topic\":\"a\",\"data\":\"\"}"), "a|-|-|||\n"},
	{"a string goes out as its text", SLICE_INIT("{\"topic\":\"a\",\"data\":\"a\\n\\u00e9\"}"),
	 "a|-|-|a\n\xc3\xa9||\n"},
	{"a number keeps its form", SLICE_INIT("{\"topic\":\"a\",\"data\":1.50e1}"),
	 "a|-|-|1.50e1||\n"},
	{"an object keeps order and space", SLICE_INIT("{\"data\": {\"b\":0 } ,\"topic\":\"a\"}"),
	 "a|-|-|{\"b\":0 }||\n"},
	{"false is data", SLICE_INIT("{\"topic\":\"a\",\"data\":false}"), "a|-|-|false||\n"},
	{"data of the largest size", SLICE_INIT("{\"topic\":\"a\",\"data\":\"12345678\"}"),
	 "a|-|-|12345678||\n"},
	{"an empty event name is none", T1("\"event\":\"\""), "a||-|1||\n"},
	{"names that only look reserved", T1("\"event\":\"Connected\""), "a|Connected|-|1||\n"},
	{"an id of other than minted form", T1("\"id\":\"12~a\""), "a|-|12~a|1||\n"},
	{"the longest retry", T1("\"retry\":120000"), "a|-|-|1|120000|\n"},
	{"retry of nothing", T1("\"retry\":0"), "a|-|-|1|0|\n"},
	{"not private", T1("\"private\":false"), "a|-|-|1||\n"},
	{"space around the object", SLICE_INIT(" \r\n{\"topic\":\"a\",\"data\":1}\n"),
	 "a|-|-|1||\n"},
};

static enum publish_fault parse(struct slice body, const struct publish_options *options,
				struct writer *events, struct writer *detail)
{
	struct publish_body ret = {0};
	struct arena arena;

	arena_init(&arena, ARENA_MAX);
	enum publish_fault f = publish_parse(place_at_edge(body), options, &arena, &ret, detail);
	for (size_t i = 0; i < ret.count; i++)
		put_event(events, &ret.events[i]);
	arena_free(&arena);
	return f;
}

static void a_lawful_body_is_an_event(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(accepted); i++) {
		char events[512], text[PUBLISH_MAX_DETAIL];
		struct writer w, detail;

		writer_init(&w, events, sizeof(events));
		writer_init(&detail, text, sizeof(text));
		enum publish_fault f = parse(accepted[i].body, &as_json, &w, &detail);
		check_slice(accepted[i].name, writer_slice(&detail), SLICE(""));
		check(accepted[i].name, f == PUBLISH_OK);
		check_slice(accepted[i].name, writer_slice(&w), slice_of(accepted[i].events));
	}
}

#define S16  "0123456789abcdef"
#define S128 S16 S16 S16 S16 S16 S16 S16 S16

static const struct {
	const char *name;
	struct slice body;
	enum publish_fault fault;
	const char *detail; /* what the sentence begins with */
} refused[] = {
	{"nothing", SLICE_INIT(""), PUBLISH_BAD_JSON, "line 1, column "},
	{"half an object", SLICE_INIT("{\"topic\":"), PUBLISH_BAD_JSON, "line 1, column "},
	{"a fault in the second line", SLICE_INIT("{\n\"topic\":}"), PUBLISH_BAD_JSON, "line 2, "},
	{"two objects", SLICE_INIT("{\"topic\":\"a\",\"data\":1}{}"), PUBLISH_BAD_JSON, "line 1, "},
	{"a member twice", SLICE_INIT("{\"topic\":\"a\",\"topic\":\"b\",\"data\":1}"),
	 PUBLISH_BAD_JSON, "line 1, "},
	{"bytes that are not UTF-8", SLICE_INIT("{\"topic\":\"a\",\"data\":\"\xff\"}"),
	 PUBLISH_BAD_JSON, "line 1, "},
	{"NUL", T1("\"event\":\"a\\u0000b\""), PUBLISH_BAD_JSON, "line 1, "},
	{"half a surrogate pair", T1("\"event\":\"\\ud800\""), PUBLISH_BAD_JSON, "line 1, "},
	{"a list", SLICE_INIT("[]"), PUBLISH_BAD_EVENT, "an event is a JSON object"},
	{"an unknown member", T1("\"evnet\":\"x\""), PUBLISH_BAD_EVENT, "unknown member"},
	{"no topic", SLICE_INIT("{\"data\":1}"), PUBLISH_BAD_EVENT, "topic is missing"},
	{"no topics", SLICE_INIT("{\"topic\":[],\"data\":1}"), PUBLISH_BAD_EVENT,
	 "topic is an empty"},
	{"a number as topic", SLICE_INIT("{\"topic\":1,\"data\":1}"), PUBLISH_BAD_EVENT,
	 "topic must be"},
	{"a topic in a list in a list", SLICE_INIT("{\"topic\":[[\"a\"]],\"data\":1}"),
	 PUBLISH_BAD_EVENT, "topic must be"},
	{"a pattern as topic", SLICE_INIT("{\"topic\":\"a/*\",\"data\":1}"), PUBLISH_BAD_TOPIC,
	 "a topic is"},
	{"a line end in a topic", SLICE_INIT("{\"topic\":\"a\\nb\",\"data\":1}"), PUBLISH_BAD_TOPIC,
	 "a topic is"},
	{"no data", SLICE_INIT("{\"topic\":\"a\"}"), PUBLISH_BAD_EVENT, "data is missing"},
	{"null as data", SLICE_INIT("{\"topic\":\"a\",\"data\":null}"), PUBLISH_BAD_EVENT,
	 "data is missing"},
	{"data under a name with escapes", SLICE_INIT("{\"topic\":\"a\",\"d\\u0061ta\":1}"),
	 PUBLISH_BAD_EVENT, "data must be named without escapes"},
	{"data past the largest size", SLICE_INIT("{\"topic\":\"a\",\"data\":\"123456789\"}"),
	 PUBLISH_TOO_LARGE, "data is longer"},
	{"raw data past the largest size", SLICE_INIT("{\"topic\":\"a\",\"data\":123456789}"),
	 PUBLISH_TOO_LARGE, "data is longer"},
	{"LF in the event name", T1("\"event\":\"a\\ndata: forged\""), PUBLISH_BAD_EVENT,
	 "event holds CR, LF or NUL"},
	{"CR in the event name", T1("\"event\":\"a\\r\""), PUBLISH_BAD_EVENT, "event holds"},
	{"a number as event name", T1("\"event\":1"), PUBLISH_BAD_EVENT, "event must be"},
	{"an event name of 129 bytes", T1("\"event\":\"" S128 "x\""), PUBLISH_BAD_EVENT,
	 "event is longer"},
	{"a reserved event name", T1("\"event\":\"connected\""), PUBLISH_RESERVED_TYPE,
	 "this event"},
	{"a reserved name in escapes", T1("\"event\":\"\\u0063onnected\""), PUBLISH_RESERVED_TYPE,
	 "this event"},
	{"an empty id", T1("\"id\":\"\""), PUBLISH_BAD_EVENT, "id must be 1 to 128"},
	{"an id of 129 bytes", T1("\"id\":\"" S128 "x\""), PUBLISH_BAD_EVENT,
	 "id must be 1 to 128"},
	{"a space in an id", T1("\"id\":\"a b\""), PUBLISH_BAD_EVENT, "id must be 1 to 128"},
	{"LF in an id", T1("\"id\":\"a\\n\""), PUBLISH_BAD_EVENT, "id must be 1 to 128"},
	{"a number as id", T1("\"id\":1"), PUBLISH_BAD_EVENT, "id must be a string"},
	{"an id of minted form", T1("\"id\":\"1~2\""), PUBLISH_ID_FORM, "id has the form"},
	{"a retry past the longest", T1("\"retry\":120001"), PUBLISH_BAD_EVENT, "retry must be"},
	{"a retry below nothing", T1("\"retry\":-1"), PUBLISH_BAD_EVENT, "retry must be"},
	{"half a millisecond", T1("\"retry\":0.5"), PUBLISH_BAD_EVENT, "retry must be"},
	{"a word as private", T1("\"private\":\"yes\""), PUBLISH_BAD_EVENT, "private must be"},
};

static void an_unlawful_body_is_refused_and_told_why(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(refused); i++) {
		char events[512], text[PUBLISH_MAX_DETAIL];
		struct writer w, detail;

		writer_init(&w, events, sizeof(events));
		writer_init(&detail, text, sizeof(text));
		enum publish_fault f = parse(refused[i].body, &as_json, &w, &detail);
		check(refused[i].name, f == refused[i].fault);
		check(refused[i].name, w.len == 0 && !detail.overflow);
		check_slice(refused[i].name,
			    slice_upto(writer_slice(&detail), slice_of(refused[i].detail).len),
			    slice_of(refused[i].detail));
	}
}

#define E1 "{\"topic\":\"a\",\"data\":1}"
#define E2 "{\"topic\":\"b\",\"data\":2}"

static const struct {
	const char *name;
	struct slice body;
	enum publish_fault fault;
	const char *told; /* the events, or what the sentence begins with */
} lines[] = {
	{"two lines are two events", SLICE_INIT(E1 "\n" E2), PUBLISH_OK, "a|-|-|1||\nb|-|-|2||\n"},
	{"a last line end is not an event", SLICE_INIT(E1 "\n"), PUBLISH_OK, "a|-|-|1||\n"},
	{"blank lines are none", SLICE_INIT("\n \t\r\n\r\n" E1 "\r\n\n" E2 "\r\n"), PUBLISH_OK,
	 "a|-|-|1||\nb|-|-|2||\n"},
	{"only blank lines", SLICE_INIT("\n\n \r\n"), PUBLISH_BAD_JSON, "the body has no event"},
	{"nothing", SLICE_INIT(""), PUBLISH_BAD_JSON, "the body has no event"},
	{"the last line decides over all", SLICE_INIT(E1 "\n\n{\"topic\":\"a\"}"),
	 PUBLISH_BAD_EVENT, "line 3: data is missing"},
	{"a line is one object", SLICE_INIT(E1 E2), PUBLISH_BAD_JSON, "line 1, column "},
	{"an object is one line", SLICE_INIT(E1 "\n{\n}"), PUBLISH_BAD_JSON, "line 2, column "},
	{"CR alone ends no line", SLICE_INIT(E1 "\r" E2), PUBLISH_BAD_JSON, "line 1, column "},
	{"a reserved name in a later line",
	 SLICE_INIT(E1 "\n{\"topic\":\"a\",\"data\":1,\"event\":\"resync\"}"),
	 PUBLISH_RESERVED_TYPE, "line 2: "},
};

static void lines_are_judged_as_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lines); i++) {
		char events[512], text[PUBLISH_MAX_DETAIL];
		struct writer w, detail;

		writer_init(&w, events, sizeof(events));
		writer_init(&detail, text, sizeof(text));
		check(lines[i].name,
		      parse(lines[i].body, &as_lines, &w, &detail) == lines[i].fault);
		struct writer *told = lines[i].fault ? &detail : &w;
		check(lines[i].name, !lines[i].fault || w.len == 0);
		struct slice want = slice_of(lines[i].told);
		size_t len = lines[i].fault ? want.len : SIZE_MAX;
		check_slice(lines[i].name, slice_upto(writer_slice(told), len), want);
	}
}

/* Every cut of every lawful body is judged without reading past it; none gives half an event. */
static void every_prefix_is_judged(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(accepted); i++) {
		for (size_t len = 0; len < accepted[i].body.len; len++) {
			char events[512], text[PUBLISH_MAX_DETAIL];
			struct slice body = slice_upto(accepted[i].body, len);
			struct writer w, detail;

			writer_init(&w, events, sizeof(events));
			writer_init(&detail, text, sizeof(text));
			enum publish_fault f = parse(body, &as_json, &w, &detail);
			if (f == PUBLISH_OK)
				check_slice(accepted[i].name, writer_slice(&w),
					    slice_of(accepted[i].events));
			check(accepted[i].name, !f == (w.len > 0) && !detail.overflow);
		}
	}
}

static const struct {
	const char *name;
	struct slice query;
	struct slice body;
	enum publish_fault fault;
	const char *told;
} queries[] = {
	{"the query names the topic", SLICE_INIT("q"), SLICE_INIT("{\"data\":1}"), PUBLISH_OK,
	 "q|-|-|1||\n"},
	{"a topic of null leaves it to the query", SLICE_INIT("q"),
	 SLICE_INIT("{\"data\":1,\"topic\":null}"), PUBLISH_OK, "q|-|-|1||\n"},
	{"the event's own topic goes first", SLICE_INIT("q"), SLICE_INIT(E1), PUBLISH_OK,
	 "a|-|-|1||\n"},
	{"a pattern in the query is refused", SLICE_INIT("q/*"), SLICE_INIT("{\"data\":1}"),
	 PUBLISH_BAD_TOPIC, "a topic is"},
	{"a NUL in the query is refused", SLICE_INIT("q\0r"), SLICE_INIT("{\"data\":1}"),
	 PUBLISH_BAD_TOPIC, "a topic is"},
	{"an empty query is refused", SLICE_INIT(""), SLICE_INIT("{\"data\":1}"), PUBLISH_BAD_TOPIC,
	 "a topic is"},
};

static void the_query_may_name_the_topic(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(queries); i++) {
		struct publish_options options = as_json;
		char events[512], text[PUBLISH_MAX_DETAIL];
		struct writer w, detail;

		options.query_topic = queries[i].query;
		writer_init(&w, events, sizeof(events));
		writer_init(&detail, text, sizeof(text));
		check(queries[i].name,
		      parse(queries[i].body, &options, &w, &detail) == queries[i].fault);
		struct slice got = writer_slice(queries[i].fault ? &detail : &w);
		struct slice want = slice_of(queries[i].told);
		check_slice(queries[i].name, slice_upto(got, want.len), want);
	}
}

static enum publish_fault parse_topics(size_t n)
{
	char body[1024], text[PUBLISH_MAX_DETAIL], events[1024];
	struct writer b, w, detail;

	writer_init(&b, body, sizeof(body));
	writer_init(&w, events, sizeof(events));
	writer_init(&detail, text, sizeof(text));
	put(&b, SLICE("{\"data\":1,\"topic\":["));
	for (size_t i = 0; i < n; i++) {
		put(&b, i ? SLICE(",\"t") : SLICE("\"t"));
		put_u64(&b, i);
		put_char(&b, '"');
	}
	put(&b, SLICE("]}"));
	assert_false(b.overflow);
	return parse(writer_slice(&b), &as_json, &w, &detail);
}

static enum publish_fault parse_many(size_t n)
{
	static char body[(PUBLISH_MAX_EVENTS + 1) * sizeof(E1)];
	char text[PUBLISH_MAX_DETAIL], events[1];
	struct writer b, w, detail;

	writer_init(&b, body, sizeof(body));
	writer_init(&w, events, sizeof(events));
	writer_init(&detail, text, sizeof(text));
	for (size_t i = 0; i < n; i++)
		put(&b, SLICE(E1 "\n"));
	assert_false(b.overflow);
	return parse(writer_slice(&b), &as_lines, &w, &detail);
}

static void maxima_hold_at_and_past_them(void **state)
{
	(void)state;
	assert_int_equal(parse_topics(TOPIC_MAX_SET), PUBLISH_OK);
	assert_int_equal(parse_topics(TOPIC_MAX_SET + 1), PUBLISH_BAD_TOPIC);
	assert_int_equal(parse_many(PUBLISH_MAX_EVENTS), PUBLISH_OK);
	assert_int_equal(parse_many(PUBLISH_MAX_EVENTS + 1), PUBLISH_TOO_LARGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_lawful_body_is_an_event),
		cmocka_unit_test(an_unlawful_body_is_refused_and_told_why),
		cmocka_unit_test(lines_are_judged_as_one),
		cmocka_unit_test(every_prefix_is_judged),
		cmocka_unit_test(the_query_may_name_the_topic),
		cmocka_unit_test(maxima_hold_at_and_past_them),
	};

	return cmocka_run_group_tests_name("publish", tests, NULL, NULL);
}
