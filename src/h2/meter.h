/* SPDX-License-Identifier: Apache-2.0 */
/*
 * meter.h - counts what the peer of a session sends against the budgets (h2/budget.def).
 *
 * It looks at the frame heads itself: nghttp2 tells nothing of the frames that it ignores.
 */
#pragma once

#include "base/ratelimit.h"
#include "base/slice.h"
#include "h2/session.h"

#define H2_FRAME_HEAD 9u          /* bytes (RFC 9113 4.1) */
#define H2_MAX_CREDIT (64u << 10) /* WINDOW_UPDATE frames that are free */

struct h2_meter {
	struct ratelimit budgets[H2_END_COUNT]; /* those of budget.def */
	uint32_t credit;                        /* WINDOW_UPDATE frames that are free now */
	uint32_t skip;                          /* bytes until the next frame head */
	uint32_t last_id;                       /* the latest stream that the peer opened */
	unsigned have;                          /* bytes of `head` */
	unsigned char head[H2_FRAME_HEAD + 1];  /* one more: the length of padding */
};

void h2_meter_init(struct h2_meter *m, uint64_t now_ms);
/*
 * Looks at the next bytes of the peer: how many of them are within the budgets. Fewer than all:
 * *ret_end is the budget that the frame behind them exceeds.
 */
size_t h2_meter_walk(struct h2_meter *m, struct slice bytes, uint64_t now_ms, enum h2_end *ret_end);
/* Takes `n` tokens of a budget, or is false. */
bool h2_meter_take(struct h2_meter *m, enum h2_end budget, uint64_t n, uint64_t now_ms);
/* We have sent a DATA frame that the peer may acknowledge, for the stream and the connection. */
void h2_meter_sent_data(struct h2_meter *m);
