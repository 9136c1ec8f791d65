/* SPDX-License-Identifier: Apache-2.0 */
#include "base/suggest.h"

#include <stdint.h>

static size_t min3(size_t a, size_t b, size_t c)
{
	size_t m = a < b ? a : b;

	return m < c ? m : c;
}

/* Optimal string alignment over three rows. */
size_t suggest_distance(struct slice a, struct slice b)
{
	size_t rows[3][SUGGEST_MAX + 1];

	if (a.len > SUGGEST_MAX || b.len > SUGGEST_MAX)
		return SIZE_MAX;
	for (size_t j = 0; j <= b.len; j++)
		rows[0][j] = j;
	for (size_t i = 1; i <= a.len; i++) {
		size_t *cur = rows[i % 3];
		const size_t *prev = rows[(i + 2) % 3];
		const size_t *before = rows[(i + 1) % 3];

		cur[0] = i;
		for (size_t j = 1; j <= b.len; j++) {
			size_t cost = a.ptr[i - 1] == b.ptr[j - 1] ? 0 : 1;

			cur[j] = min3(prev[j] + 1, cur[j - 1] + 1, prev[j - 1] + cost);
			if (i > 1 && j > 1 && a.ptr[i - 1] == b.ptr[j - 2] &&
			    a.ptr[i - 2] == b.ptr[j - 1] && before[j - 2] + 1 < cur[j])
				cur[j] = before[j - 2] + 1;
		}
	}
	return rows[a.len % 3][b.len];
}

void suggest_init(struct suggest *s, struct slice word)
{
	*s = (struct suggest){.word = word, .best = SLICE_NONE, .distance = SIZE_MAX};
}

void suggest_offer(struct suggest *s, struct slice known)
{
	size_t d = suggest_distance(s->word, known);
	size_t limit = known.len / 3 > 0 ? known.len / 3 : 1;

	if (d > limit || d >= s->distance)
		return;
	s->distance = d;
	s->best = known;
}
