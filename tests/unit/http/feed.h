/* SPDX-License-Identifier: Apache-2.0 */
/* feed.h - heads as a peer would send them: scanned in pieces, then parsed. */
#pragma once

#include "../edge.h"
#include "../test.h"

#include "http/request.h"

struct fed {
	enum http_step step;
	enum http_fault fault; /* of the scan where it refused, else of the parse */
	size_t len;
	struct http_request req;
};

/* Gives the scanner `step` bytes more each time, every piece against an unreadable page. */
static inline struct fed feed(struct slice in, size_t step)
{
	struct fed fed = {.step = HTTP_MORE};
	struct http_scan scan = {0};

	for (size_t n = step; fed.step == HTTP_MORE; n += step) {
		fed.step = http_scan(&scan, slice_upto(in, n), &fed.len, &fed.fault);
		if (n >= in.len)
			break;
	}
	if (fed.step == HTTP_DONE)
		fed.fault = http_request_parse(slice_upto(in, fed.len), &fed.req);
	return fed;
}
