/* SPDX-License-Identifier: Apache-2.0 */
#include "base/addr.h"

#include <string.h>

struct addr addr_v4(const uint8_t bytes[4])
{
	struct addr a = {.family = ADDR_V4};

	memcpy(a.bytes, bytes, 4);
	return a;
}

struct addr addr_v6(const uint8_t bytes[16])
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
	struct addr a = {.family = ADDR_V6};

	if (memcmp(bytes, mapped, sizeof(mapped)) == 0)
		return addr_v4(bytes + 12);
	memcpy(a.bytes, bytes, 16);
	return a;
}

struct slice addr_key(const struct addr *addr, char out[ADDR_KEY_MAX])
{
	size_t n = addr->family == ADDR_V4 ? 4 : addr->family == ADDR_V6 ? 8 : 0;

	out[0] = (char)addr->family;
	memcpy(out + 1, addr->bytes, n);
	return (struct slice){out, 1 + n};
}

bool addr_is_loopback(const struct addr *addr)
{
	static const uint8_t one[16] = {[15] = 1};

	if (addr->family == ADDR_V4)
		return addr->bytes[0] == 127;
	return addr->family == ADDR_V6 && memcmp(addr->bytes, one, sizeof(one)) == 0;
}

static unsigned group_at(const struct addr *addr, size_t i)
{
	return (unsigned)addr->bytes[2 * i] << 8 | addr->bytes[2 * i + 1];
}

/* The first longest run of two or more zero groups. */
static void find_zeros(const struct addr *addr, size_t *ret_at, size_t *ret_len)
{
	*ret_at = 8;
	*ret_len = 1;
	for (size_t i = 0; i < 8; i++) {
		size_t len = 0;

		while (i + len < 8 && group_at(addr, i + len) == 0)
			len++;
		if (len > *ret_len) {
			*ret_at = i;
			*ret_len = len;
		}
	}
}

static void put_v6(struct writer *w, const struct addr *addr)
{
	size_t at, len;

	find_zeros(addr, &at, &len);
	for (size_t i = 0; i < 8; i++) {
		if (i == at) {
			put(w, SLICE("::"));
			i += len - 1;
			continue;
		}
		if (i > 0 && i != at + len)
			put_char(w, ':');
		put_hex(w, group_at(addr, i));
	}
}

void put_addr(struct writer *w, const struct addr *addr)
{
	if (addr->family == ADDR_V6) {
		put_v6(w, addr);
		return;
	}
	if (addr->family == ADDR_NONE) {
		put_char(w, '-');
		return;
	}
	for (size_t i = 0; i < 4; i++) {
		if (i > 0)
			put_char(w, '.');
		put_u64(w, addr->bytes[i]);
	}
}
