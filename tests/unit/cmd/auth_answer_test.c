/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"

#include "base/writer.h"
#include "cmd/auth_answer.h"

#define NOW_MS 1700000000000u

#define BAD AUTH_INTROSPECTION_FAILED

static const struct siphash_key key = {1, 2};

static const struct {
	const char *name;
	struct slice in;
	enum auth_fault fault;
	struct slice subject, sid, jti;
	uint64_t issued_ms, expires_ms;
	size_t subscribe, publish;
} cases[] = {
	{"a subject is enough", SLICE_INIT("{\"sub\":\"ann\"}"), .subject = SLICE_INIT("ann")},
	{"all that may be said",
	 SLICE_INIT("{\"sub\":\"ann\",\"sid\":\"s\",\"jti\":\"j\",\"iat\":1699999999,"
		    "\"exp\":1700000001.5,\"subscribe\":[\"a/*\",\"b\"],\"publish\":[\"**\"],"
		    "\"email\":{\"x\":[1]}}"),
	 AUTH_OK, SLICE_INIT("ann"), SLICE_INIT("s"), SLICE_INIT("j"), 1699999999000u,
	 1700000001500u, 2, 1},
	{"no rights at all", SLICE_INIT("{\"sub\":\"ann\",\"subscribe\":[],\"publish\":[]}"),
	 .subject = SLICE_INIT("ann")},
	{"the end has come this instant", SLICE_INIT("{\"sub\":\"ann\",\"exp\":1700000000}"),
	 AUTH_EXPIRED},
	{"the end is a millisecond away", SLICE_INIT("{\"sub\":\"ann\",\"exp\":1700000000.001}"),
	 .subject = SLICE_INIT("ann"), .expires_ms = 1700000000001u},
	{"nobody is named", SLICE_INIT("{}"), BAD},
	{"an empty name", SLICE_INIT("{\"sub\":\"\"}"), BAD},
	{"a number for a name", SLICE_INIT("{\"sub\":1}"), BAD},
	{"null for a name", SLICE_INIT("{\"sub\":null}"), BAD},
	{"a line end in the name", SLICE_INIT("{\"sub\":\"a\\nb\"}"), BAD},
	{"a NUL in the name", SLICE_INIT("{\"sub\":\"a\\u0000b\"}"), BAD},
	{"two names", SLICE_INIT("{\"sub\":\"ann\",\"sub\":\"bob\"}"), BAD},
	{"text for the end", SLICE_INIT("{\"sub\":\"ann\",\"exp\":\"1900000000\"}"), BAD},
	{"null for the end", SLICE_INIT("{\"sub\":\"ann\",\"exp\":null}"), BAD},
	{"zero for the end", SLICE_INIT("{\"sub\":\"ann\",\"exp\":0}"), BAD},
	{"an end before 1970", SLICE_INIT("{\"sub\":\"ann\",\"exp\":-1}"), BAD},
	{"an end after the year 9999", SLICE_INIT("{\"sub\":\"ann\",\"exp\":253402300800}"), BAD},
	{"an end without end", SLICE_INIT("{\"sub\":\"ann\",\"exp\":1e999}"), BAD},
	{"one pattern that stands alone", SLICE_INIT("{\"sub\":\"ann\",\"subscribe\":\"a\"}"), BAD},
	{"a number among patterns", SLICE_INIT("{\"sub\":\"ann\",\"subscribe\":[\"a\",1]}"), BAD},
	{"no pattern over topics", SLICE_INIT("{\"sub\":\"ann\",\"publish\":[\"a b\"]}"), BAD},
	{"a list", SLICE_INIT("[\"ann\"]"), BAD},
	{"a word", SLICE_INIT("true"), BAD},
	{"nothing", SLICE_INIT(""), BAD},
	{"bytes behind the object", SLICE_INIT("{\"sub\":\"ann\"} x"), BAD},
	{"an object that is cut", SLICE_INIT("{\"sub\":\"ann\""), BAD},
	{"too deep", SLICE_INIT("{\"sub\":\"ann\",\"x\":[[[[[[[[1]]]]]]]]}"), BAD},
	{"not UTF-8", SLICE_INIT("{\"sub\":\"\xff\"}"), BAD},
};

static void answers_become_principals(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct principal *p = NULL;

		check(cases[i].name, auth_answer_read(place_at_edge(cases[i].in), NOW_MS, key,
						      &p) == cases[i].fault);
		check(cases[i].name, !p == (cases[i].fault != AUTH_OK));
		if (!p)
			continue;
		const struct principal_facts *f = &p->facts;
		check(cases[i].name, f->method == METHOD_INTROSPECTION);
		check_slice(cases[i].name, f->subject, cases[i].subject);
		check_slice(cases[i].name, f->sid, cases[i].sid);
		check_slice(cases[i].name, f->jti, cases[i].jti);
		check(cases[i].name,
		      f->issued_ms == cases[i].issued_ms && f->expires_ms == cases[i].expires_ms);
		check(cases[i].name, f->subscribe.count == cases[i].subscribe &&
					     f->publish.count == cases[i].publish);
		principal_unref(p);
	}
}

static void no_prefix_is_an_answer(void **state)
{
	(void)state;
	for (size_t n = 0; n < cases[1].in.len; n++) {
		struct principal *p = NULL;
		struct slice in = place_at_edge(slice_upto(cases[1].in, n));

		assert_int_equal(auth_answer_read(in, NOW_MS, key, &p), BAD);
		assert_null(p);
	}
}

static void patterns_have_a_maximum(void **state)
{
	(void)state;
	for (size_t n = PRINCIPAL_MAX_PATTERNS; n <= PRINCIPAL_MAX_PATTERNS + 1; n++) {
		struct principal *p = NULL;
		char room[1024];
		struct writer w;

		writer_init(&w, room, sizeof(room));
		put(&w, SLICE("{\"sub\":\"ann\",\"publish\":["));
		for (size_t i = 0; i < n; i++)
			put(&w, i > 0 ? SLICE(",\"a\"") : SLICE("\"a\""));
		put(&w, SLICE("]}"));
		assert_false(w.overflow);
		assert_int_equal(auth_answer_read(writer_slice(&w), NOW_MS, key, &p),
				 n <= PRINCIPAL_MAX_PATTERNS ? AUTH_OK : BAD);
		principal_unref(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(answers_become_principals),
		cmocka_unit_test(no_prefix_is_an_answer),
		cmocka_unit_test(patterns_have_a_maximum),
	};

	return cmocka_run_group_tests_name("cmd auth_answer", tests, NULL, NULL);
}
