/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tail_source.h - one URL that is followed as a browser's EventSource follows it (WHATWG HTML
 * 9.2.3): connect, judge the head, decode, reconnect.
 *
 * Only a stream that ended and a network error lead to a new try; any other answer is final, and so
 * is a certificate that is not believed.
 * Redirects are followed anew at each try. What the person gave as headers goes to the origin of
 * their URL and to no other: a name does not tell whether its value is a secret.
 */
#pragma once

#include "base/rng.h"
#include "cmd/client.h"
#include "cmd/headers.h"
#include "cmd/tail_reader.h"
#include "http/location.h"

#define TAIL_RETRY_MS      3000u   /* until the stream names its own */
#define TAIL_MIN_RETRY_MS  100u    /* a stream that asks for 0 must not spin */
#define TAIL_MAX_RETRY_MS  120000u /* also of the backoff */
#define TAIL_MAX_REDIRECTS 5u
#define TAIL_MAX_REQUEST   (128u << 10) /* bytes */
#define TAIL_MAX_REFUSAL   (16u << 10)  /* bytes read of a body that explains */
#define TAIL_REFUSAL_MS    5000u        /* to read them */

/* The same for all sources. */
struct tail_settings {
	struct headers headers;
	struct slice last_event_id;    /* empty: none */
	struct slice origin;           /* empty: none */
	const struct tls_trust *trust; /* for https */
	bool reconnect;
};

struct tail_source {
	const struct tail_settings *settings;
	struct tail_reader reader;
	struct url first; /* as given */
	struct url at;    /* where redirects led */
	char at_text[LOCATION_MAX];
	char origin_text[LOCATION_MAX];
	unsigned redirects;
	bool crossed; /* a redirect left the origin of `first` */
	struct client client;
	struct buf request;
	struct buf refusal;
	int phase;
	int answer;
	unsigned status;
	uint64_t due_ms;
	unsigned failures; /* network errors without a stream between them */
	struct rng rng;
	bool opened; /* was a stream at least once */
	bool failed; /* over, and not as the person wished */
};

/* `url`, `label`, `settings` must outlive the source. Errors: E_TOO_BIG, E_NOMEM. */
enum err tail_source_init(struct tail_source *s, const struct url *url, struct slice label,
			  const struct tail_settings *settings, struct tail_watcher watcher,
			  uint64_t seed);
void tail_source_fini(struct tail_source *s);
/* Goes as far as it can at `now_ms`. */
void tail_source_step(struct tail_source *s, uint64_t now_ms);
bool tail_source_is_over(const struct tail_source *s);
struct pollfd tail_source_poll(const struct tail_source *s);
/* When to step without an event; UINT64_MAX for never. */
uint64_t tail_source_due_ms(const struct tail_source *s);
/* Before the next try after `failures` network errors in a row; 0: the stream just ended. */
uint64_t tail_delay_ms(uint64_t retry_ms, unsigned failures, struct rng *rng);
