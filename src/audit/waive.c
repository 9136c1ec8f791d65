/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/waive.h"

#include "audit/report.h"
#include "base/text.h"

static struct slice hop_of(const struct audit_run *run, const struct finding *f)
{
	return f->hop < run->hop_count ? run->hops[f->hop].name : SLICE("target");
}

/* An absent hop stands for all. */
static void waive(const struct audit_run *run, struct finding *findings, size_t n,
		  struct slice rule, struct slice hop)
{
	for (size_t i = 0; i < n; i++) {
		if (findings[i].verdict == VERDICT_FAIL &&
		    slice_eq_nocase(findings[i].rule->id, rule) &&
		    (!hop.ptr || slice_eq(hop, hop_of(run, &findings[i]))))
			findings[i].ignored = true;
	}
}

/* A line, whole or not at all. */
static void tell_line(struct writer *told, struct slice line)
{
	if (line.len < told->cap - told->len) {
		put(told, line);
		put_char(told, '\n');
	}
}

/* The ignore file. */

struct row {
	struct slice rule;
	struct slice hop;  /* ptr NULL: all */
	struct slice path; /* ptr NULL: all */
	struct slice day;
	int64_t until; /* Unix seconds at the end of that day */
	struct slice reason;
};

/* Days since 1970-01-01 of a date in the Gregorian calendar. */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
	int64_t y = month > 2 ? year : year - 1;
	int64_t m = month > 2 ? month - 3 : month + 9;

	return y * 365 + y / 4 - y / 100 + y / 400 + (m * 153 + 2) / 5 + day - 719469;
}

static bool read_date(struct slice s, int64_t *ret)
{
	uint64_t year, month, day;

	if (s.len != 10 || s.ptr[4] != '-' || s.ptr[7] != '-')
		return false;
	if (parse_u64(slice_upto(s, 4), &year) ||
	    parse_u64(slice_upto(slice_from(s, 5), 2), &month) || parse_u64(slice_from(s, 8), &day))
		return false;
	if (month < 1 || month > 12 || day < 1 || day > 31 || year < 1970)
		return false;
	*ret = (days_of((int64_t)year, (int64_t)month, (int64_t)day) + 1) * 86400;
	return true;
}

static const char *read_word(struct slice word, struct row *row)
{
	if (slice_starts(word, SLICE("hop="))) {
		row->hop = slice_from(word, 4);
	} else if (slice_starts(word, SLICE("path=/"))) {
		row->path = slice_from(word, 5);
	} else if (slice_starts(word, SLICE("until="))) {
		row->day = slice_from(word, 6);
		if (!read_date(row->day, &row->until))
			return "until= wants a day as YYYY-MM-DD";
	} else {
		return "only hop=NAME, path=/PATH and until=YYYY-MM-DD may follow a rule";
	}
	return NULL;
}

static const char *read_words(struct slice words, struct row *row)
{
	while (words.len > 0) {
		struct slice word = slice_cut(&words, ' ');
		const char *why = word.len > 0 ? read_word(word, row) : NULL;

		if (why)
			return why;
	}
	return row->day.ptr ? NULL : "a last day must stand there: until=YYYY-MM-DD";
}

static const char *read_row(struct slice line, struct row *row)
{
	struct slice rest = line;
	struct slice words = slice_trim(slice_cut(&rest, '#'));

	*row = (struct row){.reason = slice_trim(rest)};
	if (!rest.ptr || row->reason.len == 0)
		return "a reason must stand behind a #";
	row->rule = slice_cut(&words, ' ');
	if (!rule_find(row->rule))
		return "there is no such rule: see 'sluice rules'";
	return read_words(words, row);
}

static enum err complain(struct writer *fault, size_t line, const char *why)
{
	fault->len = 0;
	put(fault, SLICE("line "));
	put_u64(fault, line);
	put(fault, SLICE(": "));
	put(fault, slice_of(why));
	return E_SYNTAX;
}

static void tell_over(struct writer *told, size_t line, const struct row *row)
{
	char room[128];
	struct writer w;

	writer_init(&w, room, sizeof(room));
	put(&w, SLICE("line "));
	put_u64(&w, line);
	put(&w, SLICE(": the last day of "));
	put(&w, rule_find(row->rule)->id);
	put(&w, SLICE(", "));
	put(&w, row->day);
	put(&w, SLICE(", is over: it counts again"));
	tell_line(told, writer_slice(&w));
}

static bool is_of_path(const struct audit_run *run, const struct row *row)
{
	struct slice target = run->url.target;

	return !row->path.ptr || slice_eq(row->path, slice_upto(target, slice_find(target, '?')));
}

enum err waive_by_file(struct slice text, int64_t today, const struct audit_run *run,
		       struct finding *findings, size_t n, struct writer *told)
{
	for (size_t number = 1; text.len > 0; number++) {
		struct slice line = slice_trim(slice_cut(&text, '\n'));
		struct row row;

		if (slice_ends(line, SLICE("\r")))
			line.len--;
		if (line.len == 0 || line.ptr[0] == '#')
			continue;
		const char *why = read_row(line, &row);
		if (why)
			return complain(told, number, why);
		if (n > 0 && today >= row.until)
			tell_over(told, number, &row);
		else if (is_of_path(run, &row))
			waive(run, findings, n, row.rule, row.hop);
	}
	return OK;
}

/* The former report. Its objects stand one a line, as report_json writes them. */

static struct slice member(struct slice line, struct slice key)
{
	for (size_t at = 0; at + key.len < line.len; at++) {
		struct slice rest = slice_from(line, at);

		if (!slice_starts(rest, key))
			continue;
		rest = slice_from(rest, key.len);
		return slice_upto(rest, slice_find(rest, '"'));
	}
	return SLICE_NONE;
}

static void tell_if_fixed(struct writer *told, struct slice rule, const struct finding *findings,
			  size_t n)
{
	char room[512];
	struct writer w;

	for (size_t i = 0; i < n; i++) {
		const struct finding *f = &findings[i];

		if (!slice_eq_nocase(f->rule->id, rule))
			continue;
		if (f->verdict != VERDICT_PASS)
			return;
		writer_init(&w, room, sizeof(room));
		put(&w, SLICE("fixed: "));
		put(&w, f->rule->id);
		put_char(&w, ' ');
		put(&w, f->rule->title);
		tell_line(told, writer_slice(&w));
		return;
	}
}

/* Once, when there are findings to waive. */
static void tell_if_foreign(struct writer *told, const struct audit_run *run, struct slice target,
			    size_t n)
{
	char room[1024];
	struct writer w;

	if (n == 0 || slice_eq(target, run->target))
		return;
	writer_init(&w, room, sizeof(room));
	put(&w, SLICE("it is of another target: "));
	report_visible(&w, slice_upto(target, 200));
	tell_line(told, writer_slice(&w));
}

enum err waive_by_report(struct slice text, const struct audit_run *run, struct finding *findings,
			 size_t n, struct writer *told)
{
	bool known = false;

	while (text.len > 0) {
		struct slice line = slice_cut(&text, '\n');
		struct slice rule = member(line, SLICE("\"rule\":\""));

		if (!known && member(line, SLICE("{\"target\":\"")).ptr) {
			known = true;
			tell_if_foreign(told, run, member(line, SLICE("{\"target\":\"")), n);
		}
		if (!rule.ptr || !slice_eq(member(line, SLICE("\"verdict\":\"")), SLICE("fail")))
			continue;
		waive(run, findings, n, rule, member(line, SLICE("\"hop\":\"")));
		tell_if_fixed(told, rule, findings, n);
	}
	return known ? OK : E_SYNTAX;
}
