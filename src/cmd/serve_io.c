/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/serve_io.h"

#include "cmd/serve_log.h"
#include "os/entropy.h"
#include "os/peer.h"
#include "os/wallclock.h"

/* NOLINTNEXTLINE(misc-redundant-expression): that they are equal is the point. */
_Static_assert(PEER_BLOCKED == IO_BLOCKED && PEER_GONE == IO_GONE, "one meaning in both layers");
_Static_assert((int)WAITSET_READ == (int)WANT_READ && (int)WAITSET_WRITE == (int)WANT_WRITE,
	       "one meaning in both layers");

static ptrdiff_t io_recv(void *ctx, int io, char *buf, size_t cap)
{
	(void)ctx;
	return peer_recv(io, buf, cap);
}

static ptrdiff_t io_send(void *ctx, int io, const struct slice *parts, size_t n)
{
	(void)ctx;
	return peer_send(io, parts, n);
}

static void io_send_last(void *ctx, int io, struct slice bytes)
{
	(void)ctx;
	peer_send_last(io, bytes);
}

static void io_shut(void *ctx, int io)
{
	(void)ctx;
	peer_shut(io);
}

static void io_close(void *ctx, int io)
{
	(void)ctx;
	peer_close(io);
}

static bool io_random(void *ctx, void *out, size_t n)
{
	(void)ctx;
	return entropy_get(out, n) == OK;
}

void serve_io_fill(struct engine_io *io)
{
	io->recv = io_recv;
	io->send = io_send;
	io->send_last = io_send_last;
	io->shut = io_shut;
	io->close = io_close;
	io->random = io_random;
}

void serve_io_record(struct logsink *sink, const struct stream_record *record)
{
	char line[SERVE_LOG_LINE];
	struct writer out;

	writer_init(&out, line, sizeof(line));
	serve_log_put(&out, record, wallclock_ms());
	if (!out.overflow)
		logsink_put(sink, writer_slice(&out));
}

static void refuse(struct engine *e, int fd)
{
	char text[POLICY_MAX_HEAD + 512];
	struct writer out;

	writer_init(&out, text, sizeof(text));
	engine_put_refusal(e, &out);
	if (!out.overflow)
		peer_send_last(fd, writer_slice(&out));
	peer_close(fd);
}

void serve_io_take(struct engine *e, struct waitset *set, int fd, const struct arrival *arrival)
{
	struct conn *c = engine_accept(e, fd, arrival);

	if (!c) {
		refuse(e, fd);
		return;
	}
	if (waitset_add(set, fd, c, WAITSET_READ))
		engine_gone(e, c);
}
