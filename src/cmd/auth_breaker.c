/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/auth_breaker.h"

bool breaker_admit(struct breaker *b, uint64_t now_ms)
{
	if (!b->open)
		return true;
	if (b->probing || now_ms < b->until_ms)
		return false;
	b->probing = true;
	return true;
}

bool breaker_succeed(struct breaker *b)
{
	bool was_open = b->open;

	*b = (struct breaker){0};
	return was_open;
}

bool breaker_fail(struct breaker *b, uint64_t now_ms)
{
	bool was_open = b->open;

	if (b->failures < BREAKER_FAILURES)
		b->failures++;
	if (b->failures < BREAKER_FAILURES)
		return false;
	b->open = true;
	b->probing = false;
	b->until_ms = now_ms + BREAKER_OPEN_MS;
	return !was_open;
}
