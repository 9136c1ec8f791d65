/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "load/report.h"

#include <string.h>

/* 10 streams, 4 events, all well; the server was watched. */
static void fill(struct report *r)
{
	memset(r, 0, sizeof(*r));
	r->target = SLICE("http://127.0.0.1/\"");
	r->streams = 10;
	r->connections = 2;
	r->open = 10;
	r->open_ns = 5000000;
	r->events = 4;
	r->published = 4;
	r->event_bytes = 64;
	r->run_ns = 2000000000;
	r->tally.delivered = 40;
	histogram_init(&r->latency);
	for (int i = 0; i < 40; i++)
		histogram_add(&r->latency, 1204567);
	r->has_server = true;
	r->cpu_run_ns = 40 * 1500;
	r->cpu_open_ns = 10 * 20000;
	r->anon_before = 100000;
	r->anon_idle = 105120;
}

static void has(struct slice text, const char *part)
{
	if (!memmem(text.ptr, text.len, part, strlen(part)))
		fail_msg("'%s' is not in:\n%.*s", part, SLICE_ARG(text));
}

static void the_text_names_every_figure_with_its_unit(void **state)
{
	(void)state;
	struct report r;
	char out[REPORT_MAX_BYTES];
	struct writer w;

	fill(&r);
	writer_init(&w, out, sizeof(out));
	report_put_text(&w, &r);
	assert_false(w.overflow);
	struct slice text = writer_slice(&w);
	has(text, "  deliveries per second                    20/s\n");
	has(text, "  latency p99.9                            1.204 ms\n");
	has(text, "  server CPU per delivery                  1.500 us\n");
	has(text, "  server memory (RssAnon) per idle stream  512 bytes\n");
	r.partial = true;
	r.has_server = false;
	writer_init(&w, out, sizeof(out));
	report_put_text(&w, &r);
	has(writer_slice(&w), "/\" (partial)\n");
	has(writer_slice(&w), "  server CPU per delivery                  -\n");
}

static void the_json_holds_the_same_figures(void **state)
{
	(void)state;
	struct report r;
	char out[REPORT_MAX_BYTES];
	struct writer w;

	fill(&r);
	writer_init(&w, out, sizeof(out));
	report_put_json(&w, &r);
	assert_false(w.overflow);
	has(writer_slice(&w), "{\"target\":\"http://127.0.0.1/"
			      "\\\"\",\"partial\":false,\"streams\":10,\"connections\":2,");
	has(writer_slice(&w), ",\"server_cpu_per_delivery_ns\":1500,");
	has(writer_slice(&w), ",\"server_anon_per_stream_bytes\":512}\n");
	memset(&r, 0, sizeof(r));
	writer_init(&w, out, sizeof(out));
	report_put_json(&w, &r);
	has(writer_slice(&w), ",\"latency_p50_ns\":null,");
	has(writer_slice(&w), ",\"deliveries_per_second\":null,");
	has(writer_slice(&w), ",\"server_anon_per_stream_bytes\":null}\n");
}

/* What a case changes, as an offset into the report. */
static const struct {
	const char *name;
	size_t at;
	uint64_t value;
	bool clean;
	bool clean_if_partial;
} cases[] = {
	{"all is well", offsetof(struct report, streams), 10, true, true},
	{"one delivery is lost", offsetof(struct report, tally.delivered), 39, false, true},
	{"one came twice", offsetof(struct report, tally.duplicate), 1, false, false},
	{"one came too late", offsetof(struct report, tally.out_of_order), 1, false, false},
	{"the server closed a stream", offsetof(struct report, closed), 1, false, false},
	{"a stream was not HTTP", offsetof(struct report, broken), 1, false, false},
	{"an event was damaged", offsetof(struct report, damaged), 1, false, false},
	{"an event was not published", offsetof(struct report, events), 5, false, true},
	{"a stream did not open", offsetof(struct report, streams), 11, false, true},
};

static void a_run_is_clean_only_if_nothing_is_missing(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct report r;

		fill(&r);
		memcpy((char *)&r + cases[i].at, &cases[i].value, sizeof(cases[i].value));
		check(cases[i].name, report_is_clean(&r) == cases[i].clean);
		r.partial = true;
		check(cases[i].name, report_is_clean(&r) == cases[i].clean_if_partial);
	}
}

static void a_short_buffer_is_an_overflow(void **state)
{
	(void)state;
	struct report r;
	char out[REPORT_MAX_BYTES];
	struct writer w;

	fill(&r);
	writer_init(&w, out, sizeof(out));
	report_put_json(&w, &r);
	size_t need = w.len;
	writer_init(&w, out, need);
	report_put_json(&w, &r);
	assert_false(w.overflow);
	writer_init(&w, out, need - 1);
	report_put_json(&w, &r);
	assert_true(w.overflow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_text_names_every_figure_with_its_unit),
		cmocka_unit_test(the_json_holds_the_same_figures),
		cmocka_unit_test(a_run_is_clean_only_if_nothing_is_missing),
		cmocka_unit_test(a_short_buffer_is_an_overflow),
	};

	return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
