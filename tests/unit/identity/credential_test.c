/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"

#include "identity/credential.h"

#define HEAD(fields) "GET / HTTP/1.1\r\nHost: h\r\n" fields "\r\n"

static const struct {
	const char *name;
	const char *head;
	enum refusal refusal;
	enum credential_source source;
	const char *value;
} cases[] = {
	{"nothing", HEAD(""), REFUSAL_NONE, CREDENTIAL_NONE, ""},
	{"a bearer token", HEAD("Authorization: Bearer abc.def\r\n"), REFUSAL_NONE,
	 CREDENTIAL_BEARER, "abc.def"},
	{"schemes have no case", HEAD("authorization: bEARER abc\r\n"), REFUSAL_NONE,
	 CREDENTIAL_BEARER, "abc"},
	{"more space than one", HEAD("Authorization: Bearer   abc\r\n"), REFUSAL_NONE,
	 CREDENTIAL_BEARER, "abc"},
	{"another scheme", HEAD("Authorization: Basic dTpw\r\n"), REFUSAL_BAD_CREDENTIAL, 0, NULL},
	{"a scheme that begins alike", HEAD("Authorization: Bearers abc\r\n"),
	 REFUSAL_BAD_CREDENTIAL, 0, NULL},
	{"a scheme alone", HEAD("Authorization: Bearer\r\n"), REFUSAL_BAD_CREDENTIAL, 0, NULL},
	{"a scheme and a space", HEAD("Authorization: Bearer \r\n"), REFUSAL_BAD_CREDENTIAL, 0,
	 NULL},
	{"an empty field", HEAD("Authorization:\r\n"), REFUSAL_BAD_CREDENTIAL, 0, NULL},
	{"two fields", HEAD("Authorization: Bearer a\r\nAuthorization: Bearer b\r\n"),
	 REFUSAL_TWO_CREDENTIALS, 0, NULL},
	{"the same field twice", HEAD("Authorization: Bearer a\r\nAuthorization: Bearer a\r\n"),
	 REFUSAL_TWO_CREDENTIALS, 0, NULL},
	{"a cookie", HEAD("Cookie: session=abc\r\n"), REFUSAL_NONE, CREDENTIAL_COOKIE, "abc"},
	{"a cookie among others", HEAD("Cookie: a=1; session=abc; b=2\r\n"), REFUSAL_NONE,
	 CREDENTIAL_COOKIE, "abc"},
	{"a cookie in quotes", HEAD("Cookie: session=\"abc\"\r\n"), REFUSAL_NONE, CREDENTIAL_COOKIE,
	 "abc"},
	{"a cookie in the second field", HEAD("Cookie: a=1\r\nCookie: session=abc\r\n"),
	 REFUSAL_NONE, CREDENTIAL_COOKIE, "abc"},
	{"names of cookies have case", HEAD("Cookie: Session=abc\r\n"), REFUSAL_NONE,
	 CREDENTIAL_NONE, ""},
	{"a name that ends alike", HEAD("Cookie: xsession=abc\r\n"), REFUSAL_NONE, CREDENTIAL_NONE,
	 ""},
	{"an attacker's copy in the same field", HEAD("Cookie: session=a; session=b\r\n"),
	 REFUSAL_TWO_CREDENTIALS, 0, NULL},
	{"an attacker's copy in another field", HEAD("Cookie: session=a\r\nCookie: session=b\r\n"),
	 REFUSAL_TWO_CREDENTIALS, 0, NULL},
	{"a byte that no cookie has", HEAD("Cookie: session=a\\b\r\n"), REFUSAL_BAD_CREDENTIAL, 0,
	 NULL},
	{"a token and a cookie that differ",
	 HEAD("Authorization: Bearer a\r\nCookie: session=b\r\n"), REFUSAL_TWO_CREDENTIALS, 0,
	 NULL},
	{"a token and a cookie alike are one",
	 HEAD("Authorization: Bearer a\r\nCookie: session=a\r\n"), REFUSAL_NONE, CREDENTIAL_BEARER,
	 "a"},
};

static void parse(const char *head, struct http_request *req)
{
	enum http_fault fault = http_request_parse(place_at_edge(slice_of(head)), req);

	assert_int_equal(fault, HTTP_FAULT_NONE);
}

static void find_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct credential got = {CREDENTIAL_COOKIE, SLICE("untouched")};
		struct http_request req;

		parse(cases[i].head, &req);
		struct credential_places places = {.cookie = SLICE("session")};
		struct slice resume;
		enum refusal refusal = credential_find(&req, &places, &got, &resume);
		check(cases[i].name, refusal == cases[i].refusal);
		if (refusal) {
			check_slice(cases[i].name, got.value, SLICE("untouched"));
			continue;
		}
		check(cases[i].name, got.source == cases[i].source);
		check_slice(cases[i].name, got.value, slice_of(cases[i].value));
	}
}

static void cookies_are_left_alone_without_a_name(void **state)
{
	struct http_request req;
	struct credential got;

	(void)state;
	parse(HEAD("Cookie: session=a; session=b\r\n"), &req);
	struct credential_places nowhere = {0};
	struct slice resume;
	assert_int_equal(credential_find(&req, &nowhere, &got, &resume), REFUSAL_NONE);
	assert_int_equal(got.source, CREDENTIAL_NONE);
	assert_null(got.value.ptr);
}

static const struct {
	const char *name;
	const char *head;
	const char *ticket;
	enum refusal refusal;
	enum credential_source source;
	const char *value;
	const char *resume;
} tickets[] = {
	{"a ticket alone", HEAD(""), "t", REFUSAL_NONE, CREDENTIAL_TICKET, "t", NULL},
	{"the cookie of a ticket alone", HEAD("Cookie: again=r\r\n"), NULL, REFUSAL_NONE,
	 CREDENTIAL_RESUME, "r", "r"},
	{"a ticket and what was made of it", HEAD("Cookie: again=r\r\n"), "t", REFUSAL_NONE,
	 CREDENTIAL_TICKET, "t", "r"},
	{"a ticket and a token", HEAD("Authorization: Bearer a\r\n"), "t", REFUSAL_TWO_CREDENTIALS,
	 CREDENTIAL_NONE, NULL, NULL},
	{"a ticket and a session", HEAD("Cookie: session=a\r\n"), "t", REFUSAL_TWO_CREDENTIALS,
	 CREDENTIAL_NONE, NULL, NULL},
	{"the same secret at two places", HEAD("Authorization: Bearer t\r\n"), "t", REFUSAL_NONE,
	 CREDENTIAL_BEARER, "t", NULL},
};

static void tickets_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(tickets); i++) {
		struct credential_places places = {SLICE("session"), SLICE("again"),
						   slice_of(tickets[i].ticket)};
		struct credential got = {0};
		struct slice resume = SLICE_NONE;
		struct http_request req;

		parse(tickets[i].head, &req);
		check(tickets[i].name,
		      credential_find(&req, &places, &got, &resume) == tickets[i].refusal);
		check(tickets[i].name, got.source == tickets[i].source);
		check_slice(tickets[i].name, got.value, slice_of(tickets[i].value));
		check_slice(tickets[i].name, resume, slice_of(tickets[i].resume));
	}
}

static void sources_have_names(void **state)
{
	(void)state;
	check_slice("none", credential_source_name(CREDENTIAL_NONE), SLICE("none"));
	check_slice("bearer", credential_source_name(CREDENTIAL_BEARER), SLICE("bearer"));
	check_slice("cookie", credential_source_name(CREDENTIAL_COOKIE), SLICE("cookie"));
	check_slice("ticket", credential_source_name(CREDENTIAL_TICKET), SLICE("ticket"));
	check_slice("resume", credential_source_name(CREDENTIAL_RESUME), SLICE("resume"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(find_table),
		cmocka_unit_test(cookies_are_left_alone_without_a_name),
		cmocka_unit_test(tickets_table),
		cmocka_unit_test(sources_have_names),
	};

	return cmocka_run_group_tests_name("credential", tests, NULL, NULL);
}
