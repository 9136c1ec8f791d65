/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "base/text.h"

static const struct {
	const char *name;
	struct slice in;
	enum err err;
	uint64_t ms;
} durations[] = {
	{"seconds", SLICE_INIT("15s"), OK, 15000},
	{"milliseconds", SLICE_INIT("250ms"), OK, 250},
	{"minutes", SLICE_INIT("2m"), OK, 120000},
	{"hours", SLICE_INIT("1h"), OK, 3600000},
	{"zero needs no unit", SLICE_INIT("0"), OK, 0},
	{"a number needs a unit", SLICE_INIT("15"), E_SYNTAX, 0},
	{"no sign", SLICE_INIT("-1s"), E_SYNTAX, 0},
	{"no space", SLICE_INIT("1 s"), E_SYNTAX, 0},
	{"empty", SLICE_INIT(""), E_SYNTAX, 0},
	{"too large for the unit", SLICE_INIT("18446744073709551615h"), E_RANGE, 0},
	{"too large at all", SLICE_INIT("18446744073709551616ms"), E_RANGE, 0},
};

static void reads_durations(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(durations); i++) {
		uint64_t ms = 0;

		check(durations[i].name,
		      parse_duration_ms(durations[i].in, &ms) == durations[i].err);
		check(durations[i].name, ms == durations[i].ms);
	}
}

static void reads_sizes(void **state)
{
	(void)state;
	uint64_t n;

	assert_int_equal(parse_bytes(SLICE("64MiB"), &n), OK);
	assert_int_equal(n, 64 << 20);
	assert_int_equal(parse_bytes(SLICE("100"), &n), OK);
	assert_int_equal(n, 100);
	assert_int_equal(parse_bytes(SLICE("64MB"), &n), E_SYNTAX);
	assert_int_equal(parse_hex(SLICE("fFfF"), &n), OK);
	assert_int_equal(n, 65535);
	assert_int_equal(parse_hex(SLICE("10000000000000000"), &n), E_RANGE);
}

static const struct {
	uint64_t ms;
	struct slice text;
} times[] = {
	{0, SLICE_INIT("1970-01-01T00:00:00.000Z")},
	{951782400000 - 1, SLICE_INIT("2000-02-28T23:59:59.999Z")},
	{951782400000, SLICE_INIT("2000-02-29T00:00:00.000Z")},
	{1795341600005, SLICE_INIT("2026-11-22T10:00:00.005Z")},
	{4102444800000, SLICE_INIT("2100-01-01T00:00:00.000Z")},
};

static void writes_rfc3339(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(times); i++) {
		char out[32];
		struct writer w;

		writer_init(&w, out, 24);
		put_rfc3339(&w, times[i].ms);
		assert_false(w.overflow);
		check_slice("time", writer_slice(&w), times[i].text);
	}
}

static void writes_imf_fixdate(void **state)
{
	(void)state;
	char out[29];
	struct writer w;

	writer_init(&w, out, sizeof(out));
	put_imf_date(&w, 1795341600005);
	check_slice("a Sunday", writer_slice(&w), SLICE("Sun, 22 Nov 2026 10:00:00 GMT"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_durations),
		cmocka_unit_test(reads_sizes),
		cmocka_unit_test(writes_rfc3339),
		cmocka_unit_test(writes_imf_fixdate),
	};

	return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
