/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/fingerprint.h"

#include <string.h>

const struct product_row product_rows[PRODUCT_COUNT] = {
#define PRODUCT(symbol, name, stack, cache, holds, idle_s, cap_s, advice)                          \
	[PRODUCT_##symbol] = {SLICE_INIT(name),  STACK_##stack, cache, holds, idle_s, cap_s,       \
			      SLICE_INIT(advice)},
#define SIGN(product, field, text)
#include "audit/fingerprints.def"
};

static const struct {
	enum product product;
	struct slice field;
	struct slice text;
} signs[] = {
#define PRODUCT(symbol, name, stack, cache, holds, idle_s, cap_s, advice)
#define SIGN(product, field, text) {PRODUCT_##product, SLICE_INIT(field), SLICE_INIT(text)},
#include "audit/fingerprints.def"
};

bool text_has(struct slice s, struct slice text)
{
	for (;; s = slice_from(s, 1)) {
		if (slice_starts_nocase(s, text))
			return true;
		if (s.len <= text.len)
			return false;
	}
}

static void take_field(struct fingerprint *fp, const struct http_field *field)
{
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		enum product product = signs[i].product;

		if (fp->seen[product] || !slice_eq_nocase(field->name, signs[i].field) ||
		    !text_has(field->value, signs[i].text))
			continue;
		fp->seen[product] = true;
		fp->sign[product] = *field;
	}
}

void fingerprint_take(const struct audit_run *run, size_t hop, struct fingerprint *ret)
{
	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < run->transcript_count; i++) {
		const struct transcript *t = &run->transcripts[i];

		if (t->hop != hop || t->kind == PROBE_PAGE)
			continue;
		for (size_t k = 0; k < t->field_count; k++)
			take_field(ret, &t->fields[k]);
	}
}

bool fingerprint_is_empty(const struct fingerprint *fp)
{
	for (size_t i = 0; i < PRODUCT_COUNT; i++)
		if (fp->seen[i])
			return false;
	return true;
}

bool fingerprint_has_cache(const struct fingerprint *fp)
{
	for (size_t i = 0; i < PRODUCT_COUNT; i++)
		if (fp->seen[i] && product_rows[i].cache)
			return true;
	return false;
}

unsigned fingerprint_idle_s(const struct fingerprint *fp)
{
	unsigned shortest = 0;

	for (size_t i = 0; i < PRODUCT_COUNT; i++) {
		unsigned idle_s = product_rows[i].idle_s;

		if (fp->seen[i] && idle_s > 0 && (shortest == 0 || idle_s < shortest))
			shortest = idle_s;
	}
	return shortest;
}

/* Who writes the stream comes last in the table, and can mend most. */
enum stack fingerprint_stack(const struct fingerprint *fp, enum remedy remedy, bool delivery)
{
	enum stack found = STACK_GENERIC;

	for (size_t i = PRODUCT_COUNT; i-- > 0;) {
		const struct product_row *row = &product_rows[i];

		if (!fp->seen[i] || remedy_text(remedy, row->stack).ptr == NULL)
			continue;
		if (delivery && row->holds)
			return row->stack;
		if (found == STACK_GENERIC)
			found = row->stack;
	}
	return found;
}
