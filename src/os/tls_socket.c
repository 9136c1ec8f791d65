/* SPDX-License-Identifier: Apache-2.0 */
#include "os/tls_socket.h"

#include "base/require.h"
#include "os/peer.h"
#include "os/tls_context.h"

#include <openssl/bio.h>

/*
 * A filter in front of OpenSSL's socket BIO and not a BIO of its own, because that one knows
 * kernel TLS; and where the kernel encrypts, it writes.
 */

ptrdiff_t tls_socket_flush(struct tls_socket *s)
{
	if (s->rest.len == 0)
		return 0;
	struct slice all = buf_slice(&s->rest);
	ptrdiff_t n = peer_send(s->fd, &all, 1);
	if (n < 0)
		return n;
	if ((size_t)n < s->rest.len) {
		buf_consume(&s->rest, (size_t)n);
		return PEER_BLOCKED;
	}
	buf_free(&s->rest);
	return 0;
}

void tls_socket_push(struct tls_socket *s)
{
	s->duty = TLS_DUTY_LAST;
	if (s->rest.len > 0)
		peer_send_last(s->fd, buf_slice(&s->rest));
	buf_free(&s->rest);
}

static bool keep(struct tls_socket *s, struct slice bytes)
{
	ptrdiff_t n = tls_socket_flush(s);

	if (n == 0)
		n = peer_send(s->fd, &bytes, 1);
	if (n == PEER_GONE)
		return false;
	bytes = slice_from(bytes, n > 0 ? (size_t)n : 0);
	return bytes.len == 0 || buf_append(&s->rest, bytes) == OK;
}

static int tell(BIO *bio, const struct tls_socket *s, struct slice bytes)
{
	ptrdiff_t n = peer_send(s->fd, &bytes, 1);

	if (n == PEER_BLOCKED)
		BIO_set_retry_write(bio);
	return n < 0 ? -1 : (int)n;
}

static int write_next(BIO *bio, const char *bytes, int len)
{
	int n = BIO_write(BIO_next(bio), bytes, len);

	BIO_copy_next_retry(bio);
	return n;
}

static int socket_write(BIO *bio, const char *bytes, int len)
{
	struct tls_socket *s = BIO_get_data(bio);
	struct slice all = {bytes, (size_t)len};

	BIO_clear_retry_flags(bio);
#ifndef OPENSSL_NO_KTLS
	if (BIO_get_ktls_send(BIO_next(bio)))
		return write_next(bio, bytes, len);
#endif
	switch (s->duty) {
	case TLS_DUTY_TELL:
		return tell(bio, s, all);
	case TLS_DUTY_KEEP:
		return keep(s, all) ? len : -1;
	case TLS_DUTY_LAST:
		peer_send_last(s->fd, all);
		return len;
	}
	unreachable();
}

static int socket_read(BIO *bio, char *room, int cap)
{
	BIO_clear_retry_flags(bio);
	int n = BIO_read(BIO_next(bio), room, cap);
	BIO_copy_next_retry(bio);
	return n;
}

static long socket_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
	return BIO_next(bio) ? BIO_ctrl(BIO_next(bio), cmd, num, ptr) : 0;
}

BIO_METHOD *tls_socket_method(void)
{
	BIO_METHOD *m = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_FILTER, "tls socket");

	if (!m)
		return NULL;
	if (BIO_meth_set_read(m, socket_read) && BIO_meth_set_write(m, socket_write) &&
	    BIO_meth_set_ctrl(m, socket_ctrl))
		return m;
	BIO_meth_free(m);
	return NULL;
}

BIO *tls_socket_bio(struct tls_socket *s, const BIO_METHOD *method)
{
	BIO *bio = BIO_new(method);
	BIO *below = bio ? BIO_new_socket(s->fd, BIO_NOCLOSE) : NULL;

	if (!below) {
		BIO_free(bio);
		return NULL;
	}
	BIO_set_data(bio, s);
	BIO_set_init(bio, 1);
	return BIO_push(bio, below);
}
