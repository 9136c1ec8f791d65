/* SPDX-License-Identifier: Apache-2.0 */
/*
 * report_sarif.c - SARIF 2.1.0 (OASIS), for code scanning: what failed is a result, what could not
 * be decided is a notification of the invocation, for a result would count as one more alert.
 */
#include "audit/markup.h"
#include "audit/report.h"

#include "base/siphash.h"
#include "base/text.h"
#include "base/utf8.h"
#include "policy/json.h"

#define MESSAGE_MAX (FINDING_MAX_EVIDENCE + FINDING_MAX_FIX + 1024u)
#define HELP_MAX    4096u
#define SENT_MAX    256u /* bytes that are shown of what was sent */

static struct slice level_of(enum severity severity)
{
	switch (severity) {
	case SEVERITY_FATAL:
	case SEVERITY_ERROR:
		return SLICE("error");
	case SEVERITY_WARNING:
		return SLICE("warning");
	case SEVERITY_INFO:
		break;
	}
	return SLICE("note");
}

/* Levels have three, severities four: this keeps them apart. */
static struct slice points_of(enum severity severity)
{
	switch (severity) {
	case SEVERITY_FATAL:
		return SLICE("9.0");
	case SEVERITY_ERROR:
		return SLICE("7.0");
	case SEVERITY_WARNING:
		return SLICE("4.0");
	case SEVERITY_INFO:
		break;
	}
	return SLICE("0.1");
}

static bool is_told(const struct finding *f)
{
	return f->verdict == VERDICT_FAIL || f->verdict == VERDICT_INCONCLUSIVE;
}

static void put_key(struct writer *w, struct slice key)
{
	put_char(w, ',');
	put_json(w, key);
	put_char(w, ':');
}

/* "key":{"text":...} */
static void put_text(struct writer *w, struct slice key, struct slice text)
{
	put_key(w, key);
	put_char(w, '{');
	put_json_pair(w, SLICE("text"), text);
	put_char(w, '}');
}

/* Rules. Findings stand in the order of the rules, so that those of one rule are neighbours. */

static bool is_first_of_rule(const struct report *r, size_t at)
{
	for (size_t i = at; i-- > 0 && r->findings[i].rule == r->findings[at].rule;) {
		if (is_told(&r->findings[i]))
			return false;
	}
	return is_told(&r->findings[at]);
}

static void put_help(struct writer *w, const struct rule *rule)
{
	char text[HELP_MAX];
	struct writer help;

	writer_init(&help, text, sizeof(text));
	put(&help, rule->why);
	put(&help, SLICE("\n\nFix: "));
	put(&help, rule->fix);
	put(&help, SLICE("\n\nSource: "));
	put(&help, rule->source);
	put(w, SLICE(",\"help\":{"));
	put_json_pair(w, SLICE("text"), writer_slice(&help));
	writer_init(&help, text, sizeof(text));
	put_plain_markdown(&help, rule->why);
	put(&help, SLICE("\n\n**Fix:** "));
	put_plain_markdown(&help, rule->fix);
	put(&help, SLICE("\n\n**Source:** "));
	put_plain_markdown(&help, rule->source);
	put(&help, SLICE("\n\n`sluice explain "));
	put(&help, rule->id);
	put(&help, SLICE("` says more."));
	put_json_next(w, SLICE("markdown"), writer_slice(&help));
	put_char(w, '}');
}

static void put_rule(struct writer *w, const struct rule *rule)
{
	bool of_security = score_of(rule) == SCORE_SECURITY;

	put_char(w, '{');
	put_json_pair(w, SLICE("id"), rule->id);
	put_text(w, SLICE("shortDescription"), rule->title);
	put_text(w, SLICE("fullDescription"), rule->why);
	put_help(w, rule);
	put(w, SLICE(",\"defaultConfiguration\":{"));
	put_json_pair(w, SLICE("level"), level_of(rule->severity));
	put(w, SLICE("},\"properties\":{\"tags\":["));
	put_json(w, rule->area);
	if (of_security && !slice_eq(rule->area, SLICE("security")))
		put(w, SLICE(",\"security\""));
	put_char(w, ']');
	put_json_next(w, SLICE("precision"), confidence_name(rule->confidence));
	if (of_security)
		put_json_next(w, SLICE("security-severity"), points_of(rule->severity));
	put_json_next(w, SLICE("source"), rule->source);
	put(w, SLICE("}}"));
}

static void put_rules(struct writer *w, const struct report *r)
{
	struct slice between = SLICE("\n");

	for (size_t i = 0; i < r->count; i++) {
		if (!is_first_of_rule(r, i))
			continue;
		put(w, between);
		put_rule(w, r->findings[i].rule);
		between = SLICE(",\n");
	}
}

static uint64_t rule_index(const struct report *r, const struct finding *f)
{
	uint64_t index = 0;

	for (size_t i = 0; i < r->count && r->findings[i].rule != f->rule; i++)
		index += is_first_of_rule(r, i);
	return index;
}

/* Results. */

static struct slice without_query(struct slice url)
{
	return slice_upto(slice_upto(url, slice_find(url, '?')), slice_find(url, '#'));
}

static bool is_path_char(char c)
{
	return ascii_is_alnum(c) || c == '-' || c == '.' || c == '_' || c == '~' || c == '/';
}

/*
 * The target as a relative reference: code scanning refuses schemes other than file. All that a
 * path of RFC 3986 could not carry as it is leaves as %XX, the colon of a port too.
 */
static void put_place(struct writer *w, struct slice url)
{
	static const char digits[] = "0123456789ABCDEF";
	struct slice s = without_query(url);

	if (slice_starts_nocase(s, SLICE("http://")))
		s = slice_from(s, 7);
	else if (slice_starts_nocase(s, SLICE("https://")))
		s = slice_from(s, 8);
	for (size_t i = 0; i < s.len; i++) {
		unsigned char byte = (unsigned char)s.ptr[i];

		if (is_path_char(s.ptr[i])) {
			put_char(w, s.ptr[i]);
			continue;
		}
		put_char(w, '%');
		put_char(w, digits[byte >> 4]);
		put_char(w, digits[byte & 15]);
	}
}

static void put_location(struct writer *w, const struct report *r, const struct finding *f)
{
	put(w, SLICE(",\"locations\":[{\"physicalLocation\":{\"artifactLocation\":{\"uri\":\""));
	put_place(w, r->run->target);
	put(w, SLICE("\"},\"region\":{\"startLine\":1}},\"logicalLocations\":[{"));
	put_json_pair(w, SLICE("name"), finding_hop(r, f));
	put_json_next(w, SLICE("kind"), SLICE("resource"));
	put(w, SLICE("}]}]"));
}

static void put_message(struct writer *w, const struct finding *f)
{
	char text[MESSAGE_MAX];
	struct writer message;

	writer_init(&message, text, sizeof(text));
	put(&message, f->rule->title);
	put(&message, SLICE("."));
	if (f->evidence_len > 0) {
		put(&message, SLICE(" Seen: "));
		put(&message, finding_evidence(f));
	}
	if (f->verdict == VERDICT_FAIL) {
		put(&message, SLICE("\nFix: "));
		put(&message, finding_fix(f));
	}
	put_text(w, SLICE("message"), writer_slice(&message));
}

/* The same in every run that finds the same: rule, place and hop, and nothing that was measured. */
static uint64_t fingerprint_of(const struct report *r, const struct finding *f)
{
	struct siphash_key key = {0x736c75696365, 1};

	key.k0 = siphash(key, f->rule->id);
	key.k0 = siphash(key, without_query(r->run->target));
	return siphash(key, finding_hop(r, f));
}

static void put_fingerprint(struct writer *w, const struct report *r, const struct finding *f)
{
	put(w, SLICE(",\"partialFingerprints\":{\"sluiceFinding/v1\":\""));
	put_hex(w, fingerprint_of(r, f));
	put(w, SLICE("\"}"));
}

static void put_header(struct writer *w, struct slice *between, struct slice name,
		       struct slice value)
{
	if (value.ptr == NULL)
		return;
	put(w, *between);
	put_json_pair(w, name, utf8_truncate(value, SENT_MAX));
	*between = SLICE(",");
}

static void put_protocol(struct writer *w, struct slice key, bool h2, unsigned minor)
{
	put_key(w, key);
	put(w, SLICE("{\"protocol\":\"HTTP\""));
	put_json_next(w, SLICE("version"),
		      h2           ? SLICE("2")
		      : minor == 0 ? SLICE("1.0")
				   : SLICE("1.1"));
}

/* What was sent and what came, of the transcript that proves the finding. */
static void put_exchange(struct writer *w, const struct report *r, const struct finding *f)
{
	struct slice between = SLICE("");

	if (f->transcript >= r->run->transcript_count)
		return;
	const struct transcript *t = &r->run->transcripts[f->transcript];
	put_protocol(w, SLICE("webRequest"), t->h2, t->request.minor);
	put_json_next(w, SLICE("method"), t->request.method);
	put_json_next(w, SLICE("target"), utf8_truncate(t->request.target, SENT_MAX));
	put(w, SLICE(",\"headers\":{"));
	put_header(w, &between, SLICE("Origin"), t->request.origin);
	put_header(w, &between, SLICE("Accept"), t->request.accept);
	put_header(w, &between, SLICE("Last-Event-ID"), t->request.last_event_id);
	put(w, SLICE("}}"));
	if (!transcript_answered(t))
		return;
	put_protocol(w, SLICE("webResponse"), t->h2, t->minor);
	put(w, SLICE(",\"statusCode\":"));
	put_u64(w, t->status);
	put_char(w, '}');
}

static void put_result(struct writer *w, const struct report *r, const struct finding *f)
{
	put_char(w, '{');
	put_json_pair(w, SLICE("ruleId"), f->rule->id);
	put(w, SLICE(",\"ruleIndex\":"));
	put_u64(w, rule_index(r, f));
	put_json_next(w, SLICE("kind"), SLICE("fail"));
	put_json_next(w, SLICE("level"), level_of(f->severity));
	put_message(w, f);
	put_location(w, r, f);
	put_fingerprint(w, r, f);
	put_exchange(w, r, f);
	put(w, f->ignored ? SLICE(",\"suppressions\":[{\"kind\":\"external\"}]")
			  : SLICE(",\"suppressions\":[]"));
	put(w, SLICE(",\"properties\":{"));
	put_json_pair(w, SLICE("severity"), severity_name(f->severity));
	put_json_next(w, SLICE("confidence"), confidence_name(f->confidence));
	put(w, SLICE("}}"));
}

static void put_results(struct writer *w, const struct report *r)
{
	struct slice between = SLICE("\n");

	for (size_t i = 0; i < r->count; i++) {
		if (r->findings[i].verdict != VERDICT_FAIL)
			continue;
		put(w, between);
		put_result(w, r, &r->findings[i]);
		between = SLICE(",\n");
	}
}

/* The invocation. */

static void put_notification(struct writer *w, const struct report *r, const struct finding *f)
{
	put_json_pair(w, SLICE("level"), SLICE("note"));
	put_message(w, f);
	put_key(w, SLICE("associatedRule"));
	put_char(w, '{');
	put_json_pair(w, SLICE("id"), f->rule->id);
	put(w, SLICE(",\"index\":"));
	put_u64(w, rule_index(r, f));
	put(w, SLICE("}}"));
}

static void put_notifications(struct writer *w, const struct report *r)
{
	struct slice between = SLICE("\n{");

	if (audit_run_is_partial(r->run)) {
		put(w, between);
		put_json_pair(w, SLICE("level"), SLICE("error"));
		put_text(w, SLICE("message"), report_shortage(r));
		put_char(w, '}');
		between = SLICE(",\n{");
	}
	for (size_t i = 0; i < r->count; i++) {
		if (r->findings[i].verdict != VERDICT_INCONCLUSIVE)
			continue;
		put(w, between);
		put_notification(w, r, &r->findings[i]);
		between = SLICE(",\n{");
	}
}

static void put_invocation(struct writer *w, const struct report *r)
{
	put(w, SLICE("],\"invocations\":[{\"executionSuccessful\":"));
	put(w, audit_run_is_partial(r->run) ? SLICE("false") : SLICE("true"));
	put(w, SLICE(",\"startTimeUtc\":\""));
	put_rfc3339(w, r->wall_ms);
	put(w, SLICE("\",\"endTimeUtc\":\""));
	put_rfc3339(w, r->wall_ms + r->run->duration_ns / 1000000);
	put(w, SLICE("\",\"toolExecutionNotifications\":["));
	put_notifications(w, r);
	put(w, SLICE("]}]"));
}

void report_sarif(struct writer *w, const struct report *r)
{
	put(w, SLICE("{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\","
		     "\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{"));
	put_json_pair(w, SLICE("name"), SLICE("sluice audit"));
	put_json_next(w, SLICE("version"), SLICE("" SLUICE_VERSION));
	put_json_next(w, SLICE("semanticVersion"), SLICE("" SLUICE_VERSION));
	put(w, SLICE(",\"rules\":["));
	put_rules(w, r);
	put(w, SLICE("]}},\"results\":["));
	put_results(w, r);
	put_invocation(w, r);
	put(w, SLICE(",\"properties\":{"));
	put_json_pair(w, SLICE("profile"), audit_profile_name(r->run->profile));
	put_json_next(w, SLICE("target"), r->run->target);
	if (r->grade.given)
		put_json_next(w, SLICE("grade"), r->grade.letter);
	put(w, SLICE("}}]}\n"));
}
