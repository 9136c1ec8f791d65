/* SPDX-License-Identifier: Apache-2.0 */
/*
 * delivery.h - how the bytes of a stream arrived: arithmetic over the reads and records of a
 * transcript. Pure.
 *
 * Reads that follow each other within BURST_GAP_NS are one burst. The first burst is what stood
 * ready when the stream was opened, so it counts for no median.
 */
#pragma once

#include "audit/transcript.h"

#define NS_PER_MS           UINT64_C(1000000)
#define NS_PER_S            UINT64_C(1000000000)
#define BURST_GAP_NS        (20 * NS_PER_MS)
#define DELIVERY_MAX_BURSTS 1024u /* later ones are not looked at */

struct delivery {
	size_t bursts;
	size_t events;          /* and comments */
	uint64_t watched_ns;    /* from the head to the end */
	uint64_t silence_ns;    /* the longest, the one before the end included */
	uint64_t tail_ns;       /* from the last byte to the end */
	uint64_t median_gap_ns; /* between bursts; 0: less than two */
	uint32_t median_events; /* in a burst */
	uint32_t quantum;       /* bytes of a buffer that the bursts fill; 0: none is seen */
	size_t stamped;         /* events with a send time in them */
	uint64_t lag_spread_ns; /* of those: the latest less the earliest delay */
	uint64_t lag_median_ns; /* of those: the middle delay above the smallest */
};

void delivery_measure(const struct transcript *t, struct delivery *ret);
/* Events come as they are sent: at least three bursts, and no more than two events in most. */
bool delivery_is_live(const struct delivery *d);
/* A hop collects: many events a burst with silence between, or bursts that fill a buffer. */
bool delivery_is_bursty(const struct delivery *d);
/* Everything came with the end, after at least 3 s. */
bool delivery_is_at_end(const struct transcript *t);
/* From the request to the head. 0: no head. */
uint64_t delivery_head_ns(const struct transcript *t);
/* The digits behind `key` ("\"seq\":") in JSON data. False: it is not there. */
bool delivery_number(struct slice data, struct slice key, uint64_t *ret);
/*
 * When an event was sent, by a clock that only its sender knows: "sinceNs" in JSON data, else
 * "sentMs". False: it does not say.
 */
bool delivery_sent_ns(struct slice data, uint64_t *ret_ns);
/* The middle of `n` values; sorts them. 0 for none. */
uint64_t delivery_median(uint64_t *values, size_t n);
/* The smallest value that `percent` of `n` sorted values do not pass. 0 for none. */
uint64_t delivery_percentile(const uint64_t *sorted, size_t n, unsigned percent);
