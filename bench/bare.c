/* SPDX-License-Identifier: Apache-2.0 */
/*
 * bare.c - the bare loop: what fan-out costs when a server does nothing else.
 *
 * Any GET opens a stream. A POST's "data" is encoded once and sent to each stream by one plain
 * send() after the other, in one thread; the publisher is answered when all are sent. No checks,
 * no log, no replay, no heartbeat: a stream whose socket is full is closed. Sluice is measured as
 * a ratio to this, on the same machine in the same run.
 */
#include "base/buf.h"
#include "base/text.h"
#include "base/writer.h"
#include "http/request.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#define BARE_MAX_STREAMS 1000000u
#define BARE_MAX_REQUEST (256u << 10) /* bytes of head and body */
#define BARE_BACKLOG     4096
#define BARE_BATCH       256
#define BARE_READ        65536u
#define BARE_FRAME_EXTRA 128u /* bytes around the data: chunk size, id, names, line ends */

static const char stream_head[] = "HTTP/1.1 200 OK\r\n"
				  "Content-Type: text/event-stream; charset=utf-8\r\n"
				  "Cache-Control: no-cache, no-store, no-transform, private\r\n"
				  "X-Accel-Buffering: no\r\n"
				  "Connection: keep-alive\r\n"
				  "Transfer-Encoding: chunked\r\n"
				  "\r\n"
				  "d\r\n: connected\n\n\r\n";

struct conn {
	int fd;
	size_t place; /* in bare.fds, for a stream */
	bool is_stream;
	struct buf in;
};

struct bare {
	int epoll;
	int listener;
	uint64_t events; /* published so far: the id */
	size_t streams;
	int *fds; /* dense: what the fan-out walks */
	struct conn **conns;
	struct buf frame;
};

static void close_conn(struct bare *b, struct conn *c)
{
	if (c->is_stream) {
		size_t last = --b->streams;

		b->fds[c->place] = b->fds[last];
		b->conns[c->place] = b->conns[last];
		b->conns[c->place]->place = c->place;
	}
	(void)close(c->fd);
	buf_free(&c->in);
	free(c);
}

/* A socket that takes less than all of it is full, and a bare loop has nowhere to keep the rest. */
static bool send_all(int fd, struct slice s)
{
	return send(fd, s.ptr, s.len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)s.len;
}

static bool open_stream(struct bare *b, struct conn *c)
{
	if (b->streams == BARE_MAX_STREAMS)
		return false;
	c->is_stream = true;
	c->place = b->streams;
	b->fds[b->streams] = c->fd;
	b->conns[b->streams++] = c;
	buf_free(&c->in);
	return send_all(c->fd, slice_of(stream_head));
}

/* The text between the quotes. The bench sends nothing that needs an escape. */
static struct slice data_of(struct slice body)
{
	const struct slice name = SLICE("\"data\":\"");
	const char *at = memmem(body.ptr, body.len, name.ptr, name.len);

	if (!at)
		return SLICE_NONE;
	struct slice rest = slice_from(body, (size_t)(at - body.ptr) + name.len);
	return slice_upto(rest, slice_find(rest, '"'));
}

static bool encode(struct bare *b, struct slice data)
{
	char head[BARE_FRAME_EXTRA];
	char id[BARE_FRAME_EXTRA];
	struct writer i, h;

	/* As long as an id that Sluice mints: both send the same number of bytes. */
	(void)snprintf(id, sizeof(id), "id: 1234567890123~%ju\n", (uintmax_t)++b->events);
	writer_init(&i, id, sizeof(id));
	writer_init(&h, head, sizeof(head));
	put_hex(&h, strlen(id) + sizeof("data: \n\n") - 1 + data.len);
	put(&h, SLICE("\r\n"));
	put(&h, slice_of(id));
	put(&h, SLICE("data: "));
	buf_reset(&b->frame);
	return !buf_append(&b->frame, writer_slice(&h)) && !buf_append(&b->frame, data) &&
	       !buf_append(&b->frame, SLICE("\n\n\r\n"));
}

static void broadcast(struct bare *b)
{
	struct slice frame = buf_slice(&b->frame);

	for (size_t i = 0; i < b->streams; i++) {
		/* Not closed here: that would move another stream into this place. */
		if (!send_all(b->fds[i], frame))
			(void)shutdown(b->fds[i], SHUT_RDWR);
	}
}

static bool publish(struct bare *b, struct conn *c, struct slice body)
{
	char answer[BARE_FRAME_EXTRA * 2];

	if (!encode(b, data_of(body)))
		return false;
	broadcast(b);
	int n = snprintf(answer, sizeof(answer),
			 "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
			 "Content-Length: 28\r\n\r\n{\"ids\":[\"%016jx\"]}",
			 (uintmax_t)b->events);
	return send_all(c->fd, (struct slice){answer, (size_t)n});
}

/* False: the connection is to be closed. */
static bool take_request(struct bare *b, struct conn *c)
{
	struct http_scan scan = {0};
	struct http_request req;
	enum http_fault fault;
	size_t head_len;
	struct slice in = buf_slice(&c->in);
	enum http_step step = http_scan(&scan, in, &head_len, &fault);

	if (step != HTTP_DONE)
		return step == HTTP_MORE;
	if (http_request_parse(slice_upto(in, head_len), &req) != HTTP_FAULT_NONE)
		return false;
	if (req.method == HTTP_GET)
		return open_stream(b, c);
	struct slice body = slice_from(in, head_len);
	if (req.method != HTTP_POST || req.body != HTTP_BODY_LENGTH)
		return false;
	if (body.len < req.content_length)
		return true;
	bool keep = publish(b, c, slice_upto(body, (size_t)req.content_length));
	buf_reset(&c->in);
	return keep;
}

/* False: the connection is to be closed. */
static bool on_readable(struct bare *b, struct conn *c)
{
	if (buf_reserve(&c->in, BARE_READ))
		return false;
	ssize_t n = recv(c->fd, c->in.ptr + c->in.len, BARE_READ, MSG_DONTWAIT);
	if (n <= 0 || c->is_stream)
		return n > 0;
	c->in.len += (size_t)n;
	return take_request(b, c);
}

static bool accept_one(struct bare *b)
{
	const int on = 1;
	int fd = accept4(b->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd < 0)
		return false;
	struct conn *c = calloc(1, sizeof(*c));
	if (!c) {
		(void)close(fd);
		return true;
	}
	c->fd = fd;
	buf_init(&c->in, BARE_MAX_REQUEST);
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
	if (epoll_ctl(b->epoll, EPOLL_CTL_ADD, fd, &event) != 0)
		close_conn(b, c);
	return true;
}

static void turn(struct bare *b)
{
	struct epoll_event events[BARE_BATCH];
	int n = epoll_wait(b->epoll, events, BARE_BATCH, -1);

	for (int i = 0; i < n; i++) {
		struct conn *c = events[i].data.ptr;

		if (c && !on_readable(b, c))
			close_conn(b, c);
		while (!c && accept_one(b))
			;
	}
}

/* Loopback only, on a port that the kernel chooses; it is printed for the script. */
static bool listen_loopback(struct bare *b)
{
	struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct sockaddr *address = (struct sockaddr *)&in;
	socklen_t len = sizeof(in);
	struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL};

	b->listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	b->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (b->listener < 0 || b->epoll < 0 || bind(b->listener, address, len) != 0)
		return false;
	if (listen(b->listener, BARE_BACKLOG) != 0 || getsockname(b->listener, address, &len) != 0)
		return false;
	if (epoll_ctl(b->epoll, EPOLL_CTL_ADD, b->listener, &event) != 0)
		return false;
	return fprintf(stderr, "listening on http://127.0.0.1:%u\n", ntohs(in.sin_port)) > 0;
}

static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
		return;
	limit.rlim_cur = limit.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &limit);
}

int main(void)
{
	struct bare b = {0};

	raise_descriptors();
	buf_init(&b.frame, BARE_MAX_REQUEST + BARE_FRAME_EXTRA);
	/* Untouched pages cost nothing: the tables grow in memory as streams come. */
	b.fds = calloc(BARE_MAX_STREAMS, sizeof(*b.fds));
	b.conns = calloc(BARE_MAX_STREAMS, sizeof(struct conn *));
	if (!b.fds || !b.conns || !listen_loopback(&b)) {
		perror("bare");
		return 1;
	}
	for (;;)
		turn(&b);
}
