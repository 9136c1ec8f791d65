/* SPDX-License-Identifier: Apache-2.0 */
/*
 * output.h - what a session puts out, gathered to few sends. What the connection did not take is
 * copied and goes first; until it is out, nothing else may be put.
 */
#pragma once

#include "base/buf.h"
#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>

#define H2_GATHER_PARTS 128u        /* slices of one send, as os/peer.h takes them */
#define H2_GATHER_COPY  4096u       /* bytes of frame heads and of frames of ours */
#define H2_GATHER_PLAIN (16u << 10) /* bytes gathered without a cork */
/* Bytes of a rest: all that was gathered, and behind it the frame that filled it. */
#define H2_MAX_REST (H2_MAX_GATHER + (48u << 10))

/* Slices that go out together. */
struct h2_gather {
	size_t count;
	size_t bytes;
	size_t copied;
	struct slice parts[H2_GATHER_PARTS];
	char copies[H2_GATHER_COPY];
};

struct h2_output {
	ptrdiff_t (*send)(void *ctx, const struct slice *parts, size_t n);
	void *ctx;
	struct h2_gather *gather; /* NULL outside of a cork and of h2_output_begin */
	struct buf rest;
	bool corked; /* `gather` is ours to free */
	bool gone;   /* the connection is, or the memory for a rest */
};

void h2_output_init(struct h2_output *o, ptrdiff_t (*send)(void *, const struct slice *, size_t),
		    void *ctx);
void h2_output_fini(struct h2_output *o);

/* True while nothing more may be put. */
bool h2_output_is_blocked(const struct h2_output *o);
/* Sends what was left of earlier sends. */
void h2_output_rest(struct h2_output *o);

/* From here to h2_output_flush, slices must stay valid. Harmless without memory, and twice. */
void h2_output_cork(struct h2_output *o);
/* As a cork, with memory of the caller. Does nothing under a cork. */
void h2_output_begin(struct h2_output *o, struct h2_gather *gather);
/* Sends what was gathered, and ends cork or begin. */
void h2_output_flush(struct h2_output *o);

/* Within cork or begin. The bytes are copied, or have gone out, when this returns. */
void h2_output_copy(struct h2_output *o, struct slice bytes);
/* Within cork or begin. The bytes must stay valid. */
void h2_output_put(struct h2_output *o, struct slice bytes);
/* A frame is whole: sends, where enough has been gathered. */
void h2_output_frame_end(struct h2_output *o);
