/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/report.h"

#include "base/utf8.h"

enum report_format report_format_find(struct slice name)
{
#define X(symbol, text, put) [symbol] = SLICE_INIT(text),
	static const struct slice names[] = {REPORT_FORMAT_MAP(X)};
#undef X

	for (size_t i = 0; i < REPORT_FORMAT_COUNT; i++) {
		if (slice_eq(names[i], name))
			return (enum report_format)i;
	}
	return REPORT_FORMAT_COUNT;
}

void audit_report(struct writer *w, enum report_format format, const struct report *report)
{
#define X(symbol, text, put) [symbol] = put,
	static void (*const puts[])(struct writer *,
				    const struct report *) = {REPORT_FORMAT_MAP(X)};
#undef X

	puts[format](w, report);
}

bool report_next(struct report_walk *walk, const struct finding **ret)
{
	for (; walk->severity >= SEVERITY_INFO; walk->severity--, walk->at = 0) {
		while (walk->at < walk->report->count) {
			const struct finding *f = &walk->report->findings[walk->at++];

			if (f->verdict == walk->verdict && (int)f->severity == walk->severity) {
				*ret = f;
				return true;
			}
		}
	}
	return false;
}

size_t report_count(const struct report *report, enum verdict verdict)
{
	size_t n = 0;

	for (size_t i = 0; i < report->count; i++)
		n += report->findings[i].verdict == verdict;
	return n;
}

struct slice finding_evidence(const struct finding *f)
{
	return (struct slice){f->evidence, f->evidence_len};
}

struct slice finding_fix(const struct finding *f)
{
	return f->fix_len > 0 ? (struct slice){f->fix, f->fix_len} : f->rule->fix;
}

struct slice finding_hop(const struct report *report, const struct finding *f)
{
	return f->hop < report->run->hop_count ? report->run->hops[f->hop].name : SLICE("target");
}

size_t finding_parts(const struct report *report, const struct finding *f,
		     char request[FINDING_MAX_REQUEST], struct finding_part ret[FINDING_PARTS])
{
	struct writer line;
	size_t n = 0;

	writer_init(&line, request, FINDING_MAX_REQUEST);
	if (f->transcript < report->run->transcript_count)
		report_request(&line, &report->run->transcripts[f->transcript]);
	const struct finding_part all[FINDING_PARTS] = {
		{SLICE("Seen"), finding_evidence(f), true},
		{SLICE("Request"), writer_slice(&line), true},
		{SLICE("Why"), f->rule->why, false},
		{SLICE("Fix"), finding_fix(f), false},
		{SLICE("Source"), f->rule->source, false},
	};

	for (size_t i = 0; i < FINDING_PARTS; i++) {
		if (all[i].text.len > 0)
			ret[n++] = all[i];
	}
	return n;
}

void report_weight(struct writer *w, const struct finding *f)
{
	put(w, severity_name(f->severity));
	put(w, SLICE(", "));
	put(w, confidence_name(f->confidence));
	put(w, SLICE(" confidence"));
}

void report_sums(struct writer *w, const struct report *report)
{
	static const struct {
		enum verdict verdict;
		struct slice text;
	} sums[] = {
		{VERDICT_FAIL, SLICE_INIT(" found, ")},
		{VERDICT_PASS, SLICE_INIT(" passed, ")},
		{VERDICT_NA, SLICE_INIT(" not applicable, ")},
		{VERDICT_INCONCLUSIVE, SLICE_INIT(" not decided")},
	};

	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		put_u64(w, report_count(report, sums[i].verdict));
		put(w, sums[i].text);
	}
}

void report_arrival(struct writer *w, const struct transcript *t)
{
	put(w, SLICE("after "));
	report_time(w, t->head_ns - t->start_ns);
	put(w, SLICE("; "));
	if (t->text == TEXT_READ) {
		put_u64(w, transcript_count(t, RECORD_EVENT));
		put(w, SLICE(" events and "));
		put_u64(w, transcript_count(t, RECORD_COMMENT));
		put(w, SLICE(" comments in "));
		report_time(w, t->end_ns - t->head_ns);
		return;
	}
	report_time(w, t->end_ns - t->head_ns);
	put(w, SLICE(" of text that was not read, for "));
	put(w, text_text(t->text));
}

static void put_byte(struct writer *w, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";

	put(w, SLICE("\\x"));
	put_char(w, digits[c >> 4]);
	put_char(w, digits[c & 15]);
}

/* Of one well-formed character. */
static uint32_t code_of(struct slice c)
{
	uint32_t code = (unsigned char)c.ptr[0] & (c.len == 1 ? 0x7fu : 0x7fu >> c.len);

	for (size_t i = 1; i < c.len; i++)
		code = code << 6 | ((unsigned char)c.ptr[i] & 0x3fu);
	return code;
}

/*
 * Controls, what turns text around or breaks its line, so that it reads as something else (UAX 9,
 * U+2028), and U+FFFE and U+FFFF, which XML has no place for.
 */
static bool is_hidden(uint32_t code)
{
	static const struct {
		uint32_t first;
		uint32_t last;
	} ranges[] = {
		{0, 0x1f},        {0x7f, 0x9f},     {0x61c, 0x61c},   {0x200b, 0x200f},
		{0x2028, 0x202e}, {0x2066, 0x2069}, {0xfeff, 0xfeff}, {0xfffe, 0xffff},
	};

	for (size_t i = 0; i < sizeof(ranges) / sizeof(ranges[0]); i++) {
		if (code >= ranges[i].first && code <= ranges[i].last)
			return true;
	}
	return false;
}

static void put_visible(struct writer *w, struct slice c)
{
	uint32_t code = code_of(c);

	if (!is_hidden(code)) {
		put(w, c);
	} else if (code < 0x100) {
		put_byte(w, (unsigned char)code);
	} else {
		for (size_t i = 0; i < c.len; i++)
			put_byte(w, (unsigned char)c.ptr[i]);
	}
}

void report_visible(struct writer *w, struct slice s)
{
	while (s.len > 0) {
		size_t n = utf8_length(s);
		struct slice c = slice_upto(s, n > 0 ? n : 1);

		if (n == 0)
			put(w, SLICE("\xef\xbf\xbd"));
		else
			put_visible(w, c);
		s = slice_from(s, c.len);
	}
}

bool finding_counts(const struct report *report, const struct finding *f)
{
	return f->verdict == VERDICT_FAIL && !f->ignored && f->severity >= report->fail_on;
}

struct slice report_shortage(const struct report *report)
{
	switch (report->run->shortage) {
	case SHORTAGE_NONE:
		break;
	case SHORTAGE_BUDGET:
		return SLICE("the budget of requests (--max-requests) was spent");
	case SHORTAGE_TIME:
		return SLICE("the time of the audit was over");
	case SHORTAGE_STOPPED:
		return SLICE("it was interrupted");
	case SHORTAGE_UNREACHABLE:
		return SLICE("the target gave no answer that could be judged");
	case SHORTAGE_TURNED_AWAY:
		return SLICE("the target turned the audit away before its end: try --delay");
	}
	return SLICE("");
}

static void put_given(struct writer *w, struct slice name, struct slice value)
{
	if (!value.ptr)
		return;
	put(w, name);
	report_visible(w, slice_upto(value, 120));
}

void report_request(struct writer *w, const struct transcript *t)
{
	put(w, t->request.method);
	put_char(w, ' ');
	report_visible(w, t->request.target);
	put_given(w, SLICE(", Origin: "), t->request.origin);
	put_given(w, SLICE(", Accept: "), t->request.accept);
	put_given(w, SLICE(", Last-Event-ID: "), t->request.last_event_id);
}

void report_time(struct writer *w, uint64_t ns)
{
	uint64_t ms = ns / 1000000;

	if (ms < 1000) {
		put_u64(w, ms);
		put(w, SLICE(" ms"));
		return;
	}
	put_u64(w, ms / 1000);
	put_char(w, '.');
	put_u64(w, ms % 1000 / 100);
	put(w, SLICE(" s"));
}
