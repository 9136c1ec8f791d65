/* SPDX-License-Identifier: Apache-2.0 */
/* tls_tickets.c - session tickets: AES-256-CBC and HMAC-SHA256, as RFC 5077 4 recommends. */
#include "os/tls_context.h"

#include "os/entropy.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#define KEY_NAME 16u /* bytes (RFC 5077 4) */

struct ticket_key {
	unsigned char name[KEY_NAME];
	unsigned char aes[32];
	unsigned char mac[32];
};

struct tls_tickets {
	atomic_size_t refs;
	pthread_mutex_t lock;
	struct ticket_key now;
	struct ticket_key before; /* all zero until the first rotation */
	bool has_before;
};

/* Keys. */

struct tls_tickets *tls_tickets_new(void)
{
	struct tls_tickets *t = calloc(1, sizeof(*t));

	if (!t)
		return NULL;
	if (entropy_get(&t->now, sizeof(t->now)) || pthread_mutex_init(&t->lock, NULL) != 0) {
		OPENSSL_cleanse(t, sizeof(*t));
		free(t);
		return NULL;
	}
	atomic_init(&t->refs, 1);
	return t;
}

struct tls_tickets *tls_tickets_ref(struct tls_tickets *t)
{
	atomic_fetch_add(&t->refs, 1);
	return t;
}

void tls_tickets_unref(struct tls_tickets *t)
{
	if (!t || atomic_fetch_sub(&t->refs, 1) > 1)
		return;
	(void)pthread_mutex_destroy(&t->lock);
	OPENSSL_cleanse(t, sizeof(*t));
	free(t);
}

enum err tls_tickets_rotate(struct tls_tickets *t)
{
	struct ticket_key fresh;

	if (entropy_get(&fresh, sizeof(fresh)))
		return E_IO;
	(void)pthread_mutex_lock(&t->lock);
	t->before = t->now;
	t->has_before = true;
	t->now = fresh;
	(void)pthread_mutex_unlock(&t->lock);
	OPENSSL_cleanse(&fresh, sizeof(fresh));
	return OK;
}

enum lookup {
	LOOKUP_NONE,
	LOOKUP_NOW,
	LOOKUP_BEFORE,
};

/* A copy: the lock is not held while OpenSSL works. */
static void key_now(struct tls_tickets *t, struct ticket_key *ret_key)
{
	(void)pthread_mutex_lock(&t->lock);
	*ret_key = t->now;
	(void)pthread_mutex_unlock(&t->lock);
}

static enum lookup key_named(struct tls_tickets *t, const unsigned char *name,
			     struct ticket_key *ret_key)
{
	enum lookup found = LOOKUP_NONE;

	(void)pthread_mutex_lock(&t->lock);
	if (memcmp(name, t->now.name, KEY_NAME) == 0) {
		*ret_key = t->now;
		found = LOOKUP_NOW;
	} else if (t->has_before && memcmp(name, t->before.name, KEY_NAME) == 0) {
		*ret_key = t->before;
		found = LOOKUP_BEFORE;
	}
	(void)pthread_mutex_unlock(&t->lock);
	return found;
}

/* What OpenSSL asks. */

static bool set_mac(EVP_MAC_CTX *mac, struct ticket_key *key)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key->mac, sizeof(key->mac)),
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};

	return EVP_MAC_CTX_set_params(mac, params) == 1;
}

static int seal(struct tls_tickets *t, unsigned char *name, unsigned char *iv,
		EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	struct ticket_key key;

	key_now(t, &key);
	memcpy(name, key.name, KEY_NAME);
	bool ok = !entropy_get(iv, 16) &&
		  EVP_EncryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key.aes, iv) == 1 &&
		  set_mac(mac, &key);
	OPENSSL_cleanse(&key, sizeof(key));
	return ok ? 1 : -1;
}

/* 0: unknown, so a full handshake; 1: good; 2: good, and renew it. */
static int open_ticket(struct tls_tickets *t, const unsigned char *name, const unsigned char *iv,
		       EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	struct ticket_key key = {0};
	enum lookup found = key_named(t, name, &key);

	if (found == LOOKUP_NONE)
		return 0;
	bool ok = EVP_DecryptInit_ex(cipher, EVP_aes_256_cbc(), NULL, key.aes, iv) == 1 &&
		  set_mac(mac, &key);
	OPENSSL_cleanse(&key, sizeof(key));
	if (!ok)
		return -1;
	return found == LOOKUP_NOW ? 1 : 2;
}

static int on_ticket(SSL *ssl, unsigned char *name, unsigned char *iv, EVP_CIPHER_CTX *cipher,
		     EVP_MAC_CTX *mac, int enc)
{
	struct tls_tickets *t = tls_server_of(ssl)->tickets;

	return enc ? seal(t, name, iv, cipher, mac) : open_ticket(t, name, iv, cipher, mac);
}

bool tls_tickets_use(SSL_CTX *ctx)
{
	return SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket) == 1 &&
	       SSL_CTX_set_num_tickets(ctx, 1) == 1;
}
