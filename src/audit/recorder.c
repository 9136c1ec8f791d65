/* SPDX-License-Identifier: Apache-2.0 */
#include "audit/recorder.h"

#include "audit/redact.h"
#include "base/text.h"

#include <string.h>

#define READS_BYTES   (TRANSCRIPT_MAX_READS * sizeof(struct probe_read))
#define RECORDS_BYTES (TRANSCRIPT_MAX_RECORDS * sizeof(struct record))
#define FIELDS_BYTES  (TRANSCRIPT_MAX_FIELDS * sizeof(struct http_field))
#define EXCERPT       80u /* bytes of what was no HTTP */

/* Records of the stream. */

static struct slice keep_text(struct recorder *r, struct slice s)
{
	struct slice copy = arena_copy(&r->t->arena, slice_upto(s, RECORD_MAX_TEXT));

	return copy.ptr ? copy : SLICE("");
}

static void add_record(struct recorder *r, struct record record)
{
	struct transcript *t = r->t;
	size_t reads = r->reads.len / sizeof(struct probe_read);

	record.t_ns = r->now;
	/* The read that is being fed is added behind its records. */
	record.read = (uint32_t)reads;
	if (buf_append(&r->records, (struct slice){(const char *)&record, sizeof(record)}))
		t->records_dropped++;
}

static void on_message(void *ctx, const struct sse_message *m)
{
	struct recorder *r = ctx;

	add_record(r, (struct record){.kind = RECORD_EVENT,
				      .type = keep_text(r, m->type),
				      .data = keep_text(r, m->data),
				      .id = keep_text(r, m->last_event_id),
				      .data_len = m->data.len});
}

static void on_comment(void *ctx, struct slice text)
{
	struct recorder *r = ctx;

	add_record(r, (struct record){.kind = RECORD_COMMENT,
				      .data = keep_text(r, text),
				      .data_len = text.len});
}

static void on_retry(void *ctx, uint64_t ms)
{
	add_record(ctx, (struct record){.kind = RECORD_RETRY, .retry_ms = ms});
}

static void on_id(void *ctx, struct slice id)
{
	struct recorder *r = ctx;

	add_record(r, (struct record){.kind = RECORD_ID, .id = keep_text(r, id)});
}

void recorder_init(struct recorder *r, struct transcript *t, bool to_head)
{
	const struct sse_decoder_limits limits = {1u << 20, 1u << 20};

	*r = (struct recorder){.t = t, .to_head = to_head};
	arena_init(&t->arena, TRANSCRIPT_MAX_MEMORY);
	grammar_init(&r->grammar);
	http_chunked_init(&r->chunked);
	sse_decoder_init(&r->decoder, (struct sse_sink){r, on_message, on_comment, on_retry, on_id},
			 limits);
	buf_init(&r->head, TRANSCRIPT_MAX_HEAD);
	buf_init(&r->kept, TRANSCRIPT_MAX_BODY);
	buf_init(&r->reads, READS_BYTES);
	buf_init(&r->records, RECORDS_BYTES);
	buf_init(&r->fields, FIELDS_BYTES);
}

bool recorder_has_head(const struct recorder *r)
{
	return r->head_done;
}

/* The body. */

static void take_text(void *ctx, struct slice text)
{
	struct recorder *r = ctx;
	size_t room = r->kept.max - r->kept.len;

	/* Without memory there is less evidence, no other verdict. */
	(void)buf_append(&r->kept, slice_upto(text, room));
	if (!r->decoding)
		return;
	grammar_feed(&r->grammar, text);
	if (sse_decoder_feed(&r->decoder, text))
		r->decoding = false;
}

static void take_packed(struct recorder *r, struct slice data)
{
	r->t->text = unpack_feed(r->unpack, data, take_text, r);
	if (r->t->text == TEXT_READ)
		return;
	unpack_free(r->unpack);
	r->unpack = NULL;
	r->decoding = false;
	if (r->t->text != TEXT_BROKEN)
		return;
	/* What is in no coding unpacks to anything: nobody is blamed for that. */
	buf_reset(&r->kept);
	buf_reset(&r->records);
	r->t->records_dropped = 0;
	grammar_init(&r->grammar);
}

static void take_body(struct recorder *r, struct slice data)
{
	struct transcript *t = r->t;

	if (data.len == 0)
		return;
	if (t->body_len == 0)
		t->body_ns = r->now;
	t->body_len += data.len;
	if (r->unpack)
		take_packed(r, data);
	else if (t->text == TEXT_READ || t->text == TEXT_CODED)
		take_text(r, data);
}

static enum recorder_step take_chunks(struct recorder *r, struct slice in)
{
	while (in.len > 0) {
		size_t used = 0;
		struct slice data = SLICE_NONE;
		enum http_fault fault = HTTP_FAULT_NONE;
		enum http_step step = http_chunked_eat(&r->chunked, in, &used, &data, &fault);

		take_body(r, data);
		if (step == HTTP_DONE)
			return RECORDER_OVER;
		if (step == HTTP_REFUSED) {
			r->t->ending = ENDING_BAD_FRAMING;
			r->t->detail = slice_of(http_fault_text(fault));
			return RECORDER_BROKEN;
		}
		in = slice_from(in, used);
	}
	return RECORDER_MORE;
}

static enum recorder_step take_framed(struct recorder *r, struct slice in)
{
	if (r->body == HTTP_BODY_CHUNKED)
		return take_chunks(r, in);
	if (r->body != HTTP_BODY_LENGTH) {
		take_body(r, in);
		return RECORDER_MORE;
	}
	in = slice_upto(in, r->left);
	take_body(r, in);
	r->left -= in.len;
	return r->left == 0 ? RECORDER_OVER : RECORDER_MORE;
}

static void add_read(struct recorder *r, size_t wire, uint64_t body)
{
	const struct probe_read read = {r->now, (uint32_t)wire, (uint32_t)body};
	struct transcript *t = r->t;

	if (body == 0)
		return;
	if (buf_append(&r->reads, (struct slice){(const char *)&read, sizeof(read)})) {
		t->reads_dropped++;
		if (r->now > t->last_read_ns + t->dropped_silence_ns)
			t->dropped_silence_ns = r->now - t->last_read_ns;
	}
	t->last_read_ns = r->now;
}

static enum recorder_step feed_body(struct recorder *r, struct slice in)
{
	uint64_t before = r->t->body_len;
	enum recorder_step step = take_framed(r, in);

	add_read(r, in.len, r->t->body_len - before);
	return step;
}

/* The head. */

static bool is_coded_once(const struct transcript *t)
{
	size_t n = 0;

	for (size_t i = 0; i < t->field_count; i++)
		n += slice_eq_nocase(t->fields[i].name, SLICE("content-encoding"));
	return n == 1;
}

static void begin_body(struct recorder *r)
{
	struct slice coding = transcript_field(r->t, SLICE("content-encoding"));

	if (is_coded_once(r->t) && unpack_knows(coding)) {
		r->unpack = unpack_new(coding);
		r->t->text = r->unpack ? TEXT_READ : TEXT_NO_MEMORY;
	} else if (coding.len > 0 && !slice_eq_nocase(coding, SLICE("identity"))) {
		r->t->text = TEXT_CODED;
	}
	r->decoding = transcript_is_stream(r->t) && r->t->text == TEXT_READ;
}

static struct slice quoted(struct recorder *r, const char *what)
{
	char text[4 * EXCERPT + 64];
	struct writer w;

	writer_init(&w, text, sizeof(text));
	put(&w, slice_of(what));
	put(&w, SLICE(": "));
	put_json(&w, slice_upto(buf_slice(&r->head), EXCERPT));
	return keep_text(r, writer_slice(&w));
}

static enum recorder_step refuse(struct recorder *r, enum outcome outcome, const char *what)
{
	r->t->outcome = outcome;
	r->t->detail = quoted(r, what);
	return RECORDER_BROKEN;
}

static bool has_bare_lf(struct slice head)
{
	for (size_t i = 0; i < head.len; i++) {
		if (head.ptr[i] == '\n' && (i == 0 || head.ptr[i - 1] != '\r'))
			return true;
	}
	return false;
}

/* The fields are read again from the copy when all is over: until then they stay in r->head. */
static void take_head(struct recorder *r, const struct http_response *res, size_t len)
{
	struct transcript *t = r->t;

	buf_reset(&r->fields);
	(void)buf_append(&r->fields, (struct slice){(const char *)res->fields,
						    res->field_count * sizeof(*res->fields)});
	t->outcome = OUTCOME_ANSWERED;
	t->status = res->status;
	t->minor = res->minor;
	t->head_ns = r->now;
	t->head = slice_upto(buf_slice(&r->head), len);
	t->bare_lf = has_bare_lf(t->head);
	t->fields = (const struct http_field *)(const void *)r->fields.ptr;
	t->field_count = r->fields.len / sizeof(struct http_field);
	r->head_done = true;
	begin_body(r);
	r->body = r->to_head ? HTTP_BODY_NONE : res->body;
	r->left = res->content_length;
}

static enum recorder_step start_body(struct recorder *r, struct slice rest)
{
	if (r->body == HTTP_BODY_LENGTH && r->left == 0)
		return RECORDER_OVER;
	return rest.len > 0 ? feed_body(r, rest) : RECORDER_MORE;
}

/* True where another look at the head is worth it: a line has ended, or too much has come. */
static bool worth_a_look(const struct recorder *r, struct slice more)
{
	return r->head.len - more.len < 16 || slice_find(more, '\n') < more.len ||
	       r->head.len == TRANSCRIPT_MAX_HEAD;
}

static enum recorder_step read_head(struct recorder *r, struct slice *rest)
{
	struct http_response res;
	size_t len = 0;
	enum http_fault fault = HTTP_FAULT_NONE;

	for (;;) {
		switch (http_response_parse(buf_slice(&r->head), &res, &len, &fault)) {
		case HTTP_MORE:
			return r->head.len < TRANSCRIPT_MAX_HEAD
				       ? RECORDER_MORE
				       : refuse(r, OUTCOME_ENDLESS_HEAD,
						"no end after 64 KiB; it begins");
		case HTTP_REFUSED:
			return fault == HTTP_FAULT_RESPONSE_TOO_LONG
				       ? refuse(r, OUTCOME_ENDLESS_HEAD,
						"too many fields, or no end after 64 KiB; it "
						"begins")
				       : refuse(r, OUTCOME_MALFORMED, "it begins");
		case HTTP_DONE:
			break;
		}
		if (res.status >= 200 || res.status == 101)
			break;
		r->t->interim++;
		buf_consume(&r->head, len);
		if (r->head.len == 0)
			return RECORDER_MORE;
	}
	*rest = slice_from(buf_slice(&r->head), len);
	take_head(r, &res, len);
	return RECORDER_OVER;
}

static enum recorder_step feed_head(struct recorder *r, struct slice in)
{
	size_t room = r->head.max - r->head.len;
	struct slice first = slice_upto(in, room);
	struct slice rest = SLICE_NONE;

	if (buf_append(&r->head, first))
		return refuse(r, OUTCOME_MALFORMED, "out of memory");
	if (!worth_a_look(r, first))
		return RECORDER_MORE;
	enum recorder_step step = read_head(r, &rest);
	if (step != RECORDER_OVER)
		return step;
	step = start_body(r, rest);
	if (step == RECORDER_MORE && first.len < in.len)
		return feed_body(r, slice_from(in, first.len));
	return step;
}

enum recorder_step recorder_feed(struct recorder *r, struct slice bytes, uint64_t now_ns)
{
	r->now = now_ns;
	return r->head_done ? feed_body(r, bytes) : feed_head(r, bytes);
}

/* HTTP/2. */

void recorder_field(struct recorder *r, struct slice name, struct slice value)
{
	const struct http_field field = {keep_text(r, name),
					 arena_copy(&r->t->arena, slice_upto(value, 16384))};

	(void)buf_append(&r->fields, (struct slice){(const char *)&field, sizeof(field)});
}

void recorder_head(struct recorder *r, unsigned status, uint64_t now_ns)
{
	struct transcript *t = r->t;

	if (r->head_done)
		return;
	if (status >= 100 && status < 200) {
		t->interim++;
		buf_reset(&r->fields);
		return;
	}
	r->now = now_ns;
	t->outcome = OUTCOME_ANSWERED;
	t->h2 = true;
	t->status = status;
	t->head_ns = now_ns;
	t->fields = (const struct http_field *)(const void *)r->fields.ptr;
	t->field_count = r->fields.len / sizeof(struct http_field);
	r->head_done = true;
	begin_body(r);
}

void recorder_data(struct recorder *r, struct slice data, uint64_t now_ns)
{
	uint64_t before = r->t->body_len;

	r->now = now_ns;
	take_body(r, data);
	add_read(r, data.len, r->t->body_len - before);
}

/* The end. */

static bool is_over_by_framing(const struct recorder *r)
{
	if (r->to_head)
		return r->t->body_len == 0;
	if (r->body == HTTP_BODY_CHUNKED)
		return r->chunked.state == CHUNK_DONE;
	return r->body == HTTP_BODY_LENGTH && r->left == 0;
}

static enum ending ending_of(const struct recorder *r, enum ending told)
{
	if (r->t->ending != ENDING_NONE)
		return r->t->ending;
	if (r->t->h2)
		return told == ENDING_CLOSED ? ENDING_TRUNCATED : told;
	if (is_over_by_framing(r))
		return ENDING_COMPLETE;
	if (told != ENDING_CLOSED || r->body == HTTP_BODY_NONE)
		return told;
	return ENDING_TRUNCATED;
}

static void *move(struct transcript *t, const struct buf *b)
{
	void *p = b->len > 0 ? arena_alloc(&t->arena, b->len) : NULL;

	if (p)
		memcpy(p, b->ptr, b->len);
	return p;
}

static void hand_over_grammar(struct recorder *r)
{
	for (size_t i = 0; i < GRAMMAR_COUNT; i++) {
		struct slice excerpt = {r->grammar.notes[i].excerpt,
					r->grammar.notes[i].excerpt_len};

		r->t->grammar[i] = (struct grammar_note){
			r->grammar.notes[i].count, r->grammar.notes[i].line, keep_text(r, excerpt)};
	}
}

/* The head is parsed again in its last place, so that its slices point there. */
static void hand_over_head(struct recorder *r, const struct recorder_secrets *secrets)
{
	struct transcript *t = r->t;
	struct http_response res;
	enum http_fault fault;
	size_t len = 0;

	if (!t->h2 && t->head.len > 0) {
		char *head = redact_copy(&t->arena, t->head, secrets);

		t->leaks |= redact_leaks(t->fields, t->field_count, secrets);
		t->head = (struct slice){head, head ? t->head.len : 0};
		t->fields = NULL;
		t->field_count = 0;
		if (!head || http_response_parse(t->head, &res, &len, &fault) != HTTP_DONE)
			return;
		t->reason = res.reason;
		t->field_count = res.field_count;
		t->fields = redact_fields(&t->arena, res.fields, &t->field_count, NULL);
		return;
	}
	t->leaks |= redact_leaks(t->fields, t->field_count, secrets);
	t->fields = redact_fields(&t->arena, t->fields, &t->field_count, secrets);
}

static void hand_over_body(struct recorder *r, const struct recorder_secrets *secrets)
{
	struct transcript *t = r->t;
	struct record *records = move(t, &r->records);

	t->reads = move(t, &r->reads);
	t->read_count = t->reads ? r->reads.len / sizeof(*t->reads) : 0;
	t->record_count = records ? r->records.len / sizeof(*records) : 0;
	for (size_t i = 0; i < t->record_count; i++)
		redact_record(&t->arena, &records[i], secrets);
	t->records = records;
	if (redact_has(buf_slice(&r->kept), secrets))
		t->leaks |= LEAK_BODY;
	char *body = redact_copy(&t->arena, buf_slice(&r->kept), secrets);
	t->body = (struct slice){body, body ? r->kept.len : 0};
}

void recorder_finish(struct recorder *r, enum ending ending, uint64_t now_ns,
		     const struct recorder_secrets *secrets)
{
	struct transcript *t = r->t;

	if (r->finished)
		return;
	r->finished = true;
	t->end_ns = now_ns;
	if (r->head_done) {
		t->ending = ending_of(r, ending);
		if (r->decoding && t->ending != ENDING_WE_CUT)
			grammar_end(&r->grammar);
	} else if (t->outcome == OUTCOME_NOT_SENT) {
		t->outcome = OUTCOME_CUT;
		if (r->head.len > 0)
			t->detail = quoted(r, "within the head; it begins");
	}
	hand_over_grammar(r);
	hand_over_head(r, secrets);
	hand_over_body(r, secrets);
	sse_decoder_fini(&r->decoder);
	unpack_free(r->unpack);
	buf_free(&r->head);
	buf_free(&r->kept);
	buf_free(&r->reads);
	buf_free(&r->records);
	buf_free(&r->fields);
}
