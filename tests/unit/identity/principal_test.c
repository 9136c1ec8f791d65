/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"

#include "people.h"

static const struct {
	const char *name;
	const char *rights;
	const char *asked;
	bool allowed;
} rights_cases[] = {
	{"no right allows nothing", "", "a", false},
	{"asking for nothing is allowed", "", "", true},
	{"an exact topic allows itself", "a/b", "a/b", true},
	{"an exact topic allows no sibling", "a/b", "a/c", false},
	{"one segment is allowed by a star", "a/*", "a/b", true},
	{"a star allows no deeper topic", "a/*", "a/b/c", false},
	{"a star does not allow the wider pattern", "a/*", "a/**", false},
	{"the rest is allowed by two stars", "a/**", "a/b/*", true},
	{"the second right counts as well", "a b", "b", true},
	{"two rights together do not make a wider one", "a/b a/c", "a/*", false},
	{"one topic too many refuses them all", "a b", "a b c", false},
	{"all asked, all covered", "a/** b", "a/x a/y b", true},
};

static void a_right_covers_what_it_names_and_no_more(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(rights_cases); i++) {
		struct principal *p = watcher("ada", rights_cases[i].rights);
		struct slice asked[TOPIC_MAX_SET];
		size_t n = topics_of(rights_cases[i].asked, asked);

		check(rights_cases[i].name,
		      rights_allow_all(&p->facts.subscribe, asked, n) == rights_cases[i].allowed);
		principal_unref(p);
	}
}

static const char longest[PRINCIPAL_MAX_SUBJECT + 2] =
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx";

#define NAME(n)                                                                                    \
	{                                                                                          \
		longest, n                                                                         \
	}

static const struct {
	const char *name;
	struct slice subject;
	struct slice sid;
	struct slice jti;
	enum err err;
} name_cases[] = {
	{"a name in any script", SLICE_INIT("Åsa 漢字"), {0}, {0}, OK},
	{"nobody by name", {0}, {0}, {0}, OK},
	{"a subject at its maximum", NAME(PRINCIPAL_MAX_SUBJECT), {0}, {0}, OK},
	{"a subject past its maximum", NAME(PRINCIPAL_MAX_SUBJECT + 1), {0}, {0}, E_TOO_BIG},
	{"a session id at its maximum", {0}, NAME(PRINCIPAL_MAX_ID), {0}, OK},
	{"a session id past its maximum", {0}, NAME(PRINCIPAL_MAX_ID + 1), {0}, E_TOO_BIG},
	{"a token id at its maximum", {0}, {0}, NAME(PRINCIPAL_MAX_ID), OK},
	{"a token id past its maximum", {0}, {0}, NAME(PRINCIPAL_MAX_ID + 1), E_TOO_BIG},
	{"a line feed would forge a log line", SLICE_INIT("a\nb"), {0}, {0}, E_BAD_FIELD},
	{"NUL in a session id", {0}, SLICE_INIT("a\0b"), {0}, E_BAD_FIELD},
	{"DEL in a token id", {0}, {0}, SLICE_INIT("\x7f"), E_BAD_FIELD},
	{"half a character", SLICE_INIT("\xc3"), {0}, {0}, E_BAD_UTF8},
};

static void names_are_bounded_text(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(name_cases); i++) {
		struct principal_facts facts = {
			.subject = place_at_edge(name_cases[i].subject),
			.sid = place_at_edge(name_cases[i].sid),
			.jti = place_at_edge(name_cases[i].jti),
		};
		struct principal *p = NULL;

		check(name_cases[i].name, principal_new(&facts, KEY, &p) == name_cases[i].err);
		check(name_cases[i].name, !p == (name_cases[i].err != OK));
		if (!p)
			continue;
		check_slice(name_cases[i].name, p->facts.subject, facts.subject);
		check_slice(name_cases[i].name, p->facts.sid, facts.sid);
		check_slice(name_cases[i].name, p->facts.jti, facts.jti);
		principal_unref(p);
	}
}

static enum err try_rights(struct slice pattern, size_t subscribe, size_t publish)
{
	struct slice list[PRINCIPAL_MAX_PATTERNS + 1];
	struct principal *p = NULL;

	for (size_t i = 0; i < COUNT_OF(list); i++)
		list[i] = pattern;
	struct principal_facts facts = {
		.subscribe = {list, subscribe},
		.publish = {list, publish},
	};
	enum err err = principal_new(&facts, KEY, &p);
	if (!err)
		assert_int_equal(p->facts.publish.count, publish);
	principal_unref(p);
	return err;
}

static void rights_are_bounded_patterns(void **state)
{
	(void)state;
	assert_int_equal(try_rights(SLICE("a/**"), PRINCIPAL_MAX_PATTERNS, PRINCIPAL_MAX_PATTERNS),
			 OK);
	assert_int_equal(try_rights(SLICE("a"), PRINCIPAL_MAX_PATTERNS + 1, 0), E_TOO_BIG);
	assert_int_equal(try_rights(SLICE("a"), 0, PRINCIPAL_MAX_PATTERNS + 1), E_TOO_BIG);
	assert_int_equal(try_rights((struct slice){longest, TOPIC_MAX_LEN}, 1, 1), OK);
	assert_int_equal(try_rights((struct slice){longest, TOPIC_MAX_LEN + 1}, 1, 0), E_TOO_BIG);
	assert_int_equal(try_rights(SLICE("a/**/b"), 1, 0), E_SYNTAX);
	assert_int_equal(try_rights(SLICE(""), 0, 1), E_SYNTAX);
	assert_int_equal(try_rights(SLICE("a b"), 0, 1), E_SYNTAX);
}

static void a_principal_keeps_copies(void **state)
{
	(void)state;
	char subject[] = "ada", pattern[] = "news/*";
	struct slice patterns[] = {{pattern, 6}};
	struct principal_facts facts = {
		.method = METHOD_KEY,
		.subject = {subject, 3},
		.subscribe = {patterns, 1},
		.publish = {patterns, 1},
		.issued_ms = 7,
		.expires_ms = 9,
	};
	struct principal *p = person(&facts);

	memset(subject, 'x', 3);
	memset(pattern, 'x', 6);
	patterns[0] = SLICE_NONE;
	check_slice("subject", p->facts.subject, SLICE("ada"));
	check_slice("to subscribe", p->facts.subscribe.patterns[0], SLICE("news/*"));
	check_slice("to publish", p->facts.publish.patterns[0], SLICE("news/*"));
	assert_int_equal(p->facts.method, METHOD_KEY);
	assert_int_equal(p->facts.issued_ms, 7);
	assert_true(principal_is_expired(p, 9));
	assert_false(principal_is_expired(p, 8));
	principal_unref(p);
	principal_unref(NULL);
}

static void who_never_expires_never_has(void **state)
{
	(void)state;
	struct principal *p = watcher("ada", "a");

	assert_false(principal_is_expired(p, UINT64_MAX));
	principal_unref(p);
}

static const struct {
	const char *name;
	const char *rights;
	const char *topics;
	enum err err;
} narrow_cases[] = {
	{"a part of the rights", "news/** chat", "news/a", OK},
	{"all of them", "news/** chat", "news/** chat", OK},
	{"none", "news/**", "", OK},
	{"more than the rights", "news/*", "news/**", E_NOT_FOUND},
	{"a topic that nobody knows", "news/*", "nowhere", E_NOT_FOUND},
	{"no pattern", "news/*", "news/**/x", E_SYNTAX},
};

static void rights_narrow_and_never_widen(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(narrow_cases); i++) {
		struct principal *from = watcher("ada", narrow_cases[i].rights);
		struct slice topics[TOPIC_MAX_SET];
		size_t n = topics_of(narrow_cases[i].topics, topics);
		struct principal *p = NULL;

		check(narrow_cases[i].name,
		      principal_narrow(from, METHOD_TICKET, topics, n, &p) == narrow_cases[i].err);
		check(narrow_cases[i].name, !p == (narrow_cases[i].err != OK));
		if (p) {
			check_slice(narrow_cases[i].name, p->facts.sid, SLICE("s1"));
			check_slice(narrow_cases[i].name, principal_log_id(p),
				    principal_log_id(from));
			check(narrow_cases[i].name, p->facts.subscribe.count == n);
			check(narrow_cases[i].name, p->facts.publish.count == 0);
			check(narrow_cases[i].name, p->facts.method == METHOD_TICKET);
		}
		principal_unref(p);
		principal_unref(from);
	}
}

static void the_log_id_tells_users_apart_and_needs_the_key(void **state)
{
	(void)state;
	struct principal *one = watcher("ada", "a"), *same = watcher("ada", "b");
	struct principal *other = watcher("bob", "a"), *elsewhere;
	struct principal_facts facts = ada();

	assert_int_equal(principal_new(&facts, (struct siphash_key){3, 4}, &elsewhere), OK);
	check_slice("same user", principal_log_id(one), principal_log_id(same));
	assert_false(slice_eq(principal_log_id(one), principal_log_id(other)));
	assert_false(slice_eq(principal_log_id(one), principal_log_id(elsewhere)));
	assert_int_equal(principal_log_id(one).len, PRINCIPAL_LOG_ID);
	principal_unref(one);
	principal_unref(same);
	principal_unref(other);
	principal_unref(elsewhere);
}

static void methods_have_names_of_their_own(void **state)
{
	(void)state;
	for (int a = 0; a < METHOD_COUNT; a++) {
		assert_true(auth_method_name((enum auth_method)a).len > 0);
		for (int b = 0; b < a; b++)
			assert_false(slice_eq(auth_method_name((enum auth_method)a),
					      auth_method_name((enum auth_method)b)));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_right_covers_what_it_names_and_no_more),
		cmocka_unit_test(names_are_bounded_text),
		cmocka_unit_test(rights_are_bounded_patterns),
		cmocka_unit_test(a_principal_keeps_copies),
		cmocka_unit_test(who_never_expires_never_has),
		cmocka_unit_test(rights_narrow_and_never_widen),
		cmocka_unit_test(the_log_id_tells_users_apart_and_needs_the_key),
		cmocka_unit_test(methods_have_names_of_their_own),
	};

	return cmocka_run_group_tests_name("principal", tests, NULL, NULL);
}
