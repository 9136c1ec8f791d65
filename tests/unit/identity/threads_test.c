/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What workers share: many hands on one ticket, one principal, one table. What the threads do is
 * not repeatable; what must come out is. Run it under TSan as well.
 */
#include "../test.h"

#include "identity/resume.h"
#include "identity/ticket.h"
#include "identity/token_cache.h"
#include "people.h"

#include <pthread.h>

#define THREADS 4
#define TICKETS 2000

/* Runs `work` in all threads at once, with the same argument. */
static void race(void *(*work)(void *), void *arg)
{
	pthread_t threads[THREADS];

	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, work, arg), 0);
	for (size_t i = 0; i < THREADS; i++)
		assert_int_equal(pthread_join(threads[i], NULL), 0);
}

struct counter {
	struct tickets *tickets;
	struct text texts[TICKETS];
	atomic_size_t redeemed;
	atomic_size_t spent;
};

static void *redeem_all(void *arg)
{
	struct counter *c = arg;

	for (size_t i = 0; i < TICKETS; i++) {
		struct grant_ask ask = {
			.text = text_of(&c->texts[i]),
			.route = SLICE("/s"),
			.now_ms = NOW,
		};
		struct principal *p = NULL;
		enum auth_fault fault = ticket_redeem(c->tickets, &ask, &p);

		if (fault == AUTH_OK)
			atomic_fetch_add(&c->redeemed, 1);
		else if (fault == AUTH_TICKET_SPENT)
			atomic_fetch_add(&c->spent, 1);
		principal_unref(p);
	}
	return NULL;
}

static void a_ticket_is_redeemed_once_whoever_races(void **state)
{
	(void)state;
	static struct counter c;
	struct principal *ada = watcher("ada", "a");
	struct grant_order order = {ada, SLICE("/s"), NOW, MINUTE};

	c.tickets = tickets_new(TICKETS, KEY);
	for (size_t i = 0; i < TICKETS; i++) {
		struct secret secret;

		assert_int_equal(ticket_mint(c.tickets, &order, NULL, 0, secret_of(&secret, i),
					     text_begin(&c.texts[i])),
				 OK);
	}
	race(redeem_all, &c);
	assert_int_equal(atomic_load(&c.redeemed), TICKETS);
	assert_int_equal(atomic_load(&c.spent), (THREADS - 1) * TICKETS);
	tickets_free(c.tickets);
	assert_int_equal(atomic_load(&ada->refs), 1);
	principal_unref(ada);
}

struct house {
	struct revocations *revocations;
	struct resumes *resumes;
	struct token_cache *cache;
	struct principal *ada;
	atomic_size_t numbers;
	atomic_bool failed;
};

static void pass_through_cache(struct house *h, uint64_t number)
{
	struct token_source source = {.token = {(const char *)&number, 1}};
	struct digest key;

	if (token_cache_key(&source, &key)) {
		atomic_store(&h->failed, true);
		return;
	}
	token_cache_put(h->cache, &key, h->ada, NOW);
	principal_unref(token_cache_find(h->cache, &key, NOW));
}

static void come_back(struct house *h, uint64_t number)
{
	struct grant_order order = {h->ada, SLICE("/s"), NOW, MINUTE};
	struct principal *p = NULL;
	struct secret secret;
	struct text text;

	enum err err =
		resume_mint(h->resumes, &order, secret_of(&secret, number), text_begin(&text));
	if (err == E_FULL)
		return;
	struct grant_ask ask = {.text = text_of(&text), .route = SLICE("/s"), .now_ms = NOW};
	enum auth_fault fault = resume_use(h->resumes, &ask, &p);
	/* Another thread's revocation may have come in between. */
	if (err || (fault != AUTH_OK && fault != AUTH_REVOKED))
		atomic_store(&h->failed, true);
	principal_unref(p);
}

/* What was revoked before the number was read is seen by who read it. */
static void revoke_and_look(struct house *h)
{
	struct revocation revocation = {REVOKE_SID, h->ada->facts.sid, NOW};
	uint64_t before = revocations_generation(h->revocations);

	if (before > 0 && !revocations_hit(h->revocations, h->ada))
		atomic_store(&h->failed, true);
	if (revocations_add(h->revocations, &revocation, NOW) ||
	    revocations_generation(h->revocations) <= before)
		atomic_store(&h->failed, true);
	(void)resumes_revoke(h->resumes, &revocation);
	(void)token_cache_revoke(h->cache, &revocation);
}

static void *live(void *arg)
{
	struct house *h = arg;

	for (size_t i = 0; i < 500; i++) {
		uint64_t number = atomic_fetch_add(&h->numbers, 1);

		pass_through_cache(h, number);
		come_back(h, number);
		if (number % 50 == 0)
			revoke_and_look(h);
	}
	return NULL;
}

static void threads_share_stores_and_leave_no_reference(void **state)
{
	(void)state;
	struct house h = {
		.revocations = revocations_new(8, MINUTE, KEY),
		.resumes = resumes_new(1000, KEY),
		.cache = token_cache_new(64, SECOND, KEY),
		.ada = watcher("ada", "a"),
	};

	race(live, &h);
	assert_false(atomic_load(&h.failed));
	assert_int_equal(revocations_count(h.revocations), 1);
	assert_int_equal(resumes_count(h.resumes), 1000);
	revocations_free(h.revocations);
	resumes_free(h.resumes);
	token_cache_free(h.cache);
	assert_int_equal(atomic_load(&h.ada->refs), 1);
	principal_unref(h.ada);
}

static void *take_and_give(void *arg)
{
	struct principal *p = arg;

	for (size_t i = 0; i < 20000; i++)
		principal_unref(principal_ref(p));
	principal_unref(p);
	return NULL;
}

static void the_last_reference_frees_whoever_has_it(void **state)
{
	(void)state;
	struct principal *p = watcher("ada", "a");

	for (size_t i = 1; i < THREADS; i++)
		(void)principal_ref(p);
	race(take_and_give, p);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_ticket_is_redeemed_once_whoever_races),
		cmocka_unit_test(threads_share_stores_and_leave_no_reference),
		cmocka_unit_test(the_last_reference_frees_whoever_has_it),
	};

	return cmocka_run_group_tests_name("identity threads", tests, NULL, NULL);
}
