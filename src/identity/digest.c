/* SPDX-License-Identifier: Apache-2.0 */
#include "identity/digest.h"

#include <openssl/evp.h>

static bool update_part(EVP_MD_CTX *ctx, struct slice part)
{
	uint8_t length[8];

	for (unsigned i = 0; i < sizeof(length); i++)
		length[i] = (uint8_t)((uint64_t)part.len >> (56 - 8 * i));
	return EVP_DigestUpdate(ctx, length, sizeof(length)) == 1 &&
	       (part.len == 0 || EVP_DigestUpdate(ctx, part.ptr, part.len) == 1);
}

enum err digest_parts(const struct slice *parts, size_t count, struct digest *ret_digest)
{
	struct digest digest;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok = ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) == 1;

	for (size_t i = 0; ok && i < count; i++)
		ok = update_part(ctx, parts[i]);
	ok = ok && EVP_DigestFinal_ex(ctx, digest.bytes, NULL) == 1;
	EVP_MD_CTX_free(ctx);
	if (!ok)
		return E_NOMEM;
	*ret_digest = digest;
	return OK;
}

struct slice digest_slice(const struct digest *digest)
{
	return (struct slice){(const char *)digest->bytes, DIGEST_SIZE};
}
