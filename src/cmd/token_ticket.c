/* SPDX-License-Identifier: Apache-2.0 */
/* token_ticket.c - `sluice token ticket`: a credential for a one-time URL of a stream. */
#include "base/arena.h"
#include "cmd/answer.h"
#include "cmd/fetch.h"
#include "cmd/secret.h"
#include "cmd/token.h"
#include "cmd/trust.h"
#include "http/chars.h"
#include "http/location.h"
#include "os/monotonic.h"
#include "os/resolver.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

#define DEFAULT_URL "http://127.0.0.1:8080/auth/stream-token"
#define TIMEOUT_MS  10000u       /* for the whole exchange */
#define MAX_ANSWER  (64u << 10)  /* bytes: 32 topics, every byte escaped */
#define MAX_BODY    (128u << 10) /* bytes: as many operands as the command line takes */
#define BEARER      "Bearer "

struct ticket_ask {
	const struct args *args;
	struct arena arena;
	struct url url;
	struct slice bearer; /* with the scheme before it */
	struct buf body;
	struct tls_trust *trust;
};

static int read_credential(struct ticket_ask *t)
{
	const char *path = args_get(t->args, TOKEN_KEY_FILE);
	const char *env = getenv("SLUICE_TOKEN");
	struct slice secret = env ? slice_of(env) : SLICE("");
	char text[TOKEN_MAX_FAULT];
	struct writer w;

	writer_init(&w, text, sizeof(text));
	if (path && secret_read(&t->arena, slice_of(path), &secret, &w))
		return usage_error(t->args, "%.*s", SLICE_ARG(writer_slice(&w)));
	if (secret.len == 0)
		return usage_error(t->args, "give the token by --key-file or in SLUICE_TOKEN");
	if (secret.len > SECRET_MAX || text_run(secret) < secret.len)
		return usage_error(t->args, "SLUICE_TOKEN must be one line of text");
	size_t len = sizeof(BEARER) - 1 + secret.len;
	char *room = arena_alloc(&t->arena, len);
	if (!room)
		return token_complain(EXIT_UNREACHABLE, slice_of(err_text(E_NOMEM)));
	writer_init(&w, room, len);
	put(&w, SLICE(BEARER));
	put(&w, secret);
	t->bearer = writer_slice(&w);
	return EXIT_OK;
}

static int read_url(struct ticket_ask *t)
{
	const char *given = args_get(t->args, TOKEN_URL);
	const char *text = given ? given : DEFAULT_URL;

	if (url_parse(slice_of(text), &t->url))
		return usage_url(t->args, slice_of(text), "an http or https URL");
	if (!url_is_private(&t->url))
		return usage_error(t->args,
				   "the token would travel in clear to %.*s: plain http is for "
				   "this machine only",
				   SLICE_ARG(t->url.authority));
	return t->url.https ? trust_read(t->args, TOKEN_CA, &t->trust) : EXIT_OK;
}

static int make_body(struct ticket_ask *t)
{
	struct slice route = token_text(t->args, TOKEN_ROUTE);
	struct writer w;

	if (buf_reserve(&t->body, MAX_BODY))
		return token_complain(EXIT_UNREACHABLE, slice_of(err_text(E_NOMEM)));
	writer_init(&w, t->body.ptr, MAX_BODY);
	put_char(&w, '{');
	for (size_t i = 0; args_nth(t->args, TOKEN_TOPIC, i); i++) {
		put(&w, i > 0 ? SLICE(",") : SLICE("\"topics\":["));
		put_json(&w, slice_of(args_nth(t->args, TOKEN_TOPIC, i)));
	}
	if (args_has(t->args, TOKEN_TOPIC))
		put_char(&w, ']');
	if (route.ptr) {
		put(&w,
		    args_has(t->args, TOKEN_TOPIC) ? SLICE(",\"route\":") : SLICE("\"route\":"));
		put_json(&w, route);
	}
	put_char(&w, '}');
	if (w.overflow)
		return usage_error(t->args, "the topics are too long");
	t->body.len = w.len;
	return EXIT_OK;
}

/* The server names a path; where it is known to be, only we know. */
static int print_url(const struct ticket_ask *t, struct slice answer)
{
	json_t *root = json_loadb(answer.ptr ? answer.ptr : "", answer.len, 0, NULL);
	const json_t *path = json_object_get(root, "url");
	struct slice text = {json_string_value(path), json_string_length(path)};
	bool good = slice_starts(text, SLICE("/")) && text_run(text) == text.len;
	char origin[LOCATION_MAX];
	struct writer w;

	writer_init(&w, origin, sizeof(origin));
	location_put_origin(&w, &t->url);
	if (good)
		(void)printf("%.*s%.*s\n", SLICE_ARG(writer_slice(&w)), SLICE_ARG(text));
	json_decref(root);
	return good ? EXIT_OK
		    : token_complain(EXIT_UNREACHABLE,
				     SLICE("the answer is not that of a hub: no url"));
}

static int judge(const struct ticket_ask *t, struct fetch_why why,
		 const struct fetch_response *response)
{
	char text[TOKEN_MAX_FAULT];
	struct writer w;

	writer_init(&w, text, sizeof(text));
	if (why.fault) {
		put(&w, t->url.authority);
		put(&w, SLICE(": "));
		fetch_put_why(&w, why);
		return token_complain(EXIT_UNREACHABLE, writer_slice(&w));
	}
	if (response->status != 200) {
		answer_put_refusal(&w, response->status, buf_slice(&response->body));
		return token_complain(EXIT_FINDINGS, writer_slice(&w));
	}
	return print_url(t, buf_slice(&response->body));
}

static int ask(const struct ticket_ask *t)
{
	const struct http_field fields[] = {
		{SLICE("Authorization"), t->bearer},
		{SLICE("Content-Type"), SLICE("application/json")},
		{SLICE("Accept"), SLICE("application/json")},
	};
	const struct fetch_request request = {
		.url = &t->url,
		.method = SLICE("POST"),
		.fields = fields,
		.field_count = sizeof(fields) / sizeof(fields[0]),
		.body = buf_slice(&t->body),
		.trust = t->trust,
		.patience = {monotonic_ns() / 1000000u + TIMEOUT_MS, -1},
	};
	struct fetch_response response;

	if (resolver_init())
		return token_complain(EXIT_UNREACHABLE, slice_of(err_text(E_NOMEM)));
	fetch_response_init(&response, MAX_ANSWER);
	int code = judge(t, fetch(&request, &response), &response);
	fetch_response_fini(&response);
	resolver_fini();
	return code;
}

int token_ticket(const struct args *args)
{
	struct ticket_ask t = {.args = args};

	arena_init(&t.arena, 4 * SECRET_MAX);
	buf_init(&t.body, MAX_BODY);
	int code = read_url(&t);
	if (!code)
		code = read_credential(&t);
	if (!code)
		code = make_body(&t);
	if (!code)
		code = ask(&t);
	tls_trust_free(t.trust);
	buf_free(&t.body);
	arena_free(&t.arena);
	return code;
}
