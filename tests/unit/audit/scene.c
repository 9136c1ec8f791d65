/* SPDX-License-Identifier: Apache-2.0 */
#include "scene.h"

#include "audit/recorder.h"
#include "base/text.h"

#include <string.h>

#define MS        UINT64_C(1000000)
#define START_NS  (1 * MS)
#define SENT_NS   (3 * MS)
#define WALL_S    1790000000
#define MAX_PIECE 131072u

#define ALWAYS                                                                                     \
	"Vary: Origin, Accept\n"                                                                   \
	"Strict-Transport-Security: max-age=63072000; includeSubDomains\n"

static const struct slice stream_fields =
	SLICE_INIT("Content-Type: text/event-stream; charset=utf-8\n"
		   "Cache-Control: no-cache, no-store, no-transform, private\n"
		   "X-Accel-Buffering: no\n"
		   "X-Content-Type-Options: nosniff\n"
		   "Incremental: ?1\n"
		   "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\n" ALWAYS);
static const struct slice json_fields =
	SLICE_INIT("Content-Type: application/json\nCache-Control: no-store\n" ALWAYS);

struct take {
	struct scene *scene;
	struct transcript *t;
	struct recorder recorder;
	struct buf head;
	uint64_t head_ms;
	uint64_t end_ms;
	bool answered;
	bool unsent;
	bool fed;
};

static uint64_t number(struct slice s)
{
	uint64_t n = 0;

	if (parse_u64(s, &n) != OK)
		fail_msg("'%.*s' is no number", SLICE_ARG(s));
	return n;
}

static void set_hops(struct audit_run *run, struct slice names)
{
	while (names.len > 0 && run->hop_count < AUDIT_MAX_HOPS)
		run->hops[run->hop_count++].name = slice_cut(&names, ',');
}

static enum audit_profile profile_of(struct slice name)
{
	for (int i = PROFILE_SPEC; i <= PROFILE_COOKIE; i++)
		if (slice_eq(audit_profile_name((enum audit_profile)i), name))
			return (enum audit_profile)i;
	fail_msg("no profile %.*s", SLICE_ARG(name));
	return PROFILE_SPEC;
}

static void set_run_flag(struct audit_run *run, struct slice key)
{
	if (slice_eq(key, SLICE("cookie")))
		run->has_cookie = true;
	else if (slice_eq(key, SLICE("bearer")))
		run->has_bearer = true;
	else if (slice_eq(key, SLICE("credentials")))
		run->credentials_mode = true;
	else if (slice_eq(key, SLICE("short")))
		run->shortage = SHORTAGE_TIME;
	else
		fail_msg("run has no %.*s", SLICE_ARG(key));
}

static void set_run(struct audit_run *run, struct slice pair)
{
	struct slice value = pair;
	struct slice key = slice_cut(&value, '=');

	if (slice_eq(key, SLICE("origin"))) {
		run->origin = value;
		run->origin_given = true;
	} else if (slice_eq(key, SLICE("url"))) {
		run->target = value;
		assert_int_equal(url_parse(value, &run->url), OK);
	} else if (slice_eq(key, SLICE("page"))) {
		run->page = value;
	} else if (slice_eq(key, SLICE("profile"))) {
		run->profile = profile_of(value);
	} else if (slice_eq(key, SLICE("soak"))) {
		run->soak_ms = number(value);
	} else if (slice_eq(key, SLICE("via"))) {
		set_hops(run, value);
	} else if (slice_eq(key, SLICE("marker"))) {
		run->inject_marker = value;
	} else if (slice_eq(key, SLICE("expires"))) {
		run->credential_end_s = WALL_S + (int64_t)number(value);
	} else {
		set_run_flag(run, key);
	}
}

static enum outcome outcome_of(struct slice name)
{
	static const struct {
		const char *name;
		enum outcome outcome;
	} names[] = {
		{"timed-out", OUTCOME_TIMED_OUT},
		{"tls-failed", OUTCOME_TLS_FAILED},
		{"cut", OUTCOME_CUT},
		{"refused", OUTCOME_REFUSED},
		{"unreachable", OUTCOME_UNREACHABLE},
		{"stopped", OUTCOME_STOPPED},
		{"not-sent", OUTCOME_NOT_SENT},
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (slice_eq(slice_of(names[i].name), name))
			return names[i].outcome;
	fail_msg("no outcome %.*s", SLICE_ARG(name));
	return OUTCOME_NOT_SENT;
}

static enum probe_credential credential_of(struct slice name)
{
	if (slice_eq(name, SLICE("first")))
		return CREDENTIAL_FIRST;
	if (slice_eq(name, SLICE("second")))
		return CREDENTIAL_SECOND;
	return slice_eq(name, SLICE("bad")) ? CREDENTIAL_BAD : CREDENTIAL_TICKET;
}

static bool set_probe_flag(struct take *take, struct slice key)
{
	struct transcript *t = take->t;

	if (slice_eq(key, SLICE("allowed")))
		t->request.origin_allowed = true;
	else if (slice_eq(key, SLICE("refusal")))
		t->request.expect_refusal = true;
	else if (slice_eq(key, SLICE("h10")))
		t->request.minor = 0;
	else if (slice_eq(key, SLICE("h2")))
		t->h2 = true;
	else if (slice_eq(key, SLICE("http")))
		t->request.https = false;
	else if (slice_eq(key, SLICE("loopback")))
		t->loopback = true;
	else if (slice_eq(key, SLICE("goaway")))
		t->h2_goaway = true;
	else if (slice_eq(key, SLICE("retried")))
		t->retried = 1;
	else
		return false;
	return true;
}

static bool set_probe_tls(struct transcript *t, struct slice key, struct slice value)
{
	if (!slice_eq(key, SLICE("tls")) && !slice_eq(key, SLICE("days")) &&
	    !slice_eq(key, SLICE("untrusted")))
		return false;
	if (!t->tls.used)
		t->tls = (struct probe_tls){.used = true,
					    .version = SLICE("TLSv1.3"),
					    .alpn = SLICE("http/1.1"),
					    .issuer = SLICE("CN=Test CA"),
					    .not_after = WALL_S + 90 * 86400,
					    .trusted = true};
	if (slice_eq(key, SLICE("tls")))
		t->tls.version = value;
	else if (slice_eq(key, SLICE("days")))
		t->tls.not_after = WALL_S + (int64_t)number(value) * 86400;
	else
		t->tls.trusted = false;
	return true;
}

static void set_probe(struct take *take, struct slice pair)
{
	struct slice value = pair;
	struct slice key = slice_cut(&value, '=');
	struct transcript *t = take->t;

	if (set_probe_flag(take, key) || set_probe_tls(t, key, value))
		return;
	if (slice_eq(key, SLICE("origin")))
		t->request.origin = value;
	else if (slice_eq(key, SLICE("lid")))
		t->request.last_event_id = value;
	else if (slice_eq(key, SLICE("accept")))
		t->request.accept = value;
	else if (slice_eq(key, SLICE("authority")))
		t->request.authority = value;
	else if (slice_eq(key, SLICE("variant")))
		t->variant = value;
	else if (slice_eq(key, SLICE("hop")))
		t->hop = number(value);
	else if (slice_eq(key, SLICE("cred")))
		t->request.credential = credential_of(value);
	else if (slice_eq(key, SLICE("streams")))
		t->h2_max_streams = (uint32_t)number(value);
	else if (slice_eq(key, SLICE("leaks")))
		t->leaks = (unsigned)number(value);
	else if (slice_eq(key, SLICE("head")))
		take->head_ms = number(value);
	else if (slice_eq(key, SLICE("outcome")))
		take->unsent = (t->outcome = outcome_of(value)) == OUTCOME_NOT_SENT;
	else
		fail_msg("a probe has no %.*s", SLICE_ARG(key));
}

static void each_word(struct slice line, void (*use)(struct take *, struct slice),
		      struct take *take)
{
	while (line.ptr != NULL) {
		struct slice word = slice_cut(&line, ' ');

		if (word.len > 0)
			use(take, word);
	}
}

static void put_run(struct take *take, struct slice word)
{
	set_run(&take->scene->run, word);
}

static void feed(struct take *take, struct slice bytes, uint64_t ms)
{
	const struct transcript *t = take->t;

	assert_non_null(t);
	if (t != NULL && t->h2)
		recorder_data(&take->recorder, bytes, SENT_NS + ms * MS);
	else
		(void)recorder_feed(&take->recorder, bytes, SENT_NS + ms * MS);
}

/* The lines of the head, as they stand in the scene, become fields. */
static void feed_fields_h2(struct take *take, struct slice lines)
{
	while (lines.len > 0) {
		struct slice line = slice_cut(&lines, '\n');
		struct slice value = slice_trim(slice_from(line, slice_find(line, ':') + 1));

		recorder_field(&take->recorder, slice_upto(line, slice_find(line, ':')), value);
	}
	recorder_head(&take->recorder, take->t->status, SENT_NS + take->head_ms * MS);
}

static void feed_head(struct take *take)
{
	struct slice status = SLICE("HTTP/1.1 000 X\r\n");
	struct slice lines = buf_slice(&take->head);
	char line[32];

	if (take->fed || !take->answered)
		return;
	take->fed = true;
	if (take->t->h2) {
		feed_fields_h2(take, lines);
		return;
	}
	memcpy(line, status.ptr, status.len);
	for (unsigned i = 0, n = take->t->status; i < 3; i++, n /= 10)
		line[11 - i] = (char)('0' + n % 10);
	feed(take, (struct slice){line, status.len}, take->head_ms);
	while (lines.len > 0) {
		feed(take, slice_cut(&lines, '\n'), take->head_ms);
		feed(take, SLICE("\r\n"), take->head_ms);
	}
	feed(take, SLICE("\r\n"), take->head_ms);
}

static struct slice kib_of_x(void)
{
	static char text[1024];

	memset(text, 'x', sizeof(text));
	return (struct slice){text, sizeof(text)};
}

static void put_symbol(struct writer *w, char c, uint64_t nth)
{
	switch (c) {
	case '~':
		put_char(w, '\n');
		break;
	case '^':
		put_char(w, '\r');
		break;
	case '$':
		put_char(w, '\0');
		break;
	case '#':
		put_u64(w, nth);
		break;
	case '%':
		put(w, kib_of_x());
		break;
	default:
		put_char(w, c);
		break;
	}
}

static void feed_piece(struct take *take, struct slice text, uint64_t ms, uint64_t nth)
{
	static char piece[MAX_PIECE];
	struct writer w;

	writer_init(&w, piece, sizeof(piece));
	for (size_t i = 0; i < text.len; i++)
		put_symbol(&w, text.ptr[i], nth);
	assert_false(w.overflow);
	feed(take, writer_slice(&w), ms);
}

/* "@MS TEXT" or "@MS+STEP*N TEXT" */
static void take_pieces(struct take *take, struct slice line)
{
	struct slice text = slice_from(line, 1);
	struct slice count = slice_cut(&text, ' ');
	struct slice step, at;
	uint64_t n = 1, step_ms = 0;

	feed_head(take);
	step = slice_cut(&count, '*');
	at = slice_cut(&step, '+');
	if (count.ptr != NULL) {
		n = number(count);
		step_ms = number(step);
	}
	for (uint64_t i = 0; i < n; i++)
		feed_piece(take, text, number(at) + i * step_ms, i + 1);
}

static enum ending ending_of(struct slice how)
{
	static const struct {
		const char *name;
		enum ending ending;
	} names[] = {
		{"cut", ENDING_WE_CUT},    {"complete", ENDING_COMPLETE},
		{"closed", ENDING_CLOSED}, {"truncated", ENDING_TRUNCATED},
		{"reset", ENDING_RESET},   {"rst-stream", ENDING_RST_STREAM},
	};

	for (size_t i = 0; i < COUNT_OF(names); i++)
		if (slice_eq(slice_of(names[i].name), how))
			return names[i].ending;
	fail_msg("nothing ends by %.*s", SLICE_ARG(how));
	return ENDING_NONE;
}

static void finish(struct take *take, enum ending ending)
{
	const struct recorder_secrets none = {.count = 0};
	struct transcript *t = take->t;
	unsigned leaks;

	if (t == NULL)
		return;
	leaks = t->leaks;
	feed_head(take);
	recorder_finish(&take->recorder, ending == ENDING_WE_CUT ? ending : ENDING_CLOSED,
			SENT_NS + take->end_ms * MS, &none);
	if (take->answered)
		t->ending = ending;
	if (take->unsent)
		t->outcome = OUTCOME_NOT_SENT;
	if (ending == ENDING_RST_STREAM)
		t->ending_code = 2;
	t->leaks = leaks;
	t->end_ns = SENT_NS + take->end_ms * MS;
	buf_free(&take->head);
	take->t = NULL;
}

static enum probe_kind kind_of(struct slice name)
{
	for (int i = 0; i < PROBE_COUNT; i++)
		if (slice_eq(probes[i].name, name))
			return (enum probe_kind)i;
	fail_msg("no probe is called %.*s", SLICE_ARG(name));
	return PROBE_BASELINE;
}

static void begin(struct take *take, struct slice line)
{
	struct audit_run *run = &take->scene->run;
	struct slice name = slice_cut(&line, ' ');
	struct slice status = slice_cut(&line, ' ');

	finish(take, ENDING_WE_CUT);
	assert_true(run->transcript_count < SCENE_MAX);
	take->t = &take->scene->transcripts[run->transcript_count++];
	*take->t = (struct transcript){.kind = kind_of(name)};
	take->t->request = (struct probe_request){.method = SLICE("GET"),
						  .https = run->url.https,
						  .authority = run->url.authority,
						  .target = run->url.target,
						  .minor = 1};
	take->t->h2_max_streams = UINT32_MAX;
	take->t->start_ns = START_NS;
	take->t->connected_ns = START_NS + MS;
	take->t->sent_ns = SENT_NS;
	take->answered = !slice_eq(status, SLICE("-"));
	take->fed = take->unsent = false;
	take->head_ms = 5;
	take->end_ms = 12000;
	buf_init(&take->head, TRANSCRIPT_MAX_HEAD);
	recorder_init(&take->recorder, take->t, slice_eq(name, SLICE("head")));
	if (take->answered)
		take->t->status = (unsigned)number(status);
	each_word(line, set_probe, take);
}

static void take_line(struct take *take, struct slice line)
{
	struct slice rest = line;
	struct slice word = slice_cut(&rest, ' ');

	if (slice_eq(word, SLICE("run"))) {
		each_word(rest, put_run, take);
	} else if (slice_eq(word, SLICE("end"))) {
		take->end_ms = number(slice_cut(&rest, ' '));
		finish(take, ending_of(rest));
	} else if (slice_starts(line, SLICE("@"))) {
		take_pieces(take, line);
	} else if (slice_eq(line, SLICE("+stream"))) {
		assert_int_equal(buf_append(&take->head, stream_fields), OK);
	} else if (slice_eq(line, SLICE("+json"))) {
		assert_int_equal(buf_append(&take->head, json_fields), OK);
	} else if (slice_ends(word, SLICE(":"))) {
		assert_int_equal(buf_append(&take->head, line), OK);
		assert_int_equal(buf_append(&take->head, SLICE("\n")), OK);
	} else {
		begin(take, line);
	}
}

void scene_build(struct scene *scene, const char *text)
{
	struct slice lines = slice_of(text);
	struct take take = {.scene = scene};

	memset(scene, 0, sizeof(*scene));
	scene->run.transcripts = scene->transcripts;
	scene->run.wall_s = WALL_S;
	scene->run.hops[0].name = SLICE("target");
	scene->run.hop_count = 1;
	scene->run.origin = SLICE("https://api.example.com");
	set_run(&scene->run, SLICE("url=https://api.example.com/stream"));
	while (lines.len > 0)
		take_line(&take, slice_cut(&lines, '\n'));
	finish(&take, ENDING_WE_CUT);
}

void scene_free(struct scene *scene)
{
	for (size_t i = 0; i < scene->run.transcript_count; i++)
		arena_free(&scene->transcripts[i].arena);
}

const struct finding *scene_finding(const struct scene *scene,
				    struct finding findings[AUDIT_MAX_FINDINGS], const char *id)
{
	size_t n = audit_judge(&scene->run, findings, AUDIT_MAX_FINDINGS);

	for (size_t i = 0; i < n; i++) {
		if (slice_eq(findings[i].rule->id, slice_of(id)))
			return &findings[i];
	}
	fail_msg("%s was not judged", id);
	return NULL;
}
