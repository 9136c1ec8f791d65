/* SPDX-License-Identifier: Apache-2.0 */
#include "h2/meter.h"

#include <nghttp2/nghttp2.h>

#define PRIORITY_UPDATE 0x10u /* RFC 9218 7.1 */

void h2_meter_init(struct h2_meter *m, uint64_t now_ms)
{
	*m = (struct h2_meter){.skip = H2_PREFACE_LEN};
#define X(name, word, burst, rate, help)                                                           \
	ratelimit_init(&m->budgets[H2_END_##name], burst, rate, now_ms);
#include "h2/budget.def"
#undef X
}

bool h2_meter_take(struct h2_meter *m, enum h2_end budget, uint64_t n, uint64_t now_ms)
{
	return ratelimit_take(&m->budgets[budget], n, now_ms);
}

void h2_meter_sent_data(struct h2_meter *m)
{
	m->credit = m->credit + 2 > H2_MAX_CREDIT ? H2_MAX_CREDIT : m->credit + 2;
}

static uint32_t frame_length(const struct h2_meter *m)
{
	return (uint32_t)m->head[0] << 16 | (uint32_t)m->head[1] << 8 | m->head[2];
}

static uint32_t stream_id(const struct h2_meter *m)
{
	return ((uint32_t)m->head[5] & 0x7fu) << 24 | (uint32_t)m->head[6] << 16 |
	       (uint32_t)m->head[7] << 8 | m->head[8];
}

static bool is_padded_data(const struct h2_meter *m)
{
	return m->head[3] == NGHTTP2_DATA && (m->head[4] & NGHTTP2_FLAG_PADDED) &&
	       frame_length(m) > 0;
}

/* Nothing but padding, and not for its END_STREAM. */
static bool is_empty_data(const struct h2_meter *m)
{
	size_t padding = is_padded_data(m) ? m->head[H2_FRAME_HEAD] + 1u : 0;

	return !(m->head[4] & NGHTTP2_FLAG_END_STREAM) && frame_length(m) <= padding;
}

static enum h2_end budget_of_head(struct h2_meter *m)
{
	if (stream_id(m) <= m->last_id)
		return H2_END_EMPTY;
	m->last_id = stream_id(m);
	return H2_END_NONE;
}

static enum h2_end budget_of_window(struct h2_meter *m)
{
	if (m->credit == 0)
		return H2_END_WINDOWS;
	m->credit--;
	return H2_END_NONE;
}

/* Which budget pays for the frame; H2_END_NONE: none. */
static enum h2_end budget_of(struct h2_meter *m)
{
	switch (m->head[3]) {
	case NGHTTP2_DATA:
		return is_empty_data(m) ? H2_END_EMPTY : H2_END_NONE;
	case NGHTTP2_HEADERS:
		return budget_of_head(m);
	case NGHTTP2_PRIORITY:
	case PRIORITY_UPDATE:
		return H2_END_PRIORITIES;
	case NGHTTP2_RST_STREAM:   /* what it ends decides: session.c */
	case NGHTTP2_PUSH_PROMISE: /* the end of the connection anyway */
		return H2_END_NONE;
	case NGHTTP2_SETTINGS:
	case NGHTTP2_GOAWAY:
		return H2_END_SETTINGS;
	case NGHTTP2_PING:
		return H2_END_PINGS;
	case NGHTTP2_WINDOW_UPDATE:
		return budget_of_window(m);
	case NGHTTP2_CONTINUATION:
		return H2_END_CONTINUATIONS;
	default:
		return H2_END_UNKNOWN;
	}
}

static unsigned head_need(const struct h2_meter *m)
{
	return m->have >= H2_FRAME_HEAD && is_padded_data(m) ? H2_FRAME_HEAD + 1 : H2_FRAME_HEAD;
}

/* Takes bytes of a frame head from the front of *bytes. True where it is whole. */
static bool take_head(struct h2_meter *m, struct slice *bytes)
{
	while (bytes->len > 0 && m->have < head_need(m)) {
		m->head[m->have++] = (unsigned char)bytes->ptr[0];
		*bytes = slice_from(*bytes, 1);
	}
	return m->have == head_need(m);
}

size_t h2_meter_walk(struct h2_meter *m, struct slice bytes, uint64_t now_ms, enum h2_end *ret_end)
{
	struct slice rest = bytes;

	while (rest.len > 0) {
		size_t skipped = m->skip < rest.len ? m->skip : rest.len;

		rest = slice_from(rest, skipped);
		m->skip -= (uint32_t)skipped;
		size_t start = bytes.len - rest.len;
		if (rest.len == 0 || !take_head(m, &rest))
			break;
		enum h2_end budget = budget_of(m);
		if (budget && !h2_meter_take(m, budget, 1, now_ms)) {
			*ret_end = budget;
			return start;
		}
		m->skip = frame_length(m) - (m->have - H2_FRAME_HEAD);
		m->have = 0;
	}
	return bytes.len;
}
