/* SPDX-License-Identifier: Apache-2.0 */
#include "http/proxy_protocol.h"

#include <string.h>

#define SIGNATURE SLICE("\r\n\r\n\0\r\nQUIT\n")

enum { VERSION_AT = 12, FAMILY_AT = 13, LENGTH_AT = 14 };

/* The address family and transport that come over TCP; bytes of the block, both ends of it. */
static const struct {
	uint8_t family;
	size_t block;
	enum addr_family addr;
} families[] = {
	{0x00, 0, ADDR_NONE},   /* UNSPEC */
	{0x11, 12, ADDR_V4},    /* TCP over IPv4 */
	{0x21, 36, ADDR_V6},    /* TCP over IPv6 */
	{0x31, 216, ADDR_NONE}, /* a stream over a unix socket */
};

#define FAMILIES (sizeof(families) / sizeof(families[0]))

static uint8_t byte_at(struct slice in, size_t i)
{
	return (uint8_t)in.ptr[i];
}

static size_t find_family(uint8_t family)
{
	size_t i = 0;

	while (i < FAMILIES && families[i].family != family)
		i++;
	return i;
}

static bool is_local(struct slice in)
{
	return byte_at(in, VERSION_AT) == 0x20;
}

/* What is there of the first 16 bytes; a byte that is not there yet cannot be wrong. */
static bool may_begin(struct slice in)
{
	size_t n = in.len < SIGNATURE.len ? in.len : SIGNATURE.len;

	if (!slice_eq(slice_upto(in, n), slice_upto(SIGNATURE, n)))
		return false;
	if (in.len > VERSION_AT && !is_local(in) && byte_at(in, VERSION_AT) != 0x21)
		return false;
	return in.len <= FAMILY_AT || is_local(in) ||
	       find_family(byte_at(in, FAMILY_AT)) < FAMILIES;
}

static size_t length_of(struct slice in)
{
	return PROXY_PROTOCOL_MIN +
	       ((size_t)byte_at(in, LENGTH_AT) << 8 | byte_at(in, LENGTH_AT + 1));
}

static void take_addr(struct slice in, enum addr_family family, struct proxy_header *header)
{
	uint8_t bytes[16];

	memcpy(bytes, in.ptr + PROXY_PROTOCOL_MIN, family == ADDR_V4 ? 4 : sizeof(bytes));
	header->has_addr = true;
	header->addr = family == ADDR_V4 ? addr_v4(bytes) : addr_v6(bytes);
}

enum proxy_step proxy_protocol_parse(struct slice in, size_t *ret_need, struct proxy_header *ret)
{
	if (!may_begin(in))
		return PROXY_REFUSED;
	*ret_need = PROXY_PROTOCOL_MIN;
	if (in.len < PROXY_PROTOCOL_MIN)
		return PROXY_MORE;
	size_t i = is_local(in) ? 0 : find_family(byte_at(in, FAMILY_AT));
	struct proxy_header header = {.len = length_of(in)};
	if (header.len > PROXY_PROTOCOL_MAX || header.len - PROXY_PROTOCOL_MIN < families[i].block)
		return PROXY_REFUSED;
	*ret_need = header.len;
	if (in.len < header.len)
		return PROXY_MORE;
	if (families[i].addr != ADDR_NONE)
		take_addr(in, families[i].addr, &header);
	*ret = header;
	return PROXY_DONE;
}
