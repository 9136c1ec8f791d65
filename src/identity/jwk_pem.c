/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/jwk.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <string.h>

struct block {
	char *name;
	char *header; /* "Proc-Type: 4,ENCRYPTED" and the like */
	unsigned char *data;
	long len;
};

static void block_free(struct block *b)
{
	OPENSSL_free(b->name);
	OPENSSL_free(b->header);
	if (b->len > 0)
		OPENSSL_clear_free(b->data, (size_t)b->len);
	*b = (struct block){0};
}

static bool block_read(BIO *bio, struct block *ret)
{
	*ret = (struct block){0};
	return PEM_read_bio(bio, &ret->name, &ret->header, &ret->data, &ret->len) == 1;
}

static EVP_PKEY *key_of_certificate(const unsigned char **at, long len)
{
	X509 *certificate = d2i_X509(NULL, at, len);
	EVP_PKEY *pkey = certificate ? X509_get_pubkey(certificate) : NULL;

	X509_free(certificate);
	return pkey;
}

static bool is_private_name(const char *name)
{
	return strcmp(name, "PRIVATE KEY") == 0 || strcmp(name, "EC PRIVATE KEY") == 0 ||
	       strcmp(name, "RSA PRIVATE KEY") == 0;
}

static enum jwk_fault check_name(const struct block *b, enum jwk_mode mode)
{
	if (b->header[0] != '\0' || strcmp(b->name, "ENCRYPTED PRIVATE KEY") == 0)
		return JWK_ENCRYPTED;
	if (is_private_name(b->name))
		return mode == JWK_PRIVATE ? JWK_OK : JWK_IS_PRIVATE;
	if (strcmp(b->name, "PUBLIC KEY") != 0 && strcmp(b->name, "CERTIFICATE") != 0)
		return JWK_NOT_PEM;
	return mode == JWK_PRIVATE ? JWK_NOT_PRIVATE : JWK_OK;
}

static enum jwk_fault decode(const struct block *b, enum jwk_mode mode, EVP_PKEY **ret_pkey)
{
	const unsigned char *at = b->data;
	EVP_PKEY *pkey;
	enum jwk_fault fault = check_name(b, mode);

	if (fault)
		return fault;
	if (strcmp(b->name, "CERTIFICATE") == 0)
		pkey = key_of_certificate(&at, b->len);
	else if (is_private_name(b->name))
		pkey = d2i_AutoPrivateKey(NULL, &at, b->len);
	else
		pkey = d2i_PUBKEY(NULL, &at, b->len);
	if (!pkey || at != b->data + b->len) {
		EVP_PKEY_free(pkey);
		return JWK_BAD_KEY;
	}
	*ret_pkey = pkey;
	return JWK_OK;
}

/* Which of several blocks is meant would be a guess, so there is one. */
static enum jwk_fault read_only_block(BIO *bio, enum jwk_mode mode, EVP_PKEY **ret_pkey)
{
	struct block block, second;

	if (!block_read(bio, &block)) {
		block_free(&block);
		return JWK_NOT_PEM;
	}
	enum jwk_fault fault = JWK_NOT_PEM;
	if (!block_read(bio, &second))
		fault = decode(&block, mode, ret_pkey);
	block_free(&second);
	block_free(&block);
	return fault;
}

static bool type_of(const EVP_PKEY *pkey, enum jwk_type *ret_type)
{
	static const struct {
		const char *name;
		enum jwk_type type;
	} types[] = {{"RSA", JWK_RSA}, {"EC", JWK_EC_P256}, {"ED25519", JWK_ED25519}};

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		if (EVP_PKEY_is_a(pkey, types[i].name)) {
			*ret_type = types[i].type;
			return true;
		}
	}
	return false;
}

static enum jwk_fault read_pem(struct slice pem, enum jwk_mode mode, struct jwk **ret_key)
{
	BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
	EVP_PKEY *pkey = NULL;
	enum jwk_type type;
	enum jwk_fault fault = bio ? read_only_block(bio, mode, &pkey) : JWK_NO_MEMORY;

	BIO_free(bio);
	if (fault)
		return fault;
	if (!type_of(pkey, &type)) {
		EVP_PKEY_free(pkey);
		return JWK_UNKNOWN_TYPE;
	}
	return jwk_from_pkey(pkey, type, mode == JWK_PRIVATE, ret_key);
}

enum jwk_fault jwk_from_pem(struct slice pem, enum jwk_mode mode, struct jwk **ret_key)
{
	if (pem.len > JWK_MAX_TEXT)
		return JWK_TOO_LARGE;
	if (pem.len == 0)
		return JWK_NOT_PEM;
	ERR_set_mark();
	enum jwk_fault fault = read_pem(pem, mode, ret_key);
	ERR_pop_to_mark();
	return fault;
}
