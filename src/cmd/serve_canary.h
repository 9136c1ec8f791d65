/* SPDX-License-Identifier: Apache-2.0 */
/*
 * serve_canary.h - the stream of `serve --canary`: events that say when they were sent.
 *
 * One event each SERVE_CANARY_PERIOD_MS from the start of the server, whoever reads, so that two
 * readers get the same events and what a hop adds is exact. Its data is
 *   {"seq":7,"sentMs":1795,"sinceNs":700123456,"unixNs":"1795000123","periodMs":100}
 * seq counts from 1 without gaps; sinceNs is the monotonic clock since the start of the server;
 * sentMs and unixNs are the time of day. unixNs is text: doubles would round it.
 */
#pragma once

#include "hub/log.h"
#include "stream/settings.h"

#define SERVE_CANARY_TOPIC     "canary"
#define SERVE_CANARY_PATH      "/canary/stream"
#define SERVE_CANARY_PERIOD_MS 100u

/* The route: public, its topic is fixed, as patient with Accept as it can be. */
struct route serve_canary_route(uint64_t heartbeat_ms);
/*
 * Publishes event `seq`; `since_ns` and `unix_ns` are read as late as can be. An event that finds
 * no memory is left out: seq then shows the gap.
 */
void serve_canary_tick(struct log *log, uint64_t seq, uint64_t now_ms, uint64_t since_ns,
		       uint64_t unix_ns);
