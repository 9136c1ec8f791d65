/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "../edge.h"
#include "base/base64url.h"

static const struct {
	const char *name;
	struct slice text;
	enum err err;
	struct slice bytes;
} cases[] = {
	{"nothing is nothing", SLICE_INIT(""), OK, SLICE_INIT("")},
	{"one byte (RFC 4648 10)", SLICE_INIT("Zg"), OK, SLICE_INIT("f")},
	{"two bytes", SLICE_INIT("Zm8"), OK, SLICE_INIT("fo")},
	{"three bytes", SLICE_INIT("Zm9v"), OK, SLICE_INIT("foo")},
	{"six bytes", SLICE_INIT("Zm9vYmFy"), OK, SLICE_INIT("foobar")},
	{"RFC 7515 appendix C", SLICE_INIT("A-z_4ME"), OK, SLICE_INIT("\x03\xec\xff\xe0\xc1")},
	{"a zero byte", SLICE_INIT("AA"), OK, SLICE_INIT("\0")},
	{"padding is refused", SLICE_INIT("Zg=="), E_SYNTAX, SLICE_INIT("")},
	{"padding alone is refused", SLICE_INIT("="), E_SYNTAX, SLICE_INIT("")},
	{"plus belongs to plain base64", SLICE_INIT("A+z_"), E_SYNTAX, SLICE_INIT("")},
	{"slash belongs to plain base64", SLICE_INIT("A-z/"), E_SYNTAX, SLICE_INIT("")},
	{"four unused bits must be zero", SLICE_INIT("Zh"), E_SYNTAX, SLICE_INIT("")},
	{"two unused bits must be zero", SLICE_INIT("Zm9"), E_SYNTAX, SLICE_INIT("")},
	{"one character carries no byte", SLICE_INIT("Z"), E_SYNTAX, SLICE_INIT("")},
	{"five characters carry no whole bytes", SLICE_INIT("Zm9vY"), E_SYNTAX, SLICE_INIT("")},
	{"a space in front", SLICE_INIT(" Zm9"), E_SYNTAX, SLICE_INIT("")},
	{"a line end behind", SLICE_INIT("Zm9\n"), E_SYNTAX, SLICE_INIT("")},
	{"a NUL inside", SLICE_INIT("Zm\0v"), E_SYNTAX, SLICE_INIT("")},
	{"a byte past ASCII", SLICE_INIT("Zm\xc3\xa9"), E_SYNTAX, SLICE_INIT("")},
	{"a dot", SLICE_INIT("Zm.v"), E_SYNTAX, SLICE_INIT("")},
};

static void decodes_one_spelling_only(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		uint8_t out[16];
		size_t len = SIZE_MAX;
		struct slice in = place_at_edge(cases[i].text);
		enum err err = base64url_decode(in, out, sizeof(out), &len);

		check(cases[i].name, err == cases[i].err);
		check(cases[i].name, (err == OK) == (len != SIZE_MAX));
		if (!err)
			check_slice(cases[i].name, ((struct slice){(const char *)out, len}),
				    cases[i].bytes);
	}
}

static void fits_exactly_or_not_at_all(void **state)
{
	(void)state;
	for (size_t cap = 0; cap < 6; cap++) {
		uint8_t out[6];
		size_t len = SIZE_MAX;

		assert_int_equal(base64url_decode(SLICE("Zm9vYmFy"), out, cap, &len), E_NO_SPACE);
		assert_true(len == SIZE_MAX);
		assert_int_equal(base64url_decode(SLICE("Zm9vYmFy"), out, 6, &len), OK);
		assert_int_equal(len, 6);
	}
}

static void every_length_comes_back(void **state)
{
	char bytes[80], text[120];

	(void)state;
	for (size_t n = 0; n < sizeof(bytes); n++) {
		uint8_t out[sizeof(bytes)];
		size_t len = SIZE_MAX;
		struct writer w;

		bytes[n] = (char)(n * 37 + 200);
		writer_init(&w, text, BASE64URL_CHARS(n));
		put_base64url(&w, (struct slice){bytes, n});
		assert_false(w.overflow);
		assert_int_equal(w.len, BASE64URL_CHARS(n));
		assert_int_equal(BASE64URL_BYTES(w.len), n);
		assert_int_equal(base64url_decode(writer_slice(&w), out, n, &len), OK);
		check_slice("round trip", ((struct slice){(const char *)out, len}),
			    ((struct slice){bytes, n}));
	}
}

static void plain_base64_is_padded(void **state)
{
	static const struct {
		struct slice bytes, text;
	} plain[] = {
		{SLICE_INIT(""), SLICE_INIT("")},
		{SLICE_INIT("f"), SLICE_INIT("Zg==")},
		{SLICE_INIT("fo"), SLICE_INIT("Zm8=")},
		{SLICE_INIT("foo"), SLICE_INIT("Zm9v")},
		{SLICE_INIT("\xfb\xff\xfe"), SLICE_INIT("+//+")},
	};

	(void)state;
	for (size_t i = 0; i < COUNT_OF(plain); i++) {
		char text[8];
		struct writer w;

		writer_init(&w, text, sizeof(text));
		put_base64(&w, plain[i].bytes);
		check_slice("RFC 4648 10", writer_slice(&w), plain[i].text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decodes_one_spelling_only),
		cmocka_unit_test(fits_exactly_or_not_at_all),
		cmocka_unit_test(every_length_comes_back),
		cmocka_unit_test(plain_base64_is_padded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
