/* SPDX-License-Identifier: Apache-2.0 */
#include "http/chars.h"

#include <stdint.h>

/* The compiler fills the table from the definitions of the RFCs: nobody proof-reads 256 numbers. */
#define IS_DIGIT(c) ((c) >= '0' && (c) <= '9')
#define IS_ALPHA(c) (((c) >= 'A' && (c) <= 'Z') || ((c) >= 'a' && (c) <= 'z'))
#define IS_ALNUM(c) (IS_DIGIT(c) || IS_ALPHA(c))
#define IS_VCHAR(c) ((c) > 0x20 && (c) < 0x7f)
#define IS_TOKEN(c)                                                                                \
	(IS_ALNUM(c) || (c) == '!' || ((c) >= '#' && (c) <= '\'') || (c) == '*' || (c) == '+' ||   \
	 (c) == '-' || (c) == '.' || ((c) >= '^' && (c) <= '`') || (c) == '|' || (c) == '~')
#define IS_COOKIE(c) (IS_VCHAR(c) && (c) != '"' && (c) != ',' && (c) != ';' && (c) != '\\')
#define IS_HOST(c)   (IS_ALNUM(c) || (c) == '-' || (c) == '.' || (c) == '_')

#define CLASS(c)                                                                                   \
	((IS_TOKEN(c) ? CHAR_TOKEN : 0) | (IS_VCHAR(c) && (c) != '#' ? CHAR_TARGET : 0) |          \
	 (IS_COOKIE(c) ? CHAR_COOKIE : 0) | (IS_HOST(c) ? CHAR_HOST : 0) |                         \
	 (IS_HOST(c) || (c) == '~' ? CHAR_UNRESERVED : 0))
#define ROW4(c)  CLASS(c), CLASS((c) + 1), CLASS((c) + 2), CLASS((c) + 3)
#define ROW16(c) ROW4(c), ROW4((c) + 4), ROW4((c) + 8), ROW4((c) + 12)
#define ROW64(c) ROW16(c), ROW16((c) + 16), ROW16((c) + 32), ROW16((c) + 48)

const unsigned char char_classes[256] = {ROW64(0), ROW64(64), ROW64(128), ROW64(192)};

bool char_all(struct slice s, unsigned classes)
{
	return s.len > 0 && char_run(s, classes) == s.len;
}

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

#define AT(s, i) ((uint64_t)(unsigned char)(s)[i] << (8 * (i)))

/* The first byte in the lowest bits on every machine; written out, it compiles to one load. */
static uint64_t load_eight(const char *s)
{
	return AT(s, 0) | AT(s, 1) | AT(s, 2) | AT(s, 3) | AT(s, 4) | AT(s, 5) | AT(s, 6) |
	       AT(s, 7);
}

/*
 * A mark in each of eight bytes that is below 0x20 or 0x7f. The subtraction marks a byte wrongly
 * only behind one that it marks rightly, so the lowest mark is true.
 */
static uint64_t mark_controls(const char *eight)
{
	uint64_t x = load_eight(eight);
	uint64_t del = x ^ EACH_BYTE(0x7f);
	uint64_t below = (x - EACH_BYTE(0x20)) & ~x;
	uint64_t zero = (del - EACH_BYTE(1)) & ~del;

	return (below | zero) & EACH_BYTE(0x80);
}

/* A number of bytes that are text for certain; behind them one must be looked at. */
static size_t skip_words(struct slice s)
{
	size_t n = 0;

	for (; s.len - n >= 8; n += 8) {
		uint64_t marks = mark_controls(s.ptr + n);

		if (marks)
			return n + (unsigned)__builtin_ctzll(marks) / 8;
	}
	return n;
}

static bool is_text(char c)
{
	unsigned char u = (unsigned char)c;

	return (u >= 0x20 && u != 0x7f) || u == '\t';
}

size_t text_run(struct slice s)
{
	size_t n = skip_words(s);

	while (n < s.len && is_text(s.ptr[n])) {
		n++;
		n += skip_words((struct slice){s.ptr + n, s.len - n});
	}
	return n;
}
