/* SPDX-License-Identifier: Apache-2.0 */
/* What a server takes for its own and what it refuses: certificates, keys, OCSP responses. */
#include "../test.h"

#include "os/tls_self.h"
#include "os/tls_server.h"
#include "tls_case.h"

#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include <string.h>
#include <time.h>

struct file_case {
	const char *name;
	struct slice chain, key, ocsp;
	const char *why; /* NULL: taken */
};

static void check_files(const struct file_case *c)
{
	char text[256];
	struct tls_identity identity = {c->chain, c->key, c->ocsp};
	const struct tls_server_config config = {
		.identities = &identity, .identity_count = 1, .tickets = tickets};
	struct tls_server *s = case_try(&config, text, sizeof(text));

	check(c->name, (s != NULL) == (c->why == NULL));
	check_slice(c->name, slice_of(text), slice_of(c->why ? c->why : ""));
	tls_server_unref(s);
}

static void broken_files_are_refused_with_a_reason(void **state)
{
	(void)state;
	const struct lab_spec old = {.name = "x", .from_s = -2 * LAB_DAY, .until_s = -LAB_DAY};
	const struct lab_spec early = {.name = "x", .from_s = LAB_DAY, .until_s = 2 * LAB_DAY};
	const struct lab_spec weak = {.name = "x", .rsa_bits = 1024};
	struct lab_cert expired = lab_make(&old, &root), future = lab_make(&early, &root);
	struct lab_cert small = lab_make(&weak, &root);
	struct slice locked = lab_locked_key(&leaf);
	const struct file_case cases[] = {
		{"a good pair", leaf.cert_pem, leaf.key_pem, SLICE_NONE, NULL},
		{"an empty chain", SLICE(""), leaf.key_pem, SLICE_NONE,
		 "certificate 1: there is no certificate in PEM"},
		{"text for a chain", SLICE("hello\n"), leaf.key_pem, SLICE_NONE,
		 "certificate 1: there is no certificate in PEM"},
		{"a key for a chain", leaf.key_pem, leaf.key_pem, SLICE_NONE,
		 "certificate 1: there is no certificate in PEM"},
		{"a certificate for a key", leaf.cert_pem, leaf.cert_pem, SLICE_NONE,
		 "certificate 1: there is no private key in PEM"},
		{"an empty key", leaf.cert_pem, SLICE(""), SLICE_NONE,
		 "certificate 1: there is no private key in PEM"},
		{"a key under a passphrase", leaf.cert_pem, locked, SLICE_NONE,
		 "certificate 1: the key has a passphrase: store it without one"},
		{"the key of another", leaf.cert_pem, future.key_pem, SLICE_NONE,
		 "certificate 1: the key does not fit"},
		{"the key of a certificate behind", leaf.cert_pem, root.key_pem, SLICE_NONE,
		 "certificate 1: the key fits certificate 2 of the chain: put the server's own "
		 "first"},
		{"a certificate of yesterday", expired.cert_pem, expired.key_pem, SLICE_NONE,
		 "certificate 1: the certificate has expired"},
		{"a certificate of tomorrow", future.cert_pem, future.key_pem, SLICE_NONE,
		 "certificate 1: the certificate is not valid yet"},
		{"RSA of 1024 bits", small.cert_pem, small.key_pem, SLICE_NONE,
		 "certificate 1: the RSA key is shorter than 2048 bits"},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		check_files(&cases[i]);
	lab_free(&expired);
	lab_free(&future);
	lab_free(&small);
	lab_free_bytes(locked);
}

static void responses_that_do_not_help_are_refused(void **state)
{
	(void)state;
	struct slice good = lab_ocsp(&leaf, &root, V_OCSP_CERTSTATUS_GOOD, -60, LAB_DAY);
	const struct {
		const char *name;
		struct slice ocsp; /* freed */
		const char *why;
	} made[] = {
		{"a response of revocation",
		 lab_ocsp(&leaf, &root, V_OCSP_CERTSTATUS_REVOKED, -60, LAB_DAY),
		 "certificate 1: the OCSP response says that the certificate is revoked"},
		{"a response that does not know",
		 lab_ocsp(&leaf, &root, V_OCSP_CERTSTATUS_UNKNOWN, -60, LAB_DAY),
		 "certificate 1: the OCSP response does not know the certificate"},
		{"a response of yesterday",
		 lab_ocsp(&leaf, &root, V_OCSP_CERTSTATUS_GOOD, -LAB_DAY, -3600),
		 "certificate 1: the OCSP response has expired or is not valid yet"},
		{"the response of another",
		 lab_ocsp(&root, &other_root, V_OCSP_CERTSTATUS_GOOD, -60, LAB_DAY),
		 "certificate 1: the OCSP response is of another certificate"},
	};
	const char none[] = "certificate 1: there is no OCSP response in DER";
	const struct file_case cases[] = {
		{"a good one", leaf.cert_pem, leaf.key_pem, good, NULL},
		{"text", leaf.cert_pem, leaf.key_pem, SLICE("hello"), none},
		{"an empty one", leaf.cert_pem, leaf.key_pem, SLICE(""), none},
		{"one that is cut", leaf.cert_pem, leaf.key_pem, slice_upto(good, good.len - 1),
		 none},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++)
		check_files(&cases[i]);
	for (size_t i = 0; i < COUNT_OF(made); i++) {
		const struct file_case c = {made[i].name, leaf.cert_pem, leaf.key_pem, made[i].ocsp,
					    made[i].why};

		check_files(&c);
		lab_free_bytes(made[i].ocsp);
	}
	lab_free_bytes(good);
}

static void a_certificate_that_is_cut_is_refused_at_every_byte(void **state)
{
	(void)state;
	const struct slice end = SLICE("-----END CERTIFICATE-----");
	size_t whole = end.len;

	while (!slice_ends(slice_upto(leaf.cert_pem, whole), end))
		whole++;

	for (size_t len = 0; len < whole; len++) {
		char text[256];
		struct tls_identity identity = {.chain = slice_upto(leaf.cert_pem, len),
						.key = leaf.key_pem};
		const struct tls_server_config config = {
			.identities = &identity, .identity_count = 1, .tickets = tickets};

		assert_null(case_try(&config, text, sizeof(text)));
		assert_string_equal(text, "certificate 1: there is no certificate in PEM");
	}
}

static void a_chain_whose_issuer_is_cut_is_refused(void **state)
{
	(void)state;
	char text[256];
	struct tls_identity identity = {.chain = slice_upto(leaf.cert_pem, leaf.cert_pem.len - 40),
					.key = leaf.key_pem};
	const struct tls_server_config config = {
		.identities = &identity, .identity_count = 1, .tickets = tickets};

	assert_null(case_try(&config, text, sizeof(text)));
	assert_true(slice_starts(slice_of(text), SLICE("certificate 1: the chain cannot be read")));
}

static void the_fault_of_the_second_is_told_by_its_number(void **state)
{
	(void)state;
	char text[256];
	struct tls_identity both[] = {identity_of(&leaf), identity_of(&root)};
	const struct tls_server_config config = {
		.identities = both, .identity_count = 2, .tickets = tickets};
	const struct tls_server_config none = {.tickets = tickets};
	const struct tls_server_config strangers = {.identities = both,
						    .identity_count = 1,
						    .client_ca = SLICE("hello"),
						    .tickets = tickets};

	both[1].key = leaf.key_pem;
	assert_null(case_try(&config, text, sizeof(text)));
	assert_string_equal(text, "certificate 2: the key does not fit");
	assert_null(case_try(&none, text, sizeof(text)));
	assert_string_equal(text, "1 to 16 certificates are needed");
	assert_null(case_try(&strangers, text, sizeof(text)));
	assert_string_equal(text, "client authorities: there is no certificate in PEM that can be "
				  "read");
}

static void the_first_end_of_a_certificate_is_known(void **state)
{
	(void)state;
	const struct lab_spec soon = {.name = "x", .from_s = -60, .until_s = 3600};
	struct lab_cert short_lived = lab_make(&soon, &root);
	struct tls_identity both[] = {identity_of(&leaf), identity_of(&short_lived)};
	const struct tls_server_config config = {
		.identities = both, .identity_count = 2, .tickets = tickets};
	struct tls_server *s = case_server(&config);
	size_t index = 0;
	int64_t left_s = tls_server_expires(s, &index) - (int64_t)time(NULL);

	assert_in_range(left_s, 3000, 3600);
	assert_int_equal(index, 1);
	tls_server_unref(s);
	lab_free(&short_lived);
}

/* For development. */

static void a_certificate_of_our_own_serves_localhost(void **state)
{
	(void)state;
	struct tls_self self, other;

	assert_int_equal(tls_self_make(&self), OK);
	assert_int_equal(tls_self_make(&other), OK);
	assert_int_equal(strlen(self.fingerprint), 95);
	assert_int_equal(strlen(self.pin), 8 + 44);
	assert_string_not_equal(self.fingerprint, other.fingerprint);
	assert_string_not_equal(self.pin, other.pin);
	struct tls_identity identity = {.chain = {self.chain, self.chain_len},
					.key = {self.key, self.key_len}};
	const struct tls_server_config config = {
		.identities = &identity, .identity_count = 1, .tickets = tickets};
	struct tls_server *s = case_server(&config);
	struct lab_pair p;
	int64_t left_s = tls_server_expires(s, NULL) - (int64_t)time(NULL);
	assert_in_range(left_s, 6 * LAB_DAY, 7 * LAB_DAY);
	assert_true(lab_connect(&p, s, NULL));
	X509 *got = SSL_get1_peer_certificate(p.client);
	assert_int_equal(X509_check_host(got, "localhost", 0, 0, NULL), 1);
	assert_int_equal(X509_check_ip_asc(got, "127.0.0.1", 0), 1);
	assert_int_equal(X509_check_ip_asc(got, "::1", 0), 1);
	assert_int_equal(X509_check_host(got, "example.com", 0, 0, NULL), 0);
	X509_free(got);
	lab_end(&p);
	tls_server_unref(s);
	tls_self_wipe(&self);
	tls_self_wipe(&other);
	assert_int_equal(self.key_len, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_certificate_of_our_own_serves_localhost),
		cmocka_unit_test(broken_files_are_refused_with_a_reason),
		cmocka_unit_test(responses_that_do_not_help_are_refused),
		cmocka_unit_test(a_certificate_that_is_cut_is_refused_at_every_byte),
		cmocka_unit_test(a_chain_whose_issuer_is_cut_is_refused),
		cmocka_unit_test(the_fault_of_the_second_is_told_by_its_number),
		cmocka_unit_test(the_first_end_of_a_certificate_is_known),
	};

	return cmocka_run_group_tests_name("tls_files", tests, case_set_up, case_tear_down);
}
