/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/transcript.h"

#include "http/fields.h"

const struct probe probes[PROBE_COUNT] = {
#define X(symbol, name, stage, need, quick, span, what, why)                                       \
	[symbol] = {SLICE_INIT(name), STAGE_##stage,  NEED_##need, quick, span,                    \
		    SLICE_INIT(what), SLICE_INIT(why)},
#include "audit/probes.def"
#undef X
};

#define X(name, text) [name] = SLICE_INIT(text),
static const struct slice outcomes[] = {OUTCOME_MAP(X)};
static const struct slice endings[] = {ENDING_MAP(X)};
static const struct slice grammars[] = {GRAMMAR_MAP(X)};
static const struct slice texts[] = {TEXT_MAP(X)};
#undef X

struct slice outcome_text(enum outcome outcome)
{
	return outcomes[outcome];
}

struct slice ending_text(enum ending ending)
{
	return endings[ending];
}

struct slice grammar_text(enum grammar grammar)
{
	return grammars[grammar];
}

struct slice text_text(enum text text)
{
	return texts[text];
}

bool transcript_answered(const struct transcript *t)
{
	return t->outcome == OUTCOME_ANSWERED;
}

struct observation transcript_observation(const struct transcript *t)
{
	return (struct observation){
		.request_minor = t->h2 ? 2 : t->request.minor,
		.request_h2 = t->h2,
		.https = t->request.https,
		.loopback = t->loopback,
		.origin = t->request.origin,
		.origin_expected = t->request.origin_allowed,
		.credentials = t->request.credential != CREDENTIAL_NONE,
		.expect_refusal = t->request.expect_refusal,
		.status = t->status,
		.response_minor = t->minor,
		.fields = t->fields,
		.field_count = t->field_count,
	};
}

bool transcript_is_stream(const struct transcript *t)
{
	struct observation o = transcript_observation(t);

	return transcript_answered(t) && observation_is_stream(&o);
}

struct slice transcript_field(const struct transcript *t, struct slice name)
{
	return http_fields_get(t->fields, t->field_count, name);
}

size_t transcript_count(const struct transcript *t, enum record_kind kind)
{
	size_t n = 0;

	for (size_t i = 0; i < t->record_count; i++)
		n += t->records[i].kind == kind;
	return n;
}
