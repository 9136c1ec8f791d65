/* SPDX-License-Identifier: Apache-2.0 */
/*
 * auth_driver.c - the fetcher and the authentication service for tests/integration/test_fetch.py
 * and test_auth.py, which bring the servers.
 *
 *   auth-driver fetch [WORD=VALUE]... URL          one request; says what came
 *   auth-driver serve [WORD=VALUE]...              the service; questions on standard input:
 *                                                  ID bearer|cookie CREDENTIAL
 *   auth-driver keygen ALG KID                     a private JWK and a public JWKS, a line each
 *   auth-driver mint ALG CLAIMS                    a token, by the private JWK on standard input
 */
#include "cmd/auth_service.h"
#include "cmd/fetch.h"
#include "identity/jwk_generate.h"
#include "identity/jwt_sign.h"
#include "os/entropy.h"
#include "os/monotonic.h"
#include "os/resolver.h"
#include "os/wallclock.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MAX_LINE 16384

/* The value of WORD=VALUE; NULL if it is not there. */
static const char *word(char **words, const char *name)
{
	size_t len = strlen(name);

	for (; *words; words++) {
		if (strncmp(*words, name, len) == 0 && (*words)[len] == '=')
			return *words + len + 1;
	}
	return NULL;
}

static uint64_t number(char **words, const char *name, uint64_t otherwise)
{
	const char *text = word(words, name);

	return text ? strtoull(text, NULL, 10) : otherwise;
}

static struct slice text(char **words, const char *name)
{
	const char *value = word(words, name);

	return value ? slice_of(value) : SLICE_NONE;
}

static int fail(const char *what, struct slice why)
{
	(void)printf("failed %s: %.*s\n", what, SLICE_ARG(why));
	return 1;
}

/* One request. */

static void print_answer(const struct fetch_response *response, struct fetch_why why)
{
	char room[512];
	struct writer w;

	writer_init(&w, room, sizeof(room));
	fetch_put_why(&w, why);
	if (why.fault) {
		(void)printf("fault %.*s\n", SLICE_ARG(writer_slice(&w)));
		return;
	}
	(void)printf("status %u type %.*s length %zu max-age ", response->status,
		     SLICE_ARG(fetch_response_type(response)), response->body.len);
	(void)printf(response->has_max_age ? "%" PRIu64 "\n" : "none\n", response->max_age_s);
}

static int fetch_main(char **words)
{
	const char *last = NULL, *why_not = NULL;
	struct fetch_response response;
	struct http_field field = {SLICE("X-Test"), text(words, "field")};
	struct url url;

	for (char **at = words; *at; at++)
		last = *at;
	if (!last || url_parse(slice_of(last), &url))
		return fail("url", SLICE("malformed"));
	struct tls_trust *trust = tls_trust_new(word(words, "ca"), &why_not);
	if (!trust)
		return fail("trust", slice_of(why_not));
	const struct fetch_request request = {
		.url = &url,
		.method = SLICE("GET"),
		.fields = &field,
		.field_count = field.value.ptr ? 1 : 0,
		.trust = trust,
		.servers = word(words, "servers"),
		.patience = {monotonic_ns() / 1000000 + number(words, "timeout", 5000), -1},
	};
	fetch_response_init(&response, (size_t)number(words, "max", 1000));
	print_answer(&response, fetch(&request, &response));
	fetch_response_fini(&response);
	tls_trust_free(trust);
	return 0;
}

/* The service. */

static void on_done(void *ctx, void *owner, uint64_t id, struct principal *principal,
		    enum auth_fault fault)
{
	(void)ctx;
	(void)owner;
	if (principal)
		(void)printf("done %" PRIu64 " ok %.*s %.*s\n", id,
			     SLICE_ARG(auth_method_name(principal->facts.method)),
			     SLICE_ARG(principal->facts.subject));
	else
		(void)printf("done %" PRIu64 " %s\n", id, auth_fault_reason(fault));
	principal_unref(principal);
}

static void on_log(void *ctx, struct slice line)
{
	(void)ctx;
	(void)printf("log %.*s\n", SLICE_ARG(line));
}

static void ask(struct auth_service *s, char *line)
{
	char *rest = NULL;
	uint64_t id = strtoull(line, &rest, 10);
	bool bearer = strncmp(rest, " bearer ", 8) == 0;
	struct auth_ask question = {
		.id = id,
		.source = bearer ? CREDENTIAL_BEARER : CREDENTIAL_COOKIE,
		.credential = slice_of(rest + 8),
	};
	struct principal *known = auth_service_find(s, &question, wallclock_ms());
	enum err err = known ? OK : auth_service_submit(s, &question);

	if (known)
		(void)printf("known %" PRIu64 " from the cache\n", id);
	principal_unref(known);
	if (err)
		(void)printf("refused %" PRIu64 " %s\n", id, err_text(err));
}

static void answer_all(struct auth_service *s)
{
	static char line[MAX_LINE];

	(void)printf("ready\n");
	while (fgets(line, sizeof(line), stdin)) {
		line[strcspn(line, "\n")] = '\0';
		ask(s, line);
	}
}

static void take_jwt(char **words, struct auth_jwt *jwt, struct slice *file, struct slice *audience)
{
	auth_jwt_init(jwt);
	*file = text(words, "keys");
	*audience = SLICE("stream");
	jwt->url = text(words, "jwks");
	jwt->files = file;
	jwt->file_count = file->ptr ? 1 : 0;
	jwt->required = word(words, "required") != NULL;
	jwt->timeout_ms = number(words, "timeout", AUTH_LOAD_MS);
	jwt->overlap_ms = number(words, "overlap", AUTH_OVERLAP_MS);
	jwt->pace.gap_ms = number(words, "gap", REFRESH_GAP_MS);
	jwt->pace.min_ms = number(words, "min", REFRESH_MIN_MS);
	jwt->pace.backoff_min_ms = number(words, "backoff", REFRESH_BACKOFF_MIN_MS);
	jwt->rules.algs = JWS_ALG_BIT(JWS_ES256);
	jwt->rules.issuer = SLICE("https://id.example/");
	jwt->rules.audiences = audience;
	jwt->rules.audience_count = 1;
}

static int serve_main(char **words)
{
	struct auth_jwt jwt;
	struct slice file, audience;
	struct auth_introspection introspection = {
		.url = text(words, "introspect"),
		.cookie = SLICE("session"),
		.timeout_ms = number(words, "timeout", 0),
	};
	struct auth_config config = {
		.max_jobs = (size_t)number(words, "jobs", 0),
		.ca_file = word(words, "ca"),
		.done = on_done,
		.log = on_log,
	};
	struct auth_service *s;
	char room[512];
	struct writer why;

	writer_init(&why, room, sizeof(room));
	take_jwt(words, &jwt, &file, &audience);
	config.jwt = jwt.url.ptr || file.ptr ? &jwt : NULL;
	config.introspection = introspection.url.ptr ? &introspection : NULL;
	if (entropy_hash_key(&config.key))
		return 1;
	if (word(words, "cache"))
		config.cache = token_cache_new(100, TOKEN_CACHE_MAX_TTL, config.key);
	if (auth_service_new(&config, &s, &why)) {
		token_cache_free(config.cache);
		return fail("start", writer_slice(&why));
	}
	answer_all(s);
	auth_service_free(s);
	token_cache_free(config.cache);
	return 0;
}

/* Keys and tokens. */

static int keygen_main(struct slice alg_name, struct slice kid)
{
	char private[JWK_PRIVATE_SPACE], public[JWK_PUBLIC_SPACE];
	struct writer w, p;
	enum jws_alg alg;
	struct jwk *key;

	if (!jws_alg_find(alg_name, &alg) || jwk_generate(alg, kid, &key))
		return fail("key", alg_name);
	writer_init(&w, private, sizeof(private));
	writer_init(&p, public, sizeof(public));
	bool good = put_jwk_private(&w, key) == OK && put_jwks_public(&p, key) == OK;
	jwk_unref(key);
	if (good)
		(void)printf("%.*s\n%.*s\n", SLICE_ARG(writer_slice(&w)),
			     SLICE_ARG(writer_slice(&p)));
	return good ? 0 : 1;
}

static int mint_main(struct slice alg_name, struct slice claims)
{
	static char line[MAX_LINE];
	char room[MAX_LINE];
	struct jwt_sign_options options = {.type = SLICE("JWT")};
	struct writer w;
	struct jwk *key;

	if (!fgets(line, sizeof(line), stdin) || !jws_alg_find(alg_name, &options.alg) ||
	    jwk_parse(slice_trim(slice_upto(slice_of(line), strcspn(line, "\n"))), JWK_PRIVATE,
		      &key))
		return fail("key", alg_name);
	writer_init(&w, room, sizeof(room));
	enum err err = jwt_sign(key, &options, claims, &w);
	jwk_unref(key);
	if (err)
		return fail("claims", slice_of(err_text(err)));
	(void)printf("%.*s\n", SLICE_ARG(writer_slice(&w)));
	return 0;
}

int main(int argc, char **argv)
{
	int code = 2;

	(void)setvbuf(stdout, NULL, _IOLBF, 0);
	if (resolver_init())
		return 1;
	if (argc > 2 && strcmp(argv[1], "fetch") == 0)
		code = fetch_main(argv + 2);
	else if (argc > 1 && strcmp(argv[1], "serve") == 0)
		code = serve_main(argv + 2);
	else if (argc == 4 && strcmp(argv[1], "keygen") == 0)
		code = keygen_main(slice_of(argv[2]), slice_of(argv[3]));
	else if (argc == 4 && strcmp(argv[1], "mint") == 0)
		code = mint_main(slice_of(argv[2]), slice_of(argv[3]));
	resolver_fini();
	return code;
}
