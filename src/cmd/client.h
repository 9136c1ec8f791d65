/* SPDX-License-Identifier: Apache-2.0 */
/*
 * client.h - one HTTP/1.1 exchange of a tool, over TCP or TLS: connect, send, read the head, hand
 * out the body.
 *
 * Never blocks but for the name lookup (os/dial.h): the owner polls the descriptor and calls
 * client_step. One connection per exchange, closed at its end.
 */
#pragma once

#include "base/buf.h"
#include "http/chunked.h"
#include "http/response.h"
#include "http/url.h"
#include "os/dial.h"
#include "os/wire.h"

#include <poll.h>

#define CLIENT_OPEN_MS 30000u /* from the start to the end of the head */

enum client_step {
	CLIENT_WAIT,    /* call again when the descriptor is ready or client_due_ms has come */
	CLIENT_DONE,    /* the body is complete */
	CLIENT_STOPPED, /* a callback said so */
	CLIENT_FAILED,  /* client_put_why says why */
};

/* False ends the exchange. Slices are valid during the call only. */
struct client_sink {
	void *ctx;
	bool (*on_head)(void *ctx, const struct http_response *res); /* not for 1xx */
	bool (*on_body)(void *ctx, struct slice piece);
};

struct client {
	struct client_sink sink;
	const struct tls_trust *trust;
	const struct url *url;
	struct dial dial;
	struct wire wire;
	short events; /* of poll, that the wire waits for */
	struct slice unsent;
	struct buf in; /* of the head */
	struct http_chunked chunked;
	int phase;
	enum http_body body;
	uint64_t left; /* bytes of the body, for HTTP_BODY_LENGTH */
	uint64_t due_ms;
	const char *why;    /* static text */
	const char *detail; /* more of it; NULL: nothing */
	bool untrusted;     /* failed, because the server's certificate is not one to believe */
};

/*
 * Allocates nothing. `trust`: who is believed for https; NULL: only http is asked for. The client
 * must not move.
 */
void client_init(struct client *c, struct client_sink sink, const struct tls_trust *trust);
/* Closes the connection and frees; harmless twice. */
void client_fini(struct client *c);
/*
 * Begins an exchange; a former one is dropped. `url`, and `request`, which is a whole message,
 * belong to the caller and stay until the exchange ends.
 */
void client_start(struct client *c, const struct url *url, struct slice request, uint64_t now_ms);
/* Goes as far as it can; reads at most once. After anything but CLIENT_WAIT call no more. */
enum client_step client_step(struct client *c, uint64_t now_ms);
/* What to poll for; fd -1 where there is nothing. */
struct pollfd client_poll(const struct client *c);
/* When client_step must be called without an event; UINT64_MAX for never. */
uint64_t client_due_ms(const struct client *c);
/* After CLIENT_FAILED. */
void client_put_why(const struct client *c, struct writer *w);

/* Request line and Host: what every request of the tools begins with. */
void client_put_head(struct writer *w, struct slice method, const struct url *url);
void client_put_field(struct writer *w, struct slice name, struct slice value);
