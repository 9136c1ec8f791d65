/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_test.c - the reports for programs and pages, byte by byte as golden/ has them. After a
 * change that is meant, SLUICE_GOLDEN=write writes them anew; look at the difference.
 */
#include "clean.h"
#include "scene.h"

#include "audit/judge.h"
#include "audit/markup.h"
#include "audit/report.h"

#include <openssl/evp.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define WALL_MS UINT64_C(1790000000000)

/* nginx holds back what the application sends, and takes a field away. */
static const char behind_nginx[] =
	GIVEN "run via=app,nginx\n"
	      "baseline 200\nServer: nginx/1.22.1\n" TYPE CACHE
	      "@100+5000*3 data: a~~data: b~~data: <i>&\"c\"~~data: d~~\nend 16000 cut\n"
	      "via 200 hop=1\n" STREAM TICKS "via 200 hop=2\nServer: nginx/1.22.1\n" TYPE CACHE
	      "@100+5000*3 data: a~~data: b~~data: c~~data: d~~\nend 16000 cut\n"
	      "accept-list 406 refusal accept=a|b\nContent-Type: application/json\n"
	      "origin-random 200 origin=https://x7f3.example\n" STREAM ACAO EVIL "\n" ACAC
	      "repeat - outcome=timed-out\n";

struct shown {
	struct scene scene;
	struct finding findings[AUDIT_MAX_FINDINGS];
	struct report report;
	struct writer w;
	char text[256 * 1024];
};

static struct shown shown;

/* golden/ outlives releases: where the version stands it has VERSION. */
static struct slice without_version(struct slice text)
{
	static char room[sizeof(shown.text) + 1024];
	static const struct slice version = SLICE_INIT("" SLUICE_VERSION);
	struct writer w;

	writer_init(&w, room, sizeof(room));
	while (text.len > 0) {
		bool here = slice_starts(text, version);

		put(&w, here ? SLICE("VERSION") : slice_upto(text, 1));
		text = slice_from(text, here ? version.len : 1);
	}
	assert_false(w.overflow);
	return writer_slice(&w);
}

static struct slice show(const char *text, enum report_format format, bool partial)
{
	scene_build(&shown.scene, text);
	shown.scene.run.requests = shown.scene.run.transcript_count;
	shown.scene.run.duration_ns = 23400000000;
	if (partial)
		shown.scene.run.shortage = SHORTAGE_STOPPED;
	shown.report = (struct report){
		.run = &shown.scene.run,
		.findings = shown.findings,
		.count = audit_judge(&shown.scene.run, shown.findings, AUDIT_MAX_FINDINGS),
		.wall_ms = WALL_MS,
	};
	shown.report.grade = audit_grade(&shown.scene.run, shown.findings, shown.report.count);
	writer_init(&shown.w, shown.text, sizeof(shown.text));
	audit_report(&shown.w, format, &shown.report);
	assert_false(shown.w.overflow);
	scene_free(&shown.scene);
	return writer_slice(&shown.w);
}

static void check_golden(const char *path, struct slice got)
{
	static char want[sizeof(shown.text)];
	const char *mode = getenv("SLUICE_GOLDEN");
	FILE *file = fopen(path, mode != NULL ? "wb" : "rb");
	size_t len;

	assert_non_null(file);
	if (mode != NULL) {
		assert_int_equal(fwrite(got.ptr, 1, got.len, file), got.len);
		assert_int_equal(fclose(file), 0);
		return;
	}
	len = fread(want, 1, sizeof(want), file);
	(void)fclose(file);
	if (!slice_eq(got, (struct slice){want, len}))
		fail_msg("%s is another: SLUICE_GOLDEN=write, then look at the difference", path);
}

static const struct {
	const char *name;
	enum report_format format;
	const char *path;
} formats[] = {
	{"SARIF", REPORT_SARIF, GOLDEN "/report.sarif"},
	{"JUnit", REPORT_JUNIT, GOLDEN "/report.junit.xml"},
	{"Markdown", REPORT_MARKDOWN, GOLDEN "/report.md"},
	{"annotations", REPORT_GITHUB, GOLDEN "/report.github.txt"},
	{"the page", REPORT_HTML, GOLDEN "/report.html"},
};

static void reports_are_as_golden_has_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(formats); i++)
		check_golden(formats[i].path,
			     without_version(show(behind_nginx, formats[i].format, false)));
}

static bool holds(struct slice text, struct slice part)
{
	for (; text.len >= part.len; text = slice_from(text, 1))
		if (slice_starts(text, part))
			return true;
	return false;
}

static void a_partial_run_has_no_grade_anywhere(void **state)
{
	static const struct slice why = SLICE_INIT("it was interrupted");

	(void)state;
	assert_true(holds(show(behind_nginx, REPORT_HTML, true), why));
	assert_true(holds(show(behind_nginx, REPORT_MARKDOWN, true), why));
	assert_true(holds(show(behind_nginx, REPORT_GITHUB, true), why));
	assert_true(holds(show(behind_nginx, REPORT_JUNIT, true), SLICE("errors=\"1\"")));
	assert_true(holds(show(behind_nginx, REPORT_SARIF, true),
			  SLICE("\"executionSuccessful\":false")));
}

static void markup_is_escaped(void **state)
{
	char text[64];
	struct writer w;

	(void)state;
	writer_init(&w, text, sizeof(text));
	put_markup(&w, SLICE("a<b>&\"'\x01\xff"));
	check_slice("for XML", writer_slice(&w),
		    SLICE("a&lt;b&gt;&amp;&quot;&#39;\\x01\xef\xbf\xbd"));
	writer_init(&w, text, sizeof(text));
	put_plain_markdown(&w, SLICE("a|b *c* `d` <e>"));
	check_slice("for Markdown", writer_slice(&w), SLICE("a\\|b \\*c\\* \\`d\\` &lt;e&gt;"));
}

static struct slice between(struct slice text, struct slice from, struct slice to)
{
	size_t n = 0;

	while (text.len > 0 && !slice_starts(text, from))
		text = slice_from(text, 1);
	text = slice_from(text, from.len);
	while (n < text.len && !slice_starts(slice_from(text, n), to))
		n++;
	return slice_upto(text, n);
}

/* A browser drops the style of a page whose policy has another hash. */
static void the_policy_of_the_page_lets_its_style_in(void **state)
{
	struct slice page = show(behind_nginx, REPORT_HTML, false);
	struct slice style = between(page, SLICE("<style>"), SLICE("</style>"));
	struct slice hash = between(page, SLICE("'sha256-"), SLICE("'"));
	unsigned char digest[32];
	char base64[64];

	(void)state;
	assert_true(style.len > 0);
	assert_int_equal(EVP_Digest(style.ptr, style.len, digest, NULL, EVP_sha256(), NULL), 1);
	assert_int_equal(EVP_EncodeBlock((unsigned char *)base64, digest, sizeof(digest)), 44);
	base64[44] = 0;
	check_slice("the hash", hash, slice_of(base64));
	assert_false(holds(page, SLICE(" style=")));
	assert_false(holds(page, SLICE("<script")));
	assert_false(holds(page, SLICE("src=")));
}

/* Else "0 events" would stand where nobody looked. */
static void a_text_that_was_not_read_is_not_called_empty(void **state)
{
	static const enum report_format people[] = {REPORT_TEXT, REPORT_HTML};
	static const char scene[] = "baseline 200\n" STREAM "Content-Encoding: br\n@500 noise\n";

	(void)state;
	for (size_t i = 0; i < COUNT_OF(people); i++) {
		struct slice text = show(scene, people[i], false);

		assert_true(
			holds(text, SLICE("of text that was not read, for its content coding")));
		assert_false(holds(text, SLICE("0 events")));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reports_are_as_golden_has_them),
		cmocka_unit_test(a_partial_run_has_no_grade_anywhere),
		cmocka_unit_test(markup_is_escaped),
		cmocka_unit_test(a_text_that_was_not_read_is_not_called_empty),
		cmocka_unit_test(the_policy_of_the_page_lets_its_style_in),
	};

	return cmocka_run_group_tests_name("reports", tests, NULL, NULL);
}
