/* SPDX-License-Identifier: Apache-2.0 */
#include "cmd/serve_setup.h"

#include "cmd/command.h"
#include "cmd/serve_build.h"
#include "conf/form.h"
#include "os/entropy.h"
#include "os/file.h"
#include "os/wallclock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEY_FILE_MAX   (256u << 10) /* bytes of a file of keys */
#define MADE_KEY_BYTES 16u          /* random bytes of a made key: 128 bits */

static int complain(const char *what, const char *path, enum err err)
{
	(void)fprintf(stderr, "sluice serve: cannot read %s '%s': %s\n", what, path,
		      file_why(err, "larger than 256 KiB"));
	return EXIT_USAGE;
}

static void print_report(const struct conf_report *report)
{
	static char text[CONF_PRINT_SIZE];
	struct writer w;

	writer_init(&w, text, sizeof(text));
	conf_print(&w, report);
	(void)fprintf(stderr, "%.*s", SLICE_ARG(writer_slice(&w)));
}

/* sluice.yaml, or the defaults where none is named. */
static int read_conf(const struct args *args, struct serve_setup *s, struct conf_report *report)
{
	const char *path = args_get(args, SERVE_CONFIG);
	struct buf text;

	conf_report_init(report, slice_of(path ? path : "command line"));
	if (!path)
		return conf_defaults(&s->arena, &s->conf) == OK ? EXIT_OK : EXIT_USAGE;
	buf_init(&text, CONF_MAX_TEXT + 1);
	enum err err = file_read(path, &text);
	int code = err && err != E_TOO_BIG ? complain("configuration", path, err) : EXIT_OK;
	if (code == EXIT_OK) {
		err = conf_load(buf_slice(&text), slice_of(path), &s->arena, &s->conf, report);
		print_report(report);
		code = err ? EXIT_USAGE : EXIT_OK;
	}
	buf_free(&text);
	return code;
}

/* Keys. */

/* What keys_read has found. */
static int explain(const char *what, const char *path, size_t line, enum err err)
{
	if (err == E_NOT_FOUND)
		(void)fprintf(stderr, "sluice serve: %s '%s' has no key\n", what, path);
	else if (err == E_FULL)
		(void)fprintf(stderr, "sluice serve: %s:%zu: more than %u keys\n", path, line,
			      KEYS_MAX);
	else if (err == E_EXISTS)
		(void)fprintf(stderr, "sluice serve: %s:%zu: the key of another user above\n", path,
			      line);
	else if (err == E_NOMEM)
		(void)fprintf(stderr, "sluice serve: %s: %s\n", path, err_text(err));
	else
		(void)fprintf(stderr,
			      "sluice serve: %s:%zu: a key is %u to %u bytes of visible ASCII, "
			      "with a user id and a space before it where it has one\n",
			      path, line, KEY_MIN_LEN, KEY_MAX_LEN);
	return EXIT_USAGE;
}

static int read_keys(const char *what, struct slice path, struct key_ring *ring)
{
	struct buf text;
	size_t line = 0;

	buf_init(&text, KEY_FILE_MAX);
	enum err err = file_read(path.ptr, &text);
	int code = err ? complain(what, path.ptr, err) : EXIT_OK;
	if (code == EXIT_OK)
		err = keys_read(ring, buf_slice(&text), &line);
	/* The keys must not stay in freed memory. */
	if (text.ptr)
		memset(text.ptr, 0, text.len);
	buf_free(&text);
	if (code != EXIT_OK || !err) {
		if (!err && file_is_exposed(path.ptr))
			(void)fprintf(stderr,
				      "sluice serve: warning: others may read %s '%s': chmod 600\n",
				      what, path.ptr);
		return code;
	}
	return explain(what, path.ptr, line, err);
}

static int make_key(const struct serve_setup *before, struct serve_setup *s)
{
	uint8_t random[MADE_KEY_BYTES];
	struct writer w;

	if (before && before->made_key[0]) {
		memcpy(s->made_key, before->made_key, sizeof(s->made_key));
		return keys_add(&s->publishers, SLICE(""), slice_of(s->made_key)) ? EXIT_USAGE
										  : EXIT_OK;
	}
	if (entropy_get(random, sizeof(random)))
		return EXIT_USAGE;
	writer_init(&w, s->made_key, sizeof(s->made_key) - 1);
	for (size_t i = 0; i < sizeof(random); i++) {
		put_char(&w, "0123456789abcdef"[random[i] >> 4]);
		put_char(&w, "0123456789abcdef"[random[i] & 15]);
	}
	s->made_key[w.len] = '\0';
	return keys_add(&s->publishers, SLICE(""), writer_slice(&w)) ? EXIT_USAGE : EXIT_OK;
}

/* From the file, or from the environment, or made for this run. */
static int find_publish_key(const struct serve_setup *before, struct serve_setup *s)
{
	const char *from_env = getenv("SLUICE_PUBLISH_KEY");

	if (s->conf.publish.key_file.ptr)
		return read_keys("publish.key-file", s->conf.publish.key_file, &s->publishers);
	if (!from_env)
		return make_key(before, s);
	if (keys_add(&s->publishers, SLICE(""), slice_of(from_env)) == OK)
		return EXIT_OK;
	(void)fprintf(stderr,
		      "sluice serve: SLUICE_PUBLISH_KEY must be %u to %u bytes of visible ASCII\n",
		      KEY_MIN_LEN, KEY_MAX_LEN);
	return EXIT_USAGE;
}

static enum err bind_keys(const struct serve_setup *before, struct serve_setup *s)
{
	if (before) {
		s->hash = before->hash;
		keys_carry(&s->publishers, &before->publishers);
		keys_carry(&s->subscribers, &before->subscribers);
	} else if (entropy_hash_key(&s->hash)) {
		return E_IO;
	}
	enum err err = keys_bind(&s->publishers, true, s->hash);
	return err ? err : keys_bind(&s->subscribers, false, s->hash);
}

static int find_keys(const struct serve_setup *before, struct serve_setup *s)
{
	int code = find_publish_key(before, s);

	if (code == EXIT_OK && s->conf.auth.keys_file.ptr)
		code = read_keys("auth.keys-file", s->conf.auth.keys_file, &s->subscribers);
	if (code != EXIT_OK)
		return code;
	if (bind_keys(before, s)) {
		(void)fprintf(stderr, "sluice serve: a user id of a key is not UTF-8\n");
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

/* --listen replaces what the file says; zero configuration is loopback. */
static int take_listen(const struct args *args, struct serve_setup *s, struct conf_report *report)
{
	size_t n = 0;

	while (args_nth(args, SERVE_LISTEN, n))
		n++;
	if (n == 0)
		return EXIT_OK;
	if (n > CONF_MAX_LISTENERS)
		return usage_error(args, "--listen may be given %u times", CONF_MAX_LISTENERS);
	for (size_t i = 0; i < s->conf.listen_count; i++) {
		if (s->conf.listen[i].tls.certificate_count > 0)
			return usage_error(args,
					   "--listen would take the place of %.*s, which "
					   "speaks TLS: change listen in the file",
					   SLICE_ARG(s->conf.listen[i].address));
	}
	s->conf.listen = arena_alloc(&s->arena, n * sizeof(*s->conf.listen));
	s->conf.listen_count = n;
	for (size_t i = 0; s->conf.listen && i < n; i++) {
		if (conf_listen_parse(slice_of(args_nth(args, SERVE_LISTEN, i)),
				      &s->conf.listen[i]))
			return usage_error(args,
					   "--listen wants ADDRESS:PORT in numbers, such as "
					   "127.0.0.1:8080, not '%s'",
					   args_nth(args, SERVE_LISTEN, i));
	}
	if (!s->conf.listen || conf_judge(&s->conf, report)) {
		print_report(report);
		return EXIT_USAGE;
	}
	return EXIT_OK;
}

int serve_setup(const struct args *args, const struct serve_setup *before, struct serve_setup *s)
{
	struct conf_report *report = malloc(sizeof(*report));

	*s = (struct serve_setup){0};
	arena_init(&s->arena, CONF_MAX_MEMORY);
	keys_init(&s->publishers);
	keys_init(&s->subscribers);
	s->demo = args_has(args, SERVE_DEMO);
	s->canary = args_has(args, SERVE_CANARY);
	s->check = args_has(args, SERVE_CHECK);
	s->no_sandbox = args_has(args, SERVE_NO_SANDBOX);
	s->config_path = args_get(args, SERVE_CONFIG);
	int code = report ? read_conf(args, s, report) : EXIT_USAGE;
	if (code == EXIT_OK)
		code = take_listen(args, s, report);
	if (code == EXIT_OK && args_get(args, SERVE_WORKERS) &&
	    !args_number(args, SERVE_WORKERS, 1, 256, &s->conf.workers))
		code = EXIT_USAGE;
	if (code == EXIT_OK)
		code = find_keys(before, s);
	if (code == EXIT_OK)
		code = serve_tls_init(&s->tls, &s->conf, args_has(args, SERVE_TLS_SELF_SIGNED),
				      before ? &before->tls : NULL);
	if (code == EXIT_OK)
		serve_tls_warn(&s->tls, &s->conf, wallclock_ms());
	if (code == EXIT_OK)
		code = serve_build(s);
	free(report);
	return code;
}

void serve_setup_end(struct serve_setup *s)
{
	serve_tls_fini(&s->tls);
	keys_fini(&s->publishers);
	keys_fini(&s->subscribers);
	arena_free(&s->arena);
}
