/* SPDX-License-Identifier: Apache-2.0 */
/* secrets_test.c - what of the settings no report may show. */
#include "audit/secrets.h"

#include "../test.h"

#include <string.h>

static struct audit_settings settings;
static struct recorder_secrets secrets;
static struct arena arena;

static void take(void)
{
	memset(&secrets, 0, sizeof(secrets));
	arena_init(&arena, 65536);
	secrets_take(&secrets, &arena, &settings);
}

static bool is_secret(const char *text)
{
	for (size_t i = 0; i < secrets.count; i++)
		if (slice_eq(secrets.of[i], slice_of(text)))
			return true;
	return false;
}

static const struct {
	const char *name;
	const char *url;
	const char *secret; /* NULL: nothing is */
} urls[] = {
	{"a token", "https://a.example/s?topic=news&token=abcdef1", "abcdef1"},
	{"a name with token in it", "https://a.example/s?x_Access_Token2=abcdef1", "abcdef1"},
	{"an id token", "https://a.example/s?id_token=abcdef1", "abcdef1"},
	{"a signature of a cloud", "https://a.example/s?X-Amz-Signature=abcdef1", "abcdef1"},
	{"a short name", "https://a.example/s?sig=abcdef1", "abcdef1"},
	{"a short name within another", "https://a.example/s?design=abcdef1", NULL},
	{"as it stands there", "https://a.example/s?key=a%2Fbc%2Bd", "a%2Fbc%2Bd"},
	{"decoded", "https://a.example/s?key=a%2Fbc%2Bd", "a/bc+d"},
	{"a plus as a space", "https://a.example/s?key=abc+def%2F", "abc def/"},
	{"a plus as it is", "https://a.example/s?key=abc+def%2F", "abc+def/"},
	{"a broken escape", "https://a.example/s?key=abc%2def%zz", "abc%2def%zz"},
	{"what is too short", "https://a.example/s?key=abcde", NULL},
	{"no value", "https://a.example/s?token&key=", NULL},
	{"no query", "https://a.example/token=abcdef1", NULL},
};

static void queries_that_speak_of_a_secret_hold_one(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(urls); i++) {
		memset(&settings, 0, sizeof(settings));
		assert_int_equal(url_parse(slice_of(urls[i].url), &settings.url), OK);
		take();
		check(urls[i].name, urls[i].secret ? is_secret(urls[i].secret) : !secrets.count);
		arena_free(&arena);
	}
}

static void every_url_and_credential_is_looked_at(void **state)
{
	(void)state;
	memset(&settings, 0, sizeof(settings));
	(void)url_parse(SLICE("https://a.example/?token=target-1"), &settings.url);
	(void)url_parse(SLICE("https://a.example/?token=ticket-1"), &settings.ticket_url);
	(void)url_parse(SLICE("https://a.example/?token=page-0001"), &settings.page);
	(void)url_parse(SLICE("https://a.example/?token=hop-00001"), &settings.via_urls[1]);
	(void)url_parse(SLICE("https://a.example/"), &settings.via_urls[0]);
	settings.has_ticket_url = settings.has_page = true;
	settings.via_count = 2;
	settings.first.fields[0] =
		(struct http_field){SLICE("Cookie"), SLICE("a=cookie-1; b=cookie-2;c=x")};
	settings.first.count = 1;
	settings.second.fields[0] =
		(struct http_field){SLICE("Authorization"), SLICE("Bearer bearer-1")};
	settings.second.count = 1;
	take();
	assert_true(is_secret("target-1") && is_secret("ticket-1") && is_secret("page-0001"));
	assert_true(is_secret("hop-00001") && is_secret("cookie-1") && is_secret("cookie-2"));
	assert_true(is_secret("bearer-1"));
	assert_int_equal(secrets.count, 7);
	arena_free(&arena);
}

static void there_is_a_most_of_them(void **state)
{
	(void)state;
	memset(&secrets, 0, sizeof(secrets));
	for (size_t i = 0; i < 2 * RECORDER_MAX_SECRETS; i++)
		secrets_add(&secrets, SLICE("abcdef"));
	assert_int_equal(secrets.count, RECORDER_MAX_SECRETS);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(queries_that_speak_of_a_secret_hold_one),
		cmocka_unit_test(every_url_and_credential_is_looked_at),
		cmocka_unit_test(there_is_a_most_of_them),
	};

	return cmocka_run_group_tests_name("secrets", tests, NULL, NULL);
}
