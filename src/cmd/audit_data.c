/* SPDX-License-Identifier: Apache-2.0 */
/* audit_data.c - the body with which `sluice audit` opens a stream: from argv or from a file. */
#include "cmd/audit.h"

#include "os/file.h"

#include <jansson.h>

static int read_file(const struct args *args, const char *path, struct arena *arena,
		     struct slice *ret)
{
	struct buf text;

	buf_init(&text, AUDIT_MAX_DATA);
	enum err err = file_read(path, &text);
	const char *why = file_why(err, "longer than 32 KiB");
	if (!err) {
		*ret = arena_copy(arena, buf_slice(&text));
		why = err_text(E_NOMEM);
	}
	buf_free(&text);
	return ret->ptr ? EXIT_OK : usage_error(args, "--data: %s: %s", path, why);
}

/* What is sent is what was given, byte by byte: this only finds the slip before it is sent. */
static int judge(const struct args *args, struct slice data)
{
	json_error_t error;
	json_t *json = json_loadb(data.ptr, data.len, JSON_DECODE_ANY, &error);

	if (!json)
		return usage_error(args,
				   "--data is not JSON, at line %d column %d; a file is @FILE",
				   error.line, error.column);
	json_decref(json);
	return EXIT_OK;
}

int audit_read_data(const struct args *args, struct arena *arena, struct audit_settings *s)
{
	const char *text = args_get(args, AUDIT_DATA);
	struct slice data = slice_of(text);
	int code = EXIT_OK;

	if (!text)
		return EXIT_OK;
	if (text[0] == '@') {
		data = SLICE_NONE;
		code = read_file(args, text + 1, arena, &data);
	}
	if (!code && data.len > AUDIT_MAX_DATA)
		code = usage_error(args, "--data is longer than 32 KiB");
	if (!code)
		code = judge(args, data);
	if (!code)
		s->data = data;
	return code;
}
