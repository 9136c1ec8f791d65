/* SPDX-License-Identifier: Apache-2.0 */
/* The laws, tried on words whose joints are where readers go wrong; the seed is fixed. */
#include "../test.h"
#include "laws.h"

#define ROUNDS 3000
#define SEED   20u

static const struct slice words[] = {
	SLICE_INIT("data"),  SLICE_INIT("id"),
	SLICE_INIT("event"), SLICE_INIT("retry"),
	SLICE_INIT(":"),     SLICE_INIT(" "),
	SLICE_INIT("\r"),    SLICE_INIT("\n"),
	SLICE_INIT("\r\n"),  SLICE_INIT("\n\n"),
	SLICE_INIT("7"),     SLICE_INIT("\xef\xbb\xbf"),
	SLICE_INIT("\0"),    SLICE_INIT("é"),
	SLICE_INIT("\xff"),  SLICE_INIT("data: x\n\n"),
	SLICE_INIT("id: 3"), SLICE_INIT("a longer word that soon reaches the bound of a line"),
};

static struct slice draw_words(struct rng *r, struct writer *w, size_t max)
{
	for (uint64_t n = rng_between(r, 0, max); n > 0; n--)
		put(w, words[rng_between(r, 0, COUNT_OF(words) - 1)]);
	return writer_slice(w);
}

static void the_result_never_depends_on_the_pieces(void **state)
{
	(void)state;
	struct rng r = {SEED};

	for (int round = 0; round < ROUNDS; round++) {
		char text[4096];
		struct writer w;

		writer_init(&w, text, sizeof(text));
		struct slice in = draw_words(&r, &w, 60);
		assert_true(law_pieces_do_not_matter(in, rng_next(&r)));
	}
}

static void what_the_encoder_takes_the_decoder_gives_back(void **state)
{
	(void)state;
	struct rng r = {SEED};

	for (int round = 0; round < ROUNDS; round++) {
		char text[3][1024];
		struct writer w[3];

		for (int i = 0; i < 3; i++)
			writer_init(&w[i], text[i], sizeof(text[i]));
		struct sse_event event = {
			.type = draw_words(&r, &w[0], 3),
			.id = draw_words(&r, &w[1], 2),
			.data = draw_words(&r, &w[2], 15),
			.retry_ms = rng_next(&r),
			.has_retry = round % 2,
		};
		if (round % 3 == 0)
			event.data = SLICE_NONE;
		if (round % 5 == 0)
			event.id = SLICE_NONE;
		assert_true(law_event_survives(&event));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_result_never_depends_on_the_pieces),
		cmocka_unit_test(what_the_encoder_takes_the_decoder_gives_back),
	};

	return cmocka_run_group_tests_name("property", tests, NULL, NULL);
}
