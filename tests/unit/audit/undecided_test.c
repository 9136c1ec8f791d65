/* SPDX-License-Identifier: Apache-2.0 */
/* undecided_test.c - a target that has no time, or lets nobody in any more, decides nothing. */
#include "clean.h"
#include "scene.h"

#include "audit/judge.h"
#include "audit/judging.h"

static struct scene scene;
static struct finding findings[AUDIT_MAX_FINDINGS];

static const struct finding *judged(const char *text, const char *id)
{
	scene_build(&scene, text);
	return scene_finding(&scene, findings, id);
}

#define BUSY   "Content-Type: text/plain\n"
#define BANNED "control 403\n" BUSY
#define SOAKED "run soak=60000\n" BASE "soak 200\n" STREAM "@500+1000*9 id: #~data: x~~\n"
#define MOVED                                                                                      \
	"baseline 307\nLocation: https://b.example/s\nredirect 200 authority=b.example\n" STREAM   \
		TICKS

static const struct {
	const char *name;
	const char *text;
	const char *id;
	enum verdict verdict;
} cases[] = {
	{"429 to a hostile origin is no refusal of it",
	 BASE "origin-suffix 429 origin=" APP ".evil.example\n" BUSY, "A406", VERDICT_INCONCLUSIVE},
	{"429 to any origin, too", BASE "origin-random 429 origin=" EVIL "\n" BUSY, "A401",
	 VERDICT_INCONCLUSIVE},
	{"503 to null, too", BASE "origin-null 503 origin=null\n" BUSY, "A405", VERDICT_NA},
	{"429 to one form of Accept does not make the others all",
	 BASE "accept-list 200\n" STREAM "accept-param 429\n" BUSY, "A109", VERDICT_INCONCLUSIVE},
	{"one form that is refused is enough",
	 BASE "accept-list 406\n" JSON "accept-param 429\n" BUSY, "A109", VERDICT_FAIL},
	{"429 to a stranger does not close the stream", BASE "no-credential 429\n" BUSY, "A501",
	 VERDICT_INCONCLUSIVE},
	{"429 to one of two strangers leaves it open",
	 BASE "no-credential 401\n" JSON "bad-credential 429 cred=bad\n" BUSY, "A501",
	 VERDICT_INCONCLUSIVE},
	{"429 to a preflight", GIVEN BASE "preflight 429 allowed origin=" APP "\n" BUSY, "A425",
	 VERDICT_INCONCLUSIVE},
	{"429 to a reconnect is a matter of A510",
	 BASE "resume 429 lid=10\n" BUSY "resume-origin 429 lid=10\n" BUSY, "A622",
	 VERDICT_INCONCLUSIVE},
	{"and A510 tells it", BASE "resume 429 lid=10\n" BUSY, "A510", VERDICT_FAIL},
	{"429 to a strange id", BASE "last-id-sql 429 lid=x\n" BUSY, "A621", VERDICT_INCONCLUSIVE},
	{"429 over HTTP/2", BASE "http2 429 h2\n" BUSY, "A317", VERDICT_INCONCLUSIVE},
	{"503 with gzip", BASE "gzip 503\n" BUSY, "A305", VERDICT_INCONCLUSIVE},
	{"a target that sheds from the first is judged by it",
	 "baseline 503\n" JSON "accept-list 503\n" JSON, "A104", VERDICT_FAIL},

	{"a refusal behind the last stream is none of the origin",
	 BASE "origin-suffix 403 origin=" APP ".evil.example\n" BUSY BANNED, "A406",
	 VERDICT_INCONCLUSIVE},
	{"where the control is let in, it is",
	 BASE "origin-suffix 403 origin=" APP ".evil.example\n" JSON "control 200\n" STREAM, "A406",
	 VERDICT_PASS},
	{"so it is before the last stream",
	 BASE "origin-suffix 403 origin=" APP ".evil.example\n" JSON
	      "accept-any 200\n" STREAM BANNED,
	 "A406", VERDICT_PASS},
	{"a reconnect that is banned",
	 BASE "resume 403 lid=10\n" BUSY "resume-origin 403 lid=10\n" BUSY BANNED, "A622",
	 VERDICT_INCONCLUSIVE},
	{"a reconnect that alone is refused",
	 BASE "resume 403 lid=10\n" BUSY "control 200\n" STREAM, "A622", VERDICT_FAIL},
	{"the allowed origin, banned",
	 GIVEN BASE "origin-allowed 403 allowed origin=" APP "\n" BUSY BANNED, "A418",
	 VERDICT_INCONCLUSIVE},
	{"a ban that cuts",
	 BASE "last-id-sql - lid=x outcome=cut\n"
	      "resume-origin - lid=x outcome=cut\ncontrol - outcome=cut\n",
	 "A621", VERDICT_INCONCLUSIVE},
	{"a strange id that cuts",
	 BASE "resume-origin 200 lid=x\n" STREAM "last-id-sql - lid=x outcome=cut\n", "A621",
	 VERDICT_FAIL},

	{"gzip is no slower than the rest",
	 BASE "gzip - outcome=timed-out\nrandom-query - outcome=timed-out\n", "A305",
	 VERDICT_INCONCLUSIVE},
	{"gzip alone has no head", BASE "gzip - outcome=timed-out\nrandom-query 200\n" STREAM,
	 "A305", VERDICT_FAIL},
	{"HTTP/1.0 is no slower than the rest",
	 BASE "http10 - h10 outcome=timed-out\nrandom-query - outcome=timed-out\n", "A703",
	 VERDICT_INCONCLUSIVE},
	{"HEAD is no slower than GET",
	 "baseline 200 head=4500\n" STREAM "@4500 :~~\nhead - outcome=timed-out\n", "A115",
	 VERDICT_INCONCLUSIVE},
	{"no way of our own to the other family", BASE "other-family - outcome=unreachable\n",
	 "A318", VERDICT_INCONCLUSIVE},
	{"no address of the other family", BASE "other-family - outcome=not-sent\n", "A318",
	 VERDICT_NA},

	{"a redirect to another origin comes again with a Last-Event-ID",
	 MOVED "resume-origin 307 lid=x\nLocation: https://b.example/s\n", "A622",
	 VERDICT_INCONCLUSIVE},
	{"a redirect that is new with it", BASE "resume-origin 307 lid=x\nLocation: /login\n",
	 "A622", VERDICT_FAIL},

	{"a soak that was interrupted, of its length", SOAKED "end 10000 cut\n", "A906",
	 VERDICT_INCONCLUSIVE},
	{"of silences", SOAKED "end 10000 cut\n", "A314", VERDICT_INCONCLUSIVE},
	{"of ages", SOAKED "end 10000 cut\n", "A315", VERDICT_INCONCLUSIVE},
	{"a soak that was not", SOAKED "end 60000 cut\n", "A906", VERDICT_PASS},
	{"a handshake without an end tells nothing of the certificate",
	 "baseline - outcome=timed-out\n", "A806", VERDICT_INCONCLUSIVE},
};

static void what_was_not_seen_is_not_decided(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(cases); i++) {
		const struct finding *f = judged(cases[i].text, cases[i].id);

		if (f->verdict != cases[i].verdict)
			fail_msg("%s: %s is %.*s (%.*s)", cases[i].name, cases[i].id,
				 SLICE_ARG(verdict_name(f->verdict)), (int)f->evidence_len,
				 f->evidence);
		/* What is open says why. */
		check(cases[i].name, f->verdict != VERDICT_INCONCLUSIVE || f->evidence_len > 0);
		scene_free(&scene);
	}
}

static const struct {
	const char *name;
	const char *text;
	size_t from; /* index; SIZE_MAX: never */
} bans[] = {
	{"no control", BASE "accept-any 403\n" JSON, SIZE_MAX},
	{"a control that is let in", BASE "accept-any 403\n" JSON "control 200\n" STREAM, SIZE_MAX},
	{"a control that is refused", BASE "accept-any 403\n" JSON BANNED, 1},
	{"a stream in between", BASE "accept-any 403\n" JSON "accept-q 200\n" STREAM BANNED, 3},
	{"the stream of a hop is another matter",
	 "run via=app\n" BASE "via 200 hop=1\n" STREAM BANNED, 1},
	{"a page in the place of the stream", BASE "control 200\nContent-Type: text/html\n", 1},
	{"a connection that is refused", BASE "control - outcome=refused\n", 1},
	{"a control that was not sent", BASE "control - outcome=not-sent\n", SIZE_MAX},
	{"a control that was stopped", BASE "control - outcome=stopped\n", SIZE_MAX},
	{"nobody was ever let in", "baseline 401\n" JSON "control 429\n" BUSY, SIZE_MAX},
	{"behind a redirect of its own origin",
	 "baseline 307\nLocation: /s\nredirect 200\n" STREAM TICKS "control 200\n" STREAM,
	 SIZE_MAX},
	{"a redirect is what there was", MOVED "control 307\nLocation: /x\n", SIZE_MAX},
	{"a credential that ran out", "run bearer expires=1\n" BASE "control 401\n" JSON, SIZE_MAX},
};

static void a_ban_begins_behind_the_last_stream(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT_OF(bans); i++) {
		size_t from;

		scene_build(&scene, bans[i].text);
		from = audit_turned_away(&scene.run);
		if (from == scene.run.transcript_count)
			from = SIZE_MAX;
		if (from != bans[i].from)
			fail_msg("%s: from %zu", bans[i].name, from);
		scene_free(&scene);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_not_seen_is_not_decided),
		cmocka_unit_test(a_ban_begins_behind_the_last_stream),
	};

	return cmocka_run_group_tests_name("undecided", tests, NULL, NULL);
}
