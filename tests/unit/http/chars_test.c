/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "http/chars.h"

#define ROOM 24

static bool is_text_by_the_rfc(unsigned byte)
{
	return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
}

static void a_run_of_text_ends_at_the_first_control_wherever_it_stands(void **state)
{
	(void)state;
	for (unsigned byte = 0; byte < 256; byte++) {
		for (size_t at = 0; at < ROOM; at++) {
			char bytes[ROOM];

			/* A line feed behind it: the first of two controls counts. */
			for (size_t i = 0; i < ROOM; i++)
				bytes[i] = i > at + 1 ? '\n' : ' ';
			bytes[at] = (char)(unsigned char)byte;
			size_t next = at + 2 < ROOM ? at + 2 : ROOM;
			size_t want = is_text_by_the_rfc(byte) ? next : at;
			assert_int_equal(text_run((struct slice){bytes, ROOM}), want);
		}
	}
}

static const struct {
	const char *name;
	unsigned class;
	struct slice members; /* besides letters and digits */
} classes[] = {
	{"token", CHAR_TOKEN, SLICE_INIT("!#$%&'*+-.^_`|~")},
	{"target", CHAR_TARGET, SLICE_INIT("!\"$%&'()*+,-./:;<=>?@[\\]^_`{|}~")},
	{"cookie octet", CHAR_COOKIE, SLICE_INIT("!#$%&'()*+-./:<=>?@[]^_`{|}~")},
	{"host", CHAR_HOST, SLICE_INIT("-._")},
	{"unreserved", CHAR_UNRESERVED, SLICE_INIT("-._~")},
};

static void a_class_holds_what_its_rfc_lists_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(classes); i++) {
		for (unsigned byte = 0; byte < 256; byte++) {
			char c = (char)(unsigned char)byte;
			struct slice members = classes[i].members;
			bool want = ascii_is_alnum(c) || slice_find(members, c) < members.len;

			check(classes[i].name, char_is(c, classes[i].class) == want);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_run_of_text_ends_at_the_first_control_wherever_it_stands),
		cmocka_unit_test(a_class_holds_what_its_rfc_lists_and_nothing_else),
	};

	return cmocka_run_group_tests_name("chars", tests, NULL, NULL);
}
