/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes of a server, in pieces, to a client that asked for three streams. No owner hears of a body
 * before its head, nor of anything behind its end, and a connection of no more use says why.
 *
 * The first byte: bytes of a piece (0: all).
 */
#include "base/require.h"
#include "h2/client.h"

#define STREAMS    3
#define MAX_OUTPUT (1u << 20) /* bytes that one piece may make the client send */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct owner {
	bool answered;
	bool over;
};

static void on_head(void *ctx, void *owner, unsigned status)
{
	struct owner *o = owner;

	(void)ctx;
	require(!o->over && !o->answered && status >= 200 && status < 1000);
	o->answered = true;
}

static void on_body(void *ctx, void *owner, struct slice data)
{
	const struct owner *o = owner;

	(void)ctx;
	require(!o->over && o->answered && data.ptr);
}

static void on_closed(void *ctx, void *owner, uint32_t error)
{
	struct owner *o = owner;

	(void)ctx;
	(void)error;
	require(!o->over);
	o->over = true;
}

static void send_all(struct h2_client *c)
{
	size_t sent = 0;

	for (struct slice out; (out = h2_client_output(c)).len > 0;) {
		sent += out.len;
		require(sent <= MAX_OUTPUT);
		h2_client_sent(c, out.len);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct h2_client_events events = {NULL, on_head, on_body, on_closed};
	const struct h2_get get = {SLICE("http"), SLICE("a"), SLICE("/"), NULL, 0};
	struct h2_client *c = h2_client_new(&events);
	struct owner owners[STREAMS] = {{false, false}};

	require(c);
	for (size_t i = 0; i < STREAMS; i++)
		require(h2_client_get(c, &get, &owners[i]) == OK);
	send_all(c);
	struct slice rest = {(const char *)data, size};
	size_t piece = size > 0 && data[0] > 0 ? data[0] : size;
	rest = slice_from(rest, size > 0 ? 1 : 0);
	while (rest.len > 0) {
		if (!h2_client_receive(c, slice_upto(rest, piece))) {
			require(h2_client_why(c));
			break;
		}
		send_all(c);
		rest = slice_from(rest, piece);
	}
	h2_client_free(c);
	return 0;
}
