/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/serve_canary.h"

static const struct slice topics[] = {SLICE_INIT(SERVE_CANARY_TOPIC)};

struct route serve_canary_route(uint64_t heartbeat_ms)
{
	return (struct route){
		.kind = ROUTE_STREAM,
		.path = SLICE(SERVE_CANARY_PATH),
		.public_topics = topics,
		.public_count = 1,
		.fixed_topics = topics,
		.fixed_count = 1,
		.accept = ACCEPT_LENIENT,
		.refuse = REFUSE_HARD,
		.heartbeat_ms = heartbeat_ms,
	};
}

void serve_canary_tick(struct log *log, uint64_t seq, uint64_t now_ms, uint64_t since_ns,
		       uint64_t unix_ns)
{
	struct log_receipt receipt;
	char data[192];
	struct writer w;

	writer_init(&w, data, sizeof(data));
	put(&w, SLICE("{\"seq\":"));
	put_u64(&w, seq);
	put(&w, SLICE(",\"sentMs\":"));
	put_u64(&w, unix_ns / 1000000);
	put(&w, SLICE(",\"sinceNs\":"));
	put_u64(&w, since_ns);
	put(&w, SLICE(",\"unixNs\":\""));
	put_u64(&w, unix_ns);
	put(&w, SLICE("\",\"periodMs\":"));
	put_u64(&w, SERVE_CANARY_PERIOD_MS);
	put(&w, SLICE("}"));
	struct log_event event = {
		.topics = {topics[0]},
		.topic_count = 1,
		.sse = {.type = SLICE("canary"), .data = writer_slice(&w)},
	};
	(void)log_publish(log, &event, now_ms, &receipt);
}
