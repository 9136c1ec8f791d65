/* SPDX-License-Identifier: Apache-2.0 */
/* What a server agrees on with a client: versions, protocols, names, tickets, who it is. */
#include "../test.h"

#include "os/tls_server.h"
#include "tls_case.h"

#include <openssl/ocsp.h>

#include <string.h>

static struct tls_server *plain_server(void)
{
	struct tls_identity identity = identity_of(&leaf);
	const struct tls_server_config config = {
		.identities = &identity, .identity_count = 1, .http2 = true, .tickets = tickets};

	return case_server(&config);
}

/* Versions and protocols. */

static void versions_and_ciphers_are_the_modern_ones(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		bool only_1_3;
		int minimum, maximum;
		const char *ciphers;
		const char *version; /* NULL: refused */
	} cases[] = {
		{"what the library likes best", false, 0, 0, NULL, "TLSv1.3"},
		{"1.2 alone", false, 0, TLS1_2_VERSION, NULL, "TLSv1.2"},
		{"1.3 alone", false, TLS1_3_VERSION, 0, NULL, "TLSv1.3"},
		{"1.1", false, TLS1_VERSION, TLS1_1_VERSION, "ALL:@SECLEVEL=0", NULL},
		{"1.2 where 1.3 is the minimum", true, 0, TLS1_2_VERSION, NULL, NULL},
		{"1.3 where it is the minimum", true, 0, 0, NULL, "TLSv1.3"},
		{"CBC", false, 0, TLS1_2_VERSION, "ECDHE-ECDSA-AES128-SHA256:@SECLEVEL=0", NULL},
		{"no forward secrecy", false, 0, TLS1_2_VERSION, "AES128-GCM-SHA256:@SECLEVEL=0",
		 NULL},
		{"ChaCha in 1.2", false, 0, TLS1_2_VERSION, "ECDHE-ECDSA-CHACHA20-POLY1305",
		 "TLSv1.2"},
		{"finite fields", false, 0, TLS1_2_VERSION, "DHE-RSA-AES128-GCM-SHA256", NULL},
	};
	struct tls_identity identity = identity_of(&leaf);

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct tls_server_config config = {.identities = &identity,
							 .identity_count = 1,
							 .minimum_1_3 = cases[i].only_1_3,
							 .tickets = tickets};
		const struct lab_client client = {.minimum = cases[i].minimum,
						  .maximum = cases[i].maximum,
						  .ciphers = cases[i].ciphers};
		struct tls_server *s = case_server(&config);
		struct lab_pair p;
		bool open = lab_connect(&p, s, &client);

		check(cases[i].name, open == (cases[i].version != NULL));
		if (open)
			check_slice(cases[i].name, slice_of(tls_peer_version(p.peer)),
				    slice_of(cases[i].version));
		else
			check(cases[i].name, p.step == TLS_STEP_FAILED && tls_peer_why(p.peer));
		lab_end(&p);
		tls_server_unref(s);
	}
}

static void the_server_prefers_h2_and_refuses_what_it_does_not_speak(void **state)
{
	(void)state;
	static const struct {
		const char *name;
		bool http2;
		struct slice offer;
		const char *chosen; /* NULL: refused; "": none */
	} cases[] = {
		{"no offer", true, {NULL, 0}, ""},
		{"h2", true, SLICE_INIT("\x02h2"), "h2"},
		{"both, ours first", true, SLICE_INIT("\x08http/1.1\x02h2"), "h2"},
		{"HTTP/1.1 alone", true, SLICE_INIT("\x08http/1.1"), "http/1.1"},
		{"HTTP/1.0 alone", true, SLICE_INIT("\x08http/1.0"), "http/1.0"},
		{"both where h2 is off", false, SLICE_INIT("\x02h2\x08http/1.1"), "http/1.1"},
		{"h2 alone where it is off", false, SLICE_INIT("\x02h2"), NULL},
		{"another", true, SLICE_INIT("\x04smtp"), NULL},
		{"a name that begins alike", true, SLICE_INIT("\x03h2c\x09http/1.1x"), NULL},
	};
	struct tls_identity identity = identity_of(&leaf);

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct tls_server_config config = {.identities = &identity,
							 .identity_count = 1,
							 .http2 = cases[i].http2,
							 .tickets = tickets};
		const struct lab_client client = {.alpn = cases[i].offer};
		struct tls_server *s = case_server(&config);
		struct lab_pair p;
		const unsigned char *name = NULL;
		unsigned len = 0;
		bool open = lab_connect(&p, s, &client);

		check(cases[i].name, open == (cases[i].chosen != NULL));
		if (open) {
			struct slice want = slice_of(cases[i].chosen);

			SSL_get0_alpn_selected(p.client, &name, &len);
			check_slice(cases[i].name, ((struct slice){(const char *)name, len}), want);
			check(cases[i].name, tls_peer_is_h2(p.peer) == slice_eq(want, SLICE("h2")));
		}
		lab_end(&p);
		tls_server_unref(s);
	}
}

static void the_server_name_chooses_the_certificate(void **state)
{
	(void)state;
	const struct lab_spec specs[] = {
		{.name = "first", .san = "DNS:first.example"},
		{.name = "wild", .san = "DNS:*.wild.example"},
		{.name = "exact", .san = "DNS:www.wild.example,DNS:exact.example"},
		{.name = "rsa", .san = "DNS:rsa.example", .rsa_bits = 2048},
		{.name = "common.example"},
	};
	static const struct {
		const char *name;
		const char *asked;
		size_t chosen;
	} cases[] = {
		{"no name", NULL, 0},
		{"the first's", "first.example", 0},
		{"one that no other has", "nobody.example", 0},
		{"the wildcard's", "a.wild.example", 1},
		{"two labels are no match", "a.b.wild.example", 0},
		{"nor is none", "wild.example", 0},
		{"an exact name is before the wildcard", "www.wild.example", 2},
		{"in any case", "EXACT.example", 2},
		{"another kind of key", "rsa.example", 3},
		{"a common name is no host name", "common.example", 0},
		{"a leading dot is no pattern", ".example", 0},
	};
	struct lab_cert certs[COUNT_OF(specs)];
	struct tls_identity identities[COUNT_OF(specs)];

	for (size_t i = 0; i < COUNT_OF(specs); i++) {
		certs[i] = lab_make(&specs[i], &root);
		identities[i] = identity_of(&certs[i]);
	}
	const struct tls_server_config config = {
		.identities = identities, .identity_count = COUNT_OF(specs), .tickets = tickets};
	struct tls_server *s = case_server(&config);
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
			const struct lab_client client = {.server_name = cases[i].asked,
							  .maximum = version};
			struct lab_pair p;

			check(cases[i].name, lab_connect(&p, s, &client));
			X509 *got = SSL_get1_peer_certificate(p.client);
			check(cases[i].name, X509_cmp(got, certs[cases[i].chosen].cert) == 0);
			X509_free(got);
			lab_end(&p);
		}
	}
	tls_server_unref(s);
	for (size_t i = 0; i < COUNT_OF(specs); i++)
		lab_free(&certs[i]);
}

/* Tickets. */

/* True if the ticket that `from` gives is taken by `to` after `rotations`. */
static bool resumes(struct tls_server *from, struct tls_server *to, int version,
		    const struct lab_cert *identity, unsigned rotations)
{
	const struct lab_client first = {.maximum = version, .identity = identity};
	struct lab_pair p, q;

	assert_true(lab_connect(&p, from, &first));
	assert_false(tls_peer_was_resumed(p.peer));
	assert_non_null(p.session);
	while (rotations-- > 0)
		assert_int_equal(tls_tickets_rotate(tickets), OK);
	const struct lab_client again = {
		.maximum = version, .identity = identity, .session = p.session};
	bool open = lab_connect(&q, to, &again);
	bool resumed = open && tls_peer_was_resumed(q.peer);
	assert_true(open);
	lab_end(&p);
	lab_end(&q);
	return resumed;
}

static void tickets_are_shared_and_outlive_one_rotation(void **state)
{
	(void)state;
	struct tls_server *one = plain_server(), *two = plain_server();

	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		assert_true(resumes(one, one, version, NULL, 0));
		assert_true(resumes(one, two, version, NULL, 0));
		assert_true(resumes(one, two, version, NULL, 1));
		assert_false(resumes(one, two, version, NULL, 2));
	}
	tls_server_unref(one);
	tls_server_unref(two);
}

static void tickets_of_other_keys_mean_a_full_handshake(void **state)
{
	(void)state;
	struct tls_tickets *foreign = tls_tickets_new();
	struct tls_identity identity = identity_of(&leaf);
	const struct tls_server_config config = {
		.identities = &identity, .identity_count = 1, .tickets = foreign};
	struct tls_server *one = plain_server(), *two = case_server(&config);

	assert_false(resumes(one, two, TLS1_2_VERSION, NULL, 0));
	assert_false(resumes(one, two, TLS1_3_VERSION, NULL, 0));
	tls_server_unref(one);
	tls_server_unref(two);
	tls_tickets_unref(foreign);
}

/* Clients. */

static struct tls_server *asking_server(const struct lab_cert *authority, bool required)
{
	struct tls_identity identity = identity_of(&leaf);
	const struct tls_server_config config = {.identities = &identity,
						 .identity_count = 1,
						 .client_ca = authority->cert_pem,
						 .client_required = required,
						 .tickets = tickets};

	return case_server(&config);
}

struct client_case {
	const char *name;
	struct lab_spec spec;
	const struct lab_cert *issuer; /* NULL: the client has no certificate */
	bool open_if_optional, open_if_required;
	enum err err;
	const char *subject;
};

static void check_subject(const struct client_case *c, const struct tls_peer *p)
{
	char room[TLS_MAX_SUBJECT];
	struct writer subject;

	writer_init(&subject, room, sizeof(room));
	check(c->name, tls_peer_subject(p, &subject) == c->err);
	check_slice(c->name, writer_slice(&subject), slice_of(c->subject));
	check(c->name, (tls_peer_subject_expires(p) > 0) == (c->issuer != NULL));
}

static void check_client(const struct client_case *c, bool required, int version)
{
	struct lab_cert identity = {0};
	struct lab_client client = {.maximum = version};
	struct tls_server *s = asking_server(&root, required);
	struct lab_pair p;

	if (c->issuer) {
		identity = lab_make(&c->spec, c->issuer);
		client.identity = &identity;
	}
	bool open = lab_connect(&p, s, &client);
	check(c->name, open == (required ? c->open_if_required : c->open_if_optional));
	if (open)
		check_subject(c, p.peer);
	else
		check(c->name, p.step == TLS_STEP_FAILED);
	lab_end(&p);
	tls_server_unref(s);
	lab_free(&identity);
}

static void clients_are_known_by_their_certificates(void **state)
{
	(void)state;
	const struct client_case cases[] = {
		{"none", {0}, NULL, true, false, OK, ""},
		{"a good one", {.name = "ada", .unit = "Lab"}, &root, true, true, OK, "ada"},
		{"one with two names",
		 {.name = "a", .second = "b", .unit = "Lab"},
		 &root,
		 true,
		 true,
		 OK,
		 "CN=b,CN=a,O=Lab"},
		{"one without a common name",
		 {.unit = "Caf\xc3\xa9, Lab"},
		 &root,
		 true,
		 true,
		 OK,
		 "O=Caf\xc3\xa9\\, Lab"},
		{"one without a subject", {.san = "DNS:x"}, &root, true, true, OK, ""},
		{"one with a line end in it", {.name = "a\nb"}, &root, true, true, E_BAD_FIELD, ""},
		{"one that has expired",
		 {.name = "ada", .from_s = -2 * LAB_DAY, .until_s = -LAB_DAY},
		 &root,
		 false,
		 false,
		 OK,
		 ""},
		{"one of another authority", {.name = "ada"}, &other_root, false, false, OK, ""},
		{"one that is too weak",
		 {.name = "ada", .rsa_bits = 1024},
		 &root,
		 false,
		 false,
		 OK,
		 ""},
	};

	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
			check_client(&cases[i], false, version);
			check_client(&cases[i], true, version);
		}
	}
}

static void a_subject_that_is_too_long_is_told(void **state)
{
	(void)state;
	char text[TLS_MAX_SUBJECT + 200];
	struct lab_spec spec = {.name = NULL};
	struct tls_server *s = asking_server(&root, false);
	struct writer subject;
	struct lab_pair p;

	/* A common name has 64 characters at most (RFC 5280 A.1), of up to four bytes. */
	for (size_t i = 0; i < 64; i++)
		memcpy(text + 4 * i, "\xf0\x9f\x8e\x88", 4);
	text[4 * 64] = '\0';
	spec.name = text;
	for (int round = 0; round < 2; round++) {
		struct lab_cert c = lab_make(&spec, &root);
		const struct lab_client client = {.identity = &c};
		char room[2 * TLS_MAX_SUBJECT];

		assert_true(lab_connect(&p, s, &client));
		writer_init(&subject, room, sizeof(room));
		assert_int_equal(tls_peer_subject(p.peer, &subject), round == 0 ? OK : E_TOO_BIG);
		assert_int_equal(subject.len, round == 0 ? TLS_MAX_SUBJECT : 0);
		lab_end(&p);
		lab_free(&c);
		spec.second = "b"; /* the whole subject, then */
	}
	tls_server_unref(s);
}

static void a_resumed_client_is_still_known_and_only_where_it_was_asked(void **state)
{
	(void)state;
	const struct lab_spec ada = {.name = "ada"};
	struct lab_cert good = lab_make(&ada, &root);
	struct tls_server *asks = asking_server(&root, true), *again = asking_server(&root, true);
	struct tls_server *others = asking_server(&other_root, false), *nobody = plain_server();

	for (int version = TLS1_2_VERSION; version <= TLS1_3_VERSION; version++) {
		const struct lab_client first = {.maximum = version, .identity = &good};
		char room[TLS_MAX_SUBJECT];
		struct writer subject;
		struct lab_pair p, q;

		assert_true(lab_connect(&p, asks, &first));
		const struct lab_client second = {.maximum = version, .session = p.session};
		assert_true(lab_connect(&q, again, &second));
		assert_true(tls_peer_was_resumed(q.peer));
		writer_init(&subject, room, sizeof(room));
		assert_int_equal(tls_peer_subject(q.peer, &subject), OK);
		check_slice("resumed", writer_slice(&subject), SLICE("ada"));
		lab_end(&q);
		/* A ticket is good where the same authorities are asked for, and nowhere else. */
		(void)lab_connect(&q, others, &second);
		assert_true(q.step != TLS_STEP_DONE || !tls_peer_was_resumed(q.peer));
		lab_end(&q);
		lab_end(&p);
		assert_true(lab_connect(&p, nobody, NULL));
		const struct lab_client third = {.maximum = version, .session = p.session};
		assert_false(lab_connect(&q, asks, &third));
		lab_end(&q);
		lab_end(&p);
	}
	tls_server_unref(asks);
	tls_server_unref(again);
	tls_server_unref(others);
	tls_server_unref(nobody);
	lab_free(&good);
}

/* OCSP. */

static void the_response_is_stapled_for_who_asks(void **state)
{
	(void)state;
	struct slice response = lab_ocsp(&leaf, &root, V_OCSP_CERTSTATUS_GOOD, -60, LAB_DAY);
	struct tls_identity identity = identity_of(&leaf);
	const struct tls_server_config config = {
		.identities = &identity, .identity_count = 1, .tickets = tickets};

	identity.ocsp = response;
	struct tls_server *s = case_server(&config);
	for (int i = 0; i < 4; i++) {
		const struct lab_client client = {
			.maximum = i & 1 ? TLS1_2_VERSION : TLS1_3_VERSION, .ask_status = i & 2};
		const char *got = NULL;
		struct lab_pair p;

		assert_true(lab_connect(&p, s, &client));
		long len = SSL_get_tlsext_status_ocsp_resp(p.client, &got);
		struct slice stapled = {got, len > 0 ? (size_t)len : 0};
		check_slice("staple", stapled, client.ask_status ? response : SLICE_NONE);
		lab_end(&p);
	}
	tls_server_unref(s);
	lab_free_bytes(response);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(versions_and_ciphers_are_the_modern_ones),
		cmocka_unit_test(the_server_prefers_h2_and_refuses_what_it_does_not_speak),
		cmocka_unit_test(the_server_name_chooses_the_certificate),
		cmocka_unit_test(tickets_are_shared_and_outlive_one_rotation),
		cmocka_unit_test(tickets_of_other_keys_mean_a_full_handshake),
		cmocka_unit_test(clients_are_known_by_their_certificates),
		cmocka_unit_test(a_subject_that_is_too_long_is_told),
		cmocka_unit_test(a_resumed_client_is_still_known_and_only_where_it_was_asked),
		cmocka_unit_test(the_response_is_stapled_for_who_asks),
	};

	return cmocka_run_group_tests_name("tls_server", tests, case_set_up, case_tear_down);
}
