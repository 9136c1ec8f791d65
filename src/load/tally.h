/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tally.h - did each stream get each event exactly once and in order? 16 bytes a stream.
 *
 * A stream remembers the number that it waits for and which of the TALLY_WINDOW numbers before
 * it have not come. So a late event is told from a second copy; one that is later than the
 * window counts as a duplicate, which is a fault as well.
 */
#pragma once

#include <stdint.h>

#define TALLY_WINDOW 64u /* events */

struct tally_stream {
	uint32_t next;     /* the number after the highest that came */
	uint32_t distinct; /* numbers that came */
	uint64_t missing;  /* bit i: number next - 1 - i has not come */
};

struct tally {
	uint64_t delivered;    /* distinct events, over all streams */
	uint64_t duplicate;    /* came again */
	uint64_t out_of_order; /* came after a later one; delivered all the same */
};

enum tally_verdict {
	TALLY_IN_ORDER,
	TALLY_OUT_OF_ORDER,
	TALLY_DUPLICATE,
};

/* A zeroed stream waits for number 0. `seq` is below UINT32_MAX. */
enum tally_verdict tally_take(struct tally *t, struct tally_stream *s, uint32_t seq);
