/* SPDX-License-Identifier: Apache-2.0 */
/* publish_post.h - one POST to a hub, from request to exit code. Blocks until it is answered. */
#pragma once

#include "cmd/client.h"
#include "cmd/exit.h"

#define POST_MAX_ANSWER (1u << 20) /* bytes: 4,096 ids of 128 bytes and their quotes */
#define POST_MAX_HEAD   (32u << 10)
#define POST_MS         30000u /* for the whole exchange */

struct post {
	const struct url *url;
	struct slice key;  /* ptr NULL: no Authorization */
	struct slice type; /* Content-Type of the bodies */
	struct client client;
	struct buf request; /* head and body */
	struct buf answer;
	unsigned status;
};

/* `max_body` in bytes; `trust` as for client_init. The post must not move. */
void post_init(struct post *p, size_t max_body, const struct tls_trust *trust);
void post_fini(struct post *p);
/*
 * Sends `body`; on EXIT_OK the answer is in p->answer. Otherwise one line for the person is in
 * `fault`: EXIT_FINDINGS if the server refused, EXIT_UNREACHABLE if there is no answer.
 */
enum exit_code post_send(struct post *p, struct slice body, struct writer *fault);
