/* SPDX-License-Identifier: Apache-2.0 */
#include "base/siphash.h"

#include <string.h>

struct sip {
	uint64_t v0, v1, v2, v3;
};

static uint64_t rotl(uint64_t x, unsigned by)
{
	return x << by | x >> (64 - by);
}

static void sip_round(struct sip *s)
{
	s->v0 += s->v1;
	s->v1 = rotl(s->v1, 13) ^ s->v0;
	s->v0 = rotl(s->v0, 32);
	s->v2 += s->v3;
	s->v3 = rotl(s->v3, 16) ^ s->v2;
	s->v0 += s->v3;
	s->v3 = rotl(s->v3, 21) ^ s->v0;
	s->v2 += s->v1;
	s->v1 = rotl(s->v1, 17) ^ s->v2;
	s->v2 = rotl(s->v2, 32);
}

/* Up to 8 bytes, little-endian whatever the machine. */
static uint64_t load(const char *p, size_t n)
{
	uint64_t x = 0;

	for (size_t i = 0; i < n; i++)
		x |= (uint64_t)(unsigned char)p[i] << (8 * i);
	return x;
}

static void absorb(struct sip *s, uint64_t m)
{
	s->v3 ^= m;
	sip_round(s);
	sip_round(s);
	s->v0 ^= m;
}

uint64_t siphash(struct siphash_key key, struct slice in)
{
	struct sip s = {
		.v0 = key.k0 ^ 0x736f6d6570736575u,
		.v1 = key.k1 ^ 0x646f72616e646f6du,
		.v2 = key.k0 ^ 0x6c7967656e657261u,
		.v3 = key.k1 ^ 0x7465646279746573u,
	};
	size_t whole = in.len / 8 * 8;

	for (size_t i = 0; i < whole; i += 8)
		absorb(&s, load(in.ptr + i, 8));
	uint64_t tail = in.len > whole ? load(in.ptr + whole, in.len - whole) : 0;
	absorb(&s, tail | (uint64_t)in.len << 56);
	s.v2 ^= 0xff;
	for (int i = 0; i < 4; i++)
		sip_round(&s);
	return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
}
