/* SPDX-License-Identifier: Apache-2.0 */
#include "os/wire.h"

#include "os/tcp.h"

#include <errno.h>
#include <string.h>

void wire_init(struct wire *w, int fd)
{
	*w = (struct wire){.fd = fd};
}

enum err wire_secure(struct wire *w, const struct tls_trust *trust, struct slice host,
		     struct slice protocol)
{
	enum err err = tls_client_init(&w->tls, trust, w->fd, host);

	if (!err && protocol.len > 0)
		err = tls_client_offer(&w->tls, protocol);
	if (err)
		tls_client_fini(&w->tls);
	return err;
}

static long tls_outcome(struct wire *w, long n)
{
	if (n == TLS_FAILED)
		w->why = w->tls.why;
	return n;
}

static long tcp_outcome(struct wire *w, long n, long again)
{
	if (n == TCP_AGAIN)
		return again;
	if (n != TCP_FAILED)
		return n;
	w->why = strerrordesc_np(errno);
	return WIRE_FAILED;
}

long wire_greet(struct wire *w)
{
	return w->tls.ssl ? tls_outcome(w, tls_client_handshake(&w->tls)) : 1;
}

long wire_receive(struct wire *w, char *room, size_t cap)
{
	if (w->tls.ssl)
		return tls_outcome(w, tls_client_receive(&w->tls, room, cap));
	return tcp_outcome(w, tcp_receive(w->fd, room, cap), WIRE_WANT_READ);
}

long wire_send(struct wire *w, struct slice bytes)
{
	if (w->tls.ssl)
		return tls_outcome(w, tls_client_send(&w->tls, bytes));
	return tcp_outcome(w, tcp_send(w->fd, bytes), WIRE_WANT_WRITE);
}

void wire_close(struct wire *w)
{
	tls_client_fini(&w->tls);
	tcp_close(w->fd);
	w->fd = -1;
}
