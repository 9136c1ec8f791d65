/* SPDX-License-Identifier: Apache-2.0 */
#include "http/chars.h"

#include <stdint.h>
#include <string.h>

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

size_t char_run(struct slice s, unsigned classes)
{
	size_t n = 0;

	while (n < s.len && char_is(s.ptr[n], classes))
		n++;
	return n;
}

bool char_all(struct slice s, unsigned classes)
{
	return s.len > 0 && char_run(s, classes) == s.len;
}

#define EACH_BYTE(b) (UINT64_C(0x0101010101010101) * (b))

/* True where one of the eight bytes may be below 0x20 or 0x7f; never false when one is. */
static bool has_control(const char *eight)
{
	uint64_t x;

	memcpy(&x, eight, sizeof(x));
	uint64_t del = x ^ EACH_BYTE(0x7f);
	uint64_t below = (x - EACH_BYTE(0x20)) & ~x;
	uint64_t zero = (del - EACH_BYTE(1)) & ~del;

	return ((below | zero) & EACH_BYTE(0x80)) != 0;
}

static bool is_text(char c)
{
	unsigned char u = (unsigned char)c;

	return (u >= 0x20 && u != 0x7f) || u == '\t';
}

size_t text_run(struct slice s)
{
	size_t n = 0;

	while (n < s.len) {
		if (s.len - n >= 8 && !has_control(s.ptr + n))
			n += 8;
		else if (is_text(s.ptr[n]))
			n++;
		else
			break;
	}
	return n;
}
