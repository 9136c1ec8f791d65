/* SPDX-License-Identifier: Apache-2.0 */
/* tail.c - `sluice tail`: follow streams in the terminal as a browser follows them. */
#include "base/text.h"
#include "cmd/command.h"
#include "cmd/output.h"
#include "cmd/tail_source.h"
#include "cmd/trust.h"
#include "http/chars.h"
#include "os/interrupt.h"
#include "os/monotonic.h"
#include "os/wallclock.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#define TAIL_MAX_URLS   64u
#define TAIL_MAX_RECORD (8u * SSE_MAX_EVENT) /* bytes of one event as text */
#define TAIL_FLUSH      (64u << 10)          /* bytes that are not held back */
#define TAIL_READ       65536u               /* bytes of standard input at once */

enum {
	JSON,
	LAST_EVENT_ID,
	HEADER,
	BEARER,
	ORIGIN,
	COUNT,
	MAX_TIME,
	NO_RECONNECT,
	CA,
	QUIET,
};

const struct option_row tail_options[] = {
	[JSON] = {"json", 'j', NULL, "Print each event as one JSON object on a line"},
	[LAST_EVENT_ID] = {"last-event-id", 0, "ID", "Resume behind this event"},
	[HEADER] =
		{"header", 'H', "FIELD",
		 "Send 'Name: value' too; 'Name: @FILE' takes the value from a file. Goes to the "
		 "origin of the URL only",
		 .repeat = true},
	[BEARER] = {"bearer", 0, "@FILE", "Send the token in FILE as Authorization: Bearer"},
	[ORIGIN] = {"origin", 0, "ORIGIN", "Send this Origin, as a page there would"},
	[COUNT] = {"count", 'n', "N", "Stop after N events"},
	[MAX_TIME] = {"max-time", 0, "DURATION", "Stop after this time"},
	[NO_RECONNECT] = {"no-reconnect", 0, NULL, "Stop when the stream ends or breaks"},
	[CA] = {"ca", 0, "FILE", TRUST_HELP},
	[QUIET] = {"quiet", 'q', NULL, "Do not tell about connections on standard error"},
	{NULL},
};

struct tail {
	struct tail_settings settings;
	struct tls_trust *trust;
	struct tail_source *sources; /* TAIL_MAX_URLS at most */
	size_t sources_len;
	struct output out;
	int signal_fd;
	int signal;      /* that ended it; 0: none */
	uint64_t left;   /* events to print */
	uint64_t end_ms; /* monotonic */
	bool json;
	bool color;
	bool quiet;
};

static uint64_t now_ms(void)
{
	return monotonic_ns() / 1000000u;
}

/* ---- what sources report ---- */

static void print_record(void *ctx, const struct tail_record *record)
{
	struct tail *t = ctx;
	struct buf *b = &t->out.buf;
	struct writer w;

	if (t->left == 0 || t->out.state != OUTPUT_OPEN)
		return;
	if (buf_reserve(b, tail_format_bound(record))) {
		t->out.state = OUTPUT_BROKEN;
		t->out.error = ENOMEM;
		return;
	}
	t->left--;
	writer_init(&w, b->ptr + b->len, b->cap - b->len);
	if (t->json)
		tail_put_json(&w, record);
	else
		tail_put_plain(&w, record, t->color);
	b->len += w.len;
	if (b->len >= TAIL_FLUSH)
		output_flush(&t->out);
}

static void print_note(void *ctx, enum tail_note note, struct slice source, struct slice text)
{
	const struct tail *t = ctx;

	if (t->quiet && note == TAIL_STATE)
		return;
	(void)fprintf(stderr, "sluice tail: %.*s%s%.*s\n", SLICE_ARG(source),
		      source.len > 0 ? ": " : "", SLICE_ARG(text));
}

static struct tail_watcher watcher_of(struct tail *t)
{
	return (struct tail_watcher){t, print_record, print_note, wallclock_ms};
}

/* ---- options ---- */

static bool color_wanted(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (no_color && no_color[0])
		return false;
	return isatty(STDOUT_FILENO) && term && strcmp(term, "dumb") != 0;
}

static int read_headers(struct tail *t, const struct args *args)
{
	struct headers *h = &t->settings.headers;
	const char *bearer = args_get(args, BEARER);
	const char *line;
	char text[512];
	struct writer fault;
	enum err err = OK;

	writer_init(&fault, text, sizeof(text));
	for (size_t i = 0; !err && (line = args_nth(args, HEADER, i)); i++)
		err = headers_add(h, slice_of(line), &fault);
	if (!err && bearer)
		err = headers_add_bearer(h, slice_of(bearer), &fault);
	if (err)
		return usage_error(args, "%.*s", SLICE_ARG(writer_slice(&fault)));
	if (h->exposed)
		(void)fputs("sluice tail: warning: a credential on the command line can be read "
			    "with ps; put it in a file and give @FILE\n",
			    stderr);
	return EXIT_OK;
}

static bool is_field_value(struct slice s)
{
	return text_run(s) == s.len && s.len <= HEADERS_MAX_VALUE;
}

static int read_options(struct tail *t, const struct args *args)
{
	uint64_t max_ms = 0;

	t->json = args_has(args, JSON);
	t->quiet = args_has(args, QUIET);
	t->color = !t->json && color_wanted();
	t->settings.reconnect = !args_has(args, NO_RECONNECT);
	t->settings.last_event_id = slice_of(args_get(args, LAST_EVENT_ID));
	t->settings.origin = slice_of(args_get(args, ORIGIN));
	if (!is_field_value(t->settings.last_event_id))
		return usage_error(args, "--last-event-id is not an id that can be sent");
	if (!is_field_value(t->settings.origin))
		return usage_error(args, "--origin is not an origin that can be sent");
	if (!args_number(args, COUNT, 1, UINT64_MAX, &t->left) ||
	    !args_duration(args, MAX_TIME, &max_ms))
		return EXIT_USAGE;
	if (trust_read(args, CA, &t->trust))
		return EXIT_USAGE;
	t->settings.trust = t->trust;
	if (!args_has(args, COUNT))
		t->left = UINT64_MAX;
	t->end_ms = UINT64_MAX;
	if (args_has(args, MAX_TIME))
		t->end_ms = now_ms() + (max_ms < INT64_MAX ? max_ms : INT64_MAX);
	return read_headers(t, args);
}

static int read_url(const struct tail *t, const struct args *args, const char *text,
		    struct url *ret_url)
{
	if (strcmp(text, "-") == 0)
		return usage_error(args, "'-' (standard input) stands alone");
	if (strlen(text) > LOCATION_MAX || url_parse(slice_of(text), ret_url))
		return usage_url(args, slice_of(text), "an http or https URL");
	if (t->settings.headers.secret && !url_is_private(ret_url))
		return usage_error(args,
				   "the credential would travel in clear to %.*s: plain http with "
				   "one is for this machine only",
				   SLICE_ARG(ret_url->authority));
	return EXIT_OK;
}

static int open_sources(struct tail *t, const struct args *args)
{
	if (args->operands_len > TAIL_MAX_URLS)
		return usage_error(args, "at most %u URLs", TAIL_MAX_URLS);
	t->sources = calloc(args->operands_len, sizeof(*t->sources));
	if (!t->sources)
		return EXIT_UNREACHABLE;
	for (size_t i = 0; i < args->operands_len; i++) {
		struct url url = {0};
		int code = read_url(t, args, args->operands[i], &url);

		if (code)
			return code;
		struct slice label = args->operands_len > 1 ? url.authority : SLICE("");
		if (tail_source_init(&t->sources[i], &url, label, &t->settings, watcher_of(t),
				     monotonic_ns() + i))
			return EXIT_UNREACHABLE;
		t->sources_len++;
	}
	return EXIT_OK;
}

/* ---- the loop ---- */

static bool all_are_over(const struct tail *t)
{
	for (size_t i = 0; i < t->sources_len; i++) {
		if (!tail_source_is_over(&t->sources[i]))
			return false;
	}
	return true;
}

static void take_signal(struct tail *t)
{
	struct signalfd_siginfo info;

	if (read(t->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
		t->signal = (int)info.ssi_signo;
}

static bool goes_on(const struct tail *t, uint64_t now)
{
	return t->signal == 0 && t->left > 0 && t->out.state == OUTPUT_OPEN && now < t->end_ms;
}

static int timeout_ms(uint64_t now, uint64_t due)
{
	if (due == UINT64_MAX)
		return -1;
	if (due <= now)
		return 0;
	return due - now < INT_MAX ? (int)(due - now) : INT_MAX;
}

/*
 * Waits for `n` descriptors in p[2..], for a signal, or for the reader of our output to go: poll
 * tells that of a pipe without a write.
 */
static void wait_for(struct tail *t, struct pollfd *p, size_t n, uint64_t due)
{
	p[0] = (struct pollfd){.fd = t->signal_fd, .events = POLLIN};
	p[1] = (struct pollfd){.fd = STDOUT_FILENO};
	if (poll(p, n + 2, timeout_ms(now_ms(), due < t->end_ms ? due : t->end_ms)) <= 0)
		return;
	if (p[0].revents)
		take_signal(t);
	if (p[1].revents & POLLERR)
		t->out.state = OUTPUT_CLOSED;
}

static void follow_sources(struct tail *t)
{
	struct pollfd p[TAIL_MAX_URLS + 2];

	while (goes_on(t, now_ms()) && !all_are_over(t)) {
		uint64_t due = UINT64_MAX;

		for (size_t i = 0; i < t->sources_len; i++)
			tail_source_step(&t->sources[i], now_ms());
		output_flush(&t->out);
		for (size_t i = 0; i < t->sources_len; i++) {
			uint64_t own = tail_source_due_ms(&t->sources[i]);

			due = own < due ? own : due;
			p[i + 2] = tail_source_poll(&t->sources[i]);
		}
		if (goes_on(t, now_ms()) && !all_are_over(t))
			wait_for(t, p, t->sources_len, due);
	}
}

static int exit_of_sources(const struct tail *t)
{
	bool opened = false;

	for (size_t i = 0; i < t->sources_len; i++) {
		if (t->sources[i].failed)
			return EXIT_UNREACHABLE;
		opened = opened || t->sources[i].opened;
	}
	/* All over and nothing failed: 204 is an answer too. */
	return opened || all_are_over(t) ? EXIT_OK : EXIT_UNREACHABLE;
}

/* ---- standard input ---- */

/* Gives false at its end, or when reading fails. */
static bool read_stdin(struct tail_reader *r)
{
	char room[TAIL_READ];
	ssize_t n = read(STDIN_FILENO, room, sizeof(room));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n < 0)
		(void)fprintf(stderr, "sluice tail: standard input: %s\n", strerror(errno));
	if (n <= 0)
		return false;
	enum err err = sse_decoder_feed(&r->decoder, (struct slice){room, (size_t)n});
	if (err)
		(void)fprintf(stderr, "sluice tail: standard input: %s\n", err_text(err));
	return err == OK;
}

static int follow_stdin(struct tail *t)
{
	struct pollfd p[3];
	struct tail_reader r;
	bool more = true;

	tail_reader_init(&r, SLICE(""), watcher_of(t));
	r.origin = SLICE("null"); /* what browsers call an origin that is none */
	enum err err = tail_reader_resume(&r, t->settings.last_event_id);
	while (!err && more && goes_on(t, now_ms())) {
		p[2] = (struct pollfd){.fd = STDIN_FILENO, .events = POLLIN};
		wait_for(t, p, 1, UINT64_MAX);
		if (p[2].revents)
			more = read_stdin(&r);
		output_flush(&t->out);
	}
	err = err ? err : r.decoder.err;
	tail_reader_fini(&r);
	return err ? EXIT_UNREACHABLE : EXIT_OK;
}

/* ---- beginning and end ---- */

static int finish(struct tail *t, int code)
{
	output_flush(&t->out);
	if (t->out.state == OUTPUT_STUCK)
		take_signal(t);
	if (t->out.state == OUTPUT_BROKEN) {
		(void)fprintf(stderr, "sluice tail: cannot write to standard output: %s\n",
			      strerror(t->out.error));
		return EXIT_UNREACHABLE;
	}
	if (t->signal)
		return 128 + t->signal; /* as the shell tells of a program that a signal ended */
	return t->out.state == OUTPUT_CLOSED ? EXIT_OK : code;
}

static int follow(struct tail *t, const struct args *args)
{
	bool from_stdin = args->operands_len == 1 && strcmp(args->operands[0], "-") == 0;
	int code = from_stdin ? EXIT_OK : open_sources(t, args);

	if (code)
		return code;
	/* A reader of ours that goes is told by write, not by a signal. */
	(void)signal(SIGPIPE, SIG_IGN);
	if (interrupt_open(&t->signal_fd))
		return EXIT_UNREACHABLE;
	output_init(&t->out, STDOUT_FILENO, t->signal_fd, TAIL_MAX_RECORD);
	if (from_stdin) {
		code = follow_stdin(t);
	} else {
		follow_sources(t);
		code = exit_of_sources(t);
	}
	return finish(t, code);
}

static void close_all(struct tail *t)
{
	for (size_t i = 0; i < t->sources_len; i++)
		tail_source_fini(&t->sources[i]);
	free(t->sources);
	output_fini(&t->out);
	headers_fini(&t->settings.headers);
	tls_trust_free(t->trust);
	if (t->signal_fd >= 0)
		(void)close(t->signal_fd);
}

int tail_run(const struct args *args)
{
	struct tail t = {.signal_fd = -1};

	headers_init(&t.settings.headers);
	int code = read_options(&t, args);
	if (code == EXIT_OK)
		code = follow(&t, args);
	close_all(&t);
	return code;
}
