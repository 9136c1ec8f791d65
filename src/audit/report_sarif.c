/* SPDX-License-Identifier: Apache-2.0 */
/* report_sarif.c - SARIF 2.1.0 (OASIS), for code scanning: what failed and what is open. */
#include "audit/report.h"

#include "policy/json.h"

/* The four severities stay apart: levels have three, so security-severity tells the rest. */
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

static struct slice score_text(enum severity severity)
{
	switch (severity) {
	case SEVERITY_FATAL:
		return SLICE("9.0");
	case SEVERITY_ERROR:
		return SLICE("7.5");
	case SEVERITY_WARNING:
		return SLICE("4.5");
	case SEVERITY_INFO:
		break;
	}
	return SLICE("1.0");
}

static struct slice precision_of(enum confidence confidence)
{
	return confidence_name(confidence);
}

static bool is_reported(const struct finding *f)
{
	return f->verdict == VERDICT_FAIL || f->verdict == VERDICT_INCONCLUSIVE;
}

static void put_text_object(struct writer *w, struct slice key, struct slice text)
{
	put_char(w, ',');
	put_json(w, key);
	put(w, SLICE(":{"));
	put_json_pair(w, SLICE("text"), text);
	put_char(w, '}');
}

static void put_rule(struct writer *w, const struct rule *rule)
{
	put(w, SLICE("{"));
	put_json_pair(w, SLICE("id"), rule->id);
	put_text_object(w, SLICE("shortDescription"), rule->title);
	put_text_object(w, SLICE("fullDescription"), rule->why);
	put_text_object(w, SLICE("help"), rule->fix);
	put(w, SLICE(",\"defaultConfiguration\":{"));
	put_json_pair(w, SLICE("level"), level_of(rule->severity));
	put(w, SLICE("},\"properties\":{\"tags\":["));
	put_json(w, rule->area);
	put_char(w, ']');
	put_json_next(w, SLICE("precision"), precision_of(rule->confidence));
	put_json_next(w, SLICE("security-severity"), score_text(rule->severity));
	put_json_next(w, SLICE("source"), rule->source);
	put(w, SLICE("}}"));
}

/* Each rule that is reported, once: findings stand in the order of the rules. */
static void put_rules(struct writer *w, const struct report *r)
{
	const struct rule *last = NULL;

	for (size_t i = 0; i < r->count; i++) {
		const struct finding *f = &r->findings[i];

		if (!is_reported(f) || f->rule == last)
			continue;
		put(w, last != NULL ? SLICE(",\n") : SLICE("\n"));
		put_rule(w, f->rule);
		last = f->rule;
	}
}

static void put_location(struct writer *w, const struct report *r, const struct finding *f)
{
	put(w, SLICE(",\"locations\":[{\"physicalLocation\":{\"artifactLocation\":{"));
	put_json_pair(w, SLICE("uri"), r->run->target);
	put(w, SLICE("}},\"logicalLocations\":[{"));
	put_json_pair(w, SLICE("name"), finding_hop(r, f));
	put_json_next(w, SLICE("kind"), SLICE("resource"));
	put(w, SLICE("}]}]"));
}

static void put_message(struct writer *w, const struct finding *f)
{
	put(w, SLICE(",\"message\":{\"text\":"));
	char text[FINDING_MAX_EVIDENCE + 256];
	struct writer message;

	writer_init(&message, text, sizeof(text));
	put(&message, f->rule->title);
	if (f->evidence_len > 0) {
		put(&message, SLICE(". Seen: "));
		put(&message, finding_evidence(f));
	}
	put_json(w, writer_slice(&message));
	put_char(w, '}');
}

static void put_fingerprint(struct writer *w, const struct report *r, const struct finding *f)
{
	put(w, SLICE(",\"partialFingerprints\":{"));
	put_json_pair(w, SLICE("ruleAtHop/v1"), finding_hop(r, f));
	put_char(w, '}');
}

static void put_result(struct writer *w, const struct report *r, const struct finding *f)
{
	bool open = f->verdict == VERDICT_INCONCLUSIVE;

	put_char(w, '{');
	put_json_pair(w, SLICE("ruleId"), f->rule->id);
	put_json_next(w, SLICE("kind"), open ? SLICE("open") : SLICE("fail"));
	put_json_next(w, SLICE("level"), open ? SLICE("none") : level_of(f->severity));
	put_message(w, f);
	put_location(w, r, f);
	put_fingerprint(w, r, f);
	if (f->ignored)
		put(w, SLICE(",\"suppressions\":[{\"kind\":\"external\"}]"));
	put(w, SLICE(",\"properties\":{"));
	put_json_pair(w, SLICE("severity"), severity_name(f->severity));
	put_json_next(w, SLICE("confidence"), confidence_name(f->confidence));
	put_json_next(w, SLICE("fix"), finding_fix(f));
	put(w, SLICE("}}"));
}

static void put_results(struct writer *w, const struct report *r)
{
	struct slice between = SLICE("\n");

	for (size_t i = 0; i < r->count; i++) {
		if (!is_reported(&r->findings[i]))
			continue;
		put(w, between);
		put_result(w, r, &r->findings[i]);
		between = SLICE(",\n");
	}
}

void report_sarif(struct writer *w, const struct report *r)
{
	put(w, SLICE("{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\","
		     "\"version\":\"2.1.0\",\"runs\":[{\"tool\":{\"driver\":{"));
	put_json_pair(w, SLICE("name"), SLICE("sluice audit"));
	put_json_next(w, SLICE("version"), SLICE("" SLUICE_VERSION));
	put(w, SLICE(",\"rules\":["));
	put_rules(w, r);
	put(w, SLICE("]}},\"invocations\":[{\"executionSuccessful\":"));
	put(w, audit_run_is_partial(r->run) ? SLICE("false}],") : SLICE("true}],"));
	put(w, SLICE("\"properties\":{"));
	put_json_pair(w, SLICE("profile"), audit_profile_name(r->run->profile));
	put_json_next(w, SLICE("grade"), r->grade.given ? r->grade.letter : SLICE(""));
	put(w, SLICE("},\"results\":["));
	put_results(w, r);
	put(w, SLICE("]}]}\n"));
}
