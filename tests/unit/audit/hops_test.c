/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

#include "audit/fingerprint.h"
#include "audit/hops.h"
#include "audit/report.h"

#define APP_LIVE    "via 200 hop=1 variant=app\n+stream\n@10+1000*11 data: #~~\nend 12000 cut\n"
#define TARGET_LIVE "baseline 200\n+stream\n@10+1000*11 data: #~~\nend 12000 cut\n"
#define RUN         "run via=app\n"

static const struct {
	const char *name;
	const char *scene;
	const char *changes; /* "HOP WHAT FIELD;" each */
	enum hop_shape target;
} cases[] = {
	{"a hop that does nothing", RUN APP_LIVE TARGET_LIVE, "", HOP_LIVE},
	{"a field is dropped, whatever the case of its name",
	 RUN "via 200 hop=1\n+stream\nX-One: 1\nx-two: 2\n@10+1000*11 data: #~~\n"
	     "baseline 200\n+stream\nX-Two: 2\n@10+1000*11 data: #~~\n",
	 "target dropped X-One;", HOP_LIVE},
	{"a field is doubled",
	 RUN APP_LIVE "baseline 200\n+stream\nX-Content-Type-Options: nosniff\n"
		      "@10+1000*11 data: #~~\n",
	 "target doubled X-Content-Type-Options;", HOP_LIVE},
	{"a field is changed, another added",
	 RUN "via 200 hop=1\n+stream\nServer: app\n@10+1000*11 data: #~~\n"
	     "baseline 200\n+stream\nServer: edge\nVia: 1.1 edge\n@10+1000*11 data: #~~\n",
	 "target changed Server;target added Via;", HOP_LIVE},
	{"what belongs to a connection is nobody's fault",
	 RUN "via 200 hop=1\n+stream\nConnection: close\n@10+1000*11 data: #~~\n"
	     "baseline 200\n+stream\nDate: now\nKeep-Alive: timeout=5\n@10+1000*11 data: #~~\n",
	 "", HOP_LIVE},
	{"bursts at the target",
	 RUN APP_LIVE "baseline 200\n+stream\n@2000+3000*4 data: #~~data: "
		      "#~~data: #~~data: #~~\nend 12000 cut\n",
	 "target holds back;", HOP_BURSTS},
	{"three events at a time, a little late",
	 RUN APP_LIVE "baseline 200\n+stream\n@100+300*38 data: #~~data: #~~data: #~~\n"
		      "end 12000 cut\n",
	 "target joins events;", HOP_JOINED},
	{"no head at the target", RUN APP_LIVE "baseline - outcome=timed-out\n",
	 "target holds back;", HOP_MUTE},
	{"all at the end",
	 RUN APP_LIVE
	 "baseline 200 head=6000\n+stream\n@6000 data: 1~~data: 2~~\nend 6010 complete\n",
	 "target holds back;", HOP_AT_END},
	{"bursts at the program are not the target's fault",
	 RUN "via 200 hop=1\n+stream\n@2000+3000*4 data: #~~data: #~~data: #~~data: #~~\n"
	     "baseline 200\n+stream\n@2000+3000*4 data: #~~data: #~~data: #~~data: #~~\n",
	 "", HOP_BURSTS},
	{"a recording, to the second reader",
	 RUN APP_LIVE TARGET_LIVE
	 "repeat 200\n+stream\n@1 data: 1~~data: 2~~data: 3~~\nend 10 complete\n",
	 "target plays a recording;", HOP_LIVE},
	{"an answer that has aged",
	 RUN APP_LIVE "baseline 200\n+stream\nAge: 3\n"
		      "@10+1000*11 data: #~~\nend 12000 cut\n",
	 "target plays a recording;", HOP_LIVE},
	{"a compressor that never lets go",
	 RUN APP_LIVE TARGET_LIVE "via-gzip 200 hop=1\n+stream\n@10+1000*11 data: #~~\n"
				  "gzip - outcome=timed-out\n",
	 "target holds back what it compresses;", HOP_LIVE},
};

static struct scene scene;
static struct hop_table table;
static char text[REPORT_MAX];

static void put_changes(struct writer *w)
{
	for (size_t i = 0; i < table.change_count; i++) {
		const struct hop_change *c = &table.changes[i];

		put(w, table.run->hops[c->hop].name);
		put_char(w, ' ');
		put(w, hop_change_name(c->kind));
		put(w, c->field.len > 0 ? SLICE(" ") : SLICE(""));
		put(w, c->field);
		put_char(w, ';');
	}
}

static void names_who_did_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct writer w;

		scene_build(&scene, cases[i].scene);
		hops_compare(&scene.run, &table);
		writer_init(&w, text, sizeof(text));
		put_changes(&w);
		check_slice(cases[i].name, writer_slice(&w), slice_of(cases[i].changes));
		check(cases[i].name, table.count == 2);
		check_slice(cases[i].name, hop_shape_name(table.rows[1].shape),
			    hop_shape_name(cases[i].target));
		scene_free(&scene);
	}
}

/* Clocks that differ by hours: the quickest event is the zero. */
static void measures_by_send_times(void **state)
{
	const struct hop_latency *app = &table.rows[0].latency;
	const struct hop_latency *target = &table.rows[1].latency;

	(void)state;
	scene_build(&scene, RUN "via 200 hop=1\n+stream\n"
				"@100 data: {\"seq\":1,\"sinceNs\":7000000000}~~\n"
				"@200 data: {\"seq\":2,\"sinceNs\":7100000000}~~\n"
				"@302 data: {\"seq\":4,\"sinceNs\":7200000000}~~\n"
				"baseline 200\n+stream\n"
				"@90 data: {\"seq\":1,\"sinceNs\":1000000000}~~\n"
				"@150 data: {\"seq\":2,\"sinceNs\":7000000000}~~\n"
				"@250 data: {\"seq\":3,\"sinceNs\":7100000000}~~\n");
	hops_compare(&scene.run, &table);
	assert_int_equal(app->events, 3);
	assert_int_equal(app->p50_ns, 0);
	assert_int_equal(app->max_ns, 2000000);
	assert_int_equal(app->missing, 1);
	/* The first was sent long before anybody asked. */
	assert_int_equal(target->events, 2);
	assert_int_equal(target->p50_ns, 50000000);
	assert_int_equal(target->missing, 0);
	scene_free(&scene);
}

static void has_no_table_without_hops(void **state)
{
	struct writer w;

	(void)state;
	scene_build(&scene, TARGET_LIVE);
	hops_compare(&scene.run, &table);
	assert_int_equal(table.count, 0);
	writer_init(&w, text, sizeof(text));
	report_hops_text(&w, &scene.run);
	report_hops_json(&w, &scene.run);
	assert_int_equal(w.len, 0);
	scene_free(&scene);
}

/* More fields than are looked at, and more changes than are kept. */
static void bounds_fields(void **state)
{
	static char lines[8192];
	struct writer w;

	(void)state;
	writer_init(&w, lines, sizeof(lines));
	put(&w, SLICE(RUN APP_LIVE "baseline 200\n+stream\n"));
	for (size_t i = 0; i < HOPS_MAX_FIELDS + 20; i++) {
		put(&w, SLICE("X-"));
		put_u64(&w, i);
		put(&w, SLICE(": 1\n"));
	}
	put(&w, SLICE("@10+1000*11 data: #~~"));
	put_char(&w, '\0');
	scene_build(&scene, lines);
	hops_compare(&scene.run, &table);
	assert_int_equal(table.field_count, HOPS_MAX_FIELDS);
	assert_true(table.change_count <= HOPS_MAX_CHANGES);
	scene_free(&scene);
}

static void prints_both_ways(void **state)
{
	struct writer w;

	(void)state;
	scene_build(&scene, RUN "via 200 hop=1\n+stream\nX-One: 1\n@10+1000*11 data: #~~\n"
				"baseline 200\n+stream\nSet-Cookie: a=secret\n"
				"@10+1000*11 data: #~~\n");
	writer_init(&w, text, sizeof(text));
	report_hops_text(&w, &scene.run);
	assert_true(text_has(writer_slice(&w), SLICE("live: 11 in 11 bursts")));
	assert_true(text_has(writer_slice(&w), SLICE("   target dropped X-One: '1'\n")));
	writer_init(&w, text, sizeof(text));
	report_hops_json(&w, &scene.run);
	assert_true(text_has(writer_slice(&w), SLICE("{\"hop\":\"target\",\"change\":\"dropped\","
						     "\"field\":\"X-One\",\"before\":\"1\"}")));
	assert_false(text_has(writer_slice(&w), SLICE("secret")));
	scene_free(&scene);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_who_did_it),
		cmocka_unit_test(measures_by_send_times),
		cmocka_unit_test(has_no_table_without_hops),
		cmocka_unit_test(bounds_fields),
		cmocka_unit_test(prints_both_ways),
	};

	return cmocka_run_group_tests_name("audit hops", tests, NULL, NULL);
}
