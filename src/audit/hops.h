/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hops.h - the same request at each hop, side by side: what a hop did to the head, and how the
 * stream came out of it. Rows go from the program outwards: the hops of --via in their order, then
 * the target. Pure.
 */
#pragma once

#include "audit/delivery.h"
#include "audit/run.h"

#define HOPS_MAX_FIELDS  64u /* names of fields, over all hops; later ones are not looked at */
#define HOPS_MAX_CHANGES 64u /* later ones are counted */

/* How a stream came. */
#define HOP_SHAPE_MAP(X)                                                                           \
	X(HOP_NO_ANSWER, "no answer")                                                              \
	X(HOP_MUTE, "no head in time")                                                             \
	X(HOP_NO_STREAM, "no stream")                                                              \
	X(HOP_SPARSE, "too little to tell")                                                        \
	X(HOP_LIVE, "live")                                                                        \
	X(HOP_JOINED, "joined")                                                                    \
	X(HOP_BURSTS, "in bursts")                                                                 \
	X(HOP_AT_END, "all at the end")                                                            \
	X(HOP_RECORDING, "a recording, at once")

enum hop_shape {
#define X(symbol, name) symbol,
	HOP_SHAPE_MAP(X)
#undef X
};

/* By the send times in events (`sluice serve --canary`); clocks need not agree. */
struct hop_latency {
	size_t events;   /* sent while we were there; 0: no event says when it was sent */
	uint64_t p50_ns; /* above the quickest event of any hop */
	uint64_t p99_ns;
	uint64_t max_ns;
	uint64_t missing; /* numbers that were left out, of those that count ("seq") */
};

/* With Accept-Encoding: gzip. */
#define HOP_CODED_MAP(X)                                                                           \
	X(HOP_NOT_ASKED, "not asked")                                                              \
	X(HOP_PLAIN, "sent plain")                                                                 \
	X(HOP_CODED_LIVE, "compressed, live")                                                      \
	X(HOP_CODED_STALLS, "compressed, held back")

enum hop_coded {
#define X(symbol, name) symbol,
	HOP_CODED_MAP(X)
#undef X
};

struct hop_row {
	size_t hop;                 /* index into audit_run.hops */
	const struct transcript *t; /* the baseline; NULL: not sent */
	enum hop_shape shape;
	enum hop_coded coded;
	struct delivery delivery;
	struct hop_latency latency;
};

#define HOP_CHANGE_MAP(X)                                                                          \
	X(HOP_DROPPED, "dropped")                                                                  \
	X(HOP_DOUBLED, "doubled")                                                                  \
	X(HOP_CHANGED, "changed")                                                                  \
	X(HOP_ADDED, "added")                                                                      \
	X(HOP_JOINS, "joins events")                                                               \
	X(HOP_BUFFERS, "holds back")                                                               \
	X(HOP_COMPRESSES, "holds back what it compresses")                                         \
	X(HOP_REPLAYS, "plays a recording")

enum hop_change_kind {
#define X(symbol, name) symbol,
	HOP_CHANGE_MAP(X)
#undef X
};

struct hop_change {
	enum hop_change_kind kind;
	size_t hop;         /* who did it, index into audit_run.hops */
	struct slice field; /* empty where it is about delivery */
	struct slice before;
	struct slice after;
};

struct hop_table {
	const struct audit_run *run;
	struct hop_row rows[AUDIT_MAX_HOPS];
	size_t count; /* 0: there is no --via */
	struct slice fields[HOPS_MAX_FIELDS];
	size_t field_count;
	struct hop_change changes[HOPS_MAX_CHANGES];
	size_t change_count;
	size_t changes_dropped;
};

/* Slices of `ret` point into the transcripts of `run`. */
void hops_compare(const struct audit_run *run, struct hop_table *ret);
/* Lines of this field in the head of a row. */
size_t hops_field_lines(const struct hop_row *row, struct slice field);
/* The field stands alike on all hops that answered. */
bool hops_field_is_same(const struct hop_table *table, struct slice field);
struct slice hop_shape_name(enum hop_shape shape);
struct slice hop_coded_name(enum hop_coded coded);
struct slice hop_change_name(enum hop_change_kind kind);
