/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Lines of a trusted proxy. Whatever they hold, an address that is not trusted has been told by
 * one that is; and what the client may have put in front changes nothing.
 */
#include "base/require.h"
#include "http/forwarded.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_LINES 8u

static bool same(struct forwarded a, struct forwarded b)
{
	return memcmp(&a.addr, &b.addr, sizeof(a.addr)) == 0 && a.malformed == b.malformed;
}

static void judge(const struct forwarded_rules *rules, struct slice name, struct slice text)
{
	struct addr peer = addr_v4((const uint8_t[4]){10, 0, 0, 1});
	struct forwarded_rules nobody = {.field = rules->field};
	struct forwarded self = {.addr = peer};
	struct http_field fields[MAX_LINES + 2] = {{name, SLICE("\" , ;,")}};
	size_t n = 1;

	while (text.ptr && n <= MAX_LINES)
		fields[n++] = (struct http_field){name, slice_trim(slice_cut(&text, '\n'))};
	fields[n] = (struct http_field){SLICE("X-Forwarded-Proto"), SLICE("https")};
	struct forwarded got = forwarded_read(rules, fields + 1, n - 1, &peer, false);
	if (!got.malformed && !forwarded_trusts(rules, &got.addr))
		require(same(got, forwarded_read(rules, fields, n, &peer, false)));
	require(same(self, forwarded_read(&nobody, fields, n, &peer, false)));
	require(got.addr.family == ADDR_V4 || got.addr.family == ADDR_V6);
	struct forwarded https = forwarded_read(rules, fields + 1, n, &peer, false);
	require(rules->field != FORWARDED_FIELD_X || https.https);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct network trusted;
	struct slice text = {(const char *)data, size};

	require(network_parse(SLICE("10.0.0.0/8"), &trusted) == OK);
	struct forwarded_rules rules = {FORWARDED_FIELD_X, &trusted, 1};
	judge(&rules, SLICE("X-Forwarded-For"), text);
	rules.field = FORWARDED_FIELD_RFC7239;
	judge(&rules, SLICE("Forwarded"), text);
	return 0;
}
