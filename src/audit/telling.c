/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/telling.h"

#include <string.h>

#define NS_PER_MS UINT64_C(1000000)

static bool is_plain(char c)
{
	return c >= ' ' && c < 0x7f;
}

static void put_byte(struct finding *f, char c)
{
	if (f->evidence_len < FINDING_MAX_EVIDENCE)
		f->evidence[f->evidence_len++] = c;
}

static void put_escaped(struct finding *f, char c)
{
	static const char digits[] = "0123456789abcdef";
	unsigned char byte = (unsigned char)c;

	if (is_plain(c)) {
		put_byte(f, c);
		return;
	}
	tell(f, SLICE("\\x"));
	put_byte(f, digits[byte >> 4]);
	put_byte(f, digits[byte & 15]);
}

void tell(struct finding *f, struct slice text)
{
	for (size_t i = 0; i < text.len; i++)
		put_byte(f, is_plain(text.ptr[i]) ? text.ptr[i] : '?');
}

void tell_u64(struct finding *f, uint64_t n)
{
	char digits[20];
	struct writer w;

	writer_init(&w, digits, sizeof(digits));
	put_u64(&w, n);
	tell(f, writer_slice(&w));
}

void tell_ns(struct finding *f, uint64_t ns)
{
	uint64_t ms = ns / NS_PER_MS;

	if (ms < 1000) {
		tell_u64(f, ms);
		tell(f, SLICE(" ms"));
		return;
	}
	tell_u64(f, ms / 1000);
	tell(f, SLICE("."));
	tell_u64(f, ms % 1000 / 100);
	tell(f, SLICE(" s"));
}

void tell_quoted(struct finding *f, struct slice text)
{
	put_byte(f, '\'');
	for (size_t i = 0; i < text.len && i < TELL_MAX_QUOTE; i++)
		put_escaped(f, text.ptr[i]);
	tell(f, text.len > TELL_MAX_QUOTE ? SLICE("...'") : SLICE("'"));
}

void tell_field(struct finding *f, const struct transcript *t, struct slice name)
{
	struct slice value = transcript_field(t, name);

	if (value.ptr == NULL)
		tell(f, SLICE("no "));
	tell(f, name);
	if (value.ptr == NULL)
		return;
	tell(f, SLICE(": "));
	for (size_t i = 0; i < value.len && i < TELL_MAX_QUOTE; i++)
		put_escaped(f, value.ptr[i]);
	if (value.len > TELL_MAX_QUOTE)
		tell(f, SLICE("..."));
}

void tell_probe(struct finding *f, const struct transcript *t)
{
	tell(f, probes[t->kind].name);
	if (t->variant.len == 0)
		return;
	tell(f, SLICE(" ("));
	tell(f, t->variant);
	tell(f, SLICE(")"));
}

void tell_answer(struct finding *f, const struct transcript *t)
{
	struct observation o = transcript_observation(t);

	if (!transcript_answered(t)) {
		tell(f, outcome_text(t->outcome));
		return;
	}
	tell(f, SLICE("status "));
	tell_u64(f, t->status);
	if (observation_media_type(&o).len == 0)
		return;
	tell(f, SLICE(", "));
	tell(f, slice_upto(observation_media_type(&o), TELL_MAX_QUOTE));
}

void tell_next(struct finding *f)
{
	if (f->evidence_len > 0)
		tell(f, SLICE(", "));
}

void prove(const struct audit_run *run, struct finding *f, const struct transcript *t)
{
	f->transcript = (size_t)(t - run->transcripts);
}
