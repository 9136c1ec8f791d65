/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"

#include "identity/keys.h"

#include <stdio.h>

#define K15  "0123456789abcde"
#define K16  K15 "f"
#define K64  K16 K16 K16 K16
#define K512 K64 K64 K64 K64 K64 K64 K64 K64
#define U128 K64 K64

static const struct {
	const char *name;
	const char *user;
	const char *key;
	enum err err;
} adds[] = {
	{"the shortest key", "", K16, OK},
	{"a byte less can be guessed", "", K15, E_RANGE},
	{"no key", "", "", E_RANGE},
	{"the longest key", "", K512, OK},
	{"a byte more", "", K512 "x", E_RANGE},
	{"the longest user", U128, K16, OK},
	{"a byte more of user", U128 "x", K16, E_RANGE},
	{"a space in the key", "", K16 " x", E_SYNTAX},
	{"a tab in the key", "", K16 "\t", E_SYNTAX},
	{"DEL in the key", "", K16 "\x7f", E_SYNTAX},
	{"a byte past ASCII in the key", "", K16 "\xc3\xa9", E_SYNTAX},
	{"a space in the user", "a b", K16, E_SYNTAX},
	{"a line end in the user", "a\n", K16, E_SYNTAX},
	{"the ends of visible ASCII", "!~", "!!!!!!!!~~~~~~~~", OK},
};

static void add_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(adds); i++) {
		struct slice user = place_at_edge(slice_of(adds[i].user));
		struct slice key = place_at_edge(slice_of(adds[i].key));
		struct key_ring ring;

		keys_init(&ring);
		check(adds[i].name, keys_add(&ring, user, key) == adds[i].err);
		check(adds[i].name, ring.count == (adds[i].err ? 0 : 1));
		const struct key *found = keys_find(&ring, key);
		check(adds[i].name, (found != NULL) == (adds[i].err == OK));
		if (found)
			check_slice(adds[i].name, ((struct slice){found->user, found->user_len}),
				    user);
		keys_fini(&ring);
	}
}

static enum err add_nth(struct key_ring *ring, unsigned n)
{
	char user[8], key[32];

	(void)snprintf(user, sizeof(user), "u%u", n);
	(void)snprintf(key, sizeof(key), K16 "-%u", n);
	return keys_add(ring, slice_of(user), slice_of(key));
}

static void ring_is_bounded(void **state)
{
	struct key_ring ring;

	(void)state;
	keys_init(&ring);
	for (unsigned n = 0; n < KEYS_MAX; n++)
		assert_int_equal(add_nth(&ring, n), OK);
	assert_int_equal(add_nth(&ring, KEYS_MAX), E_FULL);
	assert_int_equal(ring.count, KEYS_MAX);
	for (unsigned n = 0; n < KEYS_MAX; n++) {
		char key[32];

		(void)snprintf(key, sizeof(key), K16 "-%u", n);
		assert_ptr_equal(keys_find(&ring, slice_of(key)), &ring.keys[n]);
	}
	keys_fini(&ring);
	assert_null(keys_find(&ring, SLICE(K16 "-0")));
}

/* No prefix, no longer one, no neighbour. */
static void only_the_key_itself_is_found(void **state)
{
	static const char text[] = K16 K16;
	const struct slice key = {text, sizeof(text) - 1};
	struct key_ring ring;

	(void)state;
	keys_init(&ring);
	assert_int_equal(keys_add(&ring, SLICE("alice"), key), OK);
	assert_non_null(keys_find(&ring, place_at_edge(key)));
	for (size_t len = 0; len < key.len; len++)
		assert_null(keys_find(&ring, place_at_edge(slice_upto(key, len))));
	assert_null(keys_find(&ring, SLICE(K16 K16 "0")));
	for (size_t i = 0; i < key.len * 8; i++) {
		char near[sizeof(text)];

		memcpy(near, text, sizeof(text));
		near[i / 8] = (char)(near[i / 8] ^ (1 << i % 8));
		assert_null(keys_find(&ring, (struct slice){near, key.len}));
	}
	keys_fini(&ring);
}

/* A core dump gives no key away. */
static void ring_holds_no_key(void **state)
{
	struct key_ring ring;

	(void)state;
	keys_init(&ring);
	assert_int_equal(keys_add(&ring, SLICE("alice"), SLICE(K16)), OK);
	const char *bytes = (const char *)ring.keys;
	for (size_t i = 0; i + 8 <= ring.cap * sizeof(*ring.keys); i++)
		assert_true(memcmp(bytes + i, K16, 8) != 0);
	keys_fini(&ring);
}

static const struct {
	const char *name;
	const char *text;
	enum err err;
	size_t line; /* that is at fault */
	size_t count;
	const char *user; /* of the last key */
} files[] = {
	{"one key", K16, OK, 0, 1, ""},
	{"a user and a key", "alice " K16 "\n", OK, 0, 1, "alice"},
	{"spaces between and around", "  alice   " K16 "  \n", OK, 0, 1, "alice"},
	{"comments and empty lines", "# keys\n\n" K16 "\n  # " K15 "\n", OK, 0, 1, ""},
	{"lines that end in CRLF", "alice " K16 "\r\nbob " K16 "x\r\n", OK, 0, 2, "bob"},
	{"nothing", "", E_NOT_FOUND, 0, 0, NULL},
	{"comments alone", "# " K16 "\n", E_NOT_FOUND, 0, 0, NULL},
	{"a short key in the second line", K16 "\n" K15 "\n", E_RANGE, 2, 1, NULL},
	{"three words in the third", "\n" K16 "\nalice " K16 " x\n", E_SYNTAX, 3, 1, NULL},
	{"a tab is no space", "alice\t" K16, E_SYNTAX, 1, 0, NULL},
	{"the key of another", "alice " K16 "\nbob " K16 "\n", E_EXISTS, 2, 1, "alice"},
	{"a key with a user and without", "alice " K16 "\n" K16 "\n", E_EXISTS, 2, 1, "alice"},
	{"a line that is there twice", "alice " K16 "\nalice " K16 "\n", OK, 0, 2, "alice"},
	{"a control is no key", "0123456789abcdef\001", E_SYNTAX, 1, 0, NULL},
};

static void file_table(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(files); i++) {
		struct key_ring ring;
		size_t line = 0;

		keys_init(&ring);
		enum err err = keys_read(&ring, place_at_edge(slice_of(files[i].text)), &line);
		check(files[i].name, err == files[i].err);
		check(files[i].name, files[i].line == 0 || line == files[i].line);
		check(files[i].name, ring.count == files[i].count);
		if (files[i].user) {
			const struct key *last = &ring.keys[ring.count - 1];

			check_slice(files[i].name, ((struct slice){last->user, last->user_len}),
				    slice_of(files[i].user));
		}
		keys_fini(&ring);
	}
}

static const struct {
	const char *name;
	const char *text;
	bool known; /* whoever was known by the first key of the older ring still is */
} carried[] = {
	{"the same key and user", "alice " K16, true},
	{"in another line", "bob another-key-of-16\nalice " K16, true},
	{"another user has the key", "bob " K16, false},
	{"nobody has it by name", K16, false},
	{"the user has another key", "alice another-key-of-16", false},
};

static void people_stay_who_they_are(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(carried); i++) {
		const struct siphash_key hash = {0};
		struct key_ring older, ring;
		size_t line;

		keys_init(&older);
		keys_init(&ring);
		check("older", keys_read(&older, SLICE("alice " K16), &line) == OK);
		check("older", keys_bind(&older, false, hash) == OK);
		check(carried[i].name, keys_read(&ring, slice_of(carried[i].text), &line) == OK);
		keys_carry(&ring, &older);
		check(carried[i].name, keys_bind(&ring, false, hash) == OK);
		check(carried[i].name,
		      keys_have(&ring, older.keys[0].principal) == carried[i].known);
		keys_fini(&older);
		for (size_t j = 0; j < ring.count; j++)
			check("they have one each", ring.keys[j].principal != NULL);
		keys_fini(&ring);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(add_table),
		cmocka_unit_test(ring_is_bounded),
		cmocka_unit_test(only_the_key_itself_is_found),
		cmocka_unit_test(ring_holds_no_key),
		cmocka_unit_test(file_table),
		cmocka_unit_test(people_stay_who_they_are),
	};

	return cmocka_run_group_tests_name("keys", tests, NULL, NULL);
}
