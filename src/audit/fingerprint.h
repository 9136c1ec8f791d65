/* SPDX-License-Identifier: Apache-2.0 */
/*
 * fingerprint.h - which products answered, by the fields that they add: audit/fingerprints.def.
 *
 * Fields can be faked and stripped, so that nothing is certain. Pure.
 */
#pragma once

#include "audit/run.h"
#include "policy/remedy.h"

enum product {
#define PRODUCT(symbol, name, stack, cache, holds, idle_s, cap_s, advice) PRODUCT_##symbol,
#define SIGN(product, field, text)
#include "audit/fingerprints.def"
	PRODUCT_COUNT,
};

struct product_row {
	struct slice name;
	enum stack stack;
	bool cache;      /* it may keep answers */
	bool holds;      /* it collects streams in its usual settings */
	unsigned idle_s; /* 0: no limit is known */
	unsigned cap_s;  /* 0: no limit is known */
	struct slice advice;
};

extern const struct product_row product_rows[PRODUCT_COUNT];

struct fingerprint {
	bool seen[PRODUCT_COUNT];
	/* The field that gave it away; name and value point into a transcript. */
	struct http_field sign[PRODUCT_COUNT];
};

/* All that answered for this hop, on any of its transcripts. */
void fingerprint_take(const struct audit_run *run, size_t hop, struct fingerprint *ret);
bool fingerprint_is_empty(const struct fingerprint *fp);
/* A cache is near. */
bool fingerprint_has_cache(const struct fingerprint *fp);
/* The shortest silence that the products take, in seconds; 0: none is known. */
unsigned fingerprint_idle_s(const struct fingerprint *fp);
/*
 * The first stack that was seen and has words of its own for `remedy`, the program before what
 * stands before it; STACK_GENERIC: none. `delivery`: events are held back, so what is known to hold
 * them comes before the program whose name it lets through.
 */
enum stack fingerprint_stack(const struct fingerprint *fp, enum remedy remedy, bool delivery);
/* True if `text` stands anywhere in `s`, in any case. */
bool text_has(struct slice s, struct slice text);
