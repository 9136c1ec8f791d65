/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "load.h"

#include "conf/form.h"
#include "conf/tree.h"

#define TEXT_SIZE (2u << 20) /* bytes: a file at its maximum, and more */
#define JWT       "keys: k, issuer: i, audience: a, algorithms: [ES256]"

/* head, `count` times entry, tail. */
static struct slice repeat(char *text, struct slice head, struct slice entry, size_t count,
			   struct slice tail)
{
	struct writer w;

	writer_init(&w, text, TEXT_SIZE);
	put(&w, head);
	for (size_t i = 0; i < count; i++)
		put(&w, entry);
	put(&w, tail);
	assert_false(w.overflow);
	return writer_slice(&w);
}

static const struct {
	const char *name;
	struct slice head, entry, tail;
	size_t most;
	struct slice want; /* one past it */
} bounds[] = {
	{"listeners", SLICE_INIT("listen: ["), SLICE_INIT("127.0.0.1:0,"), SLICE_INIT("]"), 16,
	 SLICE_INIT("sluice.yaml:1:9: listen: a list of 17 entries is above the maximum of 16\n")},
	{"hosts", SLICE_INIT("hosts: ["), SLICE_INIT("a.example,"), SLICE_INIT("]"), 64,
	 SLICE_INIT("sluice.yaml:1:8: hosts: a list of 65 entries is above the maximum of 64\n")},
	{"origins", SLICE_INIT("cors: {origins: ["), SLICE_INIT("https://a.example,"),
	 SLICE_INIT("]}"), 64,
	 SLICE_INIT("sluice.yaml:1:17: cors.origins: a list of 65 entries is above the maximum of "
		    "64\n")},
	{"public topics", SLICE_INIT("routes: [{path: /a, hub: {public: ["), SLICE_INIT("a,"),
	 SLICE_INIT("]}}]"), 64,
	 SLICE_INIT("sluice.yaml:1:35: routes[].hub.public: a list of 65 entries is above the "
		    "maximum of 64\n")},
	{"fixed topics", SLICE_INIT("routes: [{path: /a, hub: {topics: ["), SLICE_INIT("a,"),
	 SLICE_INIT("]}}]"), 32,
	 SLICE_INIT("sluice.yaml:1:35: routes[].hub.topics: a list of 33 entries is above the "
		    "maximum of 32\n")},
	{"length of a path", SLICE_INIT("routes: [/"), SLICE_INIT("a"), SLICE_INIT("]"), 255,
	 SLICE_INIT("sluice.yaml:1:10: routes[].path: a text of 257 bytes is above the maximum of "
		    "256\n")},
	{"length of a file name", SLICE_INIT("publish: {key-file: "), SLICE_INIT("a"),
	 SLICE_INIT("}"), 4096,
	 SLICE_INIT("sluice.yaml:1:21: publish.key-file: a text of 4097 bytes is above the maximum "
		    "of 4096\n")},
	{"length of a cookie's name", SLICE_INIT("auth: {keys-file: k, cookie: "), SLICE_INIT("a"),
	 SLICE_INIT("}"), 128,
	 SLICE_INIT("sluice.yaml:1:30: auth.cookie: a text of 129 bytes is above the maximum of "
		    "128\n")},
	{"audiences",
	 SLICE_INIT("auth: {jwt: {keys: k, issuer: i, algorithms: [ES256], audience: ["),
	 SLICE_INIT("a,"), SLICE_INIT("]}}"), 8,
	 SLICE_INIT("sluice.yaml:1:65: auth.jwt.audience: a list of 9 entries is above the maximum "
		    "of 8\n")},
	{"types of tokens", SLICE_INIT("auth: {jwt: {" JWT ", types: ["), SLICE_INIT("a,"),
	 SLICE_INIT("]}}"), 8,
	 SLICE_INIT("sluice.yaml:1:75: auth.jwt.types: a list of 9 entries is above the maximum of "
		    "8\n")},
	{"length of an issuer",
	 SLICE_INIT("auth: {jwt: {keys: k, audience: a, algorithms: [ES256], issuer: "),
	 SLICE_INIT("a"), SLICE_INIT("}}"), CONF_MAX_CLAIM,
	 SLICE_INIT("sluice.yaml:1:65: auth.jwt.issuer: a text of 1025 bytes is above the maximum "
		    "of 1024\n")},
	{"length of an audience",
	 SLICE_INIT("auth: {jwt: {keys: k, issuer: i, algorithms: [ES256], audience: "),
	 SLICE_INIT("a"), SLICE_INIT("}}"), CONF_MAX_CLAIM,
	 SLICE_INIT("sluice.yaml:1:65: auth.jwt.audience: "
		    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…': what a "
		    "token claims is at most 1024 bytes, without control characters\n")},
	{"length of a token's type", SLICE_INIT("auth: {jwt: {" JWT ", types: ["), SLICE_INIT("a"),
	 SLICE_INIT("]}}"), CONF_MAX_TYPE,
	 SLICE_INIT("sluice.yaml:1:76: auth.jwt.types: "
		    "'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…': a type "
		    "such as JWT or at+jwt is at most 64 characters, without application/\n")},
	{"length of the name of a file of keys",
	 SLICE_INIT("auth: {jwt: {issuer: i, audience: a, algorithms: [ES256], keys: "),
	 SLICE_INIT("a"), SLICE_INIT("}}"), 4096,
	 SLICE_INIT("sluice.yaml:1:65: auth.jwt.keys: a text of 4097 bytes is above the maximum of "
		    "4096\n")},
	{"length of a URL", SLICE_INIT("auth: {introspect: {url: https://a/"), SLICE_INIT("a"),
	 SLICE_INIT("}}"), 2048 - 10,
	 SLICE_INIT("sluice.yaml:1:26: auth.introspect.url: a text of 2049 bytes is above the "
		    "maximum of 2048\n")},
	{"length of the path of tickets", SLICE_INIT("auth: {ticket: {path: /"), SLICE_INIT("a"),
	 SLICE_INIT("}}"), 255,
	 SLICE_INIT("sluice.yaml:1:23: auth.ticket.path: a text of 257 bytes is above the maximum "
		    "of 256\n")},
	{"length of a topic", SLICE_INIT("routes: [{path: /a, hub: {topics: ["), SLICE_INIT("a"),
	 SLICE_INIT("]}}]"), 256,
	 SLICE_INIT(
		 "sluice.yaml:1:36: routes[].hub.topics: '"
		 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa…': a topic is "
		 "at "
		 "most 256 visible ASCII characters; * stands for a whole segment, ** for the last "
		 "ones: a/*/b, a/**\n")},
	{"bytes of a file", SLICE_INIT("#"), SLICE_INIT(" "), SLICE_INIT(""), (1 << 20) - 1,
	 SLICE_INIT("sluice.yaml:1:1: the file is larger than 1 MiB\n")},
};

static void keeps_its_bounds(void **state)
{
	(void)state;
	static struct loaded l;
	static char text[TEXT_SIZE];

	for (size_t i = 0; i < COUNT_OF(bounds); i++) {
		load(&l,
		     repeat(text, bounds[i].head, bounds[i].entry, bounds[i].most, bounds[i].tail));
		check_slice(bounds[i].name, printed(&l), SLICE(""));
		check(bounds[i].name, l.err == OK);
		arena_free(&l.arena);
		load(&l, repeat(text, bounds[i].head, bounds[i].entry, bounds[i].most + 1,
				bounds[i].tail));
		check_slice(bounds[i].name, printed(&l), bounds[i].want);
		arena_free(&l.arena);
	}
}

static struct slice routes(char *text, unsigned count)
{
	struct writer w;

	writer_init(&w, text, TEXT_SIZE);
	put(&w, SLICE("routes:\n"));
	for (unsigned i = 0; i < count; i++) {
		put(&w, SLICE("- /"));
		put_u64(&w, i);
		put_char(&w, '\n');
	}
	return writer_slice(&w);
}

static void takes_sixty_four_routes(void **state)
{
	(void)state;
	static struct loaded l;
	static char text[TEXT_SIZE];

	load(&l, routes(text, 64));
	assert_int_equal(l.err, OK);
	assert_int_equal(l.settings.route_count, 64);
	arena_free(&l.arena);
	load(&l, routes(text, 65));
	assert_int_equal(l.err, E_SYNTAX);
	arena_free(&l.arena);
}

/* Bombs: `count` brackets in each other, `count` values beside each other. */
static void keeps_the_tree_small(void **state)
{
	(void)state;
	static struct loaded l;
	static char text[TEXT_SIZE];
	const struct slice unknown = SLICE("sluice.yaml:1:1: unknown key 'zzzzzz'\n");

	/* The mapping of the file is the first level, and its first value with its key. */
	load(&l, repeat(text, SLICE("zzzzzz: "), SLICE("["), CONF_MAX_DEPTH - 1,
			SLICE("]]]]]]]]]]]]]]]")));
	check_slice("deepest", printed(&l), unknown);
	arena_free(&l.arena);
	load(&l, repeat(text, SLICE("zzzzzz: "), SLICE("["), CONF_MAX_DEPTH, SLICE("")));
	check_slice("deeper", printed(&l),
		    SLICE("sluice.yaml:1:24: nested deeper than 16 levels\n"));
	arena_free(&l.arena);
	load(&l, repeat(text, SLICE("zzzzzz: ["), SLICE("a,"), CONF_MAX_NODES - 3, SLICE("]")));
	check_slice("most values", printed(&l), unknown);
	arena_free(&l.arena);
	load(&l, repeat(text, SLICE("zzzzzz: ["), SLICE("a,"), CONF_MAX_NODES - 2, SLICE("]")));
	check_slice("more values", printed(&l),
		    SLICE("sluice.yaml:1:20004: the file holds more than 10000 values\n"));
	arena_free(&l.arena);
	load(&l, repeat(text, SLICE(""), SLICE("["), CONF_MAX_TEXT, SLICE("")));
	assert_int_equal(l.err, E_SYNTAX);
	arena_free(&l.arena);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(keeps_its_bounds),
		cmocka_unit_test(takes_sixty_four_routes),
		cmocka_unit_test(keeps_the_tree_small),
	};

	return cmocka_run_group_tests_name("conf-bounds", tests, NULL, NULL);
}
