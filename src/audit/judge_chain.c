/* SPDX-License-Identifier: Apache-2.0 */
/* judge_chain.c - A9xx: products on the way, and what they are known for. */
#include "audit/judging.h"

static void tell_product(struct finding *f, const struct fingerprint *fp, size_t product)
{
	tell_next(f);
	tell(f, product_rows[product].name);
	tell(f, SLICE(" ("));
	tell(f, fp->sign[product].name);
	tell(f, SLICE(": "));
	tell_quoted(f, slice_upto(fp->sign[product].value, 40));
	tell(f, SLICE(")"));
}

enum verdict judge_chain(const struct audit_run *run, struct finding *f)
{
	struct fingerprint fp;

	if (baseline_of(run, 0) == NULL)
		return no_answer(run, f, PROBE_BASELINE);
	prove(run, f, baseline_of(run, 0));
	fingerprint_take(run, 0, &fp);
	for (size_t i = 0; i < PRODUCT_COUNT; i++)
		if (fp.seen[i])
			tell_product(f, &fp, i);
	return fingerprint_is_empty(&fp) ? VERDICT_PASS : VERDICT_FAIL;
}

/* What a product is known for is held against it only where the stream does not show better. */
static bool is_suspect(const struct product_row *row, const struct delivery *d)
{
	return row->holds && !delivery_is_live(d);
}

enum verdict judge_vendor(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = stream_of(run, 0);
	enum verdict verdict = VERDICT_NA;
	struct fingerprint fp;
	struct delivery d;

	if (t == NULL)
		return no_stream(run, f);
	prove(run, f, t);
	fingerprint_take(run, 0, &fp);
	delivery_measure(t, &d);
	for (size_t i = 0; i < PRODUCT_COUNT; i++) {
		if (!fp.seen[i])
			continue;
		if (verdict == VERDICT_NA)
			verdict = VERDICT_PASS;
		if (is_suspect(&product_rows[i], &d))
			verdict = VERDICT_FAIL;
		tell_next(f);
		tell(f, product_rows[i].name);
		tell(f, SLICE(": "));
		tell(f, product_rows[i].advice);
	}
	return verdict == VERDICT_PASS && !is_read(t) ? not_read(run, f, t) : verdict;
}

enum verdict judge_quick_tunnel(const struct audit_run *run, struct finding *f)
{
	struct slice host = run->url.host;
	static const struct slice domain = SLICE_INIT(".trycloudflare.com");

	tell_quoted(f, host);
	return fails_if(host.len > domain.len &&
			slice_eq_nocase(slice_from(host, host.len - domain.len), domain));
}

/* A refusal is 4xx or 503; all else at the limit is none. */
static bool is_unclean(const struct transcript *t)
{
	if (t->outcome == OUTCOME_NOT_SENT)
		return false;
	if (!transcript_answered(t))
		return true;
	return t->status >= 500 && t->status != 503;
}

/* Only where the crowd was sent: the variant "crowd". */
enum verdict judge_crowd(const struct audit_run *run, struct finding *f)
{
	const struct transcript *t = NULL;
	size_t asked = 0, unclean = 0;

	while ((t = audit_next(run, PROBE_REPEAT, t))) {
		if (!slice_starts(t->variant, SLICE("crowd")))
			continue;
		asked++;
		if (!is_unclean(t))
			continue;
		if (unclean++ == 0) {
			prove(run, f, t);
			tell_probe(f, t);
			tell(f, SLICE(": "));
			tell_answer(f, t);
		}
	}
	if (asked == 0)
		return VERDICT_NA;
	tell_next(f);
	tell_u64(f, unclean);
	tell(f, SLICE(" of "));
	tell_u64(f, asked);
	tell(f, SLICE(" were not refused cleanly"));
	return fails_if(unclean > 0);
}
