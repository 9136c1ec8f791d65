/* SPDX-License-Identifier: Apache-2.0 */
/* conf_fuzz.c - any bytes as sluice.yaml: settings or errors, never both, in bounded memory. */
#include "base/require.h"
#include "base/utf8.h"
#include "conf/conf.h"
#include "conf/form.h"
#include "identity/jws_alg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A text of the settings ends in a NUL, and is in no way longer than the file. */
static void check_text(struct slice text, size_t size)
{
	require(!text.ptr || text.ptr[text.len] == '\0');
	require(text.len <= size + sizeof("/auth/stream-token"));
}

static void check_auth(const struct auth_settings *auth, size_t size)
{
	const struct jwt_settings *jwt = &auth->jwt;

	check_text(auth->cookie, size);
	check_text(jwt->keys, size);
	check_text(auth->introspect.url, size);
	require(!jwt->keys.ptr == !jwt->issuer.ptr);
	require(!jwt->keys.ptr == !jwt->algorithms);
	require(!jwt->keys.ptr == !jwt->audience_count);
	require(!conf_is_url(jwt->keys) || !(jwt->algorithms & JWS_ALG_BIT(JWS_HS256)));
	for (size_t i = 0; i < jwt->audience_count; i++)
		check_text(jwt->audiences[i], size);
	require(!slice_eq(auth->ticket.path, auth->revoke.path));
}

static void check_settings(const struct settings *s, size_t size)
{
	require(s->listen_count > 0 && s->route_count > 0);
	for (size_t i = 0; i < s->listen_count; i++)
		check_text(s->listen[i].address, size);
	for (size_t i = 0; i < s->route_count; i++)
		check_text(s->routes[i].path, size);
	check_auth(&s->auth, size);
	check_text(s->publish.path, size);
	require(!(s->cors.any && s->cors.credentials));
	require(s->retry.min_ms <= s->retry.max_ms);
	require(s->drain.window_ms <= s->drain.deadline_ms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct conf_report report;
	static char print[CONF_PRINT_SIZE];
	struct settings settings;
	struct arena arena;
	struct writer w;

	arena_init(&arena, CONF_MAX_MEMORY);
	enum err err = conf_load((struct slice){(const char *)data, size}, SLICE("sluice.yaml"),
				 &arena, &settings, &report);
	require(err != E_NOMEM);
	require((err == OK) == (report.errors.count == 0));
	writer_init(&w, print, sizeof(print));
	conf_print(&w, &report);
	require(!w.overflow);
	require(utf8_valid(writer_slice(&w)));
	if (!err)
		check_settings(&settings, size);
	arena_free(&arena);
	return 0;
}
