/* SPDX-License-Identifier: Apache-2.0 */
/* publish.c - `sluice publish`: hand events to a hub from a shell. */
#include "cmd/command.h"
#include "cmd/publish_body.h"
#include "cmd/publish_post.h"
#include "cmd/secret.h"
#include "cmd/trust.h"
#include "cmd/visible.h"
#include "http/chars.h"

#include <errno.h>
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_RETRY   120000u                 /* milliseconds: what a hub takes */
#define MAX_BODY    (7u * PUBLISH_MAX_DATA) /* data as a JSON string, and the rest */
#define MAX_TARGET  8192u                   /* bytes of path and query */
#define MAX_FAULT   4096u                   /* bytes of a complaint */
#define READ_SIZE   65536u
#define ID_MAX_TEXT 1024u /* bytes of an id made visible */

enum {
	URL,
	EVENT,
	ID,
	JSON,
	PRIVATE,
	RETRY,
	NDJSON,
	KEY_FILE,
	CA,
};

const struct option_row publish_options[] = {
	[URL] = {"url", 'u', "URL", "Where to publish",
		 .fallback = "http://127.0.0.1:8080/publish"},
	[EVENT] = {"event", 'e', "NAME", "Name of the event; without it readers get a message"},
	[ID] = {"id", 0, "ID", "Bring an id: sent twice, it is delivered once"},
	[JSON] = {"json", 'j', NULL, "DATA is JSON and is sent as it is, not as a string"},
	[PRIVATE] = {"private", 0, NULL, "Mark the event as private"},
	[RETRY] = {"retry", 0, "MS", "Ask readers to wait so long before they reconnect"},
	[NDJSON] =
		{"ndjson", 0, NULL,
		 "Each line of standard input is an event as a JSON object; TOPIC holds for those "
		 "without one"},
	[KEY_FILE] = {"key-file", 'k', "FILE",
		      "Publish key (default: SLUICE_PUBLISH_KEY of the environment)"},
	[CA] = {"ca", 0, "FILE", TRUST_HELP},
	{NULL},
};

struct publish {
	const struct args *args;
	struct arena arena;
	struct url url;
	struct tls_trust *trust;
	struct post post;
	struct buf input;
	char target[MAX_TARGET];
};

static int complain(int code, struct slice what)
{
	(void)fprintf(stderr, "sluice publish: %.*s\n", SLICE_ARG(what));
	return code;
}

/* ---- where to, and with which key ---- */

static int read_key(struct publish *p)
{
	char text[MAX_FAULT];
	struct writer fault;

	writer_init(&fault, text, sizeof(text));
	if (secret_publish_key(&p->arena, args_get(p->args, KEY_FILE), &p->post.key, &fault))
		return usage_error(p->args, "%.*s", SLICE_ARG(writer_slice(&fault)));
	return EXIT_OK;
}

static int read_target(struct publish *p)
{
	const char *text = args_get(p->args, URL);

	if (url_parse(slice_of(text), &p->url))
		return usage_url(p->args, slice_of(text), "an http or https URL");
	int code = read_key(p);
	if (code)
		return code;
	/* A key in clear over a network is a key for everybody on it. */
	if (p->post.key.ptr && !url_is_private(&p->url))
		return usage_error(p->args,
				   "the key would travel in clear to %.*s: plain http with a key "
				   "is for this machine only",
				   SLICE_ARG(p->url.authority));
	p->post.url = &p->url;
	return EXIT_OK;
}

/* ---- the answer ---- */

static void print_id(const json_t *id)
{
	char text[ID_MAX_TEXT];
	struct writer w;

	if (!json_is_string(id))
		return;
	writer_init(&w, text, sizeof(text));
	put_visible(&w, (struct slice){json_string_value(id), json_string_length(id)});
	(void)printf("%.*s\n", SLICE_ARG(writer_slice(&w)));
}

static int print_ids(const struct post *post)
{
	struct slice answer = buf_slice(&post->answer);
	json_t *root = json_loadb(answer.len ? answer.ptr : "", answer.len, 0, NULL);
	const json_t *ids = json_object_get(root, "ids");
	bool good = json_is_array(ids);

	for (size_t i = 0; i < json_array_size(ids); i++)
		print_id(json_array_get(ids, i));
	json_decref(root);
	(void)fflush(stdout); /* what fails is told when it is closed */
	return good ? EXIT_OK
		    : complain(EXIT_UNREACHABLE, SLICE("the answer is not that of a hub: no ids"));
}

static int send_body(struct publish *p, struct slice body)
{
	char text[MAX_FAULT];
	struct writer fault;

	writer_init(&fault, text, sizeof(text));
	enum exit_code code = post_send(&p->post, body, &fault);
	if (code)
		return complain((int)code, writer_slice(&fault));
	return print_ids(&p->post);
}

/* ---- one event ---- */

/* Gives the bytes read, 0 at the end, -1 for a failure that has been told. */
static long read_more(struct publish *p)
{
	if (buf_reserve(&p->input, READ_SIZE)) {
		(void)complain(EXIT_USAGE, SLICE("standard input is larger than what is sent"));
		return -1;
	}
	ssize_t n = read(STDIN_FILENO, p->input.ptr + p->input.len, READ_SIZE);
	if (n < 0) {
		(void)complain(EXIT_UNREACHABLE, slice_of(strerror(errno)));
		return -1;
	}
	p->input.len += (size_t)n;
	return (long)n;
}

/* Without one line end behind it: echo adds one that nobody means. */
static int read_data(struct publish *p, struct slice *ret_data)
{
	const char *word = p->args->operands_len > 1 ? p->args->operands[1] : "-";
	long n = 1;

	if (strcmp(word, "-") != 0) {
		*ret_data = slice_of(word);
		return EXIT_OK;
	}
	while (n > 0)
		n = read_more(p);
	if (n < 0)
		return EXIT_USAGE;
	struct slice all = p->input.len ? buf_slice(&p->input) : SLICE("");
	if (slice_ends(all, SLICE("\n")))
		all = slice_upto(all, all.len - 1);
	if (slice_ends(all, SLICE("\r")))
		all = slice_upto(all, all.len - 1);
	*ret_data = all;
	return EXIT_OK;
}

static bool is_json(struct slice data)
{
	json_t *value =
		json_loadb(data.ptr, data.len, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES, NULL);

	json_decref(value);
	return value != NULL;
}

static int send_event(struct publish *p, const struct publish_event *event)
{
	struct buf body;
	struct writer w;

	buf_init(&body, MAX_BODY);
	if (buf_reserve(&body, publish_event_bound(event))) {
		buf_free(&body);
		return complain(EXIT_USAGE, SLICE("the event is too large"));
	}
	writer_init(&w, body.ptr, body.cap);
	publish_put_event(&w, event);
	p->post.type = SLICE("application/json");
	int code = send_body(p, writer_slice(&w));
	buf_free(&body);
	return code;
}

static int publish_one(struct publish *p)
{
	const struct args *args = p->args;
	struct publish_event event = {
		.topic = slice_of(args->operands[0]),
		.data_is_json = args_has(args, JSON),
		.type = slice_of(args_get(args, EVENT)),
		.id = slice_of(args_get(args, ID)),
		.retry = slice_of(args_get(args, RETRY)),
		.is_private = args_has(args, PRIVATE),
	};
	uint64_t retry;
	int code = EXIT_OK;

	if (!args_number(args, RETRY, 0, MAX_RETRY, &retry))
		return EXIT_USAGE;
	code = read_data(p, &event.data);
	if (code)
		return code;
	if (event.data.len > PUBLISH_MAX_DATA)
		return usage_error(args, "the data is larger than %u bytes", PUBLISH_MAX_DATA);
	const char *bad = publish_bad_text(&event);
	if (bad)
		return usage_error(args, "%s is not UTF-8", bad);
	if (event.data_is_json && !is_json(event.data))
		return usage_error(args, "the data is not JSON");
	return send_event(p, &event);
}

/* ---- many events ---- */

static int check_ndjson(const struct args *args)
{
	static const size_t single[] = {EVENT, ID, JSON, PRIVATE, RETRY};

	for (size_t i = 0; i < sizeof(single) / sizeof(single[0]); i++) {
		if (args_has(args, single[i]))
			return usage_error(args, "--%s belongs into the lines with --ndjson",
					   args->command->options[single[i]].name);
	}
	if (args->operands_len > 1 && strcmp(args->operands[1], "-") != 0)
		return usage_error(args, "--ndjson reads standard input, not DATA");
	return EXIT_OK;
}

/* The topic goes into the query, where it holds for all lines that name none. */
static int add_topic(struct publish *p)
{
	struct writer w;

	writer_init(&w, p->target, sizeof(p->target));
	put(&w, p->url.target);
	put_char(&w, slice_find(p->url.target, '?') < p->url.target.len ? '&' : '?');
	put(&w, SLICE("topic="));
	url_encode(&w, slice_of(p->args->operands[0]));
	if (w.overflow)
		return usage_error(p->args, "the topic is too long");
	p->url.target = writer_slice(&w);
	return EXIT_OK;
}

static int send_batches(struct publish *p, bool at_end)
{
	for (;;) {
		struct slice batch = publish_next_batch(buf_slice(&p->input), at_end);

		if (batch.len == 0)
			return EXIT_OK;
		int code = send_body(p, batch);
		if (code)
			return code;
		buf_consume(&p->input, batch.len);
	}
}

/* Each read is sent as it comes: a source that prints a line a minute is published by the minute.
 */
static int publish_lines(struct publish *p)
{
	int code = check_ndjson(p->args);

	if (!code)
		code = add_topic(p);
	p->post.type = SLICE("application/x-ndjson");
	for (long n = 1; !code && n != 0;) {
		n = read_more(p);
		code = n < 0 ? EXIT_USAGE : send_batches(p, n == 0);
	}
	return code;
}

int publish_run(const struct args *args)
{
	struct publish p = {.args = args};

	int code = trust_read(args, CA, &p.trust);
	arena_init(&p.arena, 4 * SECRET_MAX);
	post_init(&p.post, MAX_BODY, p.trust);
	buf_init(&p.input, PUBLISH_MAX_DATA + READ_SIZE);
	if (!code)
		code = read_target(&p);
	if (!code)
		code = args_has(args, NDJSON) ? publish_lines(&p) : publish_one(&p);
	buf_free(&p.input);
	post_fini(&p.post);
	arena_free(&p.arena);
	tls_trust_free(p.trust);
	return code;
}
