/* SPDX-License-Identifier: Apache-2.0 */
#include "../test.h"

#include "load/spread.h"

static const struct {
	const char *name;
	uint64_t n;
	uint32_t source;
} cases[] = {
	{"the first", 0, 0x7f010001},
	{"the last on the first address", SPREAD_PER_ADDRESS - 1, 0x7f010001},
	{"the first on the second", SPREAD_PER_ADDRESS, 0x7f010002},
	{"never .255", SPREAD_PER_ADDRESS *UINT64_C(253), 0x7f0100fe},
	{"never .0", SPREAD_PER_ADDRESS *UINT64_C(254), 0x7f010101},
	{"the last address", SPREAD_PER_ADDRESS *UINT64_C(254) * 256 - 1, 0x7f01fffe},
	{"then the first again", SPREAD_PER_ADDRESS *UINT64_C(254) * 256, 0x7f010001},
};

static void sources_fill_one_address_after_the_other(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++)
		check(cases[i].name, spread_source(cases[i].n) == cases[i].source);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sources_fill_one_address_after_the_other),
	};

	return cmocka_run_group_tests_name("spread", tests, NULL, NULL);
}
