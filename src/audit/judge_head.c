/* SPDX-License-Identifier: Apache-2.0 */
/* judge_head.c - rules that one head decides, asked of the heads that were seen. */
#include "audit/judging.h"

/* What reads heads may refuse such an id before the program, which sets the fields, has seen it. */
static bool is_refused_id(const struct transcript *t)
{
	return t->kind >= PROBE_LAST_ID_LONG && t->kind <= PROBE_LAST_ID_SQL && t->status >= 400 &&
	       t->status < 500;
}

static bool is_hostile_origin(const struct transcript *t)
{
	return t->kind >= PROBE_ORIGIN_RANDOM && t->kind <= PROBE_ORIGIN_HOSTING;
}

static bool is_asked(const struct audit_run *run, const struct judge_row *row, size_t hop,
		     const struct transcript *t)
{
	if (!transcript_answered(t) || t->hop != hop)
		return false;
	if (t == baseline_of(run, hop))
		return true;
	/* A refusal of everybody does not tell who is let in. */
	if (hop != 0 || (is_hostile_origin(t) && !is_answer(run, t)))
		return false;
	if (row->scope == SCOPE_BASELINE)
		return t->kind == PROBE_REPEAT;
	return is_of_stream_url(t) && !is_refused_id(t);
}

static void tell_proof(struct finding *f, const struct judge_row *row, const struct transcript *t)
{
	tell_probe(f, t);
	tell(f, SLICE(": status "));
	tell_u64(f, t->status);
	tell(f, SLICE(", "));
	tell_field(f, t, row->field);
}

enum verdict judge_head(const struct audit_run *run, struct finding *f)
{
	const struct judge_row *row = judge_row_find(f->rule->id);
	enum verdict verdict = VERDICT_NA;
	size_t asked = 0;

	for (size_t i = 0; i < run->transcript_count; i++) {
		const struct transcript *t = &run->transcripts[i];
		struct observation o = transcript_observation(t);
		enum verdict now;

		if (!is_asked(run, row, f->hop, t))
			continue;
		asked++;
		now = (f->rule->check)(&o);
		if (now == VERDICT_FAIL) {
			prove(run, f, t);
			tell_proof(f, row, t);
			(row->weigh)(run, t, f);
			return VERDICT_FAIL;
		}
		if (now == VERDICT_PASS && verdict != VERDICT_PASS) {
			verdict = VERDICT_PASS;
			prove(run, f, t);
		}
	}
	if (asked == 0)
		return no_answer(run, f, f->hop == 0 ? PROBE_BASELINE : PROBE_VIA);
	return verdict;
}

void weigh_none(const struct audit_run *run, const struct transcript *t, struct finding *f)
{
	(void)run;
	(void)t;
	(void)f;
}

/* A page that names its software, or shows where it broke, is more than bad manners. */
void weigh_error_page(const struct audit_run *run, const struct transcript *t, struct finding *f)
{
	static const struct slice signs[] = {
		SLICE_INIT("Traceback"),  SLICE_INIT("node_modules"), SLICE_INIT("    at "),
		SLICE_INIT("goroutine "), SLICE_INIT(".java:"),       SLICE_INIT("Exception"),
	};

	(void)run;
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		if (!text_has(t->body, signs[i]))
			continue;
		f->severity = SEVERITY_WARNING;
		tell(f, SLICE(", with a stack trace"));
		return;
	}
}

void weigh_behind_fastly(const struct audit_run *run, const struct transcript *t, struct finding *f)
{
	struct fingerprint fp;
	struct observation o = transcript_observation(t);

	fingerprint_take(run, f->hop, &fp);
	if (fp.seen[PRODUCT_FASTLY] &&
	    observation_has_directive(&o, SLICE("Cache-Control"), SLICE("max-age")))
		f->severity = SEVERITY_ERROR;
}

/* Somebody is on the way who may compress. */
void weigh_no_transform(const struct audit_run *run, const struct transcript *t, struct finding *f)
{
	struct fingerprint fp;
	const struct transcript *gzip = answer_of(run, PROBE_GZIP);

	(void)t;
	fingerprint_take(run, f->hop, &fp);
	if (fingerprint_has_cache(&fp) ||
	    (gzip != NULL && transcript_field(gzip, SLICE("Content-Encoding")).ptr != NULL))
		f->severity = SEVERITY_WARNING;
}

/* RFC 10036: a hop that cannot pass bytes on at once says so, and refuses. */
void weigh_incremental(const struct audit_run *run, const struct transcript *t, struct finding *f)
{
	struct slice value = transcript_field(t, SLICE("Incremental"));

	(void)run;
	if (value.ptr != NULL && !slice_eq(value, SLICE("?0")))
		f->severity = SEVERITY_WARNING;
	if (text_has(transcript_field(t, SLICE("Proxy-Status")), SLICE("incremental_refused")))
		f->severity = SEVERITY_ERROR;
}

void weigh_null_origin(const struct audit_run *run, const struct transcript *t, struct finding *f)
{
	(void)run;
	if (!slice_eq(transcript_field(t, SLICE("Access-Control-Allow-Credentials")),
		      SLICE("true")))
		f->severity = SEVERITY_WARNING;
}

/* A service with cookies alone has no scheme to name. */
void weigh_challenge(const struct audit_run *run, const struct transcript *t, struct finding *f)
{
	(void)t;
	if (run->has_cookie && !run->has_bearer)
		f->severity = SEVERITY_INFO;
}

void weigh_singletons(const struct audit_run *run, const struct transcript *t, struct finding *f)
{
	static const struct slice names[] = {
		SLICE_INIT("Content-Type"), SLICE_INIT("Access-Control-Allow-Origin"),
		SLICE_INIT("Strict-Transport-Security"), SLICE_INIT("X-Accel-Buffering")};
	struct observation o = transcript_observation(t);

	(void)run;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (observation_count(&o, names[i]) < 2)
			continue;
		if (i < 2)
			f->severity = SEVERITY_ERROR;
		tell(f, SLICE("; twice: "));
		tell(f, names[i]);
	}
}

static bool names_session(const struct transcript *t)
{
	static const struct slice words[] = {SLICE_INIT("sess"), SLICE_INIT("login"),
					     SLICE_INIT("sid"), SLICE_INIT("auth"),
					     SLICE_INIT("token")};

	for (size_t i = 0; i < t->field_count; i++) {
		struct slice value = t->fields[i].value;
		struct slice name;

		if (!slice_eq_nocase(t->fields[i].name, SLICE("Set-Cookie")))
			continue;
		name = slice_cut(&value, '=');
		for (size_t k = 0; k < sizeof(words) / sizeof(words[0]); k++)
			if (text_has(name, words[k]))
				return true;
	}
	return false;
}

void weigh_cookie_guarded(const struct audit_run *run, const struct transcript *t,
			  struct finding *f)
{
	(void)run;
	if (!names_session(t))
		f->severity = SEVERITY_WARNING;
}

/* None without Secure is refused by browsers: the cookie does not exist for them. */
void weigh_same_site(const struct audit_run *run, const struct transcript *t, struct finding *f)
{
	(void)run;
	for (size_t i = 0; i < t->field_count; i++)
		if (slice_eq_nocase(t->fields[i].name, SLICE("Set-Cookie")) &&
		    text_has(t->fields[i].value, SLICE("samesite=none")) &&
		    !text_has(t->fields[i].value, SLICE("secure")))
			f->severity = SEVERITY_ERROR;
}

/* The row names one field; this is the other that may be to blame. */
static void tell_also(struct finding *f, const struct transcript *t, struct slice name)
{
	if (transcript_field(t, name).ptr == NULL)
		return;
	tell(f, SLICE(", "));
	tell_field(f, t, name);
}

void weigh_banner(const struct audit_run *run, const struct transcript *t, struct finding *f)
{
	(void)run;
	tell_also(f, t, SLICE("X-Powered-By"));
}

void weigh_keep_alive(const struct audit_run *run, const struct transcript *t, struct finding *f)
{
	(void)run;
	tell_also(f, t, SLICE("Keep-Alive"));
	tell_also(f, t, SLICE("Proxy-Connection"));
}
