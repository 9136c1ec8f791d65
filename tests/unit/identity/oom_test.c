/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stores of principals when memory ends, OpenSSL's included: who is refused may try again, and no
 * reference is lost or given twice.
 */
#include "../oom_openssl.h"

#include "identity/resume.h"
#include "identity/ticket.h"
#include "identity/token_cache.h"
#include "people.h"

static void make_attempt(size_t nth, bool *ret_reached)
{
	countdown = nth;
	struct tickets *tickets = tickets_new(4, KEY);
	struct resumes *resumes = resumes_new(4, KEY);
	struct revocations *revocations = revocations_new(4, MINUTE, KEY);
	struct token_cache *cache = token_cache_new(4, SECOND, KEY);
	*ret_reached = disarm();
	assert_int_equal(!tickets || !resumes || !revocations || !cache, *ret_reached);
	tickets_free(tickets);
	resumes_free(resumes);
	revocations_free(revocations);
	token_cache_free(cache);
}

static void a_store_that_cannot_be_made_is_not(void **state)
{
	(void)state;
	fail_each(make_attempt);
}

static void principal_attempt(size_t nth, bool *ret_reached)
{
	struct principal_facts facts = ada();
	struct principal *p = NULL;

	countdown = nth;
	enum err err = principal_new(&facts, KEY, &p);
	*ret_reached = disarm();
	assert_int_equal(err, *ret_reached ? E_NOMEM : OK);
	assert_int_equal(!p, *ret_reached);
	principal_unref(p);
}

static void a_principal_without_memory_is_none(void **state)
{
	(void)state;
	fail_each(principal_attempt);
}

/* Minting and redeeming, each tried again after the failure. */
static void ticket_attempt(size_t nth, bool *ret_reached)
{
	struct tickets *tickets = tickets_new(4, KEY);
	struct principal *p = NULL, *who = watcher("ada", "a b");
	struct grant_order order = {who, SLICE("/s"), NOW, MINUTE};
	const struct slice topics[] = {SLICE("a")};
	struct secret secret;
	struct slice random = secret_of(&secret, 1);
	struct text text;

	countdown = nth;
	enum err err = ticket_mint(tickets, &order, topics, 1, random, text_begin(&text));
	if (err) {
		assert_int_equal(err, E_NOMEM);
		err = ticket_mint(tickets, &order, topics, 1, random, text_begin(&text));
	}
	assert_int_equal(err, OK);
	struct grant_ask ask = {.text = text_of(&text), .route = SLICE("/s"), .now_ms = NOW};
	enum auth_fault fault = ticket_redeem(tickets, &ask, &p);
	if (fault) {
		assert_int_equal(fault, AUTH_NO_MEMORY);
		fault = ticket_redeem(tickets, &ask, &p);
	}
	assert_int_equal(fault, AUTH_OK);
	*ret_reached = disarm();
	principal_unref(p);
	tickets_free(tickets);
	assert_int_equal(atomic_load(&who->refs), 1);
	principal_unref(who);
}

static void a_ticket_without_memory_may_be_tried_again(void **state)
{
	(void)state;
	fail_each(ticket_attempt);
}

static void resume_attempt(size_t nth, bool *ret_reached)
{
	struct resumes *resumes = resumes_new(4, KEY);
	struct principal *who = watcher("ada", "a");
	struct grant_order order = {who, SLICE("/s"), NOW, MINUTE};
	struct secret secret;
	struct slice random = secret_of(&secret, 1);
	struct text text;

	countdown = nth;
	enum err err = resume_mint(resumes, &order, random, text_begin(&text));
	*ret_reached = disarm();
	/* OpenSSL gets over some of its failures. */
	assert_true(err == OK || (err == E_NOMEM && *ret_reached));
	assert_int_equal(resumes_count(resumes), err ? 0 : 1);
	resumes_free(resumes);
	assert_int_equal(atomic_load(&who->refs), 1);
	principal_unref(who);
}

static void a_resume_grant_without_memory_is_none(void **state)
{
	(void)state;
	fail_each(resume_attempt);
}

static void revocation_attempt(size_t nth, bool *ret_reached)
{
	struct revocations *r = revocations_new(4, MINUTE, KEY);
	struct revocation revocation = {REVOKE_SUBJECT, SLICE("ada"), NOW};
	struct principal *who = watcher("ada", "a");

	countdown = nth;
	enum err err = revocations_add(r, &revocation, NOW);
	*ret_reached = disarm();
	assert_int_equal(err, *ret_reached ? E_NOMEM : OK);
	assert_int_equal(revocations_generation(r), *ret_reached ? 0 : 1);
	assert_int_equal(revocations_hit(r, who), !*ret_reached);
	assert_int_equal(revocations_add(r, &revocation, NOW), OK);
	assert_true(revocations_hit(r, who));
	principal_unref(who);
	revocations_free(r);
}

static void a_revocation_without_memory_says_so(void **state)
{
	(void)state;
	fail_each(revocation_attempt);
}

static void cache_attempt(size_t nth, bool *ret_reached)
{
	struct token_cache *c = token_cache_new(4, SECOND, KEY);
	struct principal *who = watcher("ada", "a");
	struct token_source source = {.token = SLICE("t")};
	struct digest key;

	countdown = nth;
	enum err err = token_cache_key(&source, &key);
	if (err) {
		assert_int_equal(err, E_NOMEM);
		assert_int_equal(token_cache_key(&source, &key), OK);
	}
	token_cache_put(c, &key, who, NOW);
	*ret_reached = disarm();
	/* A cache may always forget. */
	struct principal *p = token_cache_find(c, &key, NOW);
	assert_true(*ret_reached || p == who);
	principal_unref(p);
	token_cache_free(c);
	assert_int_equal(atomic_load(&who->refs), 1);
	principal_unref(who);
}

static void a_cache_without_memory_keeps_nothing(void **state)
{
	(void)state;
	fail_each(cache_attempt);
}

/* OpenSSL's own beginnings are not ours to test. */
static int warm_up(void **state)
{
	struct digest digest;

	(void)state;
	return digest_parts(NULL, 0, &digest) ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_store_that_cannot_be_made_is_not),
		cmocka_unit_test(a_principal_without_memory_is_none),
		cmocka_unit_test(a_ticket_without_memory_may_be_tried_again),
		cmocka_unit_test(a_resume_grant_without_memory_is_none),
		cmocka_unit_test(a_revocation_without_memory_says_so),
		cmocka_unit_test(a_cache_without_memory_keeps_nothing),
	};

	if (!take_over_openssl())
		return 1;
	return cmocka_run_group_tests_name("identity without memory", tests, warm_up, NULL);
}
