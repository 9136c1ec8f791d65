/* SPDX-License-Identifier: Apache-2.0 */
#include "load/marker.h"

#include <string.h>

#define FILL 'x'

/* The letter of a digit says which number it belongs to. */
static const char form[] = "~sluice-bench RRRRRRRRRRRRRRRR SSSSSSSS TTTTTTTTTTTTTTTT~";

_Static_assert(sizeof(form) - 1 == MARKER_LEN, "the header names the length");

static void put_fixed(struct writer *w, uint64_t n, unsigned digits)
{
	for (unsigned i = digits; i-- > 0;)
		put_char(w, "0123456789abcdef"[n >> (4 * i) & 15]);
}

void marker_put(struct writer *w, const struct marker *m, size_t size)
{
	put(w, SLICE("~sluice-bench "));
	put_fixed(w, m->run, 16);
	put_char(w, ' ');
	put_fixed(w, m->seq, 8);
	put_char(w, ' ');
	put_fixed(w, m->due_ns, 16);
	put_char(w, '~');
	for (size_t i = MARKER_LEN; i < size; i++)
		put_char(w, FILL);
}

static bool take_digit(struct marker *m, char where, char c)
{
	int digit = ascii_hex(c);

	if (digit < 0)
		return false;
	if (where == 'R')
		m->run = m->run << 4 | (unsigned)digit;
	else if (where == 'S')
		m->seq = m->seq << 4 | (unsigned)digit;
	else
		m->due_ns = m->due_ns << 4 | (unsigned)digit;
	return true;
}

/* One byte against the form. False sends the scan back to its start. */
static bool take(struct marker_scan *scan, char c)
{
	char want = form[scan->at];

	if (want == 'R' || want == 'S' || want == 'T')
		return take_digit(&scan->found, want, c);
	return c == want;
}

bool marker_next(struct marker_scan *scan, struct slice in, size_t *ret_used, struct marker *ret_m)
{
	size_t i = 0;

	while (i < in.len) {
		if (scan->at == 0) {
			const char *start = memchr(in.ptr + i, form[0], in.len - i);

			if (!start)
				break;
			*scan = (struct marker_scan){.at = 1};
			i = (size_t)(start - in.ptr) + 1;
			continue;
		}
		if (!take(scan, in.ptr[i])) {
			/* Not consumed: it may itself begin a marker. */
			scan->at = 0;
			continue;
		}
		i++;
		if (++scan->at < MARKER_LEN)
			continue;
		scan->at = 0;
		*ret_used = i;
		*ret_m = scan->found;
		return true;
	}
	*ret_used = in.len;
	return false;
}

bool marker_parse_exact(struct slice data, size_t size, struct marker *ret_m)
{
	struct marker_scan scan = {0};
	struct marker m;
	size_t used;

	if (data.len != (size > MARKER_LEN ? size : MARKER_LEN))
		return false;
	if (!marker_next(&scan, data, &used, &m) || used != MARKER_LEN)
		return false;
	for (size_t i = used; i < data.len; i++) {
		if (data.ptr[i] != FILL)
			return false;
	}
	*ret_m = m;
	return true;
}
