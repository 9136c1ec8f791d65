/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/serve_demo.h"

#include "base/text.h"
#include "cmd/demo_assets.h"

/* Nothing from elsewhere, nothing inline: what stands in our three files and no more. */
#define PAGE_CSP                                                                                   \
	"default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "            \
	"img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

static void add(struct route *routes, size_t *count, size_t max, struct route route)
{
	if (*count == max)
		return;
	route.kind = ROUTE_ASSET;
	route.csp = SLICE(PAGE_CSP);
	routes[(*count)++] = route;
}

void serve_demo_routes(struct route *routes, size_t *count, size_t max)
{
	add(routes, count, max,
	    (struct route){.path = SLICE("/"),
			   .content_type = SLICE("text/html; charset=utf-8"),
			   .body = {demo_index_html, demo_index_html_len}});
	add(routes, count, max,
	    (struct route){.path = SLICE("/demo.css"),
			   .content_type = SLICE("text/css; charset=utf-8"),
			   .body = {demo_demo_css, demo_demo_css_len}});
	add(routes, count, max,
	    (struct route){.path = SLICE("/demo.js"),
			   .content_type = SLICE("text/javascript; charset=utf-8"),
			   .body = {demo_demo_js, demo_demo_js_len}});
	add(routes, count, max,
	    (struct route){.path = SLICE("/sluice.js"),
			   .content_type = SLICE("text/javascript; charset=utf-8"),
			   .body = {demo_sluice_js, demo_sluice_js_len}});
}

void serve_demo_tick(struct log *log, uint64_t n, uint64_t now_ms, uint64_t started_ms,
		     uint64_t unix_ms, uint64_t streams)
{
	struct log_receipt receipt;
	char data[160];
	struct writer w;

	writer_init(&w, data, sizeof(data));
	put(&w, SLICE("{\"n\":"));
	put_u64(&w, n);
	put(&w, SLICE(",\"time\":\""));
	put_rfc3339(&w, unix_ms);
	put(&w, SLICE("\",\"uptime\":"));
	put_u64(&w, (now_ms - started_ms) / 1000);
	put(&w, SLICE(",\"streams\":"));
	put_u64(&w, streams);
	put(&w, SLICE("}"));
	struct log_event event = {
		.topics = {SLICE(SERVE_DEMO_TOPIC)},
		.topic_count = 1,
		.sse = {.type = SLICE("tick"), .data = writer_slice(&w)},
	};
	(void)log_publish(log, &event, now_ms, &receipt);
}
