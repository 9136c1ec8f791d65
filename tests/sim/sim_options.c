/* SPDX-License-Identifier: Apache-2.0 */
/* The server that the simulated peers meet unless a test changes it. */
#include "sim.h"

static const struct slice public_topics[] = {
	SLICE_INIT("open"),
	SLICE_INIT("open/**"),
	SLICE_INIT("other"),
};

static const struct slice fixed_topics[] = {SLICE_INIT("open")};

static const struct slice private_topics[] = {SLICE_INIT("bob/1")};

static const struct slice hosts[] = {SLICE_INIT("sluice.test")};

static const struct slice origins[] = {SLICE_INIT("https://app.test")};

#define STREAM(a_path)                                                                             \
	.kind = ROUTE_STREAM, .path = SLICE_INIT(a_path), .public_topics = public_topics,          \
	.public_count = sizeof(public_topics) / sizeof(public_topics[0]), .heartbeat_ms = 15000

static const struct route routes[] = {
	{STREAM("/stream")},
	{STREAM("/lenient"), .accept = ACCEPT_LENIENT},
	{STREAM("/any"), .accept = ACCEPT_ANY},
	{STREAM("/hard"), .refuse = REFUSE_HARD},
	{STREAM("/soft"), .refuse = REFUSE_SOFT},
	{STREAM("/fixed"), .fixed_topics = fixed_topics, .fixed_count = 1},
	{STREAM("/member"), .fixed_topics = private_topics, .fixed_count = 1},
	{
		.kind = ROUTE_STREAM,
		.path = SLICE_INIT("/brisk"),
		.public_topics = public_topics,
		.public_count = 3,
		.heartbeat_ms = 2000,
	},
	{.kind = ROUTE_PUBLISH, .path = SLICE_INIT("/publish")},
	{.kind = ROUTE_TOKEN, .path = SLICE_INIT("/auth/stream-token")},
	{.kind = ROUTE_REVOKE, .path = SLICE_INIT("/auth/revoke")},
	{.kind = ROUTE_HEALTH, .path = SLICE_INIT("/healthz")},
	{
		.kind = ROUTE_DYNAMIC,
		.path = SLICE_INIT("/dynamic"),
		.content_type = SLICE_INIT("text/plain"),
	},
	{
		.kind = ROUTE_ASSET,
		.path = SLICE_INIT("/"),
		.content_type = SLICE_INIT("text/html; charset=utf-8"),
		.csp = SLICE_INIT("default-src 'none'"),
		.body = SLICE_INIT("<!doctype html><title>page</title>\n"),
	},
};

static struct stream_settings settings(void)
{
	return (struct stream_settings){
		.hosts = {hosts, 1},
		.cors = {.origins = origins, .origin_count = 1, .credentials = true},
		.head = {.charset = true, .cors_route = true},
		.routes = routes,
		.route_count = sizeof(routes) / sizeof(routes[0]),
		.cookie = SLICE("session"),
		.expiring_ms = 30000,
		.auth_timeout_ms = 5000,
		.ticket_ttl_ms = 60000,
		.resume_ttl_ms = 900000,
		.heartbeat_mode = HEARTBEAT_COMMENT,
		.heartbeat_jitter = 10,
		.retry_min_ms = 3000,
		.retry_max_ms = 8000,
		.drain_retry_min_ms = 10000,
		.drain_retry_max_ms = 30000,
		.h2_streams = 100,
		.handshake_timeout_ms = 10000,
		.head_timeout_ms = 10000,
		.body_timeout_ms = 20000,
		.idle_timeout_ms = 60000,
		.write_timeout_ms = 30000,
		.lag_ms = 60000,
		.topics_per_stream = TOPIC_MAX_SET,
		.replay_events = 10000,
		.replay_bytes = 8u << 20,
		.max_body = 1u << 20,
		.max_event = 256u << 10,
	};
}

struct sim_options sim_defaults(void)
{
	return (struct sim_options){
		.settings = settings(),
		.log = {.memory = 16u << 20, .max_event = 256u << 10},
		.tickets = 100,
		.resumes = 100,
		.revocations = 100,
		.workers = 1,
		.max_connections = SIM_PEERS,
		.max_requests = SIM_PEERS,
		.turn = 512,
		.epoch_ms = SIM_UNIX_MS,
		.seed = UINT64_C(0x5eed) << 32,
	};
}
