/* SPDX-License-Identifier: Apache-2.0 */
/* expect.h - what most simulated tests ask of a peer, in one line each. */
#pragma once

#include "../unit/test.h"

#include "base/text.h"
#include "sim.h"

#include <stdio.h>
#include <string.h>

/* Publishes "FROM" to "TO - 1" on the topic, each as one event. */
static inline void publish_numbers(struct sim *sim, const char *topic, unsigned from, unsigned to)
{
	for (unsigned n = from; n < to; n++) {
		char text[16];
		struct writer w;

		writer_init(&w, text, sizeof(text));
		put_u64(&w, n);
		sim_publish(sim, topic, NULL, writer_slice(&w));
	}
}

static inline bool is_number(const struct client_event *event, unsigned n)
{
	uint64_t got;

	return strcmp(event->type, "message") == 0 &&
	       parse_u64(slice_of(event->data), &got) == OK && got == n;
}

/* The messages are exactly the numbers `from` to `to` - 1, once each and in order. */
static inline void expect_numbers(const char *name, const struct client *c, unsigned from,
				  unsigned to)
{
	unsigned next = from;

	for (size_t i = 0; i < client_event_count(c); i++) {
		const struct client_event *event = client_event(c, i);

		if (strcmp(event->type, "message") != 0)
			continue;
		if (!is_number(event, next))
			fail_msg("%s: got '%s', want %u", name, event->data, next);
		next++;
	}
	if (next != to)
		fail_msg("%s: got %u messages, want %u", name, next - from, to - from);
}

/* A stream is open and said nothing wrong so far. */
static inline void expect_open(const char *name, const struct sim_peer *p)
{
	if (client_status(&p->client) != 200 || p->closed ||
	    client_count(&p->client, "connected") < 1)
		fail_msg("%s: no stream is open: status %u", name, client_status(&p->client));
}

/* The engine closed the stream behind a whole frame, and said that it was the end. */
static inline void expect_clean_end(const char *name, const struct sim_peer *p)
{
	check(name, p->closed && p->socket.len == 0);
	check(name, p->client.complete && !p->client.malformed);
	check(name, client_is_between_events(&p->client));
}

static inline void expect_close(const char *name, const struct sim *sim, enum stream_close want)
{
	const struct sim_record *last = sim_last_record(sim);

	check(name, last && last->r.kind == RECORD_DISCONNECT);
	check_slice(name, close_reason(last->r.close), close_reason(want));
}

/* The latest answer is this refusal, in its status, its body and its record. */
static inline void expect_refusal(const char *name, const struct sim_peer *p, enum refusal want)
{
	const struct refusal_row *row = refusal_row(want);
	const struct sim_record *last = sim_last_record(p->sim);

	if (!last || last->r.kind != RECORD_REFUSE || last->r.refusal != want)
		fail_msg("%s: no %.*s but %.*s with status %u", name, SLICE_ARG(row->name),
			 last && last->r.refusal ? (int)refusal_row(last->r.refusal)->name.len : 7,
			 last && last->r.refusal ? refusal_row(last->r.refusal)->name.ptr
						 : "nothing",
			 client_status(&p->client));
	if (client_status(&p->client) != row->status)
		fail_msg("%s: status %u, want %u", name, client_status(&p->client), row->status);
	check(name, p->client.complete && !p->client.malformed);
}

/* True where `text` stands in `s`. */
static inline bool holds(struct slice s, struct slice text)
{
	for (size_t i = 0; i + text.len <= s.len; i++) {
		if (memcmp(s.ptr + i, text.ptr, text.len) == 0)
			return true;
	}
	return false;
}
