/* SPDX-License-Identifier: Apache-2.0 */
/* What the application says is refused, or a principal within its limits that has not ended. */
#include "base/require.h"
#include "cmd/auth_answer.h"

#define NOW_MS 1700000000000u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct siphash_key key = {1, 2};
	struct principal *p = NULL;

	if (auth_answer_read((struct slice){(const char *)data, size}, NOW_MS, key, &p)) {
		require(!p);
		return 0;
	}
	require(p->facts.subject.len > 0 && p->facts.subject.len <= PRINCIPAL_MAX_SUBJECT);
	require(p->facts.sid.len <= PRINCIPAL_MAX_ID && p->facts.jti.len <= PRINCIPAL_MAX_ID);
	require(p->facts.subscribe.count <= PRINCIPAL_MAX_PATTERNS);
	require(p->facts.publish.count <= PRINCIPAL_MAX_PATTERNS);
	require(!principal_is_expired(p, NOW_MS));
	principal_unref(p);
	return 0;
}
