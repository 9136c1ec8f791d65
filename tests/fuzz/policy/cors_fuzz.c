/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cors_fuzz.c - any Origin, Host and Fetch Metadata against a fixed list.
 *
 * Input: lines. First letters: h over https, s a stream, a any origin, c credentials, t Origin
 * twice. Then Origin, Host, Sec-Fetch-Site, -Mode, -Dest; "-" is an absent field.
 */
#include "base/require.h"
#include "policy/cors.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct slice listed[] = {
	SLICE_INIT("https://app.example.com"),
	SLICE_INIT("https://stage.example.com:8443"),
	SLICE_INIT("http://[2001:db8::1]"),
};

#define LISTED_COUNT (sizeof(listed) / sizeof(listed[0]))

static struct slice next_field(struct slice *rest)
{
	struct slice line = slice_cut(rest, '\n');

	return slice_eq(line, SLICE("-")) ? SLICE_NONE : line;
}

static bool has_letter(struct slice letters, char c)
{
	return slice_find(letters, c) < letters.len;
}

static bool is_entry(struct slice value)
{
	for (size_t i = 0; i < LISTED_COUNT; i++)
		if (slice_eq(value, listed[i]))
			return true;
	return false;
}

static void check_verdict(const struct cors_rules *rules, const struct request_source *source,
			  struct cors_verdict verdict)
{
	struct slice allowed = verdict.allow_origin;
	bool refused = verdict.refusal != REFUSAL_NONE;

	require(allowed.ptr == NULL || slice_eq(allowed, SLICE("*")) || is_entry(allowed));
	require(!refused || (allowed.ptr == NULL && !verdict.credentials));
	require(refused || allowed.ptr == NULL || rules->any || slice_eq(allowed, source->origin));
	require(!verdict.credentials || (rules->credentials && is_entry(allowed)));
	require(verdict.vary_origin || slice_eq(allowed, SLICE("*")));
	require(refused || source->origin_count < 2);
	require(refused || !slice_eq(source->origin, SLICE("null")));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice rest = {(const char *)data, size};
	struct slice letters = slice_cut(&rest, '\n');
	struct cors_rules rules = {
		.origins = listed,
		.origin_count = LISTED_COUNT,
		.any = has_letter(letters, 'a'),
		.credentials = has_letter(letters, 'c'),
	};
	struct request_source source = {.https = has_letter(letters, 'h')};
	const struct host_rules hosts = {&source.host, 1};
	char out[CORS_MAX_ORIGIN];
	struct writer w;

	source.origin = next_field(&rest);
	source.host = next_field(&rest);
	source.fetch_site = next_field(&rest);
	source.fetch_mode = next_field(&rest);
	source.fetch_dest = next_field(&rest);
	source.origin_count = (source.origin.ptr != NULL) + (size_t)has_letter(letters, 't');
	check_verdict(&rules, &source, cors_judge(&rules, &source, has_letter(letters, 's')));

	/* A host that is well-formed is on the list that holds it. */
	require(host_judge(&hosts, source.host) != REFUSAL_WRONG_HOST);
	/* What was normalised once stays as it is. */
	writer_init(&w, out, sizeof(out));
	if (cors_origin_normalise(source.origin, &w) == OK) {
		char again[CORS_MAX_ORIGIN];
		struct writer w2;

		writer_init(&w2, again, sizeof(again));
		require(cors_origin_normalise(writer_slice(&w), &w2) == OK);
		require(slice_eq(writer_slice(&w), writer_slice(&w2)));
	}
	return 0;
}
