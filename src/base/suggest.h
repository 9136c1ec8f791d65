/* SPDX-License-Identifier: Apache-2.0 */
/* suggest.h - "did you mean": the known word nearest to a misspelt one. */
#pragma once

#include "base/slice.h"

/* Longest word that is looked at, bytes: bounds the work at its square. */
#define SUGGEST_MAX 64

/* Edits (insert, delete, replace, swap of neighbours) from a to b; SIZE_MAX if one is too long. */
size_t suggest_distance(struct slice a, struct slice b);

struct suggest {
	struct slice word;
	struct slice best; /* ptr NULL: nothing is near enough */
	size_t distance;
};

void suggest_init(struct suggest *s, struct slice word);
/* Offers a known word; it is kept if nearer, and at most a third of its letters are wrong. */
void suggest_offer(struct suggest *s, struct slice known);
