/* SPDX-License-Identifier: Apache-2.0 */
/* tls_subject.c - who a client's certificate says that it is. */
#include "os/tls_context.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <time.h>

static bool has_control(struct slice s)
{
	for (size_t i = 0; i < s.len; i++) {
		if ((unsigned char)s.ptr[i] < 0x20 || s.ptr[i] == 0x7f)
			return true;
	}
	return false;
}

/* A name is whole or it is none: what is cut off might be the difference. */
static enum err put_name(struct writer *ret, struct slice name)
{
	if (name.len > TLS_MAX_SUBJECT)
		return E_TOO_BIG;
	if (has_control(name))
		return E_BAD_FIELD;
	put(ret, name);
	return ret->overflow ? E_NO_SPACE : OK;
}

/* The index of the one common name, or -1 where there is none or more than one. */
static int lone_common_name(const X509_NAME *name)
{
	int at = X509_NAME_get_index_by_NID(name, NID_commonName, -1);

	return at >= 0 && X509_NAME_get_index_by_NID(name, NID_commonName, at) < 0 ? at : -1;
}

static enum err put_common_name(const X509_NAME *name, int at, struct writer *ret)
{
	unsigned char *text = NULL;
	int len =
		ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));

	if (len < 0) {
		ERR_clear_error();
		return E_BAD_FIELD;
	}
	enum err err = put_name(ret, (struct slice){(const char *)text, (size_t)len});
	OPENSSL_free(text);
	return err;
}

static enum err put_whole(const X509_NAME *name, struct writer *ret)
{
	const unsigned long form = XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB;
	BIO *out = BIO_new(BIO_s_mem());
	char *text = NULL;
	enum err err = E_NOMEM;

	if (out && X509_NAME_print_ex(out, name, 0, form) >= 0) {
		long len = BIO_get_mem_data(out, &text);

		err = put_name(ret, (struct slice){text, len > 0 ? (size_t)len : 0});
	}
	(void)BIO_free(out);
	ERR_clear_error();
	return err;
}

enum err tls_peer_subject(const struct tls_peer *p, struct writer *ret)
{
	const X509 *cert = tls_peer_certificate(p);

	if (!cert)
		return OK;
	const X509_NAME *name = X509_get_subject_name(cert);
	int at = lone_common_name(name);
	return at >= 0 ? put_common_name(name, at, ret) : put_whole(name, ret);
}

int64_t tls_peer_subject_expires(const struct tls_peer *p)
{
	const X509 *cert = tls_peer_certificate(p);
	struct tm tm;

	if (!cert || ASN1_TIME_to_tm(X509_get0_notAfter(cert), &tm) != 1)
		return 0;
	return (int64_t)timegm(&tm);
}
