/* SPDX-License-Identifier: Apache-2.0 */
#include "base/writer.h"

#include "base/utf8.h"

#include <string.h>

void writer_init(struct writer *w, char *ptr, size_t cap)
{
	*w = (struct writer){.ptr = ptr, .cap = cap};
}

void put(struct writer *w, struct slice s)
{
	if (w->overflow || s.len > w->cap - w->len) {
		w->overflow = true;
		return;
	}
	if (s.len > 0)
		memcpy(w->ptr + w->len, s.ptr, s.len);
	w->len += s.len;
}

void put_char(struct writer *w, char c)
{
	put(w, (struct slice){&c, 1});
}

static void put_base(struct writer *w, uint64_t n, unsigned base)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = "0123456789abcdef"[n % base];
		n /= base;
	} while (n > 0);
	put(w, (struct slice){digits + at, sizeof(digits) - at});
}

void put_u64(struct writer *w, uint64_t n)
{
	put_base(w, n, 10);
}

void put_hex(struct writer *w, uint64_t n)
{
	put_base(w, n, 16);
}

static void put_json_escape(struct writer *w, unsigned code)
{
	put(w, SLICE("\\u"));
	for (int shift = 12; shift >= 0; shift -= 4)
		put_char(w, "0123456789abcdef"[(code >> shift) & 15]);
}

static void put_json_ascii(struct writer *w, char c)
{
	if (c == '"' || c == '\\') {
		put_char(w, '\\');
		put_char(w, c);
	} else if (c == '\n') {
		put(w, SLICE("\\n"));
	} else if ((unsigned char)c < 0x20 || c == 0x7f) {
		put_json_escape(w, (unsigned char)c);
	} else {
		put_char(w, c);
	}
}

void put_json(struct writer *w, struct slice s)
{
	put_char(w, '"');
	while (s.len > 0) {
		size_t n = utf8_length(s);

		if (n == 1)
			put_json_ascii(w, s.ptr[0]);
		else if (n == 0)
			put(w, SLICE("\\ufffd"));
		else if (n == 2 && s.ptr[0] == '\xc2' && (unsigned char)s.ptr[1] < 0xa0)
			put_json_escape(w, (unsigned char)s.ptr[1]);
		else if (slice_starts(s, SLICE("\xe2\x80\xa8")))
			put_json_escape(w, 0x2028);
		else if (slice_starts(s, SLICE("\xe2\x80\xa9")))
			put_json_escape(w, 0x2029);
		else
			put(w, slice_upto(s, n));
		s = slice_from(s, n ? n : 1);
	}
	put_char(w, '"');
}

struct slice writer_slice(const struct writer *w)
{
	return (struct slice){w->ptr, w->len};
}
