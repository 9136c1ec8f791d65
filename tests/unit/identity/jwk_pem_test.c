/* SPDX-License-Identifier: Apache-2.0 */
/* PEM as OpenSSL writes it, of keys that this program makes: no key lies in the repository. */
#include "../test.h"

#include "../edge.h"
#include "identity/jwk.h"
#include "rfc_keys.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

struct pem {
	BIO *bio;
	struct slice text;
};

enum form {
	PUBLIC,
	PRIVATE,
	TRADITIONAL,
	ENCRYPTED,
	TRADITIONAL_ENCRYPTED,
	CERTIFICATE,
};

static void write_certificate(BIO *bio, EVP_PKEY *pkey)
{
	X509 *x = X509_new();
	const EVP_MD *md = EVP_PKEY_is_a(pkey, "ED25519") ? NULL : EVP_sha256();

	assert_int_equal(X509_set_pubkey(x, pkey), 1);
	assert_int_equal(ASN1_TIME_set_string(X509_getm_notBefore(x), "20000101000000Z"), 1);
	assert_int_equal(ASN1_TIME_set_string(X509_getm_notAfter(x), "20010101000000Z"), 1);
	assert_true(X509_sign(x, pkey, md) > 0);
	assert_int_equal(PEM_write_bio_X509(bio, x), 1);
	X509_free(x);
}

static void write_form(BIO *bio, EVP_PKEY *pkey, enum form form)
{
	static const unsigned char pass[] = "pass";
	const EVP_CIPHER *aes = EVP_aes_128_cbc();
	int ok = 1;

	if (form == PUBLIC)
		ok = PEM_write_bio_PUBKEY(bio, pkey);
	else if (form == PRIVATE)
		ok = PEM_write_bio_PKCS8PrivateKey(bio, pkey, NULL, NULL, 0, NULL, NULL);
	else if (form == TRADITIONAL)
		ok = PEM_write_bio_PrivateKey_traditional(bio, pkey, NULL, NULL, 0, NULL, NULL);
	else if (form == ENCRYPTED)
		ok = PEM_write_bio_PKCS8PrivateKey(bio, pkey, aes, "pass", 4, NULL, NULL);
	else if (form == TRADITIONAL_ENCRYPTED)
		ok = PEM_write_bio_PrivateKey_traditional(bio, pkey, aes, pass, 4, NULL, NULL);
	else
		write_certificate(bio, pkey);
	assert_int_equal(ok, 1);
}

static struct pem pem_begin(void)
{
	struct pem pem = {.bio = BIO_new(BIO_s_mem())};

	assert_non_null(pem.bio);
	return pem;
}

static struct slice pem_text(struct pem *pem)
{
	char *text = NULL;
	long len = BIO_get_mem_data(pem->bio, &text);

	return place_at_edge((struct slice){text, (size_t)len});
}

static EVP_PKEY *explicit_curve(void)
{
	EVP_PKEY *pkey = EVP_EC_gen("P-256");

	assert_int_equal(EVP_PKEY_set_utf8_string_param(pkey, OSSL_PKEY_PARAM_EC_ENCODING,
							OSSL_PKEY_EC_ENCODING_EXPLICIT),
			 1);
	return pkey;
}

static EVP_PKEY *pss_key(void)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
	EVP_PKEY *pkey = NULL;

	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_generate(ctx, &pkey), 1);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

enum maker {
	RSA_2048,
	RSA_1024,
	RSA_PSS,
	P256,
	P256_EXPLICIT,
	P384,
	ED25519,
	ED448,
	X25519,
	MAKERS,
};

static EVP_PKEY *make(enum maker maker)
{
	switch (maker) {
	case RSA_2048:
		return EVP_RSA_gen(2048);
	case RSA_1024:
		return EVP_RSA_gen(1024);
	case RSA_PSS:
		return pss_key();
	case P256:
		return EVP_EC_gen("P-256");
	case P256_EXPLICIT:
		return explicit_curve();
	case P384:
		return EVP_EC_gen("P-384");
	case ED25519:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	case ED448:
		return EVP_PKEY_Q_keygen(NULL, NULL, "ED448");
	case X25519:
		return EVP_PKEY_Q_keygen(NULL, NULL, "X25519");
	case MAKERS:
		break;
	}
	return NULL;
}

static const struct {
	const char *name;
	enum maker maker;
	enum form form;
	enum jwk_mode mode;
	enum jwk_fault fault;
	enum jwk_type type;
} cases[] = {
	{"an RSA key", RSA_2048, PUBLIC, JWK_PUBLIC, JWK_OK, JWK_RSA},
	{"an EC key", P256, PUBLIC, JWK_PUBLIC, JWK_OK, JWK_EC_P256},
	{"an Ed25519 key", ED25519, PUBLIC, JWK_SHARED, JWK_OK, JWK_ED25519},
	{"a certificate with RSA", RSA_2048, CERTIFICATE, JWK_PUBLIC, JWK_OK, JWK_RSA},
	{"a certificate with EC", P256, CERTIFICATE, JWK_PUBLIC, JWK_OK, JWK_EC_P256},
	{"a certificate with Ed25519", ED25519, CERTIFICATE, JWK_PUBLIC, JWK_OK, JWK_ED25519},
	{"a private RSA key", RSA_2048, PRIVATE, JWK_PRIVATE, JWK_OK, JWK_RSA},
	{"a private RSA key of the old form", RSA_2048, TRADITIONAL, JWK_PRIVATE, JWK_OK, JWK_RSA},
	{"a private EC key", P256, PRIVATE, JWK_PRIVATE, JWK_OK, JWK_EC_P256},
	{"a private EC key of the old form", P256, TRADITIONAL, JWK_PRIVATE, JWK_OK, JWK_EC_P256},
	{"a private Ed25519 key", ED25519, PRIVATE, JWK_PRIVATE, JWK_OK, JWK_ED25519},
	{"a private key where public ones belong", P256, PRIVATE, JWK_PUBLIC, JWK_IS_PRIVATE,
	 JWK_OCT},
	{"a private key of the old form there", P256, TRADITIONAL, JWK_SHARED, JWK_IS_PRIVATE,
	 JWK_OCT},
	{"a public key that should sign", P256, PUBLIC, JWK_PRIVATE, JWK_NOT_PRIVATE, JWK_OCT},
	{"a certificate that should sign", P256, CERTIFICATE, JWK_PRIVATE, JWK_NOT_PRIVATE,
	 JWK_OCT},
	{"an encrypted key", P256, ENCRYPTED, JWK_PRIVATE, JWK_ENCRYPTED, JWK_OCT},
	{"an encrypted key of the old form", P256, TRADITIONAL_ENCRYPTED, JWK_PRIVATE,
	 JWK_ENCRYPTED, JWK_OCT},
	{"RSA of 1024 bits", RSA_1024, PUBLIC, JWK_PUBLIC, JWK_WEAK, JWK_OCT},
	{"a certificate with RSA of 1024 bits", RSA_1024, CERTIFICATE, JWK_PUBLIC, JWK_WEAK,
	 JWK_OCT},
	{"a key for PSS alone", RSA_PSS, PUBLIC, JWK_PUBLIC, JWK_UNKNOWN_TYPE, JWK_OCT},
	{"another curve", P384, PUBLIC, JWK_PUBLIC, JWK_UNKNOWN_TYPE, JWK_OCT},
	{"P-256 spelled out (CVE-2020-0601)", P256_EXPLICIT, PUBLIC, JWK_PUBLIC, JWK_BAD_KEY,
	 JWK_OCT},
	{"Ed448", ED448, PUBLIC, JWK_PUBLIC, JWK_UNKNOWN_TYPE, JWK_OCT},
	{"X25519", X25519, PUBLIC, JWK_PUBLIC, JWK_UNKNOWN_TYPE, JWK_OCT},
};

static void judges_blocks(void **state)
{
	EVP_PKEY **pkeys = *state;

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct pem pem = pem_begin();
		struct jwk *key = NULL;

		write_form(pem.bio, pkeys[cases[i].maker], cases[i].form);
		enum jwk_fault fault = jwk_from_pem(pem_text(&pem), cases[i].mode, &key);
		if (fault != cases[i].fault)
			fail_msg("%s: %s", cases[i].name, jwk_fault_text(fault));
		check(cases[i].name, !key || key->type == cases[i].type);
		check(cases[i].name, !key || key->can_sign == (cases[i].mode == JWK_PRIVATE));
		/* A secret is never made of a text that an attacker may know. */
		check(cases[i].name, !key || !jwk_allows(key, JWS_HS256));
		jwk_unref(key);
		BIO_free(pem.bio);
	}
}

static void there_is_one_block(void **state)
{
	EVP_PKEY **pkeys = *state;
	struct pem pem = pem_begin();
	struct jwk *key = NULL;

	write_form(pem.bio, pkeys[P256], PUBLIC);
	write_form(pem.bio, pkeys[ED25519], PUBLIC);
	assert_int_equal(jwk_from_pem(pem_text(&pem), JWK_PUBLIC, &key), JWK_NOT_PEM);
	BIO_free(pem.bio);
}

static void text_around_the_block_is_a_comment(void **state)
{
	EVP_PKEY **pkeys = *state;
	struct pem pem = pem_begin();
	struct jwk *key = NULL;

	assert_true(BIO_puts(pem.bio, "the key of id.test\n") > 0);
	write_form(pem.bio, pkeys[P256], PUBLIC);
	assert_true(BIO_puts(pem.bio, "\n") > 0);
	assert_int_equal(jwk_from_pem(pem_text(&pem), JWK_PUBLIC, &key), JWK_OK);
	jwk_unref(key);
	BIO_free(pem.bio);
}

static const struct {
	const char *name;
	const char *text;
	enum jwk_fault fault;
} texts[] = {
	{"nothing", "", JWK_NOT_PEM},
	{"no block", "hello", JWK_NOT_PEM},
	{"a JWK", "{" RFC_EC "}", JWK_NOT_PEM},
	{"a secret as a block", "-----BEGIN SECRET-----\nAAAA\n-----END SECRET-----\n",
	 JWK_NOT_PEM},
	{"no DER inside", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
	 JWK_BAD_KEY},
	{"an empty block", "-----BEGIN PUBLIC KEY-----\n-----END PUBLIC KEY-----\n", JWK_NOT_PEM},
	{"no end", "-----BEGIN PUBLIC KEY-----\nAAAA\n", JWK_NOT_PEM},
};

static void judges_texts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		struct jwk *key = NULL;
		enum jwk_fault fault =
			jwk_from_pem(place_at_edge(slice_of(texts[i].text)), JWK_PUBLIC, &key);

		if (fault != texts[i].fault)
			fail_msg("%s: %s", texts[i].name, jwk_fault_text(fault));
		assert_null(key);
	}
}

static void no_prefix_is_a_key(void **state)
{
	EVP_PKEY **pkeys = *state;
	struct pem pem = pem_begin();
	struct jwk *key = NULL;

	write_form(pem.bio, pkeys[P256], PUBLIC);
	struct slice text = pem_text(&pem);
	/* The last line end may be missing. */
	for (size_t n = 0; n + 1 < text.len; n++)
		assert_int_not_equal(
			jwk_from_pem(place_at_edge(slice_upto(text, n)), JWK_PUBLIC, &key), JWK_OK);
	BIO_free(pem.bio);
}

static int set_up(void **state)
{
	static EVP_PKEY *pkeys[MAKERS];

	for (unsigned i = 0; i < MAKERS; i++)
		pkeys[i] = make((enum maker)i);
	*state = pkeys;
	return 0;
}

static int tear_down(void **state)
{
	EVP_PKEY **pkeys = *state;

	for (unsigned i = 0; i < MAKERS; i++)
		EVP_PKEY_free(pkeys[i]);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(judges_blocks),
		cmocka_unit_test(there_is_one_block),
		cmocka_unit_test(text_around_the_block_is_a_comment),
		cmocka_unit_test(judges_texts),
		cmocka_unit_test(no_prefix_is_a_key),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
