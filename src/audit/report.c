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

static void put_byte(struct writer *w, unsigned char c)
{
	static const char digits[] = "0123456789abcdef";

	put(w, SLICE("\\x"));
	put_char(w, digits[c >> 4]);
	put_char(w, digits[c & 15]);
}

static bool is_control(struct slice c)
{
	unsigned char first = (unsigned char)c.ptr[0];

	if (c.len == 1)
		return first < ' ' || first == 0x7f;
	return c.len == 2 && first == 0xc2 && (unsigned char)c.ptr[1] < 0xa0;
}

void report_visible(struct writer *w, struct slice s)
{
	while (s.len > 0) {
		size_t n = utf8_length(s);
		struct slice c = slice_upto(s, n > 0 ? n : 1);

		if (n == 0)
			put(w, SLICE("\xef\xbf\xbd"));
		else if (is_control(c))
			put_byte(w, (unsigned char)c.ptr[c.len - 1]);
		else
			put(w, c);
		s = slice_from(s, c.len);
	}
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
