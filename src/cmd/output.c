/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/output.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <unistd.h>

#define PIECE 4096u /* PIPE_BUF of Linux: a pipe that is writable takes this without blocking */
#define KEEP  (256u << 10) /* bytes of memory kept between records */

void output_init(struct output *out, int fd, int signal_fd, size_t max)
{
	*out = (struct output){.fd = fd, .signal_fd = signal_fd};
	buf_init(&out->buf, max);
}

void output_fini(struct output *out)
{
	buf_free(&out->buf);
}

/* False: interrupted first. A file or a device is always writable. */
static bool wait_for_reader(const struct output *out)
{
	struct pollfd p[] = {
		{.fd = out->fd, .events = POLLOUT},
		{.fd = out->signal_fd, .events = POLLIN},
	};

	while (poll(p, 2, -1) < 0 && errno == EINTR) {
	}
	return p[0].revents != 0;
}

static enum output_state write_piece(struct output *out, struct slice *rest)
{
	if (!wait_for_reader(out))
		return OUTPUT_STUCK;
	ssize_t n = write(out->fd, rest->ptr, rest->len < PIECE ? rest->len : PIECE);
	if (n >= 0) {
		*rest = slice_from(*rest, (size_t)n);
		return OUTPUT_OPEN;
	}
	if (errno == EAGAIN || errno == EINTR)
		return OUTPUT_OPEN;
	out->error = errno;
	return errno == EPIPE ? OUTPUT_CLOSED : OUTPUT_BROKEN;
}

void output_flush(struct output *out)
{
	struct slice rest = buf_slice(&out->buf);

	while (out->state == OUTPUT_OPEN && rest.len > 0)
		out->state = write_piece(out, &rest);
	if (out->buf.cap > KEEP)
		buf_free(&out->buf);
	else
		buf_reset(&out->buf);
}
