/* SPDX-License-Identifier: Apache-2.0 */
#include "http/network.h"

#include "base/text.h"
#include "http/ip.h"

#include <string.h>

static enum err parse_addr(struct slice text, struct addr *ret)
{
	uint8_t bytes[16];

	if (ip4_parse(text, bytes))
		*ret = addr_v4(bytes);
	else if (ip6_parse(text, bytes))
		*ret = addr_v6(bytes);
	else
		return E_SYNTAX;
	return OK;
}

static unsigned width(const struct addr *addr)
{
	return addr->family == ADDR_V4 ? 32 : 128;
}

static bool is_bit_set(const struct addr *addr, unsigned bit)
{
	return addr->bytes[bit / 8] & (0x80u >> bit % 8);
}

enum err network_parse(struct slice text, struct network *ret)
{
	size_t slash = slice_find(text, '/');
	uint64_t bits;
	enum err err = parse_addr(slice_upto(text, slash), &ret->addr);

	if (err)
		return err;
	ret->bits = width(&ret->addr);
	if (slash == text.len)
		return OK;
	if (parse_u64(slice_from(text, slash + 1), &bits))
		return E_SYNTAX;
	if (bits > ret->bits)
		return E_RANGE;
	for (unsigned i = (unsigned)bits; i < ret->bits; i++) {
		if (is_bit_set(&ret->addr, i))
			return E_RANGE;
	}
	ret->bits = (unsigned)bits;
	return OK;
}

bool network_contains(const struct network *network, const struct addr *addr)
{
	size_t whole = network->bits / 8;
	unsigned rest = network->bits % 8;

	if (network->addr.family != addr->family ||
	    memcmp(network->addr.bytes, addr->bytes, whole) != 0)
		return false;
	/* With all bits there is no byte behind the whole ones. */
	return rest == 0 || (network->addr.bytes[whole] ^ addr->bytes[whole]) >> (8 - rest) == 0;
}
