/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "identity/resume.h"
#include "identity/resume_cookie.h"
#include "people.h"

#include <string.h>

#define ROUTE SLICE("/stream")

struct desk {
	struct resumes *resumes;
	struct principal *ada; /* by a ticket for all news */
	struct text text;
};

static void open_desk(struct desk *d, size_t max)
{
	d->resumes = resumes_new(max, KEY);
	d->ada = watcher("ada", "news/**");
	assert_non_null(d->resumes);
}

static void close_desk(struct desk *d)
{
	resumes_free(d->resumes);
	assert_int_equal(atomic_load(&d->ada->refs), 1);
	principal_unref(d->ada);
}

static enum err mint(struct desk *d, uint64_t number, uint64_t ttl_ms)
{
	struct grant_order order = {d->ada, ROUTE, NOW, ttl_ms};
	struct secret secret;

	return resume_mint(d->resumes, &order, secret_of(&secret, number), text_begin(&d->text));
}

static enum auth_fault use_on(struct desk *d, struct slice route, const char *topics,
			      uint64_t now_ms)
{
	struct slice list[TOPIC_MAX_SET];
	struct grant_ask ask = {
		.text = text_of(&d->text),
		.route = route,
		.topics = list,
		.topic_count = topics_of(topics, list),
		.now_ms = now_ms,
	};
	struct principal *p = NULL;
	enum auth_fault fault = resume_use(d->resumes, &ask, &p);

	assert_true(!p == (fault != AUTH_OK));
	if (p)
		assert_int_equal(p->facts.method, METHOD_RESUME);
	principal_unref(p);
	return fault;
}

static enum auth_fault use(struct desk *d, uint64_t now_ms)
{
	return use_on(d, ROUTE, "news/a", now_ms);
}

static void a_grant_is_good_again_and_again_until_its_time(void **state)
{
	(void)state;
	struct desk d;

	open_desk(&d, 4);
	assert_int_equal(mint(&d, 1, RESUME_DEFAULT_TTL), OK);
	for (uint64_t at = 0; at < RESUME_DEFAULT_TTL; at += MINUTE)
		assert_int_equal(use(&d, NOW + at), AUTH_OK);
	assert_int_equal(use(&d, NOW + RESUME_DEFAULT_TTL - 1), AUTH_OK);
	/* No use has put the end off. */
	assert_int_equal(use(&d, NOW + RESUME_DEFAULT_TTL), AUTH_RESUME_EXPIRED);
	close_desk(&d);
}

static void a_grant_is_bound_to_what_the_ticket_was(void **state)
{
	(void)state;
	struct desk d;

	open_desk(&d, 4);
	assert_int_equal(mint(&d, 1, MINUTE), OK);
	assert_int_equal(use_on(&d, SLICE("/other"), "", NOW), AUTH_RESUME_ROUTE);
	assert_int_equal(use_on(&d, ROUTE, "chat", NOW), AUTH_RESUME_TOPICS);
	assert_int_equal(use_on(&d, ROUTE, "**", NOW), AUTH_RESUME_TOPICS);
	/* A redial that asked wrongly may ask again. */
	assert_int_equal(use_on(&d, ROUTE, "news/** news/x", NOW), AUTH_OK);
	close_desk(&d);
}

static void a_grant_lives_for_a_bounded_time(void **state)
{
	(void)state;
	struct desk d;

	open_desk(&d, 4);
	assert_int_equal(mint(&d, 1, RESUME_MAX_TTL), OK);
	assert_int_equal(mint(&d, 2, RESUME_MAX_TTL + 1), E_RANGE);
	assert_int_equal(mint(&d, 2, 0), E_RANGE);
	close_desk(&d);
}

static void at_the_maximum_a_grant_is_refused(void **state)
{
	(void)state;
	struct desk d;

	open_desk(&d, 1);
	assert_int_equal(mint(&d, 1, MINUTE), OK);
	struct text first = d.text;
	assert_int_equal(mint(&d, 2, MINUTE), E_FULL);
	d.text = first;
	assert_int_equal(use(&d, NOW), AUTH_OK);
	close_desk(&d);
}

static void logging_out_ends_a_grant(void **state)
{
	(void)state;
	struct desk d;

	open_desk(&d, 4);
	assert_int_equal(mint(&d, 1, MINUTE), OK);
	resume_end(d.resumes, SLICE("no grant"));
	resume_end(d.resumes, SLICE("AAAAAAAAAAAAAAAAAAAAAA"));
	assert_int_equal(use(&d, NOW), AUTH_OK);
	resume_end(d.resumes, text_of(&d.text));
	resume_end(d.resumes, text_of(&d.text));
	assert_int_equal(use(&d, NOW), AUTH_REVOKED);
	assert_int_equal(resumes_count(d.resumes), 1);
	close_desk(&d);
}

static const struct {
	const char *name;
	struct revocation revocation;
	enum auth_fault fault;
} revocations[] = {
	{"the session", {REVOKE_SID, SLICE_INIT("s1"), 0}, AUTH_REVOKED},
	{"the token", {REVOKE_JTI, SLICE_INIT("t1"), 0}, AUTH_REVOKED},
	{"the subject, after the login", {REVOKE_SUBJECT, SLICE_INIT("ada"), NOW}, AUTH_REVOKED},
	{"the subject, before it", {REVOKE_SUBJECT, SLICE_INIT("ada"), NOW - MINUTE}, AUTH_OK},
	{"another session", {REVOKE_SID, SLICE_INIT("s2"), NOW}, AUTH_OK},
	{"another kind of id", {REVOKE_JTI, SLICE_INIT("s1"), NOW}, AUTH_OK},
	{"nobody", {REVOKE_SID, SLICE_INIT(""), NOW}, AUTH_OK},
};

static void a_revocation_takes_grants_back(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(revocations); i++) {
		struct desk d;

		open_desk(&d, 4);
		assert_int_equal(mint(&d, 1, MINUTE), OK);
		size_t n = resumes_revoke(d.resumes, &revocations[i].revocation);
		check(revocations[i].name, n == (revocations[i].fault ? 1 : 0));
		check(revocations[i].name, use(&d, NOW) == revocations[i].fault);
		close_desk(&d);
	}
}

#define BASE "sluice-resume=v1; Path="

static const struct {
	const char *name;
	struct resume_cookie cookie;
	enum err err;
	const char *out;
} cookies[] = {
	{"over TLS for one path",
	 {SLICE_INIT("v1"), SLICE_INIT("/stream"), 900, true, false},
	 OK,
	 "__Secure-" BASE "/stream; Max-Age=900; HttpOnly; Secure; SameSite=Lax"},
	{"over TLS for all paths it belongs to the host",
	 {SLICE_INIT("v1"), SLICE_INIT("/"), 900, true, false},
	 OK,
	 "__Host-" BASE "/; Max-Age=900; HttpOnly; Secure; SameSite=Lax"},
	{"for a page of another site",
	 {SLICE_INIT("v1"), SLICE_INIT("/stream"), 900, true, true},
	 OK,
	 "__Secure-" BASE "/stream; Max-Age=900; HttpOnly; Secure; SameSite=None; Partitioned"},
	{"on loopback without TLS a plain name",
	 {SLICE_INIT("v1"), SLICE_INIT("/"), 900, false, false},
	 OK,
	 BASE "/; Max-Age=900; HttpOnly; SameSite=Lax"},
	{"without TLS no other site",
	 {SLICE_INIT("v1"), SLICE_INIT("/stream"), 1, false, true},
	 OK,
	 BASE "/stream; Max-Age=1; HttpOnly; SameSite=Lax"},
	{"an empty one takes it away",
	 {SLICE_INIT(""), SLICE_INIT("/"), 0, true, false},
	 OK,
	 "__Host-sluice-resume=; Path=/; Max-Age=0; HttpOnly; Secure; SameSite=Lax"},
	{"a value cannot add an attribute",
	 {SLICE_INIT("v; Domain=x"), SLICE_INIT("/"), 1, true, false},
	 E_BAD_FIELD,
	 ""},
	{"nor end the line",
	 {SLICE_INIT("v\r\nx"), SLICE_INIT("/"), 1, true, false},
	 E_BAD_FIELD,
	 ""},
	{"nor can a path", {SLICE_INIT("v"), SLICE_INIT("/a;b"), 1, true, false}, E_BAD_FIELD, ""},
	{"a path has no space",
	 {SLICE_INIT("v"), SLICE_INIT("/a b"), 1, true, false},
	 E_BAD_FIELD,
	 ""},
	{"a path begins with a slash",
	 {SLICE_INIT("v"), SLICE_INIT("stream"), 1, true, false},
	 E_BAD_FIELD,
	 ""},
	{"no path is no path", {SLICE_INIT("v"), SLICE_INIT(""), 1, true, false}, E_BAD_FIELD, ""},
};

static void the_cookie_is_bound_as_tightly_as_can_be(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cookies); i++) {
		const struct resume_cookie *cookie = &cookies[i].cookie;
		char text[256];
		struct writer w;

		writer_init(&w, text, sizeof(text));
		check(cookies[i].name, resume_cookie_put(&w, cookie) == cookies[i].err);
		check_slice(cookies[i].name, writer_slice(&w), slice_of(cookies[i].out));
		if (!cookies[i].err)
			check(cookies[i].name,
			      slice_starts(writer_slice(&w),
					   resume_cookie_name(cookie->path, cookie->secure)));
	}
}

static void a_cookie_needs_all_of_its_room(void **state)
{
	(void)state;
	const struct resume_cookie *cookie = &cookies[0].cookie;
	size_t need = strlen(cookies[0].out);
	char text[256];

	for (size_t cap = 0; cap <= need; cap++) {
		struct writer w;

		writer_init(&w, text, cap);
		assert_int_equal(resume_cookie_put(&w, cookie), cap < need ? E_NO_SPACE : OK);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_grant_is_good_again_and_again_until_its_time),
		cmocka_unit_test(a_grant_is_bound_to_what_the_ticket_was),
		cmocka_unit_test(a_grant_lives_for_a_bounded_time),
		cmocka_unit_test(at_the_maximum_a_grant_is_refused),
		cmocka_unit_test(logging_out_ends_a_grant),
		cmocka_unit_test(a_revocation_takes_grants_back),
		cmocka_unit_test(the_cookie_is_bound_as_tightly_as_can_be),
		cmocka_unit_test(a_cookie_needs_all_of_its_room),
	};

	return cmocka_run_group_tests_name("resume", tests, NULL, NULL);
}
