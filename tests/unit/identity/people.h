/* SPDX-License-Identifier: Apache-2.0 */
/* people.h - principals, orders and secrets, made in one line. */
#pragma once

#include "base/require.h"
#include "base/rng.h"
#include "identity/grant.h"
#include "policy/topic.h"

#define KEY    ((struct siphash_key){1, 2})
#define NOW    UINT64_C(1700000000000) /* Unix milliseconds */
#define SECOND UINT64_C(1000)
#define MINUTE (60 * SECOND)

/* Splits at spaces: "a b/c" is two topics; "" is none. */
static inline size_t topics_of(const char *text, struct slice out[TOPIC_MAX_SET])
{
	struct slice rest = slice_of(text);
	size_t n = 0;

	if (rest.len == 0)
		return 0;
	while (rest.ptr) {
		require(n < TOPIC_MAX_SET);
		out[n++] = slice_cut(&rest, ' ');
	}
	return n;
}

/* ada, logged in a minute ago by session s1 and token t1. */
static inline struct principal_facts ada(void)
{
	return (struct principal_facts){
		.method = METHOD_JWT,
		.subject = SLICE("ada"),
		.sid = SLICE("s1"),
		.jti = SLICE("t1"),
		.issued_ms = NOW - MINUTE,
	};
}

static inline struct principal *person(const struct principal_facts *facts)
{
	struct principal *p = NULL;
	enum err err = principal_new(facts, KEY, &p);

	require(err == OK);
	return p;
}

/* Somebody called `subject` who may subscribe to `patterns`. */
static inline struct principal *watcher(const char *subject, const char *patterns)
{
	struct slice list[TOPIC_MAX_SET];
	struct principal_facts facts = ada();

	facts.subject = slice_of(subject);
	facts.subscribe = (struct rights){list, topics_of(patterns, list)};
	return person(&facts);
}

/* 16 bytes that no other number gives. */
struct secret {
	uint64_t words[2];
};

static inline struct slice secret_of(struct secret *s, uint64_t number)
{
	struct rng rng = {number};

	s->words[0] = rng_next(&rng);
	s->words[1] = number;
	return (struct slice){(const char *)s->words, sizeof(s->words)};
}

/* The text of a grant. */
struct text {
	char bytes[GRANT_MAX_TEXT];
	struct writer w;
};

static inline struct writer *text_begin(struct text *t)
{
	writer_init(&t->w, t->bytes, sizeof(t->bytes));
	return &t->w;
}

static inline struct slice text_of(const struct text *t)
{
	return (struct slice){t->bytes, t->w.len}; /* not the writer's: texts are copied */
}
