/* SPDX-License-Identifier: Apache-2.0 */
#include "base/utf8.h"

static bool in_range(char c, unsigned low, unsigned high)
{
	return (unsigned char)c >= low && (unsigned char)c <= high;
}

/* The second byte carries the limits that exclude overlong forms and surrogates. */
static bool second_ok(unsigned first, char second)
{
	unsigned low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	unsigned high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

	return in_range(second, low, high);
}

/* Bytes of the sequence that `first` opens, at least 2; 0: it opens none. */
static size_t sequence_length(unsigned first)
{
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef)
		return 3;
	return first >= 0xf0 && first <= 0xf4 ? 4 : 0;
}

size_t utf8_length(struct slice s)
{
	if (s.len == 0)
		return 0;

	unsigned first = (unsigned char)s.ptr[0];
	if (first < 0x80)
		return 1;
	size_t n = sequence_length(first);
	if (n == 0 || s.len < n || !second_ok(first, s.ptr[1]))
		return 0;
	for (size_t i = 2; i < n; i++) {
		if (!in_range(s.ptr[i], 0x80, 0xbf))
			return 0;
	}
	return n;
}

bool utf8_valid(struct slice s)
{
	while (s.len > 0) {
		size_t n = utf8_length(s);

		if (n == 0)
			return false;
		s = slice_from(s, n);
	}
	return true;
}

struct slice utf8_truncate(struct slice s, size_t max)
{
	if (s.len <= max)
		return s;
	size_t cut = max;
	while (cut > 0 && max - cut < 3 && in_range(s.ptr[cut], 0x80, 0xbf))
		cut--;
	return slice_upto(s, cut);
}
