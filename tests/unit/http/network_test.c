/* SPDX-License-Identifier: Apache-2.0 */
#include "../edge.h"
#include "../test.h"

#include "http/ip.h"
#include "http/network.h"

struct parse_case {
	const char *name;
	const char *text;
	enum err err;
};

static const struct parse_case parse_cases[] = {
	{"a block of IPv4", "10.0.0.0/8", OK},
	{"all of IPv4", "0.0.0.0/0", OK},
	{"an address is its own network", "192.0.2.1", OK},
	{"an address with all its bits", "192.0.2.1/32", OK},
	{"a block of IPv6", "fd00::/8", OK},
	{"an IPv6 address", "::1", OK},
	{"bits behind the prefix are a slip", "10.0.0.1/8", E_RANGE},
	{"the last bit behind the prefix counts", "10.0.0.1/31", E_RANGE},
	{"more bits than IPv4 has", "10.0.0.0/33", E_RANGE},
	{"more bits than IPv6 has", "::/129", E_RANGE},
	{"no bits behind the slash", "10.0.0.0/", E_SYNTAX},
	{"a sign is no number", "10.0.0.0/+8", E_SYNTAX},
	{"a mask is not taken", "10.0.0.0/255.0.0.0", E_SYNTAX},
	{"three numbers are no address", "10.0.0/8", E_SYNTAX},
	{"a name is no address", "localhost", E_SYNTAX},
	{"nothing", "", E_SYNTAX},
};

static void what_is_a_network(void **state)
{
	struct network network;

	(void)state;
	for (size_t i = 0; i < sizeof(parse_cases) / sizeof(parse_cases[0]); i++) {
		const struct parse_case *t = &parse_cases[i];

		if (network_parse(slice_of(t->text), &network) != t->err)
			fail_msg("%s: '%s'", t->name, t->text);
	}
}

struct contains_case {
	const char *name;
	const char *network;
	const char *addr;
	bool contains;
};

static const struct contains_case contains_cases[] = {
	{"the first of a block", "10.0.0.0/8", "10.0.0.0", true},
	{"the last of a block", "10.0.0.0/8", "10.255.255.255", true},
	{"the one behind it", "10.0.0.0/8", "11.0.0.0", false},
	{"a prefix within a byte", "10.16.0.0/12", "10.31.0.1", true},
	{"the one behind a prefix within a byte", "10.16.0.0/12", "10.32.0.0", false},
	{"no bits contain every address of the family", "0.0.0.0/0", "203.0.113.9", true},
	{"IPv4 is not in IPv6", "::/0", "203.0.113.9", false},
	{"IPv4 in IPv6 is IPv4", "10.0.0.0/8", "::ffff:10.1.2.3", true},
	{"an address contains itself", "::1", "::1", true},
	{"and nobody else", "::1", "::2", false},
	{"/1: the last of the lower half", "0.0.0.0/1", "127.255.255.255", true},
	{"/1: the first of the upper half", "0.0.0.0/1", "128.0.0.0", false},
	{"/1 with its bit set: the last address", "128.0.0.0/1", "255.255.255.255", true},
	{"/7: the last bit of the byte is free", "10.0.0.0/7", "11.255.255.255", true},
	{"/7: the bit before it is not", "10.0.0.0/7", "8.0.0.0", false},
	{"/8: the last bit of the byte counts", "10.0.0.0/8", "11.0.0.0", false},
	{"/9: the first bit of the next byte is zero", "10.0.0.0/9", "10.127.255.255", true},
	{"/9: the first bit of the next byte counts", "10.0.0.0/9", "10.128.0.0", false},
	{"/9: and so does the byte before", "10.0.0.0/9", "11.0.0.0", false},
	{"/31: both addresses", "192.0.2.2/31", "192.0.2.3", true},
	{"/31: not the one behind", "192.0.2.2/31", "192.0.2.4", false},
	{"/31: a byte before counts", "192.0.2.2/31", "192.1.2.2", false},
	{"/32: itself", "192.0.2.2/32", "192.0.2.2", true},
	{"/32: the last bit counts", "192.0.2.2/32", "192.0.2.3", false},
	{"/0 of IPv6: every address of the family", "::/0", "ff02::1", true},
	{"IPv6 is not in IPv4", "0.0.0.0/0", "::1", false},
	{"/33 of IPv6: within", "2001:db8::/33", "2001:db8:7fff::1", true},
	{"/33 of IPv6: the bit counts", "2001:db8::/33", "2001:db8:8000::", false},
	{"/127: both addresses", "2001:db8::/127", "2001:db8::1", true},
	{"/127: not the one behind", "2001:db8::/127", "2001:db8::2", false},
	{"/128: itself", "2001:db8::1/128", "2001:db8::1", true},
	{"/128: the last bit counts", "2001:db8::1/128", "2001:db8::", false},
	{"/128: the first bit counts", "2001:db8::1/128", "a001:db8::1", false},
	{"IPv4 in IPv6 as a network is IPv4", "::ffff:10.1.2.3", "10.1.2.3", true},
	{"IPv4 in IPv6 as a network has 32 bits", "::ffff:10.0.0.0/9", "10.127.0.1", true},
};

static struct addr addr_of(const char *text)
{
	uint8_t bytes[16];

	if (ip4_parse(slice_of(text), bytes))
		return addr_v4(bytes);
	assert_true(ip6_parse(slice_of(text), bytes));
	return addr_v6(bytes);
}

static void who_is_in_it(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(contains_cases) / sizeof(contains_cases[0]); i++) {
		const struct contains_case *t = &contains_cases[i];
		struct addr addr = addr_of(t->addr);
		struct network network;

		assert_int_equal(network_parse(slice_of(t->network), &network), OK);
		if (network_contains(&network, &addr) != t->contains)
			fail_msg("%s: %s in %s", t->name, t->addr, t->network);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_a_network),
		cmocka_unit_test(who_is_in_it),
	};

	return cmocka_run_group_tests_name("network", tests, NULL, NULL);
}
