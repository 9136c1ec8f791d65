/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "identity/revocation.h"
#include "people.h"

#define KEEP (10 * MINUTE)

static enum err revoke(struct revocations *r, enum revocation_kind kind, const char *id,
		       uint64_t at_ms)
{
	struct revocation revocation = {kind, slice_of(id), at_ms};

	return revocations_add(r, &revocation, at_ms);
}

static const struct {
	const char *name;
	struct revocation revocation;
	uint64_t issued_ms;
	bool hit;
} cases[] = {
	{"the subject of an older token", {REVOKE_SUBJECT, SLICE_INIT("ada"), NOW}, NOW - 1, true},
	{"who logged in at the instant", {REVOKE_SUBJECT, SLICE_INIT("ada"), NOW}, NOW, false},
	{"who logged in anew", {REVOKE_SUBJECT, SLICE_INIT("ada"), NOW}, NOW + 1, false},
	{"an unknown age is old", {REVOKE_SUBJECT, SLICE_INIT("ada"), NOW}, 0, true},
	{"another subject", {REVOKE_SUBJECT, SLICE_INIT("adam"), NOW}, 0, false},
	{"the session, whatever its age", {REVOKE_SID, SLICE_INIT("s1"), NOW}, NOW + 1, true},
	{"another session", {REVOKE_SID, SLICE_INIT("s"), NOW}, 0, false},
	{"the token, whatever its age", {REVOKE_JTI, SLICE_INIT("t1"), NOW}, NOW + 1, true},
	{"a session that is called like the subject",
	 {REVOKE_SID, SLICE_INIT("ada"), NOW},
	 0,
	 false},
	{"a token that is called like the session", {REVOKE_JTI, SLICE_INIT("s1"), NOW}, 0, false},
};

static void a_revocation_hits_whom_it_names(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		struct revocations *r = revocations_new(4, KEEP, KEY);
		struct principal_facts facts = ada();

		facts.issued_ms = cases[i].issued_ms;
		struct principal *p = person(&facts);
		check(cases[i].name, !revocations_hit(r, p));
		check(cases[i].name, revocations_add(r, &cases[i].revocation, NOW) == OK);
		check(cases[i].name, revocations_hit(r, p) == cases[i].hit);
		check(cases[i].name, revocation_hits(&cases[i].revocation, p) == cases[i].hit);
		principal_unref(p);
		revocations_free(r);
	}
	revocations_free(NULL);
}

static void nobody_cannot_be_revoked(void **state)
{
	(void)state;
	struct revocations *r = revocations_new(4, KEEP, KEY);
	struct principal_facts nobody = {.method = METHOD_NONE};
	struct principal *p = person(&nobody);

	assert_int_equal(revoke(r, REVOKE_SUBJECT, "", NOW), E_RANGE);
	assert_int_equal(revoke(r, REVOKE_SUBJECT, "ada", NOW), OK);
	assert_false(revocations_hit(r, p));
	assert_int_equal(revocations_count(r), 1);
	principal_unref(p);
	revocations_free(r);
}

static void ids_are_bounded(void **state)
{
	(void)state;
	static const char long_id[REVOCATIONS_MAX_ID + 1];
	struct revocations *r = revocations_new(4, KEEP, KEY);
	struct revocation revocation = {REVOKE_SID, {long_id, REVOCATIONS_MAX_ID}, NOW};

	assert_int_equal(revocations_add(r, &revocation, NOW), OK);
	revocation.id.len++;
	assert_int_equal(revocations_add(r, &revocation, NOW), E_TOO_BIG);
	assert_int_equal(revocations_count(r), 1);
	revocations_free(r);
}

static void the_instant_is_at_most_a_little_ahead(void **state)
{
	(void)state;
	struct revocations *r = revocations_new(4, KEEP, KEY);
	struct revocation revocation = {REVOKE_SUBJECT, SLICE("ada"), NOW + REVOCATIONS_MAX_AHEAD};

	assert_int_equal(revocations_add(r, &revocation, NOW), OK);
	revocation.at_ms++;
	assert_int_equal(revocations_add(r, &revocation, NOW), E_RANGE);
	revocation.at_ms = UINT64_MAX;
	assert_int_equal(revocations_add(r, &revocation, NOW), E_RANGE);
	revocation.at_ms = 0; /* long ago is of no use, and no harm */
	assert_int_equal(revocations_add(r, &revocation, NOW), OK);
	assert_int_equal(revocations_count(r), 1);
	revocations_free(r);
}

static void at_the_maximum_a_revocation_is_refused_and_none_forgotten(void **state)
{
	(void)state;
	struct revocations *r = revocations_new(2, KEEP, KEY);
	struct principal_facts facts = ada();
	struct principal *p = person(&facts);

	assert_int_equal(revoke(r, REVOKE_SID, "s1", NOW), OK);
	assert_int_equal(revoke(r, REVOKE_SID, "s2", NOW + 1), OK);
	uint64_t generation = revocations_generation(r);
	assert_int_equal(revoke(r, REVOKE_SID, "s3", NOW + KEEP - 1), E_FULL);
	assert_int_equal(revocations_generation(r), generation);
	/* One that is there can be renewed, and is kept the longer for it. */
	assert_int_equal(revoke(r, REVOKE_SID, "s1", NOW + KEEP - 1), OK);
	assert_true(revocations_hit(r, p));
	assert_int_equal(revoke(r, REVOKE_SID, "s3", NOW + KEEP), E_FULL);
	/* The time of s2 is over: no token of it can be good. */
	assert_int_equal(revoke(r, REVOKE_SID, "s3", NOW + KEEP + 1), OK);
	assert_true(revocations_hit(r, p));
	assert_int_equal(revocations_count(r), 2);
	principal_unref(p);
	revocations_free(r);
}

static void without_an_end_nothing_is_forgotten(void **state)
{
	(void)state;
	const uint64_t keeps[] = {0, UINT64_MAX};

	for (size_t i = 0; i < COUNT_OF(keeps); i++) {
		struct revocations *r = revocations_new(2, keeps[i], KEY);

		assert_int_equal(revoke(r, REVOKE_SID, "s1", NOW), OK);
		assert_int_equal(revoke(r, REVOKE_SID, "s2", NOW * 1000), OK);
		assert_int_equal(revoke(r, REVOKE_SID, "s3", NOW * 1000000), E_FULL);
		revocations_free(r);
	}
}

static void an_instant_moves_forward_and_never_back(void **state)
{
	(void)state;
	struct revocations *r = revocations_new(2, KEEP, KEY);
	struct revocation earlier = {REVOKE_SUBJECT, SLICE("ada"), NOW - MINUTE};
	struct principal_facts facts = ada();

	facts.issued_ms = NOW - 1;
	struct principal *p = person(&facts);
	assert_int_equal(revocations_add(r, &earlier, NOW), OK);
	assert_false(revocations_hit(r, p));
	assert_int_equal(revoke(r, REVOKE_SUBJECT, "ada", NOW), OK);
	assert_true(revocations_hit(r, p));
	assert_int_equal(revocations_add(r, &earlier, NOW), OK);
	assert_true(revocations_hit(r, p));
	assert_int_equal(revocations_count(r), 1);
	assert_int_equal(revocations_generation(r), 3);
	principal_unref(p);
	revocations_free(r);
}

struct list_text {
	struct writer w;
};

static void put_row(void *arg, const struct revocation *revocation)
{
	struct list_text *text = arg;

	put(&text->w, revocation_kind_name(revocation->kind));
	put_char(&text->w, ':');
	put(&text->w, revocation->id);
	put_char(&text->w, '@');
	put_u64(&text->w, revocation->at_ms);
	put_char(&text->w, ' ');
}

static void the_list_shows_each_by_order_of_change(void **state)
{
	(void)state;
	struct revocations *r = revocations_new(4, KEEP, KEY);
	struct list_text text;
	char bytes[128];

	writer_init(&text.w, bytes, sizeof(bytes));
	revocations_each(r, put_row, &text);
	assert_int_equal(text.w.len, 0);
	assert_int_equal(revoke(r, REVOKE_SUBJECT, "ada", 1), OK);
	assert_int_equal(revoke(r, REVOKE_SID, "s1", 2), OK);
	assert_int_equal(revoke(r, REVOKE_JTI, "t1", 3), OK);
	assert_int_equal(revoke(r, REVOKE_SUBJECT, "ada", 4), OK);
	revocations_each(r, put_row, &text);
	check_slice("list", writer_slice(&text.w), SLICE("sid:s1@2 jti:t1@3 subject:ada@4 "));
	revocations_free(r);
}

/*
 * The model: an array of all that was ever added, with nothing forgotten but by the rule. Small
 * sets of names, ages and steps in time make them meet often.
 */
#define MODEL_STEPS 20000
#define MODEL_MAX   12
#define MODEL_NAMES 8

struct model_entry {
	bool used;
	uint64_t at_ms;
	uint64_t until_ms;
	uint64_t changed; /* step */
};

struct model {
	struct model_entry entries[3][MODEL_NAMES];
};

static const char *const names[MODEL_NAMES] = {"a", "b", "c", "d", "ab", "abc", "aa", "dd"};

/* Forgets as the table does: from the one that was changed longest ago, up to one that is kept. */
static void model_forget(struct model *m, uint64_t now_ms)
{
	for (;;) {
		struct model_entry *oldest = NULL;

		for (size_t i = 0; i < 3 * MODEL_NAMES; i++) {
			struct model_entry *e = &m->entries[i / MODEL_NAMES][i % MODEL_NAMES];

			if (e->used && (!oldest || e->changed < oldest->changed))
				oldest = e;
		}
		if (!oldest || oldest->until_ms > now_ms)
			return;
		oldest->used = false;
	}
}

static size_t model_count(const struct model *m)
{
	size_t n = 0;

	for (size_t i = 0; i < 3 * MODEL_NAMES; i++)
		n += m->entries[i / MODEL_NAMES][i % MODEL_NAMES].used;
	return n;
}

static enum err model_add(struct model *m, unsigned kind, unsigned name, uint64_t at_ms,
			  uint64_t now_ms, uint64_t step)
{
	struct model_entry *e = &m->entries[kind][name];
	uint64_t until_ms = (at_ms > now_ms ? at_ms : now_ms) + KEEP;

	model_forget(m, now_ms);
	if (!e->used && model_count(m) == MODEL_MAX)
		return E_FULL;
	if (!e->used)
		*e = (struct model_entry){.used = true};
	e->at_ms = at_ms > e->at_ms ? at_ms : e->at_ms;
	e->until_ms = until_ms > e->until_ms ? until_ms : e->until_ms;
	e->changed = step;
	return OK;
}

static bool model_hits(const struct model *m, const unsigned name[3], uint64_t issued_ms)
{
	const struct model_entry *subject = &m->entries[REVOKE_SUBJECT][name[0]];

	return (subject->used && issued_ms < subject->at_ms) ||
	       m->entries[REVOKE_SID][name[1]].used || m->entries[REVOKE_JTI][name[2]].used;
}

static void check_random_person(struct revocations *r, const struct model *m, struct rng *rng,
				uint64_t now_ms)
{
	unsigned name[3];

	for (size_t i = 0; i < 3; i++)
		name[i] = (unsigned)rng_between(rng, 0, MODEL_NAMES - 1);
	struct principal_facts facts = {
		.subject = slice_of(names[name[0]]),
		.sid = slice_of(names[name[1]]),
		.jti = slice_of(names[name[2]]),
		.issued_ms = now_ms - rng_between(rng, 0, KEEP),
	};
	struct principal *p = person(&facts);
	assert_int_equal(revocations_hit(r, p), model_hits(m, name, facts.issued_ms));
	principal_unref(p);
}

static void the_table_agrees_with_a_naive_model(void **state)
{
	(void)state;
	struct revocations *r = revocations_new(MODEL_MAX, KEEP, KEY);
	struct rng rng = {7};
	struct model m = {0};
	uint64_t now_ms = NOW;

	for (uint64_t step = 1; step <= MODEL_STEPS; step++) {
		unsigned kind = (unsigned)rng_between(&rng, 0, 2);
		unsigned name = (unsigned)rng_between(&rng, 0, MODEL_NAMES - 1);

		now_ms += rng_between(&rng, 0, 2 * MINUTE);
		struct revocation revocation = {
			.kind = (enum revocation_kind)kind,
			.id = slice_of(names[name]),
			.at_ms = now_ms + MINUTE - rng_between(&rng, 0, 3 * MINUTE),
		};
		assert_int_equal(revocations_add(r, &revocation, now_ms),
				 model_add(&m, kind, name, revocation.at_ms, now_ms, step));
		assert_int_equal(revocations_count(r), model_count(&m));
		check_random_person(r, &m, &rng, now_ms);
	}
	revocations_free(r);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_revocation_hits_whom_it_names),
		cmocka_unit_test(nobody_cannot_be_revoked),
		cmocka_unit_test(ids_are_bounded),
		cmocka_unit_test(the_instant_is_at_most_a_little_ahead),
		cmocka_unit_test(at_the_maximum_a_revocation_is_refused_and_none_forgotten),
		cmocka_unit_test(without_an_end_nothing_is_forgotten),
		cmocka_unit_test(an_instant_moves_forward_and_never_back),
		cmocka_unit_test(the_list_shows_each_by_order_of_change),
		cmocka_unit_test(the_table_agrees_with_a_naive_model),
	};

	return cmocka_run_group_tests_name("revocation", tests, NULL, NULL);
}
