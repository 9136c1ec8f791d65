/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "identity/token_cache.h"
#include "people.h"

#include <string.h>

static struct digest key_of(const char *issuer, const char *key_id, const char *token)
{
	struct token_source source = {slice_of(issuer), slice_of(key_id), slice_of(token)};
	struct digest key;

	assert_int_equal(token_cache_key(&source, &key), OK);
	return key;
}

/* The key of token number `n`. */
static struct digest key_number(uint64_t n)
{
	struct token_source source = {SLICE("issuer"), SLICE("key"), {(const char *)&n, sizeof(n)}};
	struct digest key;

	assert_int_equal(token_cache_key(&source, &key), OK);
	return key;
}

static bool finds(struct token_cache *c, struct digest key, uint64_t now_ms)
{
	struct principal *p = token_cache_find(c, &key, now_ms);

	principal_unref(p);
	return p != NULL;
}

static void keep(struct token_cache *c, struct digest key, struct principal *p, uint64_t now_ms)
{
	token_cache_put(c, &key, p, now_ms);
}

static const struct {
	const char *name;
	const char *a[3];
	const char *b[3];
} pairs[] = {
	{"another token", {"i", "k", "t"}, {"i", "k", "u"}},
	{"another key", {"i", "k", "t"}, {"i", "l", "t"}},
	{"another issuer", {"i", "k", "t"}, {"j", "k", "t"}},
	{"a byte that moved from the token to the key", {"i", "k", "at"}, {"i", "ka", "t"}},
	{"a byte that moved from the key to the issuer", {"i", "jk", "t"}, {"ij", "k", "t"}},
	{"parts that are empty in turn", {"x", "", ""}, {"", "", "x"}},
};

static void a_key_is_of_issuer_key_and_token(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(pairs); i++) {
		const char *const *a = pairs[i].a, *const *b = pairs[i].b;
		struct digest one = key_of(a[0], a[1], a[2]), other = key_of(b[0], b[1], b[2]);
		struct digest again = key_of(a[0], a[1], a[2]);

		check(pairs[i].name, memcmp(&one, &other, sizeof(one)) != 0);
		check(pairs[i].name, memcmp(&one, &again, sizeof(one)) == 0);
	}
}

static const struct {
	const char *name;
	uint64_t ttl_ms;
	uint64_t expires_ms; /* of the principal, from now; 0: never */
	uint64_t fresh_ms;   /* 0: not kept at all */
} lives[] = {
	{"as long as it was told", 5 * SECOND, 0, 5 * SECOND},
	{"never longer than its maximum", MINUTE, 0, TOKEN_CACHE_MAX_TTL},
	{"never past the expiry", 5 * SECOND, 2 * SECOND, 2 * SECOND},
	{"an expiry beyond does not matter", 5 * SECOND, MINUTE, 5 * SECOND},
	{"no time keeps nothing", 0, 0, 0},
};

static void a_hit_is_fresh(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(lives); i++) {
		struct token_cache *c = token_cache_new(4, lives[i].ttl_ms, KEY);
		struct principal_facts facts = ada();

		if (lives[i].expires_ms > 0)
			facts.expires_ms = NOW + lives[i].expires_ms;
		struct principal *p = person(&facts);
		keep(c, key_number(1), p, NOW);
		check(lives[i].name, token_cache_count(c) == (lives[i].fresh_ms > 0 ? 1 : 0));
		if (lives[i].fresh_ms > 0)
			check(lives[i].name, finds(c, key_number(1), NOW + lives[i].fresh_ms - 1));
		check(lives[i].name, !finds(c, key_number(1), NOW + lives[i].fresh_ms));
		check(lives[i].name, token_cache_count(c) == 0);
		token_cache_free(c);
		check(lives[i].name, atomic_load(&p->refs) == 1);
		principal_unref(p);
	}
	token_cache_free(NULL);
}

static void who_has_expired_is_not_kept(void **state)
{
	(void)state;
	struct token_cache *c = token_cache_new(4, SECOND, KEY);
	struct principal_facts facts = ada();

	facts.expires_ms = NOW;
	struct principal *p = person(&facts);
	keep(c, key_number(1), p, NOW);
	assert_int_equal(token_cache_count(c), 0);
	principal_unref(p);
	token_cache_free(c);
}

static void the_newest_answer_counts(void **state)
{
	(void)state;
	struct token_cache *c = token_cache_new(4, SECOND, KEY);
	struct principal *before = watcher("ada", "a"), *after = watcher("ada", "b");
	struct digest key = key_number(1);

	keep(c, key, before, NOW);
	keep(c, key, after, NOW + 1);
	assert_int_equal(token_cache_count(c), 1);
	struct principal *p = token_cache_find(c, &key, NOW + 1);
	assert_ptr_equal(p, after);
	principal_unref(p);
	token_cache_free(c);
	principal_unref(before);
	principal_unref(after);
}

static void at_the_maximum_what_was_not_asked_for_goes(void **state)
{
	(void)state;
	struct token_cache *c = token_cache_new(3, SECOND, KEY);
	struct principal *p = watcher("ada", "a");

	for (uint64_t n = 1; n <= 3; n++)
		keep(c, key_number(n), p, NOW);
	assert_true(finds(c, key_number(1), NOW));
	keep(c, key_number(4), p, NOW);
	assert_int_equal(token_cache_count(c), 3);
	assert_true(finds(c, key_number(1), NOW));
	assert_false(finds(c, key_number(2), NOW));
	assert_true(finds(c, key_number(3), NOW));
	assert_true(finds(c, key_number(4), NOW));
	/* All were asked for: one goes nevertheless. */
	keep(c, key_number(5), p, NOW);
	assert_int_equal(token_cache_count(c), 3);
	assert_true(finds(c, key_number(5), NOW));
	token_cache_free(c);
	assert_int_equal(atomic_load(&p->refs), 1);
	principal_unref(p);
}

static void strangers_do_not_make_it_grow(void **state)
{
	(void)state;
	struct token_cache *c = token_cache_new(64, SECOND, KEY);
	struct principal *p = watcher("ada", "a");

	for (uint64_t n = 0; n < 10000; n++) {
		assert_false(finds(c, key_number(n), NOW));
		keep(c, key_number(n), p, NOW);
		/* The one in use survives the flood. */
		keep(c, key_number(UINT64_MAX), p, NOW);
		assert_true(finds(c, key_number(UINT64_MAX), NOW));
	}
	assert_int_equal(token_cache_count(c), 64);
	token_cache_free(c);
	principal_unref(p);
}

static void what_is_stale_goes_by_and_by(void **state)
{
	(void)state;
	struct token_cache *c = token_cache_new(1000, SECOND, KEY);
	struct principal *p = watcher("ada", "a");

	for (uint64_t n = 0; n < 100; n++)
		keep(c, key_number(n), p, NOW);
	for (uint64_t n = 100; n < 110; n++)
		keep(c, key_number(n), p, NOW + SECOND);
	assert_int_equal(token_cache_count(c), 10);
	token_cache_free(c);
	principal_unref(p);
}

static void a_cache_of_nothing_keeps_nothing(void **state)
{
	(void)state;
	struct token_cache *c = token_cache_new(0, SECOND, KEY);
	struct principal *p = watcher("ada", "a");

	keep(c, key_number(1), p, NOW);
	assert_int_equal(token_cache_count(c), 0);
	token_cache_free(c);
	principal_unref(p);
}

static void a_revocation_empties_what_it_hits(void **state)
{
	(void)state;
	struct token_cache *c = token_cache_new(8, SECOND, KEY);
	struct principal *one = watcher("ada", "a"), *bob = watcher("bob", "a");
	struct revocation revocation = {REVOKE_SUBJECT, SLICE("ada"), NOW};

	keep(c, key_number(1), one, NOW);
	keep(c, key_number(2), bob, NOW);
	keep(c, key_number(3), one, NOW);
	assert_int_equal(token_cache_revoke(c, &revocation), 2);
	assert_int_equal(token_cache_revoke(c, &revocation), 0);
	assert_false(finds(c, key_number(1), NOW));
	assert_true(finds(c, key_number(2), NOW));
	revocation = (struct revocation){REVOKE_SID, SLICE("s1"), NOW};
	assert_int_equal(token_cache_revoke(c, &revocation), 1);
	assert_int_equal(token_cache_count(c), 0);
	token_cache_free(c);
	principal_unref(one);
	principal_unref(bob);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_is_of_issuer_key_and_token),
		cmocka_unit_test(a_hit_is_fresh),
		cmocka_unit_test(who_has_expired_is_not_kept),
		cmocka_unit_test(the_newest_answer_counts),
		cmocka_unit_test(at_the_maximum_what_was_not_asked_for_goes),
		cmocka_unit_test(strangers_do_not_make_it_grow),
		cmocka_unit_test(what_is_stale_goes_by_and_by),
		cmocka_unit_test(a_cache_of_nothing_keeps_nothing),
		cmocka_unit_test(a_revocation_empties_what_it_hits),
	};

	return cmocka_run_group_tests_name("token cache", tests, NULL, NULL);
}
