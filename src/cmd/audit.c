/* SPDX-License-Identifier: Apache-2.0 */
/* audit.c - `sluice audit`: prove from outside that a stream is safe, arrives and lives. */
#include "cmd/audit.h"

#include "audit/judge.h"
#include "audit/report.h"
#include "audit/runner.h"
#include "audit/waive.h"
#include "os/interrupt.h"
#include "os/resolver.h"
#include "os/wallclock.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_TEXTS (1u << 20) /* bytes of credentials and names */
#define TOLD_MAX  4096u      /* bytes of what is told of a baseline or an ignore file */

struct audit {
	const struct args *args;
	struct audit_settings settings;
	struct audit_run run;
	struct finding *findings;
	size_t count;
	struct arena texts;
	enum report_format format;
	enum severity fail_on;
	uint64_t wall_ms;
	bool terminal; /* standard error is one that moves its cursor */
	bool progress; /* a line of it stands there */
};

/* Progress. */

static void on_probe(void *ctx, size_t done, size_t total, const struct transcript *t)
{
	struct audit *a = ctx;
	struct slice name = probes[t->kind].name;

	if (a->terminal) {
		(void)fprintf(stderr, "\r\033[Ksluice audit: %zu of %zu  %.*s", done, total,
			      SLICE_ARG(name));
		a->progress = true;
	} else if (t->kind == PROBE_BASELINE && transcript_answered(t)) {
		(void)fprintf(stderr, "sluice audit: the baseline is over, the checks go on\n");
	}
}

static void end_progress(struct audit *a)
{
	if (a->progress)
		(void)fputs("\r\033[K", stderr);
	a->progress = false;
}

/* Options that are about the report. */

static int read_fail_on(struct audit *a)
{
	struct slice name = slice_of(args_get(a->args, AUDIT_FAIL_ON));

	for (int i = SEVERITY_INFO; i <= (int)SEVERITY_FATAL; i++) {
		if (slice_eq(name, severity_name((enum severity)i))) {
			a->fail_on = (enum severity)i;
			return EXIT_OK;
		}
	}
	return usage_error(a->args, "--fail-on is '%.*s': give fatal, error, warning or info",
			   SLICE_ARG(name));
}

static int read_format(struct audit *a)
{
	struct slice name = slice_of(args_get(a->args, AUDIT_FORMAT));

	a->format = report_format_find(name);
	if (a->format == REPORT_FORMAT_COUNT)
		return usage_error(a->args, "--format is '%.*s': see 'sluice help audit'",
				   SLICE_ARG(name));
	return EXIT_OK;
}

/* One that moves its cursor. */
static bool is_terminal(int fd)
{
	const char *term = getenv("TERM");

	return isatty(fd) && term && strcmp(term, "dumb") != 0;
}

static bool color_wanted(const struct audit *a)
{
	const char *no_color = getenv("NO_COLOR");

	return a->format == REPORT_TEXT && !(no_color && no_color[0]) && is_terminal(STDOUT_FILENO);
}

/* Baseline and ignore file: read before anything is sent, so that a slip costs no audit. */

struct file_text {
	char *room; /* NULL: there is no such file; owned */
	size_t len;
};

static struct slice slice_of_file(const struct file_text *file)
{
	return (struct slice){file->room, file->len};
}

static int read_text(const struct audit *a, enum audit_option option, struct file_text *ret)
{
	const char *path = args_get(a->args, option);
	FILE *file = path ? fopen(path, "re") : NULL;

	if (!path)
		return EXIT_OK;
	if (!file)
		return usage_error(a->args, "%s: %s", path, strerror(errno));
	ret->room = malloc(WAIVE_MAX_FILE);
	ret->len = ret->room ? fread(ret->room, 1, WAIVE_MAX_FILE, file) : 0;
	bool failed = !ret->room || ferror(file) || ret->len == WAIVE_MAX_FILE;
	(void)fclose(file);
	if (failed)
		return usage_error(a->args, "%s: cannot be read, or is too large", path);
	return EXIT_OK;
}

static void say_lines(const char *path, struct slice lines)
{
	while (lines.len > 0) {
		struct slice line = slice_cut(&lines, '\n');

		(void)fprintf(stderr, "sluice audit: %s: %.*s\n", path, SLICE_ARG(line));
	}
}

/* Without findings, before anything is sent: are its rows rows at all? */
static int use_ignore(struct audit *a, struct slice text)
{
	const char *path = args_get(a->args, AUDIT_IGNORE);
	char room[TOLD_MAX];
	struct writer told;

	writer_init(&told, room, sizeof(room));
	if (!text.ptr)
		return EXIT_OK;
	if (waive_by_file(text, (int64_t)(a->wall_ms / 1000), &a->run, a->findings, a->count,
			  &told))
		return usage_error(a->args, "%s: %.*s", path, SLICE_ARG(writer_slice(&told)));
	say_lines(path, writer_slice(&told));
	return EXIT_OK;
}

static int use_baseline(struct audit *a, struct slice text)
{
	const char *path = args_get(a->args, AUDIT_BASELINE);
	char room[TOLD_MAX];
	struct writer told;

	writer_init(&told, room, sizeof(room));
	if (!text.ptr)
		return EXIT_OK;
	if (waive_by_report(text, &a->run, a->findings, a->count, &told))
		return usage_error(a->args, "%s: no report of 'sluice audit --format json'", path);
	say_lines(path, writer_slice(&told));
	return EXIT_OK;
}

/* The report. */

static int out_of_memory(void)
{
	(void)fputs("sluice audit: out of memory\n", stderr);
	return EXIT_UNREACHABLE;
}

static int print(struct audit *a)
{
	const struct report report = {
		.run = &a->run,
		.findings = a->findings,
		.count = a->count,
		.grade = audit_grade(&a->run, a->findings, a->count),
		.fail_on = a->fail_on,
		.color = color_wanted(a),
		.wall_ms = a->wall_ms,
	};
	char *room = malloc(REPORT_MAX);
	struct writer w;

	if (!room)
		return out_of_memory();
	writer_init(&w, room, REPORT_MAX);
	audit_report(&w, a->format, &report);
	if (w.overflow)
		(void)fputs("sluice audit: the report is too large\n", stderr);
	else
		(void)fwrite(room, 1, w.len, stdout); /* main looks at stdout at the end */
	free(room);
	return w.overflow ? EXIT_UNREACHABLE : EXIT_OK;
}

/* One line for the person, whatever the format is. */
static void say_why_not(const struct audit *a)
{
	const struct transcript *t = audit_find(&a->run, PROBE_BASELINE);
	struct slice detail = t ? t->detail : SLICE("");
	char room[1024];
	struct writer w;

	if (!t || transcript_answered(t))
		return;
	writer_init(&w, room, sizeof(room));
	report_visible(&w, slice_upto(detail, 200));
	(void)fprintf(stderr, "sluice audit: %.*s: %.*s%s%.*s\n", SLICE_ARG(a->run.url.authority),
		      SLICE_ARG(outcome_text(t->outcome)), w.len > 0 ? ": " : "",
		      SLICE_ARG(writer_slice(&w)));
}

/* Endpoints of answers, such as those of LLM and MCP, are asked with POST. */
static void say_how_to_ask(const struct audit *a)
{
	const struct transcript *t = audit_find(&a->run, PROBE_BASELINE);

	if (t && transcript_answered(t) && t->status == 405 && !a->settings.data.ptr)
		(void)fputs("sluice audit: GET is answered with 405: --data opens the stream with "
			    "POST\n",
			    stderr);
}

static int verdict_of(const struct audit *a)
{
	for (size_t i = 0; i < a->count; i++) {
		const struct finding *f = &a->findings[i];

		if (f->verdict == VERDICT_FAIL && !f->ignored && f->severity >= a->fail_on)
			return a->run.shortage == SHORTAGE_UNREACHABLE ? EXIT_UNREACHABLE
								       : EXIT_FINDINGS;
	}
	return audit_run_is_partial(&a->run) ? EXIT_UNREACHABLE : EXIT_OK;
}

static int conclude(struct audit *a, struct slice ignore, struct slice baseline)
{
	int code;

	a->findings = calloc(AUDIT_MAX_FINDINGS, sizeof(*a->findings));
	if (!a->findings)
		return out_of_memory();
	a->count = audit_judge(&a->run, a->findings, AUDIT_MAX_FINDINGS);
	code = use_ignore(a, ignore);
	if (!code)
		code = use_baseline(a, baseline);
	if (!code)
		code = print(a);
	if (code)
		return code;
	say_why_not(a);
	say_how_to_ask(a);
	return verdict_of(a);
}

static int run(struct audit *a)
{
	struct file_text ignore = {NULL, 0};
	struct file_text baseline = {NULL, 0};
	int code = read_text(a, AUDIT_IGNORE, &ignore);

	if (!code)
		code = read_text(a, AUDIT_BASELINE, &baseline);
	if (!code)
		code = use_ignore(a, slice_of_file(&ignore));
	if (!code)
		code = use_baseline(a, slice_of_file(&baseline));
	if (!code && audit_execute(&a->settings, &a->run))
		code = out_of_memory();
	end_progress(a);
	/* A reader of the report that has fallen asleep must not hold us for ever. */
	interrupt_close(a->settings.stop_fd);
	if (!code)
		code = conclude(a, slice_of_file(&ignore), slice_of_file(&baseline));
	audit_run_free(&a->run);
	free(a->findings);
	free(ignore.room);
	free(baseline.room);
	return code;
}

/* With Ctrl-C as a descriptor: what has been seen by then is still reported. */
static int run_interruptible(struct audit *a)
{
	(void)signal(SIGPIPE, SIG_IGN);
	if (resolver_init())
		return out_of_memory();
	if (interrupt_open(&a->settings.stop_fd)) {
		(void)fprintf(stderr, "sluice audit: signals: %s\n", strerror(errno));
		resolver_fini();
		return EXIT_UNREACHABLE;
	}
	a->wall_ms = wallclock_ms();
	a->terminal = is_terminal(STDERR_FILENO);
	if (!args_has(a->args, AUDIT_SILENT))
		a->settings.progress = (struct audit_progress){a, on_probe};
	int code = run(a);
	resolver_fini();
	return code;
}

int audit_run(const struct args *args)
{
	struct audit *a = calloc(1, sizeof(*a));
	int code;

	if (!a)
		return out_of_memory();
	a->args = args;
	a->settings.stop_fd = -1;
	arena_init(&a->texts, MAX_TEXTS);
	code = read_format(a);
	if (!code)
		code = read_fail_on(a);
	if (!code)
		code = audit_read_settings(args, &a->texts, &a->settings);
	if (!code)
		code = run_interruptible(a);
	tls_trust_free(a->settings.trust);
	arena_free(&a->texts);
	free(a);
	return code;
}
