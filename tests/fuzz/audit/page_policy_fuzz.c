/* SPDX-License-Identifier: Apache-2.0 */
/* A policy that allows nothing wide and is asked for two streams never reads past its end. */
#include "audit/page_policy.h"

#include "base/require.h"

#include <stdint.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice policy = {(const char *)data, size};
	struct url page, stream;
	struct slice wide;

	require(url_parse(SLICE("https://app.example.com/"), &page) == OK);
	require(url_parse(SLICE("https://s.example:8443/a/b?c"), &stream) == OK);
	wide = page_policy_wide_source(policy);
	(void)page_policy_allows(policy, &page, &page);
	/* What names everybody names this one. */
	if (wide.ptr != NULL && slice_eq(wide, SLICE("*")))
		require(page_policy_allows(policy, &page, &stream));
	return 0;
}
