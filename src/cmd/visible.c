/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/visible.h"

#include "base/utf8.h"

/* C1 controls are two bytes in UTF-8, and terminals obey them too. */
static bool is_control(struct slice s, size_t len)
{
	unsigned char first = (unsigned char)s.ptr[0];

	if (len == 1)
		return (first < 0x20 && first != '\t') || first == 0x7f;
	return first == 0xc2 && (unsigned char)s.ptr[1] < 0xa0;
}

void put_visible(struct writer *w, struct slice s)
{
	while (s.len > 0) {
		size_t len = utf8_length(s);

		if (len == 0) {
			put(w, SLICE("\xef\xbf\xbd"));
			len = 1;
		} else if (is_control(s, len)) {
			unsigned char last = (unsigned char)s.ptr[len - 1];

			put(w, SLICE("\\x"));
			put_char(w, "0123456789abcdef"[last >> 4]);
			put_char(w, "0123456789abcdef"[last & 15]);
		} else {
			put(w, slice_upto(s, len));
		}
		s = slice_from(s, len);
	}
}
