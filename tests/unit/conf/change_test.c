/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "load.h"

#include "conf/change.h"

#define BASE                                                                                       \
	"listen: [127.0.0.1:1, 127.0.0.1:2]\n"                                                     \
	"routes: [{path: /a, hub: {public: [x, y]}}]\n"                                            \
	"publish: {key-file: /k}\n"

static const struct {
	const char *name;
	const char *before;
	const char *after;
	const char *want; /* the fixed options that differ */
} changes[] = {
	{"the same", BASE, BASE, ""},
	{"a default is written out", BASE, BASE "workers: auto\n", ""},
	{"what can change", BASE, "listen: [127.0.0.1:1, 127.0.0.1:2]\ncharset: false\n", ""},
	{"an address", BASE, "listen: [127.0.0.1:1, 127.0.0.1:3]\n", "listen[].address"},
	{"one address less", BASE, "listen: [127.0.0.1:1]\n", "listen"},
	{"their order", BASE, "listen: [127.0.0.1:2, 127.0.0.1:1]\n", "listen[].address"},
	{"HTTP/2 without TLS", "listen: [{address: 127.0.0.1:1, h2c: on}]\n",
	 "listen: [{address: 127.0.0.1:1, h2c: off}]\n", "listen[].h2c"},
	{"threads", BASE, BASE "workers: 3\n", "workers"},
	{"a number that was absent", "", "admin: 127.0.0.1:9\n", "admin"},
	{"a text that is absent now", "admin: 127.0.0.1:9\n", "", "admin"},
	{"memory and rights", "", "history: {memory: 1MiB}\nsandbox: false\nuser: nobody\n",
	 "history.memory, user, sandbox"},
	{"tables of secrets", "", "auth: {ticket: {max: 1}, revoke: {max: 1, keep: 1m}}\n",
	 "auth.ticket.max, auth.revoke.keep, auth.revoke.max"},
};

static void fixed_changes_are_named(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(changes); i++) {
		struct loaded before, after;
		char text[256];
		struct writer w;

		load(&before, slice_of(changes[i].before));
		load(&after, slice_of(changes[i].after));
		check(changes[i].name, !before.err && !after.err);
		writer_init(&w, text, sizeof(text));
		size_t n = conf_put_fixed_changes(&w, &before.settings, &after.settings);
		check_slice(changes[i].name, writer_slice(&w), slice_of(changes[i].want));
		check(changes[i].name, (n > 0) == (changes[i].want[0] != '\0'));
		arena_free(&before.arena);
		arena_free(&after.arena);
	}
}

#define JWT "auth: {jwt: {keys: /k, issuer: i, audience: [a, b], algorithms: [ES256]}, cookie: c}\n"

static const struct {
	const char *name;
	const char *after;
	bool same;
} groups[] = {
	{"the same", JWT, true},
	{"another group", JWT "charset: false\n", true},
	{"a key beside the group",
	 "auth: {jwt: {keys: /k, issuer: i, audience: [a, b], algorithms: [ES256]}, cookie: d}\n",
	 true},
	{"a text",
	 "auth: {jwt: {keys: /k, issuer: j, audience: [a, b], algorithms: [ES256]}, cookie: c}\n",
	 false},
	{"an entry of a list",
	 "auth: {jwt: {keys: /k, issuer: i, audience: [a, c], algorithms: [ES256]}, cookie: c}\n",
	 false},
	{"an entry less",
	 "auth: {jwt: {keys: /k, issuer: i, audience: [a], algorithms: [ES256]}, cookie: c}\n",
	 false},
	{"a set",
	 "auth: {jwt: {keys: /k, issuer: i, audience: [a, b], algorithms: [EdDSA]}, cookie: c}\n",
	 false},
	{"a duration",
	 "auth: {jwt: {keys: /k, issuer: i, audience: [a, b], algorithms: [ES256], clock-skew: 1s}"
	 ", cookie: c}\n",
	 false},
	{"all of it", "auth: {cookie: c}\n", false},
};

static void groups_are_compared(void **state)
{
	struct loaded before;

	(void)state;
	load(&before, slice_of(JWT));
	assert_int_equal(before.err, OK);
	for (size_t i = 0; i < COUNT_OF(groups); i++) {
		struct loaded after;

		load(&after, slice_of(groups[i].after));
		check(groups[i].name, after.err == OK);
		check(groups[i].name, conf_same(&before.settings, &after.settings,
						SLICE("auth.jwt.")) == groups[i].same);
		arena_free(&after.arena);
	}
	arena_free(&before.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fixed_changes_are_named),
		cmocka_unit_test(groups_are_compared),
	};

	return cmocka_run_group_tests_name("conf change", tests, NULL, NULL);
}
