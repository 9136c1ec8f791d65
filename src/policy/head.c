/* SPDX-License-Identifier: Apache-2.0 */
#include "policy/head.h"

#include "base/require.h"
#include "http/status.h"
#include "policy/fields.h"
#include "policy/json.h"

/* Our own version, whatever the request's (RFC 9110 6.2). */
static void put_status_line(struct writer *w, unsigned status)
{
	put(w, SLICE("HTTP/1.1 "));
	put_u64(w, status);
	put_char(w, ' ');
	put(w, http_reason(status));
	put(w, SLICE("\r\n"));
}

/* HTTP/2 has neither a status line nor an end of the head: both are frames' (RFC 9113 8.3). */
static void put_head(struct writer *w, const struct field_input *in, unsigned status)
{
	bool text = in->facts->version != HTTP_2;

	if (text)
		put_status_line(w, status);
	fields_put(w, in);
	if (text)
		put(w, SLICE("\r\n"));
}

void head_stream(struct writer *w, const struct head_rules *rules, const struct head_facts *facts)
{
	const struct field_input in = {.rules = rules, .facts = facts};

	put_head(w, &in, 200);
}

unsigned head_status(const struct short_answer *answer)
{
	return answer->status > 0 ? answer->status : refusal_row(answer->refusal)->status;
}

void head_short(struct writer *w, const struct head_rules *rules, const struct head_facts *facts,
		const struct short_answer *answer)
{
	struct short_answer known = *answer;
	const struct field_input in = {.rules = rules, .facts = facts, .answer = &known};

	require(answer->csp.len <= POLICY_MAX_CSP);
	known.status = head_status(answer);
	put_head(w, &in, known.status);
}

/* All 401 look alike: which check failed is the log's, not the peer's (SPEC 2.7). */
static struct slice body_rule(const struct refusal_row *row)
{
	return row->status == 401 ? refusal_row(REFUSAL_NO_CREDENTIAL)->rule : row->rule;
}

void refusal_body(struct writer *w, enum refusal refusal, struct slice detail)
{
	const struct refusal_row *row = refusal_row(refusal);

	put_char(w, '{');
	put_json_pair(w, SLICE("error"), row->word);
	put_json_next(w, SLICE("message"), row->sentence);
	put_json_next(w, SLICE("rule"), body_rule(row));
	if (detail.ptr)
		put_json_next(w, SLICE("detail"), detail);
	put(w, SLICE("}\n"));
}
