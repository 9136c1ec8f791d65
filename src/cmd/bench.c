/* SPDX-License-Identifier: Apache-2.0 */
/* bench.c - sluice bench: from the command line to settings, and from the report to an exit code.
 */
#include "cmd/command.h"

#include "base/text.h"
#include "cmd/bench_measure.h"
#include "cmd/bench_stream.h"
#include "cmd/secret.h"
#include "cmd/trust.h"
#include "os/fdlimit.h"
#include "os/procfs.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FAULT_MAX      4096u /* bytes of a complaint */
#define TOPIC_MAX      1024u /* bytes, decoded */
#define PID_MAX        4194304u
#define TIME_MAX_MS    86400000u
#define SETTLE_MS      500u /* before memory is read: what opening a stream needed is given back */
#define TOPIC_FALLBACK "bench"

enum {
	STREAMS,
	EVENTS,
	RATE,
	WINDOW,
	PUBLISH,
	KEY_FILE,
	SIZE,
	HTTP,
	PER_CONN,
	CA,
	RAMP,
	IDLE,
	TIMEOUT,
	PID,
	CHECK,
	FORMAT,
};

const struct option_row bench_options[] = {
	[STREAMS] = {"streams", 'c', "N", "Streams to open", .fallback = "100"},
	[EVENTS] = {"events", 'm', "N", "Events to publish; 0 only opens the streams",
		    .fallback = "100"},
	[RATE] = {"rate", 0, "N", "Events per second; latency then counts from when each was due"},
	[WINDOW] = {"window", 0, "N", "Without --rate: events on their way at one time",
		    .fallback = "1"},
	[PUBLISH] = {"publish", 0, "URL", "Where to POST events (default: /publish of the server)"},
	[KEY_FILE] = {"key-file", 0, "FILE",
		      "File that holds the publish key (default: SLUICE_PUBLISH_KEY)"},
	[SIZE] = {"size", 0, "BYTES", "Data of an event, at least 57", .fallback = "128"},
	[HTTP] = {"http", 0, "1.1|2",
		  "Version of the streams; 2 is by ALPN over https, by prior knowledge over http",
		  .fallback = "1.1"},
	[PER_CONN] = {"streams-per-connection", 0, "N", "With --http 2: streams on one connection",
		      .fallback = "1"},
	[CA] = {"ca", 0, "FILE", TRUST_HELP},
	[RAMP] = {"ramp", 0, "N/s", "Streams to open per second (default: as fast as they open)"},
	[IDLE] = {"idle", 0, "TIME", "Leave the streams idle this long before the first event"},
	[TIMEOUT] = {"timeout", 0, "TIME", "End the run when nothing comes for this long",
		     .fallback = "10s"},
	[PID] = {"pid", 0, "PID", "The server's process: measure its CPU and memory"},
	[CHECK] = {"check", 0, NULL, "Decode every byte of every stream and compare it"},
	[FORMAT] = {"format", 0, "text|json", "How to print the report", .fallback = "text"},
	{NULL},
};

/* What the settings point into. */
struct bench_texts {
	char topic[TOPIC_MAX];
	struct arena arena; /* the key */
	struct tls_trust *trust;
};

/* "500/s" or "500". */
static bool read_ramp(const struct args *args, uint64_t *ret_ramp)
{
	struct slice text = slice_of(args_get(args, RAMP));
	uint64_t n;

	if (!text.ptr) {
		*ret_ramp = 0;
		return true;
	}
	if (slice_ends(text, SLICE("/s")))
		text = slice_upto(text, text.len - 2);
	if (parse_u64(text, &n) || n == 0 || n > BENCH_MAX_RATE) {
		(void)usage_error(args, "--ramp is '%s': give a number such as 500/s, at most %u/s",
				  args_get(args, RAMP), BENCH_MAX_RATE);
		return false;
	}
	*ret_ramp = n;
	return true;
}

static bool read_version(const struct args *args, struct bench_settings *set)
{
	struct slice http = slice_of(args_get(args, HTTP));

	set->http2 = slice_eq(http, SLICE("2"));
	if (!set->http2 && !slice_eq(http, SLICE("1.1"))) {
		(void)usage_error(args, "--http is '%s': give 1.1 or 2", http.ptr);
		return false;
	}
	if (!args_number(args, PER_CONN, 1, BENCH_MAX_PER_CONN, &set->per_conn))
		return false;
	if (set->per_conn > 1 && !set->http2) {
		(void)usage_error(args, "--streams-per-connection needs --http 2");
		return false;
	}
	return true;
}

static bool read_numbers(const struct args *args, struct bench_settings *set)
{
	uint64_t size;
	uint64_t pid;

	if (!args_number(args, STREAMS, 1, BENCH_MAX_STREAMS, &set->streams) ||
	    !args_number(args, EVENTS, 0, BENCH_MAX_EVENTS, &set->events) ||
	    !args_number(args, RATE, 1, BENCH_MAX_RATE, &set->rate) ||
	    !args_number(args, WINDOW, 1, BENCH_MAX_WINDOW, &set->window) ||
	    !args_number(args, SIZE, MARKER_LEN, BENCH_MAX_EVENT, &size) ||
	    !args_number(args, PID, 1, PID_MAX, &pid) || !read_ramp(args, &set->ramp) ||
	    !args_duration(args, IDLE, &set->idle_ms) ||
	    !args_duration(args, TIMEOUT, &set->timeout_ms))
		return false;
	if (set->timeout_ms == 0) {
		(void)usage_error(args, "--timeout is '%s': nothing can come within no time",
				  args_get(args, TIMEOUT));
		return false;
	}
	if (set->idle_ms > TIME_MAX_MS || set->timeout_ms > TIME_MAX_MS) {
		(void)usage_error(args, "--idle and --timeout are at most 24h");
		return false;
	}
	set->publish.event_bytes = (size_t)size;
	set->pid = (int)pid;
	set->check = args_has(args, CHECK);
	if (set->pid != 0 && set->idle_ms < SETTLE_MS)
		set->idle_ms = SETTLE_MS;
	return true;
}

static bool read_url(const struct args *args, const char *text, struct url *ret_url)
{
	struct url url;

	if (url_parse(slice_of(text), &url)) {
		(void)usage_url(args, slice_of(text), "a URL like http://127.0.0.1:8080/stream");
		return false;
	}
	*ret_url = url;
	return true;
}

/* The topic that the stream asks for is the one to publish to. */
static bool read_topic(const struct args *args, struct bench_settings *set, struct bench_texts *t)
{
	struct slice query = set->url.target;
	struct slice value;
	struct writer w;

	(void)slice_cut(&query, '?');
	set->publish.topic = SLICE(TOPIC_FALLBACK);
	if (!query.ptr || url_query_get(query, SLICE("topic"), 0, &value))
		return true;
	writer_init(&w, t->topic, sizeof(t->topic));
	if (url_decode(&w, value, true)) {
		(void)usage_error(args, "the topic in the URL is malformed or too long");
		return false;
	}
	set->publish.topic = writer_slice(&w);
	return true;
}

static bool read_urls(const struct args *args, struct bench_settings *set, struct bench_texts *t)
{
	const char *publish = args_get(args, PUBLISH);

	set->target = slice_of(args->operands[0]);
	if (!read_url(args, args->operands[0], &set->url) || !read_topic(args, set, t))
		return false;
	if (publish)
		return read_url(args, publish, &set->publish.url);
	set->publish.url = set->url;
	set->publish.url.target = SLICE("/publish");
	return true;
}

static bool read_key(const struct args *args, struct bench_settings *set, struct bench_texts *t)
{
	char text[FAULT_MAX];
	struct writer fault;

	writer_init(&fault, text, sizeof(text));
	if (secret_publish_key(&t->arena, args_get(args, KEY_FILE), &set->publish.key, &fault)) {
		(void)usage_error(args, "%.*s", SLICE_ARG(writer_slice(&fault)));
		return false;
	}
	if (set->events == 0 || !set->publish.key.ptr || url_is_private(&set->publish.url))
		return true;
	(void)usage_error(args,
			  "the key would travel in clear to %.*s: plain http with a key is for "
			  "this machine only",
			  SLICE_ARG(set->publish.url.authority));
	return false;
}

static bool enough_descriptors(const struct args *args, const struct bench_settings *set)
{
	uint64_t limit = fdlimit_raise();
	uint64_t most = limit > BENCH_SPARE_FDS ? limit - BENCH_SPARE_FDS : 0;

	if (set->streams <= most * set->per_conn)
		return true;
	(void)usage_error(args,
			  "%" PRIu64 " streams need more descriptors than this process may "
			  "have (%" PRIu64 ", see ulimit -Hn): at most %" PRIu64 " streams",
			  set->streams, limit, most * set->per_conn);
	return false;
}

static bool server_is_there(const struct args *args, const struct bench_settings *set)
{
	uint64_t unused;

	if (set->pid == 0 ||
	    (!procfs_cpu_ns(set->pid, &unused) && !procfs_anon_bytes(set->pid, &unused)))
		return true;
	(void)usage_error(args, "there is no process %d to measure", set->pid);
	return false;
}

static bool resolve(const struct url *url, struct tcp_target *ret_target)
{
	const char *why;
	size_t n;

	if (!tcp_lookup(url->host, url->port, ret_target, 1, &n, &why))
		return true;
	(void)fprintf(stderr, "sluice bench: %.*s: %s\n", SLICE_ARG(url->host), why);
	return false;
}

static bool print_report(const struct report *report, bool json)
{
	size_t cap = REPORT_MAX_BYTES + 6 * report->target.len;
	char *out = malloc(cap);
	struct writer w;

	if (!out)
		return false;
	writer_init(&w, out, cap);
	if (json)
		report_put_json(&w, report);
	else
		report_put_text(&w, report);
	bool written = !w.overflow && fwrite(out, 1, w.len, stdout) == w.len;
	free(out);
	return written;
}

static int exit_code_of(enum bench_outcome outcome, const struct report *report)
{
	if (outcome == BENCH_UNREACHABLE)
		return EXIT_UNREACHABLE;
	if (!report_is_clean(report))
		return EXIT_FINDINGS;
	return outcome == BENCH_INTERRUPTED ? EXIT_UNREACHABLE : EXIT_OK;
}

static int run_and_print(const struct bench_settings *set, bool json)
{
	struct report *report = malloc(sizeof(*report));

	if (!report)
		return EXIT_UNREACHABLE;
	enum bench_outcome outcome = bench_measure(set, report);
	int code = exit_code_of(outcome, report);
	/* Without a single stream there is nothing to report beside the complaint. */
	if (report->open > 0 && !print_report(report, json))
		code = EXIT_UNREACHABLE;
	free(report);
	return code;
}

static int prepare_and_run(const struct args *args, struct bench_texts *texts)
{
	struct bench_settings set = {0};
	struct slice format = slice_of(args_get(args, FORMAT));
	bool json = slice_eq(format, SLICE("json"));

	if (!json && !slice_eq(format, SLICE("text")))
		return usage_error(args, "--format is '%s': give text or json", format.ptr);
	if (!read_numbers(args, &set) || !read_version(args, &set) ||
	    !read_urls(args, &set, texts) || !read_key(args, &set, texts) ||
	    !enough_descriptors(args, &set) || !server_is_there(args, &set))
		return EXIT_USAGE;
	if (trust_read(args, CA, &texts->trust))
		return EXIT_USAGE;
	set.trust = texts->trust;
	if (!resolve(&set.url, &set.stream_address) ||
	    !resolve(&set.publish.url, &set.publish_address))
		return EXIT_UNREACHABLE;
	return run_and_print(&set, json);
}

int bench_run(const struct args *args)
{
	struct bench_texts texts = {0};

	arena_init(&texts.arena, 4 * SECRET_MAX);
	int code = prepare_and_run(args, &texts);
	arena_free(&texts.arena);
	tls_trust_free(texts.trust);
	return code;
}
