/* SPDX-License-Identifier: Apache-2.0 */
/* serve_demo.h - the page that `serve --demo` shows, and its ticking topic. */
#pragma once

#include "hub/log.h"
#include "stream/settings.h"

#define SERVE_DEMO_TOPIC     "demo"
#define SERVE_DEMO_PATH      "/stream"
#define SERVE_DEMO_PERIOD_MS 1000u

/* Adds "/", "/demo.css", "/demo.js" and the module for pages, "/sluice.js". */
void serve_demo_routes(struct route *routes, size_t *count, size_t max);
/*
 * Publishes tick `n`. Times as for log_publish; `started_ms` is when the server began. A tick
 * that finds no memory is left out: the next one comes.
 */
void serve_demo_tick(struct log *log, uint64_t n, uint64_t now_ms, uint64_t started_ms,
		     uint64_t unix_ms, uint64_t streams);
