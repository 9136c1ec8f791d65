/* SPDX-License-Identifier: Apache-2.0 */
/* The exposition as a scraper reads it: line by line, each sample under its head. */
#include "../test.h"

#include "base/text.h"
#include "stream/metrics.h"

#include <string.h>

static const struct {
	struct slice name;
	struct slice type;
	struct slice help;
} rows[] = {
#define X(name_, type_, source, labels, help_)                                                     \
	{SLICE_INIT(name_), SLICE_INIT(type_), SLICE_INIT(help_)},
#include "stream/metrics.def"
#undef X
};

static struct slice write(char *text, size_t cap, const struct engine_counters *sum,
			  const struct metrics_state *state)
{
	struct writer w;

	writer_init(&w, text, cap);
	metrics_put(&w, sum, state);
	assert_false(w.overflow);
	return writer_slice(&w);
}

static bool contains(struct slice text, const char *want)
{
	struct slice line = slice_of(want);

	for (size_t i = 0; i + line.len <= text.len; i++) {
		if (slice_starts(slice_from(text, i), line))
			return true;
	}
	return false;
}

/* The end of `{name="value",...}`; 0 where it is malformed. */
static size_t labels_end(struct slice line, size_t at)
{
	do {
		at++;
		while (at < line.len && ascii_is_alnum(line.ptr[at]))
			at++;
		if (!slice_starts(slice_from(line, at), SLICE("=\"")))
			return 0;
		for (at += 2; at < line.len && line.ptr[at] != '"'; at++)
			at += line.ptr[at] == '\\';
		at++;
	} while (at < line.len && line.ptr[at] == ',');
	return at < line.len && line.ptr[at] == '}' ? at + 1 : 0;
}

/* A sample of `name`: its value is a whole number. */
static void check_sample(struct slice line, struct slice name)
{
	uint64_t value;

	check(name.ptr, slice_starts(line, name));
	size_t at = name.len;
	if (line.ptr[at] == '{')
		at = labels_end(line, at);
	check(name.ptr, at > 0 && line.ptr[at] == ' ');
	check(name.ptr, parse_u64(slice_from(line, at + 1), &value) == OK);
}

/* "# KIND name text" */
static void check_head(struct slice line, const char *kind, struct slice name, struct slice text)
{
	check(name.ptr, slice_starts(line, slice_of(kind)));
	line = slice_from(line, strlen(kind));
	check(name.ptr, slice_starts(line, name));
	check_slice(name.ptr, slice_from(line, name.len + 1), text);
}

static void every_row_is_written_in_order_and_well_formed(void **state)
{
	(void)state;
	static char text[METRICS_MAX_TEXT];
	static const struct engine_counters none;
	struct metrics_state now = {.version = SLICE("1.2.3")};
	struct slice rest = write(text, sizeof(text), &none, &now);

	check("it ends in a line feed", slice_ends(rest, SLICE("\n")));
	rest.len--;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		size_t samples = 0;

		check_head(slice_cut(&rest, '\n'), "# HELP ", rows[i].name, rows[i].help);
		check_head(slice_cut(&rest, '\n'), "# TYPE ", rows[i].name, rows[i].type);
		for (; rest.ptr && !slice_starts(rest, SLICE("#")); samples++)
			check_sample(slice_cut(&rest, '\n'), rows[i].name);
		check(rows[i].name.ptr, samples > 0);
	}
	check("nothing is left", !rest.ptr);
}

static void names_follow_the_conventions(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rows); i++) {
		bool is_counter = slice_eq(rows[i].type, SLICE("counter"));

		check(rows[i].name.ptr, slice_starts(rows[i].name, SLICE("sluice_")));
		check(rows[i].name.ptr, is_counter || slice_eq(rows[i].type, SLICE("gauge")));
		check(rows[i].name.ptr, slice_ends(rows[i].name, SLICE("_total")) == is_counter);
		check(rows[i].name.ptr, !slice_has_any(rows[i].help, SLICE("\\\n")));
	}
}

static const struct engine_counters some = {
	.connections = 7,
	.streams_closed[CLOSE_DRAINING] = 3,
	.refusals[REFUSAL_BAD_REQUEST] = 4,
	.refusals[REFUSAL_REVOCATIONS_FULL] = 5,
	.auth_faults[AUTH_EXPIRED] = 6,
	.bytes_out = UINT64_MAX,
};

static void samples_have_their_values(void **state)
{
	static const char *const lines[] = {
		"\nsluice_connections_total 7\n",
		"\nsluice_streams_opened_total 0\n",
		"\nsluice_streams_closed_total{reason=\"client_closed\"} 0\n",
		"\nsluice_streams_closed_total{reason=\"draining\"} 3\n",
		"\nsluice_refusals_total{rule=\"G101\",reason=\"bad_request\"} 4\n",
		"\nsluice_refusals_total{rule=\"G810\",reason=\"too_many_revocations\"} 5\n",
		"\nsluice_auth_failures_total{reason=\"no_credential\"} 0\n",
		"\nsluice_auth_failures_total{reason=\"expired\"} 6\n",
		"\nsluice_bytes_sent_total 18446744073709551615\n",
		"\nsluice_streams_open 8\n",
		"\nsluice_connections_open 9\n",
		"\nsluice_memory_bytes 18\n",
		"\nsluice_proxy_strangers_total 19\n",
		"\nsluice_log_lines_lost_total 10\n",
		"\nsluice_tls_handshakes_total 11\n",
		"\nsluice_tls_resumed_total 12\n",
		"\nsluice_tls_ktls_total 13\n",
		"\nsluice_tls_certificate_expires_seconds 14\n",
		"\nsluice_reloads_total 15\n",
		"\nsluice_reload_failures_total 16\n",
		"\nsluice_config_loaded_timestamp_seconds 17\n",
		"\nsluice_sandbox_landlock_version 18\n",
		"\nsluice_sandbox_system_calls 19\n",
		"\nsluice_build_info{version=\"1.2.3\"} 1\n",
	};
	(void)state;
	static char text[METRICS_MAX_TEXT];
	struct metrics_state now = {.streams_open = 8,
				    .connections_open = 9,
				    .log_lines_lost = 10,
				    .memory = 18,
				    .strangers = 19,
				    .tls_handshakes = 11,
				    .tls_resumed = 12,
				    .tls_ktls = 13,
				    .tls_expires = 14,
				    .reloads = 15,
				    .reload_failures = 16,
				    .loaded_s = 17,
				    .landlock = 18,
				    .system_calls = 19,
				    .version = SLICE("1.2.3")};
	struct slice all = write(text, sizeof(text), &some, &now);

	for (size_t i = 0; i < COUNT_OF(lines); i++)
		check(lines[i], contains(all, lines[i]));
	check("no refusal is no sample", !contains(all, "rule=\"\""));
	check("no fault is no sample", !contains(all, "reason=\"ok\""));
}

static void labels_are_escaped(void **state)
{
	(void)state;
	static char text[METRICS_MAX_TEXT];
	struct metrics_state now = {.version = SLICE("a\"b\\c\nd")};

	check("quote, backslash and line feed",
	      contains(write(text, sizeof(text), &some, &now),
		       "\nsluice_build_info{version=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

static void adds_up_every_counter(void **state)
{
	(void)state;
	struct engine_counters sum, more;
	uint64_t got[sizeof(sum) / sizeof(uint64_t)], added[COUNT_OF(got)];

	for (size_t i = 0; i < COUNT_OF(got); i++) {
		got[i] = i;
		added[i] = 1000 * i;
	}
	memcpy(&sum, got, sizeof(sum));
	memcpy(&more, added, sizeof(more));
	metrics_add(&sum, &more);
	memcpy(got, &sum, sizeof(sum));
	for (size_t i = 0; i < COUNT_OF(got); i++)
		assert_int_equal(got[i], 1001 * i);
}

/* The longest text fits its bound; every shorter buffer is an overflow, not a cut text. */
static void the_longest_text_fits(void **state)
{
	(void)state;
	static char text[METRICS_MAX_TEXT];
	struct engine_counters most;
	char version[METRICS_MAX_VERSION];
	struct writer w;

	memset(&most, 0xff, sizeof(most));
	memset(version, '"', sizeof(version));
	struct metrics_state now = {.streams_open = UINT64_MAX,
				    .connections_open = UINT64_MAX,
				    .log_lines_lost = UINT64_MAX,
				    .memory = UINT64_MAX,
				    .strangers = UINT64_MAX,
				    .tls_handshakes = UINT64_MAX,
				    .tls_resumed = UINT64_MAX,
				    .tls_ktls = UINT64_MAX,
				    .tls_expires = UINT64_MAX,
				    .reloads = UINT64_MAX,
				    .reload_failures = UINT64_MAX,
				    .loaded_s = UINT64_MAX,
				    .landlock = UINT64_MAX,
				    .system_calls = UINT64_MAX,
				    .version = {version, sizeof(version)}};
	size_t need = write(text, sizeof(text), &most, &now).len;
	for (size_t cap = need - 1; cap > 0; cap = cap * 9 / 10) {
		writer_init(&w, text, cap);
		metrics_put(&w, &most, &now);
		assert_true(w.overflow);
	}
	writer_init(&w, text, need);
	metrics_put(&w, &most, &now);
	assert_false(w.overflow);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_row_is_written_in_order_and_well_formed),
		cmocka_unit_test(names_follow_the_conventions),
		cmocka_unit_test(samples_have_their_values),
		cmocka_unit_test(labels_are_escaped),
		cmocka_unit_test(adds_up_every_counter),
		cmocka_unit_test(the_longest_text_fits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
