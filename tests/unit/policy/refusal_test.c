/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "http/status.h"
#include "policy/head.h"
#include "policy/refusal.h"

static void rows_are_sound(void **state)
{
	(void)state;
	for (enum refusal a = REFUSAL_NONE + 1; a < REFUSAL_COUNT; a++) {
		const struct refusal_row *row = refusal_row(a);

		check(row->rule.ptr, row->rule.len == 4 && row->rule.ptr[0] == 'G');
		check(row->rule.ptr, row->status >= 400 && row->status < 600);
		check(row->rule.ptr, !slice_eq(http_reason(row->status), SLICE("Unknown")));
		check(row->rule.ptr, row->word.len > 0 && row->meaning.len > 0);
		check(row->rule.ptr, slice_ends(row->sentence, SLICE(".")));
		for (enum refusal b = a + 1; b < REFUSAL_COUNT; b++)
			check(row->rule.ptr, slice_cmp(row->rule, refusal_row(b)->rule) < 0);
	}
}

static struct slice body_of(char text[static REFUSAL_MAX_BODY], enum refusal refusal)
{
	struct writer w;

	writer_init(&w, text, REFUSAL_MAX_BODY);
	refusal_body(&w, refusal, SLICE_NONE);
	return writer_slice(&w);
}

/* SPEC 2.7: the body never says which check failed. */
static void all_401_look_alike(void **state)
{
	const struct refusal_row *first = refusal_row(REFUSAL_NO_CREDENTIAL);
	char a[REFUSAL_MAX_BODY], b[REFUSAL_MAX_BODY];

	(void)state;
	for (enum refusal r = REFUSAL_NONE + 1; r < REFUSAL_COUNT; r++) {
		const struct refusal_row *row = refusal_row(r);

		if (row->status != 401)
			continue;
		check_slice(row->rule.ptr, row->word, first->word);
		check_slice(row->rule.ptr, row->sentence, first->sentence);
		check_slice(row->rule.ptr, body_of(a, r), body_of(b, REFUSAL_NO_CREDENTIAL));
	}
}

static const struct {
	const char *name;
	enum http_fault fault;
	enum refusal want;
} faults[] = {
	{"a broken line is a bad request", HTTP_FAULT_REQUEST_LINE, REFUSAL_BAD_REQUEST},
	{"two framings are a bad request", HTTP_FAULT_LENGTH_AND_CODING, REFUSAL_BAD_REQUEST},
	{"a long line", HTTP_FAULT_LINE_TOO_LONG, REFUSAL_URI_TOO_LONG},
	{"a long head", HTTP_FAULT_HEAD_TOO_LONG, REFUSAL_HEAD_TOO_LARGE},
	{"many fields", HTTP_FAULT_TOO_MANY_FIELDS, REFUSAL_HEAD_TOO_LARGE},
	{"another version", HTTP_FAULT_VERSION, REFUSAL_BAD_VERSION},
	{"another coding", HTTP_FAULT_CODING, REFUSAL_BAD_CODING},
	{"no Host", HTTP_FAULT_HOST_MISSING, REFUSAL_BAD_HOST},
	{"two Hosts", HTTP_FAULT_HOST_REPEATED, REFUSAL_BAD_HOST},
	{"a broken Host", HTTP_FAULT_HOST, REFUSAL_BAD_HOST},
	{"a Host unlike the target", HTTP_FAULT_HOST_DIFFERS, REFUSAL_BAD_HOST},
};

static void names_faults(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(faults); i++)
		check(faults[i].name, refusal_of_fault(faults[i].fault) == faults[i].want);
}

/* A fault that answers a request keeps its status on the way through the refusal. */
static void every_fault_keeps_its_status(void **state)
{
	static const enum http_fault all[] = {
#define X(name, status, text) name,
#include "http/fault.def"
#undef X
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(all); i++) {
		unsigned status = http_fault_status(all[i]);
		unsigned want = status == 502 ? 400 : status; /* 502: no request can do that */

		check(http_fault_text(all[i]),
		      refusal_row(refusal_of_fault(all[i]))->status == want);
	}
}

static void writes_the_body(void **state)
{
	char text[256];
	struct writer w;

	(void)state;
	writer_init(&w, text, sizeof(text));
	refusal_body(&w, REFUSAL_NOT_ACCEPTABLE, SLICE_NONE);
	check_slice("body", writer_slice(&w),
		    SLICE("{\"error\":\"not_acceptable\",\"message\":\"Send Accept: "
			  "text/event-stream.\",\"rule\":\"G701\"}\n"));
	for (size_t cap = 0; cap < w.len; cap++) {
		struct writer less;

		writer_init(&less, text, cap);
		refusal_body(&less, REFUSAL_NOT_ACCEPTABLE, SLICE_NONE);
		assert_true(less.overflow);
	}
}

static void tells_the_detail(void **state)
{
	char text[256];
	struct writer w;

	(void)state;
	writer_init(&w, text, sizeof(text));
	refusal_body(&w, REFUSAL_BAD_JSON, SLICE("line 1, \"x\""));
	assert_true(slice_ends(writer_slice(&w),
			       SLICE(",\"rule\":\"G804\",\"detail\":\"line 1, \\\"x\\\"\"}\n")));
}

static void every_body_fits(void **state)
{
	(void)state;
	for (enum refusal r = REFUSAL_NONE + 1; r < REFUSAL_COUNT; r++) {
		char text[REFUSAL_MAX_BODY];
		struct writer w;

		writer_init(&w, text, sizeof(text));
		refusal_body(&w, r, SLICE_NONE);
		check(refusal_row(r)->rule.ptr, !w.overflow);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_sound),  cmocka_unit_test(all_401_look_alike),
		cmocka_unit_test(names_faults),    cmocka_unit_test(every_fault_keeps_its_status),
		cmocka_unit_test(writes_the_body), cmocka_unit_test(tells_the_detail),
		cmocka_unit_test(every_body_fits),
	};

	return cmocka_run_group_tests_name("refusal", tests, NULL, NULL);
}
