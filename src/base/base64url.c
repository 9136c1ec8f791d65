/* SPDX-License-Identifier: Apache-2.0 */
#include "base/base64url.h"

#define COMMON "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/* 0 to 63, or -1. */
static int value_of(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (ascii_is_digit(c))
		return c - '0' + 52;
	return c == '-' ? 62 : c == '_' ? 63 : -1;
}

enum err base64url_decode(struct slice text, uint8_t *out, size_t cap, size_t *ret_len)
{
	uint32_t bits = 0;
	unsigned count = 0; /* of bits that wait for a whole byte: 0 to 6 */
	size_t len = 0;

	if (text.len % 4 == 1)
		return E_SYNTAX;
	if (BASE64URL_BYTES(text.len) > cap)
		return E_NO_SPACE;
	for (size_t i = 0; i < text.len; i++) {
		int value = value_of(text.ptr[i]);

		if (value < 0)
			return E_SYNTAX;
		bits = bits << 6 | (uint32_t)value;
		count += 6;
		if (count < 8)
			continue;
		count -= 8;
		out[len++] = (uint8_t)(bits >> count);
		bits &= (1u << count) - 1;
	}
	if (bits != 0)
		return E_SYNTAX;
	*ret_len = len;
	return OK;
}

static void encode(struct writer *w, const char *alphabet, struct slice bytes)
{
	uint32_t bits = 0;
	unsigned count = 0;

	for (size_t i = 0; i < bytes.len; i++) {
		bits = (bits << 8 | (uint8_t)bytes.ptr[i]) & 0xffff;
		for (count += 8; count >= 6;) {
			count -= 6;
			put_char(w, alphabet[bits >> count & 63]);
		}
	}
	if (count > 0)
		put_char(w, alphabet[bits << (6 - count) & 63]);
}

void put_base64url(struct writer *w, struct slice bytes)
{
	encode(w, COMMON "-_", bytes);
}

void put_base64(struct writer *w, struct slice bytes)
{
	encode(w, COMMON "+/", bytes);
	for (size_t n = bytes.len; n % 3 != 0; n++)
		put_char(w, '=');
}
