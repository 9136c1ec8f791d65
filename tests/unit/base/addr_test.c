/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "base/addr.h"

#define V4(...)                                                                                    \
	{                                                                                          \
		ADDR_V4,                                                                           \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}
#define V6(...)                                                                                    \
	{                                                                                          \
		ADDR_V6,                                                                           \
		{                                                                                  \
			__VA_ARGS__                                                                \
		}                                                                                  \
	}

static const struct {
	const char *name;
	struct addr in;
	const char *text;
	bool loopback;
} texts[] = {
	{"no IP peer is a dash", {.family = ADDR_NONE}, "-", false},
	{"IPv4 is dotted", V4(192, 0, 2, 255), "192.0.2.255", false},
	{"IPv4 may be all zeroes", V4(0), "0.0.0.0", false},
	{"all of 127/8 is loopback", V4(127, 9, 8, 7), "127.9.8.7", true},
	{"128/8 is not loopback", V4(128, 0, 0, 1), "128.0.0.1", false},
	{"the unspecified address is two colons", V6(0), "::", false},
	{"::1 is loopback", V6([15] = 1), "::1", true},
	{"::2 is not loopback", V6([15] = 2), "::2", false},
	{"1:: is not loopback", V6([1] = 1), "1::", false},
	{"a run in the middle is shortened", V6(0x20, 1, 0xd, 0xb8, [15] = 1), "2001:db8::1",
	 false},
	{"one zero group is not shortened (RFC 5952 4.2.2)",
	 V6(0x20, 1, 0xd, 0xb8, 0, 0, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1), "2001:db8:0:1:1:1:1:1", false},
	{"the longest run is shortened (4.2.3)", V6(0x20, 1, [7] = 1, [15] = 1), "2001:0:0:1::1",
	 false},
	{"of equal runs the first is shortened (4.2.3)", V6(0x20, 1, 0xd, 0xb8, [9] = 1, [15] = 1),
	 "2001:db8::1:0:0:1", false},
	{"a run may end the address", V6(0xfe, 0x80, [5] = 1), "fe80:0:1::", false},
	{"a run may start the address", V6([12] = 1, [15] = 1), "::100:1", false},
	{"nothing to shorten is the longest text",
	 V6(0xab, 0xcd, 0xab, 0xcd, 0xab, 0xcd, 0xab, 0xcd, 0xab, 0xcd, 0xab, 0xcd, 0xab, 0xcd,
	    0xab, 0xcd),
	 "abcd:abcd:abcd:abcd:abcd:abcd:abcd:abcd", false},
};

static void addresses_read_as_RFC_5952_writes_them(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(texts); i++) {
		char text[ADDR_TEXT_MAX];
		struct writer w;

		writer_init(&w, text, sizeof(text));
		put_addr(&w, &texts[i].in);
		check(texts[i].name, !w.overflow);
		check_slice(texts[i].name, writer_slice(&w), slice_of(texts[i].text));
		check(texts[i].name, addr_is_loopback(&texts[i].in) == texts[i].loopback);
	}
}

static const struct {
	const char *name;
	struct addr a;
	struct addr b;
	bool same;
} keys[] = {
	{"one IPv4 address is itself", V4(192, 0, 2, 1), V4(192, 0, 2, 1), true},
	{"IPv4 neighbours differ", V4(192, 0, 2, 1), V4(192, 0, 2, 2), false},
	{"a /64 of IPv6 is one", V6(0x20, 1, 0, 0, 0, 0, 0, 7, 1), V6(0x20, 1, 0, 0, 0, 0, 0, 7, 2),
	 true},
	{"the next /64 differs", V6(0x20, 1, 0, 0, 0, 0, 0, 7), V6(0x20, 1, 0, 0, 0, 0, 0, 8),
	 false},
	{"families never meet", V4(0), V6(0), false},
	{"no IP peer is none of them", {.family = ADDR_NONE}, V4(0), false},
	{"peers without IP are one", {.family = ADDR_NONE}, {.family = ADDR_NONE}, true},
};

static void limits_count_by_what_one_household_has(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(keys); i++) {
		char a[ADDR_KEY_MAX], b[ADDR_KEY_MAX];
		bool same = slice_eq(addr_key(&keys[i].a, a), addr_key(&keys[i].b, b));

		check(keys[i].name, same == keys[i].same);
	}
}

static void a_mapped_address_is_IPv4(void **state)
{
	(void)state;
	const uint8_t v4[4] = {192, 0, 2, 1};
	uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 1};
	struct addr a = addr_v4(v4), b = addr_v6(mapped);
	char ka[ADDR_KEY_MAX], kb[ADDR_KEY_MAX];

	check_slice("mapped and plain count as one", addr_key(&b, kb), addr_key(&a, ka));
	mapped[9] = 1;
	assert_int_equal(addr_v6(mapped).family, ADDR_V6);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(addresses_read_as_RFC_5952_writes_them),
		cmocka_unit_test(limits_count_by_what_one_household_has),
		cmocka_unit_test(a_mapped_address_is_IPv4),
	};

	return cmocka_run_group_tests_name("addr", tests, NULL, NULL);
}
