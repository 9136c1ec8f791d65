/* SPDX-License-Identifier: Apache-2.0 */
/* Markers found in any pieces are those found in the whole, and each is written back the same. */
#include "base/require.h"
#include "load/marker.h"

#define FOUND_MAX 64

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Adds what is in `in` to `found`; gives the new count. */
static size_t collect(struct marker_scan *scan, struct slice in, struct marker *found, size_t n)
{
	struct marker m;
	size_t used;

	while (marker_next(scan, in, &used, &m)) {
		require(used > 0 && used <= in.len);
		if (n < FOUND_MAX)
			found[n] = m;
		n++;
		in = slice_from(in, used);
	}
	require(used == in.len);
	return n;
}

static void check_pieces(struct slice in, size_t piece, const struct marker *want, size_t n_want)
{
	struct marker_scan scan = {0};
	struct marker found[FOUND_MAX];
	size_t n = 0;

	for (size_t at = 0; at < in.len; at += piece)
		n = collect(&scan, slice_upto(slice_from(in, at), piece), found, n);
	require(n == n_want);
	for (size_t i = 0; i < n && i < FOUND_MAX; i++) {
		require(found[i].run == want[i].run && found[i].seq == want[i].seq);
		require(found[i].due_ns == want[i].due_ns);
	}
}

static void check_written_back(const struct marker *m)
{
	char room[MARKER_LEN];
	struct marker again;
	struct writer w;

	writer_init(&w, room, sizeof(room));
	marker_put(&w, m, 0);
	require(marker_parse_exact(writer_slice(&w), 0, &again));
	require(again.run == m->run && again.seq == m->seq && again.due_ns == m->due_ns);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice in = {(const char *)data, size};
	struct marker_scan scan = {0};
	struct marker found[FOUND_MAX];
	struct marker exact;
	size_t n = collect(&scan, in, found, 0);

	for (size_t piece = 1; piece <= 3; piece++)
		check_pieces(in, piece, found, n);
	for (size_t i = 0; i < n && i < FOUND_MAX; i++)
		check_written_back(&found[i]);
	if (marker_parse_exact(in, size, &exact))
		require(n == 1);
	return 0;
}
